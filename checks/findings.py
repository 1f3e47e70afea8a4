"""Finding: what every check returns when something is wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: a code for counting, a sentence for people, the evidence it rests on."""

    code: str
    sentence: str
    evidence: str = ""
