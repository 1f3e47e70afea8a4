"""Whole lives of questions about machines that have siblings, with scripted models."""

import json
from pathlib import Path

import pytest

from graph.ingest import ingest_folder
from graph.question import question_graph
from graph.state import Accepted, Candidate, Dropped, QuestionInput
from tests.graph.conftest import (
    ENOUGH,
    SEARCH,
    critique,
    judgement,
    question,
)
from tools.documents import read_folder
from tools.passages import split

FILLING = {
    "en": "# Belt\n\nThe tension of the drive belt must be checked every week with the gauge. "
    "A belt with cracks must be replaced at once, whatever its age and its length may be.",
    "it": "# Cinghia\n\nLa tensione della cinghia va controllata ogni settimana con il calibro. "
    "Una cinghia con crepe va sostituita subito, quali che siano la sua età e la sua lunghezza.",
}
FIRST = {
    "en": "# Jaw\n\nThe sealing jaw of the press must be tightened to {torque} Nm with a torque "
    "wrench. The jaw must be cleaned with a brush of brass before the first start of every shift.",
    "it": "# Ganascia\n\nLa ganascia saldante della pressa va serrata a {torque} Nm con la chiave "
    "dinamometrica. La ganascia va pulita con una spazzola di ottone prima di ogni turno.",
}
TORQUE = {
    "en": (
        "To what torque must the sealing jaw of {machine} be tightened?",
        "The sealing jaw of the press must be tightened to 24 Nm with a torque wrench.",
    ),
    "it": (
        "A quale coppia va serrata la ganascia saldante di {machine}?",
        "La ganascia saldante della pressa va serrata a 24 Nm con la chiave dinamometrica.",
    ),
}
BRUSH = {
    "en": (
        "With what must the sealing jaw of {machine} be cleaned?",
        "The jaw must be cleaned with a brush of brass before the first start of every shift.",
    ),
    "it": (
        "Con che cosa va pulita la ganascia saldante di {machine}?",
        "La ganascia va pulita con una spazzola di ottone prima di ogni turno.",
    ),
}
FAMILY = "filename,machine_name,machine_code,family\na.json,{0} 40,P40,{0}\nb.json,{0} 50,P50,{0}\n"


def write_manuals(folder: Path, language: str = "en", torques=(24, 26)) -> Path:
    folder.mkdir(exist_ok=True)
    for name, torque in zip(("a", "b"), torques, strict=True):
        pages = {
            "page_1": FIRST[language].format(torque=torque),
            "page_2": FILLING[language],
        }
        (folder / f"{name}.json").write_text(json.dumps(pages), encoding="utf-8")
    return folder


def write_names(folder: Path, family: str = "Kappa", rows: str = FAMILY) -> Path:
    names = folder / "machines.csv"
    names.write_text(rows.format(family), encoding="utf-8")
    return names


def asked(case, machine: str):
    return question(case[0].format(machine=machine), case[1])


def answered(folder: Path, case, text: str = ""):
    (document, *_), _ = read_folder(folder)
    passage = next(passage for passage in split(document) if case[1] in passage.text)
    citations = [{"passage_id": passage.id, "quote": case[1]}]
    reply = {"abstained": False, "text": text or case[1], "citations": citations, "missing": ""}
    return [SEARCH, ENOUGH, {"role": "answerer", "reply": reply}]


async def life(scripted, folder, names, lines, **brief):
    context = await scripted(lines, machines=names, **brief)
    await ingest_folder(str(folder), context, emit=lambda _: None)
    about = context.library.by_path("a.json").id
    window = next(window for window in context.windows if window.document_id == about)
    candidate = Candidate("c1", 1, window)
    context.ledger.plan([candidate])
    result = await question_graph.ainvoke(QuestionInput(candidate), context=context)
    return result["outcome"], context.ledger.entry(candidate.id), context


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_manuals(tmp_path / "siblings")


@pytest.mark.parametrize("language", ["en", "it"])
async def test_differing_value_belongs_to_its_machine(scripted, folder, language):
    write_manuals(folder, language)
    lines = [asked(TORQUE[language], "Kappa 40"), critique(), *answered(folder, TORQUE[language])]
    names = write_names(folder)
    outcome, entry, _ = await life(scripted, folder, names, [*lines, judgement()])
    assert isinstance(outcome, Accepted)
    assert (entry.row.scope, entry.row.applies_to) == ("machine", ("P40",))


@pytest.mark.parametrize("language", ["en", "it"])
@pytest.mark.parametrize("machine", ["Kappa 40", "the Kappa", "Kappa40", "KAPPA-40"])
async def test_shared_statement_belongs_to_the_family(scripted, folder, language, machine):
    write_manuals(folder, language)
    lines = [asked(BRUSH[language], machine), critique(), *answered(folder, BRUSH[language])]
    names = write_names(folder)
    outcome, entry, _ = await life(scripted, folder, names, [*lines, judgement()])
    assert isinstance(outcome, Accepted)
    assert (entry.row.scope, entry.row.applies_to) == ("family", ("P40", "P50"))


@pytest.mark.parametrize("language", ["en", "it"])
async def test_ambiguous_question_is_revised_then_accepted(scripted, folder, language):
    write_manuals(folder, language)
    case = TORQUE[language]
    lines = [asked(case, "the Kappa"), critique(), *answered(folder, case)]
    lines += [asked(case, "Kappa 40"), critique(), *answered(folder, case), judgement()]
    outcome, entry, _ = await life(scripted, folder, write_names(folder), lines)
    assert isinstance(outcome, Accepted)
    assert (entry.drafts, entry.answers) == (2, 2)
    said = next(step.said for step in entry.life if step.name == "scope")
    assert "ambiguous_machine" in said
    assert "“Kappa 40”" in said
    assert "Kappa 40" in entry.row.question


async def test_ambiguous_question_is_dropped_after_its_drafts(scripted, folder):
    case = TORQUE["en"]
    lines = [asked(case, "the Kappa"), critique(), *answered(folder, case)] * 2
    outcome, *_ = await life(scripted, folder, write_names(folder), lines, limits={"drafts": 2})
    assert outcome == Dropped("ambiguous_machine", 4)


async def test_nameless_question_is_not_accepted(scripted, folder):
    lines = [asked(TORQUE["en"], "the press")]
    outcome, *_ = await life(scripted, folder, write_names(folder), lines, limits={"drafts": 1})
    assert outcome == Dropped("machine_missing", 1)


async def test_value_of_the_sibling_sends_the_answer_back(scripted, folder):
    pages = json.loads((folder / "a.json").read_text())
    pages["page_1"] += " The guard of the press is tightened to 26 Nm."
    (folder / "a.json").write_text(json.dumps(pages), encoding="utf-8")
    case = TORQUE["en"]
    wrong = answered(folder, case, "The sealing jaw of the press must be tightened to 26 Nm.")
    lines = [asked(case, "Kappa 40"), critique(), *wrong, *answered(folder, case), judgement()]
    outcome, entry, _ = await life(scripted, folder, write_names(folder), lines)
    assert isinstance(outcome, Accepted)
    assert entry.answers == 2
    assert "26" not in entry.row.answer


async def test_directory_without_families_asks_for_the_machine(scripted, folder):
    names = write_names(folder, rows="filename,machine_name,machine_code\na.json,{0} 40,P40\n")
    lines = [asked(BRUSH["en"], "the Kappa"), asked(BRUSH["en"], "Kappa 40"), critique()]
    lines += [*answered(folder, BRUSH["en"]), judgement()]
    outcome, entry, _ = await life(scripted, folder, names, lines)
    assert isinstance(outcome, Accepted)
    assert entry.drafts == 2
    assert (entry.row.scope, entry.row.applies_to) == ("machine", ("P40",))


async def test_without_a_directory_nothing_is_asked(scripted, folder):
    lines = [asked(TORQUE["en"], "the press"), critique(), *answered(folder, TORQUE["en"])]
    outcome, entry, context = await life(scripted, folder, None, [*lines, judgement()])
    assert isinstance(outcome, Accepted)
    assert (entry.row.scope, entry.row.applies_to) == (None, ())
    assert "scope" not in {step.name for step in entry.life}
    assert context.ledger.notes() == []


async def test_machine_named_like_a_common_word_is_asked_about(scripted, folder):
    listed = "filename,machine_name,machine_code,family\na.json,Jaw,P40,F\nb.json,Press,P50,F\n"
    names = write_names(folder, rows=listed)
    case = TORQUE["en"]
    nameless = question("To what torque must the sealing jaw of the press be fixed?", case[1])
    lines = [nameless, asked(case, "the Jaw"), critique(), *answered(folder, case), judgement()]
    outcome, entry, _ = await life(scripted, folder, names, lines)
    assert isinstance(outcome, Accepted)
    assert entry.drafts == 2


async def test_unknown_machines_of_the_manuals_are_noted(scripted, folder):
    pages = json.loads((folder / "b.json").read_text())
    pages["page_2"] += " The belt of the Kappa 55 and of the Kappa 40 is longer."
    (folder / "b.json").write_text(json.dumps(pages), encoding="utf-8")
    lines = [asked(TORQUE["en"], "Kappa 70"), asked(TORQUE["en"], "Kappa 40"), critique()]
    lines += [*answered(folder, TORQUE["en"]), judgement()]
    outcome, entry, context = await life(scripted, folder, write_names(folder), lines)
    assert isinstance(outcome, Accepted)
    assert entry.drafts == 2
    noted = {note.path: note.reason for note in context.ledger.notes()}
    assert set(noted) == {"Kappa 55", "Kappa 70"}
    assert "b.json" in noted["Kappa 55"]
