"""Whole lives of candidates that derive from an accepted row and abstain, with scripted models."""

import json

import pytest

from graph.ingest import ingest_folder
from graph.plan import derived, next_candidates
from graph.question import question_graph
from graph.state import Accepted, Dropped, QuestionInput
from tests.graph.conftest import ENOUGH, PAGES, QUOTE, SEARCH, critique, judgement, question
from tools.documents import read_folder
from tools.passages import split

ITALIAN = {
    "page_1": "# Ganascia\n\nLa ganascia della pressa va serrata a 24 Nm con la chiave "
    "dinamometrica prima del primo avviamento di ogni turno.",
    "page_2": "# Olio\n\nIl riduttore contiene 1,5 litri di olio di grado VG 220. Cambiare l'olio "
    "ogni 4.000 ore e non mescolare mai oli di grado diverso.",
    "page_3": "# Cinghia\n\nLa tensione della cinghia va controllata ogni settimana. "
    "Una cinghia con crepe va sostituita subito, quale che sia la sua età.",
    "page_4": "# Filtro\n\nIl filtro dell'aria del quadro va pulito con aria secca quando si "
    "accende la spia sullo sportello, e va sostituito quando è strappato.",
}
QUESTIONS = {
    "en": "To what torque must the sealing jaw of the press be tightened?",
    "it": "A quale coppia va serrata la ganascia della pressa?",
}
QUOTES = {"en": QUOTE, "it": "La ganascia della pressa va serrata a 24 Nm"}
MISSING = {
    "en": "The passages do not say to what torque the sealing jaw of the press must be tightened.",
    "it": "I passaggi non dicono a quale coppia va serrata la ganascia della pressa.",
}
COPIES = {
    "en": (
        "The sealing jaw of the press must be tightened to 24 Nm with a torque wrench.",
        "Before a shift begins, whoever runs the press tightens its sealing jaw with 24 Nm.",
        "Sealing jaw of the press, tightening torque: 24,000 N·mm, measured when it is cold.",
        "| Point | Torque (Nm) |\n| --- | --- |\n| Sealing jaw | 24 |\n| Cover | 9 |",
    ),
    "it": (
        "La ganascia della pressa va serrata a 24 Nm con la chiave dinamometrica.",
        "Chi usa la pressa ne serra la ganascia con 24 Nm prima che cominci il turno.",
        "Ganascia della pressa, coppia di serraggio: 24.000 N·mm, misurata a freddo.",
        "| Punto | Coppia (Nm) |\n| --- | --- |\n| Ganascia | 24 |\n| Coperchio | 9 |",
    ),
}


@pytest.fixture
def make(tmp_path, scripted):
    """Accept a row about the jaw, derive one of a variant from it, and return what became of it."""

    async def lived(variant, language="en", copies=(), mislead=(), judged=9):
        folder = tmp_path / "manuals"
        folder.mkdir()
        pages = {"en": PAGES, "it": ITALIAN}[language]
        (folder / "press.json").write_text(json.dumps(pages), encoding="utf-8")
        for place, copy in enumerate(copies):
            text = copy if copy.startswith("#") else f"# Note {place}\n\n{copy}\n"
            (folder / f"note-{place}.md").write_text(text, encoding="utf-8")
        documents, _ = read_folder(folder)
        press = next(each for each in documents if each.path == "press.json")
        quote = QUOTES[language]
        passage = next(p for p in split(press) if quote in p.text)
        citations = [{"passage_id": passage.id, "quote": quote}]
        reply = {"abstained": False, "text": f"{quote}.", "citations": citations, "missing": ""}
        lines = [
            question(QUESTIONS[language], quote) | {"when": "Never write the answer"},
            *(
                {"role": "generator", "reply": each, "when": "wrong for granted"}
                for each in mislead
            ),
            *[critique() | {"when": "judge the question"}] * 3,
            judgement(judged) | {"when": "finished row"},
            judgement(9) | {"when": "finished row"},
            *[SEARCH, ENOUGH, {"role": "answerer", "reply": reply}],
        ]
        context = await scripted(lines, distractors=2)
        await ingest_folder(str(folder), context, emit=lambda _: None)
        about = [w for w in context.windows if w.document_id == press.id and w.pages[0] == 1]
        (first,) = next_candidates(
            about, round_=1, missing=1, rate=1.0, most=1, asked={}, exhausted=set()
        )
        context.ledger.plan([first])
        ended = await question_graph.ainvoke(QuestionInput(first), context=context)
        assert isinstance(ended["outcome"], Accepted)
        origin = context.ledger.entry(first.id)
        candidate = derived(origin.candidate.id, variant, 2, origin.candidate.window)
        context.ledger.plan([candidate])
        ended = await question_graph.ainvoke(QuestionInput(candidate), context=context)
        return ended["outcome"], context.ledger.entry(candidate.id), origin.row

    return lived


@pytest.mark.parametrize("language", ["en", "it"])
async def test_twin_names_what_is_missing(make, language):
    outcome, entry, origin = await make("unanswerable", language)
    assert isinstance(outcome, Accepted)
    row = entry.row
    assert (row.question, row.answer) == (origin.question, MISSING[language])
    assert (row.answerable, row.variant, row.derived_from) == (False, "unanswerable", origin.id)
    assert (row.citations, row.oracle_positions, row.completion) == ((), (), row.answer)
    assert (row.document, row.section, row.pages) == (origin.document, origin.section, (1,))
    assert row.sections == origin.sections
    assert len(row.context) == len(origin.context)
    assert {passage.role for passage in row.context} == {"distractor"}


@pytest.mark.parametrize("language", ["en", "it"])
async def test_planted_copies_are_never_shown(make, language):
    outcome, entry, _ = await make("unanswerable", language, copies=COPIES[language])
    assert isinstance(outcome, Accepted)
    shown = [passage.text for passage in entry.row.context]
    assert shown
    assert not [text for text in shown if "24" in text]


OTHERWISE = {
    "en": "# Sealing jaw\n\nTwo green lamps are mounted on the housing of the operator panel, and "
    "one red lamp beside the door shows any fault.\n\n"
    "The press has the right torque once both lamps flash.\n",
    "it": "# Ganascia\n\nDue spie verdi stanno sullo sportello del quadro elettrico, e una spia "
    "rossa accanto alla porta segnala ogni guasto.\n\n"
    "La coppia della pressa è giusta non appena le spie lampeggiano.\n",
}


@pytest.mark.parametrize("language", ["en", "it"])
async def test_other_answers_are_never_shown(make, language):
    outcome, entry, _ = await make("unanswerable", language, copies=[OTHERWISE[language]])
    assert isinstance(outcome, Accepted)
    shown = [passage.text for passage in entry.row.context]
    assert shown
    assert OTHERWISE[language].splitlines()[-1] not in "\n".join(shown)


async def test_abstention_judged_badly_is_dropped(make):
    outcome, _, _ = await make("unanswerable", judged=3)
    assert outcome == Dropped("low_faithfulness", 1)


async def test_false_premise_is_contradicted_by_its_evidence(make):
    asked = "Why must the sealing jaw of the press be tightened to 42 Nm?"
    outcome, entry, origin = await make(
        "false_premise", mislead=[{"text": asked, "premise": "42 Nm"}]
    )
    assert isinstance(outcome, Accepted)
    row = entry.row
    assert row.question == asked
    assert row.answer == f"The passages do not say “42 Nm”. They say: {origin.answer}"
    assert not row.answerable
    assert row.citations == origin.citations
    assert row.context[row.oracle_positions[0]].passage_id == origin.citations[0].passage_id
    assert row.completion.endswith(f"[{row.oracle_positions[0] + 1}]")


@pytest.mark.parametrize(
    ("asked", "premise", "reason"),
    [
        ("Why must the sealing jaw of the press be tightened to 24 Nm?", "24 Nm", "holds_answer"),
        ("Why does the sealing jaw of the press hold 1.5 litres?", "1.5 litres", "premise_holds"),
        (
            "Why must the sealing jaw of the press be tightened to 42 Nm?",
            "52 Nm",
            "premise_missing",
        ),
        ("Why must the sealing jaw of the press be 42 mm wide?", "42 mm", "premise_unopposed"),
        ("Why does the oil of the gearbox flow at 42 Nm?", "42 Nm", "premise_elsewhere"),
        (
            "Why is 24 Nm and not 42 Nm set at the sealing jaw of the press?",
            "42 Nm",
            "holds_answer",
        ),
        ("", "", "nothing_to_ask"),
    ],
)
async def test_premise_that_is_not_false_is_dropped(make, asked, premise, reason):
    drafts = [{"text": asked, "premise": premise}] * 3
    outcome, _, _ = await make("false_premise", mislead=drafts)
    assert isinstance(outcome, Dropped)
    assert outcome.reason == reason


async def test_near_miss_needs_a_sibling(make):
    outcome, entry, _ = await make("near_miss")
    assert outcome == Dropped("no_counterpart", 0)
    assert entry.row is None
