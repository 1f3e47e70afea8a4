"""Which sentences of evidence a question most probably asks for, where no answer tells.

A sentence is likely by the words it shares with the question, by the way it reads ("how often" is
answered by a number of hours), and by a subject that a sentence before it names. `paraphrases`
calls this; `locating.yaml` says how answers read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import exp
from pathlib import Path
from typing import Any

from checks.duplicates.focus import Focus, Sentence, telling
from checks.duplicates.wording import Asking

_TITLE_TERMS = 3
_TITLE_WORDS = 5
_IN_TITLE = 0.3

# Fitted to the sentences that answer hand-written questions on sections of manuals.
_SHARED = 3.0
_SHARES_MOST = 1.8
_SUBJECT_BEFORE = 1.3
_READS_SO = 2.2
_MEASURED = 2.7
_SAME_CASE = 0.7


def locate(question: str, asked: Asking, sentences: Sequence[Sentence], language: str) -> Focus:
    """Return by form how probably a sentence answers the question; a title answers nothing."""
    title = _title(sentences)
    body = sentences[len(title) :]
    if not body:
        return {}
    held = [[sentence.holds(term) for term in asked.terms] for sentence in body]
    weights = [
        telling(sum(row[at] > 0 for row in held), len(body))
        * (_IN_TITLE if any(each.holds(term) for each in title) else 1.0)
        for at, term in enumerate(asked.terms)
    ]
    total = sum(weights) or 1.0
    shared = [sum(w * x for w, x in zip(weights, row, strict=True)) / total for row in held]
    before = max((each.holds(term) for each in title for term in asked.terms), default=0.0)
    before *= _IN_TITLE
    wanted = _wanted(question, asked.asked, language)
    scores: list[float] = []
    for sentence, share in zip(body, shared, strict=True):
        scores.append(
            _SHARED * share
            + _SHARES_MOST * (share == max(shared) > 0)
            + _SUBJECT_BEFORE * before
            + sum(weight for found, weight in wanted if found.search(sentence.text))
        )
        before = max(before, share)
    return _by_form(body, scores)


def _by_form(sentences: Sequence[Sentence], scores: Sequence[float]) -> Focus:
    likely = [exp(score - max(scores)) for score in scores]
    total = sum(likely)
    found: Focus = {}
    for sentence, value in zip(sentences, likely, strict=True):
        found[sentence.form] = found.get(sentence.form, 0.0) + value / total
    return found


def _title(sentences: Sequence[Sentence]) -> Sequence[Sentence]:
    """Return the first sentence where it is but a title of the others."""
    first = sentences[:1] if len(sentences) > 2 else ()
    return [
        each
        for each in first
        if not each.values
        and len(each.stems) <= _TITLE_TERMS
        and len(each.text.split()) <= _TITLE_WORDS
    ]


@lru_cache(maxsize=4096)
def _wanted(question: str, asked: str, language: str) -> Sequence[tuple[re.Pattern[str], float]]:
    """Return the patterns of what answers the question, and what each counts for."""
    known = _known(language)
    found = [(pattern, _READS_SO) for kind, pattern in known["answers"] if kind == asked]
    for name, weight in (("measured", _MEASURED), ("case", _SAME_CASE)):
        found += [(says, weight) for asks, says in known[name] if asks.search(question)]
    return found


@cache
def _known(language: str) -> Mapping[str, Sequence[tuple[Any, re.Pattern[str]]]]:
    import yaml

    content = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
    case = content["case"].get(language)
    return {
        "answers": [(k, _any_case(p)) for k, p in content["answers"].get(language, {}).items()],
        "measured": [
            (_any_case(each[language]), re.compile(each["unit"]))
            for each in content["measured"]
            if language in each
        ],
        "case": [(_any_case(case[0]), _any_case(case[1]))] if case else [],
    }


def _any_case(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)
