from collections.abc import Callable

import pytest

from agents.journal import Spent
from agents.prices import Price
from app.report import ReportFacts
from graph.brief import Brief
from graph.ledger import Entry, Note
from graph.state import Candidate, Step, Window
from tools.documents import Document, read_folder
from tools.library import Library
from training.rows import ContextPassage, RowCitation, Scores, TrainingRow

ENGLISH = """# Kappa 7 stretch wrapper

Read this manual before the wrapper is connected. Keep it within reach of whoever works at it.

## Turntable

Tighten the six screws of the turntable hub to 48 N·m, crosswise and in two passes. A loose hub
is heard as a knock at every turn.

| Part | Torque | Check |
| --- | --- | --- |
| Hub screw M10 | 48 N·m | 500 h |
| Mast bolt M12 <script>alert("torque")</script> | 82 N·m | 1,000 h |

## Film carriage

Set the pre-stretch to 250 %. Do not reach into the carriage while the rollers turn.
"""
ITALIAN = """# Kappa 9 avvolgitrice

## Tavola rotante

Serrare le otto viti del mozzo della tavola a 61 N·m, in croce e in due passate. Un mozzo lento si
sente come un colpo a ogni giro della tavola, e va serrato prima di riprendere il lavoro.
"""
QUOTES = {
    "kappa-7.md": (
        "Tighten the six screws of the turntable hub to 48 N·m",
        '| Mast bolt M12 <script>alert("torque")</script> | 82 N·m | 1,000 h |',
        "Set the pre-stretch to 250 %.",
    ),
    "kappa-9.md": ("Serrare le otto viti del mozzo della tavola a 61 N·m",),
}


@pytest.fixture(scope="session")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    folder = tmp_path_factory.mktemp("manuals")
    (folder / "kappa-7.md").write_text(ENGLISH, "utf-8")
    (folder / "kappa-9.md").write_text(ITALIAN, "utf-8")
    return read_folder(folder)[0]


def _made_row(number: int, document: Document, quote: str) -> TrainingRow:
    start = document.text.index(quote)
    end = start + len(quote)
    library = Library([document])
    passages = tuple(
        ContextPassage(
            passage_id=f"{document.id}-{place}",
            document=document.path,
            start=start,
            end=end,
            text=quote,
            role="oracle" if place == 1 else "distractor",
        )
        for place in range(4)
    )
    citation = RowCitation(
        passage_id=passages[1].passage_id,
        document=document.path,
        start=start,
        end=end,
        quote=quote,
    )
    return TrainingRow(
        id=f"row-{number:02}",
        question=f"Question {number} about <b>the hub</b>?",
        answer=f"Answer {number}: {quote}",
        answerable=True,
        kind=("value", "warning")[number % 2],
        difficulty="easy",
        language="it" if "9" in document.path else "en",
        document=document.path,
        machine_code="K7",
        machine_name="Kappa 7",
        pages=(1,),
        section=" > ".join(library.section_at(document, start).path),
        context=passages,
        oracle_positions=(1,),
        citations=(citation,),
        scores=Scores(relevance=9, global_relevance=8, coverage=7, faithfulness=10, completeness=6),
        reasons="The passage states the torque.",
        attempts=2,
        models={},
        prompt_hashes={},
        sha256="",
        system="",
        user="",
        sections=(),
    )


def _entry(
    number: int,
    status: str,
    reason: str = "",
    *,
    passed: tuple[str, ...] = (),
    row: TrainingRow | None = None,
    drafts: int = 1,
) -> Entry:
    window = Window("w", "d", 0, 10, (1, 1), "en", "K7")
    life = (Step("draft", "q"), *(Step(name, "accept: fine") for name in passed))
    candidate = Candidate(f"candidate-{number:02}", 1, window)
    return Entry(candidate, status, reason, "q", drafts, 1, life, row)


@pytest.fixture(scope="session")
def entries(documents: list[Document]) -> list[Entry]:
    places = [(each, quote) for each in documents for quote in QUOTES[each.path]]
    accepted = [
        _entry(number, "accepted", row=_made_row(number, *place), drafts=1 + number % 2)
        for number, place in enumerate(places)
    ]
    double = _made_row(20, *places[0])
    return [
        *accepted,
        _entry(10, "dropped", "no_subject", passed=("inspect",)),
        _entry(11, "dropped", "unanswered", passed=("inspect", "critique")),
        _entry(12, "dropped", "no_context", passed=("inspect", "critique", "verify")),
        _entry(13, "planned"),
        _entry(20, "set_aside", "duplicate of row-00", row=double),
        _entry(21, "set_aside", "duplicate of row-01", row=double),
    ]


@pytest.fixture(scope="session")
def facts(documents: list[Document], entries: list[Entry]) -> ReportFacts:
    return ReportFacts(
        brief=Brief(rows=4, train="tiny-cpu"),
        entries=entries,
        notes=[
            Note("unreadable", "broken.pdf", 0, "The file is cut off: copy it again."),
            Note("skipped", "leaflet.md", 0, "It has 1 pages; `least_pages` is 3."),
            Note("no_machine", "unknown.md", 0, "The machine names do not list it."),
        ],
        spent=[Spent("critic", "openai:m", 1234, 56789, 321)],
        prices={"openai:m": Price(input=2, output=10)},
        documents=documents,
        machines={"K7": "Kappa 7", "K9": "Kappa 9"},
        decision="export",
        reason="",
        evaluation={"base": 0.125, "tuned": 0.5},
        losses=[4.0, 2.0, 1.0],
        offline=False,
    )


@pytest.fixture(scope="session")
def make_row() -> Callable[[int, Document, str], TrainingRow]:
    """A function from a number, a document and a quote to a row that rests on the quote."""
    return _made_row
