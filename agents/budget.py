"""The budget: what a run may spend; reserved before a call is sent, so that it is never passed."""

from __future__ import annotations

import time

from pydantic import BaseModel, ConfigDict, Field

from agents.faults import BudgetExhaustedError

CALLS_PER_ROW = 40
CANDIDATES_PER_ROW = 10


class Limits(BaseModel):
    """How much a run may try and spend."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    drafts: int = Field(default=3, ge=1)
    """Most drafts of one question, the first included."""
    answers: int = Field(default=2, ge=1)
    """Most answers to one question."""
    candidates: int | None = Field(default=None, ge=1)
    """Most questions tried in a run; 10 per row wanted if not given."""
    calls: int | None = Field(default=None, ge=1)
    """Most model calls in a run, resumed parts included; 40 per row wanted if not given."""
    minutes: float | None = Field(default=None, gt=0)
    """Most minutes from start or resume to the last call; no limit if not given."""

    def calls_for(self, rows: int) -> int:
        """Return the most calls of a run that wants this many rows."""
        return self.calls or rows * CALLS_PER_ROW

    def candidates_for(self, rows: int) -> int:
        """Return the most candidates of a run that wants this many rows."""
        return self.candidates or rows * CANDIDATES_PER_ROW


class Budget:
    """Counts calls and minutes; a call that would pass a limit is not sent."""

    def __init__(self, *, calls: int, minutes: float | None, spent: int = 0) -> None:
        self.calls = calls
        self.spent = spent
        self._minutes = minutes
        self._deadline = time.monotonic() + minutes * 60 if minutes else None

    def reserve(self) -> None:
        """Take one call from the budget.

        Raises:
            BudgetExhaustedError: the calls or the minutes are used up.
        """
        if self.spent >= self.calls:
            raise BudgetExhaustedError(
                f"The limit of {self.calls} model calls is reached. "
                "Raise `limits.calls` in the run's brief.yaml and resume."
            )
        if self._deadline and time.monotonic() >= self._deadline:
            raise BudgetExhaustedError(
                f"The limit of {self._minutes:g} minutes is reached. "
                "Raise `limits.minutes` in the run's brief.yaml and resume."
            )
        self.spent += 1

    def give_back(self) -> None:
        """Return a call to the budget: it was tried, and no reply came of it."""
        self.spent -= 1
