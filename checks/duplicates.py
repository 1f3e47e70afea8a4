"""Near-duplicates over the whole dataset: a question with its evidence and the facts of its answer.

Rows are compared only within a bucket of the same evidence, facts and numbers asked about, so the
work grows with the rows. The graph calls this in `assess`, with rows in order of round and id.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from checks.facts import numbers
from checks.words import content_stems

_SHINGLE = 5
_SHINGLES_KEPT = 12
_SAME_QUESTION = 90
_SIMILAR_QUESTION = 50
_SIMILAR_ANSWER = 70
_WORD = re.compile(r"\w+")
_NAME = re.compile(r"(?<=[^\W_] )(?<![.?!:] )[^\W\d_]*[A-Z][^\W\d_]*")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, the quotes its answer stands on, and the answer."""

    id: str
    question: str
    evidence: tuple[str, ...]
    answer: str
    language: str


def near_duplicates(rows: Sequence[Asked]) -> dict[str, str]:
    """Return, for each row that repeats an earlier one, the id of that row; the first is kept."""
    buckets: defaultdict[object, list[_Profile]] = defaultdict(list)
    repeats: dict[str, str] = {}
    for row in rows:
        profile = _profile(row)
        earlier = next(
            (kept for key in profile.keys for kept in buckets[key] if _repeats(profile, kept)), None
        )
        if earlier:
            repeats[row.id] = earlier.id
            continue
        for key in profile.keys:
            buckets[key].append(profile)
    return repeats


@dataclass(frozen=True, slots=True)
class _Profile:
    """What two rows are compared by."""

    id: str
    question: str
    answer: str
    stems: frozenset[str]
    evidence: frozenset[str]
    facts: frozenset[tuple[str, str]]
    words: tuple[str, ...]
    names: frozenset[str]
    keys: tuple[object, ...]


def _profile(row: Asked) -> _Profile:
    asked = frozenset(number.key for number in numbers(row.question, row.language))
    facts = frozenset(number.key for number in numbers(row.answer, row.language)) - asked
    scope = (row.language, tuple(sorted(asked)))
    stems = frozenset(content_stems(row.question, row.language))
    return _Profile(
        row.id,
        " ".join(sorted(stems)),
        " ".join(content_stems(row.answer, row.language)),
        stems,
        frozenset(content_stems("\n".join(row.evidence), row.language)),
        facts,
        tuple(_WORD.findall(row.question.casefold())),
        frozenset(name.casefold() for name in _NAME.findall(row.question)),
        tuple((*scope, shingle) for shingle in sorted(set(_shingles(row.evidence)))),
    )


def _shingles(evidence: Sequence[str]) -> Iterator[int]:
    """Yield for each quote the smallest hashes of its word runs, which overlapping quotes share."""
    for quote in evidence:
        words = _WORD.findall(quote.casefold())
        runs = range(max(1, len(words) - _SHINGLE + 1))
        yield from sorted({_hashed(words[at : at + _SHINGLE]) for at in runs})[:_SHINGLES_KEPT]


def _hashed(words: Sequence[str]) -> int:
    digest = hashlib.blake2b(" ".join(words).encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big")


def _repeats(row: _Profile, kept: _Profile) -> bool:
    """Say whether the rows, whose evidence overlaps, ask for the same thing."""
    if row.words == kept.words:
        return True
    if row.facts != kept.facts or _other_subject(row, kept):
        return False
    if fuzz.ratio(row.question, kept.question) >= _SAME_QUESTION:
        return True
    alike = fuzz.token_set_ratio(row.question, kept.question) >= _SIMILAR_QUESTION
    return alike and bool(
        row.facts or fuzz.token_set_ratio(row.answer, kept.answer) >= _SIMILAR_ANSWER
    )


def _other_subject(row: _Profile, kept: _Profile) -> bool:
    """Say whether each question names what the other does not: another machine, another part.

    Parts differ when one word takes another's place and the evidence knows both, as in "the upper
    screw" and "the lower screw"; other words of a paraphrase come from outside the evidence.
    """
    if row.names - kept.names and kept.names - row.names:
        return True
    only, other = row.stems - kept.stems, kept.stems - row.stems
    return len(only) == len(other) == 1 and only | other <= row.evidence | kept.evidence
