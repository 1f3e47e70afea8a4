"""Tally: what the report shows of the ledger's entries, told in one pass over them; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from sys import intern

from graph.ledger import Entry, reason_code
from tools.documents import Document
from training.rows import Scores, TrainingRow, Variant

STAGES = ("candidates", "question accepted", "answered", "row accepted", "exported")
SCORES = tuple(Scores.model_fields)
HIGHEST_SCORE = 10
NO_HEADING = "(before the first heading)"


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the funnel: how many candidates came so far, and why the others went no further."""

    name: str
    count: int
    lost: dict[str, int]


@dataclass(frozen=True, slots=True)
class Exported:
    """What is counted of a row of the dataset."""

    id: str
    document: str
    section: str
    language: str
    kind: str
    difficulty: str
    variant: Variant
    machine_code: str | None
    scope: str | None
    answerable: bool
    scores: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Survey:
    """What became of all candidates; `rows` are those of the dataset, by id.

    `revised` of them had their question revised; `tried` candidates are finished, `left` are not.
    """

    rows: list[Exported]
    funnel: list[Stage]
    tried: int
    left: int
    revised: int


@dataclass(frozen=True, slots=True)
class DocumentCoverage:
    """A document's sections in reading order, each with the exported rows that cite it first."""

    document: Document
    sections: tuple[tuple[str, int], ...]
    rows: int

    @property
    def asked(self) -> list[tuple[str, int]]:
        """The sections that have rows."""
        return [section for section in self.sections if section[1]]

    @property
    def bare(self) -> list[str]:
        """The sections that have none."""
        return [name for name, rows in self.sections if not rows]


def by_code(counts: Mapping[str, int]) -> dict[str, int]:
    """Return how often each reason's code was counted, most frequent first."""
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def survey(entries: Iterable[Entry]) -> Survey:
    """Return what became of the candidates, holding none of them."""
    rows: list[Exported] = []
    reached: Counter[int] = Counter()
    lost: list[Counter[str]] = [Counter() for _ in STAGES]
    left = revised = 0
    for entry in entries:
        if entry.status == "planned":
            left += 1
            continue
        furthest = _furthest(entry)
        reached[furthest] += 1
        lost[furthest][reason_code(entry.reason)] += 1
        if entry.row and entry.status == "accepted":
            rows.append(_exported(entry.row))
            revised += entry.drafts > 1
    funnel = [
        Stage(
            name,
            sum(count for furthest, count in reached.items() if furthest >= place),
            by_code(lost[place - 1]) if place else {},
        )
        for place, name in enumerate(STAGES)
    ]
    return Survey(sorted(rows, key=lambda row: row.id), funnel, reached.total(), left, revised)


def score_counts(rows: Sequence[Exported], score: str) -> list[int]:
    """Return how many rows have each value of a score, from 1 to 10."""
    place = SCORES.index(score)
    counts = Counter(row.scores[place] for row in rows)
    return [counts[value] for value in range(1, HIGHEST_SCORE + 1)]


def coverage(documents: Sequence[Document], rows: Sequence[Exported]) -> list[DocumentCoverage]:
    """Return every document with the rows of each of its sections; equal headings count as one."""
    counts = Counter((row.document, row.section) for row in rows)
    of_document = Counter(row.document for row in rows)
    return [
        DocumentCoverage(
            document,
            tuple(
                (path or NO_HEADING, counts[document.path, path])
                for path in dict.fromkeys(" > ".join(s.path) for s in document.sections)
            ),
            of_document[document.path],
        )
        for document in documents
    ]


def _furthest(entry: Entry) -> int:
    """Return the place of the last stage that the candidate came to."""
    if entry.row:
        return 4 if entry.status == "accepted" else 3
    passed = {step.name for step in entry.life if step.said.startswith("accept")}
    return 2 if "verify" in passed else int("critique" in passed)


def _exported(row: TrainingRow) -> Exported:
    # Equal texts of many rows are held once.
    return Exported(
        id=row.id,
        document=intern(row.document),
        section=intern(row.section),
        language=intern(row.language),
        kind=intern(row.kind),
        difficulty=intern(row.difficulty),
        variant=row.variant,
        machine_code=row.machine_code and intern(row.machine_code),
        scope=row.scope,
        answerable=row.answerable,
        scores=tuple(getattr(row.scores, name) for name in SCORES),
    )
