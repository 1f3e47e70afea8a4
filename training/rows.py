"""TrainingRow: one accepted question with its context, answer and provenance.

`TrainingError` is what every module of this room raises.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from checks.distractors import Relation

Split = Literal["train", "validation", "test"]
Role = Literal["oracle", "distractor"]
Variant = Literal["drafted", "contrast", "unanswerable", "near_miss", "false_premise"]
"""How a row came to be: drafted from a window, or derived from an accepted row."""
Abstaining = Literal["unanswerable", "near_miss", "false_premise"]
ABSTAINING: tuple[Abstaining, ...] = get_args(Abstaining)
ANSWERABLE: tuple[Variant, ...] = ("drafted", "contrast")


class TrainingError(Exception):
    """A dataset, a recipe or a run is not usable; the message is a sentence for the user."""


class Frozen(BaseModel):
    """A value that is never changed after it was judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ContextPassage(Frozen):
    """A passage as the model sees it, and whether the answer stands on it.

    `relation` is unknown in datasets of before it was told.
    """

    passage_id: str
    document: str
    start: int
    end: int
    text: str
    role: Role
    relation: Relation | Literal["unknown"] = "unknown"


class RowCitation(Frozen):
    """A verbatim quote; `start` and `end` count in the document's normalised text."""

    passage_id: str
    document: str
    start: int
    end: int
    quote: str


class Scores(Frozen):
    """The critic's scores from 1 to 10, of the question and of the finished row."""

    relevance: int
    global_relevance: int
    coverage: int
    faithfulness: int
    completeness: int


class TrainingRow(Frozen):
    """A row of `rows.parquet`: what the model is tuned on, and where every word of it comes from.

    `section` is the first citation's heading path joined with " > ". `system` and `user` are the
    chat messages before the answer. `sections` are content hashes of the cited sections, and
    `section_clusters`, in the same order, what the near repeats and translations of each share:
    rows with a common one stay on one side of the split. `derived_from` is the id of the accepted
    row that a derived one was made from. `scope` says whether the answer holds for the whole family
    or not, `applies_to` for which machines it does (codes); none without a directory.
    `counterpart` is a window of a sibling that states another value, "" without one.
    """

    id: str
    question: str
    answer: str
    answerable: bool
    kind: str
    difficulty: str
    language: str
    document: str
    machine_code: str | None
    machine_name: str | None
    pages: tuple[int, ...]
    section: str
    context: tuple[ContextPassage, ...]
    oracle_positions: tuple[int, ...]
    citations: tuple[RowCitation, ...]
    scores: Scores
    reasons: str
    attempts: int
    models: dict[str, str]
    prompt_hashes: dict[str, str]
    sha256: str
    system: str
    user: str
    sections: tuple[str, ...]
    variant: Variant = "drafted"
    derived_from: str | None = None
    scope: Literal["machine", "family"] | None = None
    applies_to: tuple[str, ...] = ()
    counterpart: str = ""
    section_clusters: tuple[str, ...] = ()
    machine_family: str | None = None

    @property
    def completion(self) -> str:
        """The answer as the model shall say it, with the numbers of the passages it stands on."""
        return cited(self.answer, self.oracle_positions)


def cited(answer: str, positions: Iterable[int]) -> str:
    """Return the answer with a mark such as [2] for each passage, counted from 1 in the prompt."""
    marks = "".join(f"[{position + 1}]" for position in positions)
    return f"{answer} {marks}" if answer.strip() and marks else answer
