"""Tally: the counts that the report and the terminal show, from the ledger's entries; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graph.ledger import Entry, reason_code
from tools.documents import Document
from training.rows import Scores, TrainingRow

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


def by_code(reasons: Mapping[str, int]) -> dict[str, int]:
    """Return how often each code stands among the reasons, most frequent first."""
    counts: Counter[str] = Counter()
    for reason, count in reasons.items():
        counts[reason_code(reason)] += count
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def exported_rows(entries: Sequence[Entry]) -> list[TrainingRow]:
    """Return the rows that are in the dataset, by id."""
    rows = [entry.row for entry in entries if entry.status == "accepted" and entry.row]
    return sorted(rows, key=lambda row: row.id)


def funnel(entries: Sequence[Entry]) -> list[Stage]:
    """Return how many finished candidates came how far."""
    tried = [(entry, _furthest(entry)) for entry in entries if entry.status != "planned"]
    return [
        Stage(
            name,
            sum(furthest >= place for _, furthest in tried),
            by_code(Counter(entry.reason for entry, furthest in tried if furthest == place - 1)),
        )
        for place, name in enumerate(STAGES)
    ]


def score_counts(rows: Sequence[TrainingRow], score: str) -> list[int]:
    """Return how many rows have each value of a score, from 1 to 10."""
    counts = Counter(getattr(row.scores, score) for row in rows)
    return [counts[value] for value in range(1, HIGHEST_SCORE + 1)]


def coverage(documents: Sequence[Document], rows: Sequence[TrainingRow]) -> list[DocumentCoverage]:
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
