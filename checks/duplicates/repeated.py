"""Near-duplicates over the whole dataset: a question with its evidence and the facts of its answer.

Rows meet where they ask the same in the same words, share a run of words of their evidence or,
without evidence, rare words of their questions; each meets a bounded number of others, so the work
grows with the rows. The graph calls this in `assess`, with rows in order of round and id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from math import log
from zlib import crc32

from checks.duplicates.focus import split_sentences
from checks.duplicates.meetings import Meetings, cells, centred
from checks.duplicates.paraphrases import same_answer, same_question
from checks.duplicates.profiles import Profile, profile
from checks.duplicates.similar import split_words
from checks.duplicates.wording import Term, terms

_MIX = 0x9E3779B1
_MASK = 0xFFFFFFFF
_RUNS_KEPT = 6
_RAREST = 4
_ANSWERS = 6
_SAMPLE = 20_000
_PRIOR = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, the quotes its answer stands on, and the answer."""

    id: str
    question: str
    evidence: tuple[str, ...]
    answer: str
    language: str


def near_duplicates(
    rows: Sequence[Asked], vectors: Sequence[Sequence[float]] = ()
) -> dict[str, str]:
    """Return, for each row that repeats an earlier one, the id of that row; the first is kept.

    `vectors` are embeddings of the questions in the order of the rows, none without.
    """
    compared = _Compared(rows, vectors)
    meetings = Meetings(compared.keys(place) for place in range(len(rows)))
    kept_for: dict[int, int] = {}
    for place in range(len(rows)):
        kept = sorted({kept_for.get(other, other) for other in meetings.earlier(place)})
        same = next((other for other in kept if compared.repeat(other, place)), None)
        if same is not None:
            kept_for[place] = same
            compared.forget(place)
    return {rows[place].id: rows[kept].id for place, kept in kept_for.items()}


def repeated_pairs(
    rows: Sequence[Asked],
    pairs: Sequence[tuple[int, int]],
    vectors: Sequence[Sequence[float]] = (),
) -> list[bool]:
    """Return, for each pair of places, whether the two rows alone would be found to repeat.

    What a word counts for is taken from all the rows.
    """
    compared = _Compared(rows, vectors)
    return [
        not compared.keys(a).isdisjoint(compared.keys(b)) and compared.repeat(a, b)
        for a, b in pairs
    ]


class _Compared:
    """The rows, each read when it is first compared."""

    def __init__(self, rows: Sequence[Asked], vectors: Sequence[Sequence[float]]) -> None:
        self.rows = rows
        self.vectors = centred(vectors)
        self.cells = cells(self.vectors)
        self.bare = [not any(quote.strip() for quote in row.evidence) for row in rows]
        self.some_bare = any(self.bare)
        self.profiles: dict[int, Profile] = {}

    @cached_property
    def asked(self) -> Counter[str]:
        """How many questions hold a stem, in an even sample of the rows."""
        sample = self.rows[:: 1 + len(self.rows) // _SAMPLE]
        questions = sorted({(row.question, row.language) for row in sample})
        return Counter(
            term.stem for question, language in questions for term in terms(question, language)
        )

    @cached_property
    def size(self) -> int:
        """How many questions were counted, and a few more, so that few rows do not say much."""
        return min(len(self.rows), _SAMPLE) + _PRIOR

    def rarity(self, stem: str) -> float:
        """Return what a stem counts for."""
        return 1 + log(self.size / min(self.asked[stem] + _PRIOR, self.size))

    def keys(self, place: int) -> set[int]:
        """Return what another row must share to be compared."""
        row = self.rows[place]
        keys = set(_evidence_keys(row.evidence, row.language))
        in_words = _hashed(f"{row.language} asked {' '.join(split_words(row.question))}")
        if keys:
            read = self._profile(place)
            said = read.question.terms + read.answer[:_ANSWERS]
            names = {name for term in said for name in _names(term)}
            keys |= {_hashed(name) * _MIX + min(keys) & _MASK for name in names}
        if self.some_bare:
            keys.update(self._question_keys(place))
            keys.update(self.cells[place] if len(self.cells) else ())
        return keys | {in_words}

    def repeat(self, one: int, other: int) -> bool:
        """Say whether two rows that met ask the same."""
        a, b = self.rows[one], self.rows[other]
        if a.language != b.language:
            return False
        first, second = self._profile(one), self._profile(other)
        in_words = first.words == second.words
        both = not (self.bare[one] or self.bare[other])
        # Rows that met on evidence need not be looked at for it again.
        may_differ = both and (self.some_bare or in_words)
        if may_differ and _evidence_keys(a.evidence, a.language).isdisjoint(
            _evidence_keys(b.evidence, b.language)
        ):
            return in_words and same_answer(first, second)
        meant = float(self.vectors[one] @ self.vectors[other]) if len(self.vectors) else None
        return same_question(first, second, meant)

    def forget(self, place: int) -> None:
        """Let go of what was read of a row that is not compared again."""
        self.profiles.pop(place, None)

    def _profile(self, place: int) -> Profile:
        if place not in self.profiles:
            row = self.rows[place]
            self.profiles[place] = profile(
                row.question, row.evidence, row.answer, row.language, self.rarity
            )
        return self.profiles[place]

    def _question_keys(self, place: int) -> Iterator[int]:
        """Yield keys of the rarest words of a question, and of two of them together."""
        row = self.rows[place]
        asked = sorted(
            self._profile(place).question.terms,
            key=lambda term: (-self.rarity(term.stem), term.stem),
        )
        names = sorted({name for term in asked[:_RAREST] for name in _names(term)})
        for name in [*names, *(f"{a} {b}" for a, b in combinations(names, 2))]:
            yield _hashed(f"{row.language} question {name}")


def _names(term: Term) -> list[str]:
    """Return the groups of synonyms of a term, or else its stem."""
    return [key for key in term.keys if key.startswith("#")] or [term.stem]


@lru_cache(maxsize=4096)
def _evidence_keys(evidence: tuple[str, ...], language: str) -> frozenset[int]:
    """Return for each sentence the smallest hashes of its runs of words, which a copy shares."""
    found: set[int] = set()
    parts = [part for quote in evidence for part in split_sentences(quote)]
    each = max(1, _RUNS_KEPT // (len(parts) or 1))
    salt = _hashed(language)
    for part in parts:
        words = [_hashed(word) for word in split_words(part)]
        if not words:
            continue
        padded = [*words, *words, *words][: max(3, len(words))]
        runs = zip(padded, padded[1:], padded[2:], strict=False)
        hashes = {((a * 31 + b) * 31 + c + salt) * _MIX & _MASK for a, b, c in runs}
        found.update(sorted(hashes)[:each])
    return frozenset(found)


@lru_cache(maxsize=100_000)
def _hashed(text: str) -> int:
    return crc32(text.encode(errors="replace"))
