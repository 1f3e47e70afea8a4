"""Asking: what a question asks, as a clause that can stand in a sentence.

An answer that abstains names with it what is missing: "the passages do not say at what torque …".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_MARKS = " ?？؟¿"
_TWO_SENTENCES = re.compile(r"[.!?;:]\s")
_QUOTED = re.compile(r"“[^”]*”|„[^“]*“|«[^»]*»|\"[^\"]*\"|`[^`]*`")


def asked_clause(question: str, language: str) -> str:
    """Return the question as a subordinate clause, or "" where no rule can do so correctly."""
    asked = question.strip(_MARKS)
    if _TWO_SENTENCES.search(_QUOTED.sub("", asked)):
        return ""
    for rule in _rules().get(language, ()):
        if match := re.fullmatch(rule["match"], asked, re.IGNORECASE):
            parts = match.groupdict()
            for name in {"small", "place"} & parts.keys():
                parts[name] = parts[name][:1].lower() + parts[name][1:]
            clause = str(rule["say"]).format(**parts)
            for wrong, right in rule.get("instead", {}).items():
                clause = re.sub(rf"\b{wrong}\b", right, clause)
            return clause
    return ""


@cache
def _rules() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    import yaml

    return yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
