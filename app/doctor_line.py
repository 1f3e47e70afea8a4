"""A line of the doctor's: one thing that was looked at, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at; `mend` says what to do, empty when it is well."""

    what: str
    found: str
    mend: str = ""
    needed: bool = True
