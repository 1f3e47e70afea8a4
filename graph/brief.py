"""The brief: what dataset is wanted, how good, and how much it may cost; brief.yaml is one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.budget import Limits
from training.rows import ABSTAINING, Abstaining


class BriefError(Exception):
    """The brief cannot be read; the message lists every complaint."""


class Wanted(BaseModel):
    """Settings whose docstrings are their documentation."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Thresholds(Wanted):
    """The least scores, from 1 to 10, with which a question and a row are accepted."""

    relevance: int = Field(default=6, ge=1, le=10)
    """Of the question to its window."""
    global_relevance: int = Field(default=6, ge=1, le=10)
    """Of the question to the scenario."""
    coverage: int = Field(default=6, ge=1, le=10)
    """How far the window answers the question."""
    faithfulness: int = Field(default=7, ge=1, le=10)
    """How far the passages support the answer."""
    completeness: int = Field(default=6, ge=1, le=10)
    """How completely the answer answers the question."""


class Windows(Wanted):
    """How documents are cut into the windows that questions are written from."""

    unit: Literal["pages", "sections", "chunks"] = "pages"
    """Consecutive pages, one section, or chunks of characters."""
    input_pages: int = Field(default=2, ge=1)
    """With `pages`: how many consecutive pages make a window."""
    size: int = Field(default=3000, ge=200)
    """With `chunks`: how many characters make a window."""
    step: int = Field(default=2000, ge=100)
    """With `chunks`: how many characters lie between the starts of two windows; at most `size`."""

    @model_validator(mode="after")
    def _no_gaps(self) -> Self:
        if self.unit == "chunks" and self.step > self.size:
            raise ValueError("step is larger than size: text between the chunks would be skipped")
        return self


class Duplicates(Wanted):
    """How a question is found to repeat another."""

    embeddings: bool = False
    """Whether questions are also compared by meaning, with `retrieval.embeddings` of
    officina.yaml; without, by their words, their evidence and their answers."""


class Brief(Wanted):
    """What dataset is wanted."""

    scenario: str = "a virtual assistant for technicians in a manufacturing plant"
    """Who asks and who answers; the critic judges global relevance against it."""
    topics: list[str] = Field(default_factory=list[str])
    """What questions should be about; empty means anything that matters at the machine."""
    languages: list[str] = Field(default_factory=list[str])
    """ISO 639-1 codes of the pages to ask about; empty means every language found."""
    rows: int = Field(default=100, ge=1)
    """How many rows are wanted."""
    windows: Windows = Field(default_factory=Windows)
    """How documents are cut into windows."""
    least_pages: int = Field(default=1, ge=1)
    """Documents with fewer pages are skipped, and listed."""
    distractors: int = Field(default=4, ge=0)
    """How many passages that do not hold the answer stand beside those that do."""
    unanswerable: float = Field(default=0.1, ge=0, le=0.5)
    """The share of rows whose passages do not hold the answer, and whose answer says so."""
    abstentions: list[Abstaining] = Field(default=[*ABSTAINING], min_length=1)
    """Which of them, in turn: `unanswerable` lacks every passage with the answer, `near_miss` shows
    a sibling machine's instead, `false_premise` assumes what the passages contradict."""
    contrasts: float = Field(default=0.1, ge=0, le=0.5)
    """The share of rows that ask again about a sibling what a row asks about a machine, and are
    answered otherwise; for machines of one family."""
    test_share: float = Field(default=0.2, ge=0, lt=1)
    """The share of rows held out for evaluation."""
    split_by_family: bool = False
    """Whether machines of one family stay on one side of the split."""
    seed: int = 0
    """Decides the order of windows and passages and the split."""
    duplicates: Duplicates = Field(default_factory=Duplicates)
    """How a question is found to repeat another."""
    thresholds: Thresholds = Field(default_factory=Thresholds)
    """How good a question and a row must be."""
    limits: Limits = Field(default_factory=Limits)
    """How much a run may try and spend."""
    critic_analyses: bool = False
    """Whether the critic reasons in free text before it scores; one call more a draft."""
    train: str = "none"
    """The recipe to train with: a name in training/recipes, a path, or none."""

    @property
    def most_calls(self) -> int:
        """How many model calls may be made."""
        return self.limits.calls_for(self.rows)


def load_brief(path: Path) -> Brief:
    """Return the brief in a YAML file.

    Raises:
        BriefError: the file cannot be read or has settings that are wrong or unknown.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BriefError(f"The brief {path} cannot be read: {error}.") from error
    except yaml.YAMLError as error:
        raise BriefError(f"The brief {path} is not valid YAML: {error}") from error
    return read_brief(content or {}, str(path))


def read_brief(content: object, name: str) -> Brief:
    """Return a brief from plain values; `name` is what complaints call it.

    Raises:
        BriefError: settings are wrong or unknown; all of them are listed.
    """
    try:
        return Brief.model_validate(content)
    except ValidationError as error:
        complaints = "\n".join(
            f"  {'.'.join(str(part) for part in each['loc']) or 'brief'}: {each['msg']}"
            for each in error.errors()
        )
        raise BriefError(f"{name} has settings that cannot be used:\n{complaints}") from error


def dump_brief(brief: Brief) -> str:
    """Return the brief as YAML, every setting written out."""
    return yaml.safe_dump(brief.model_dump(), sort_keys=False, allow_unicode=True)
