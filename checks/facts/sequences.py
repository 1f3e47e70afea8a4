"""Sequences: whether an answer does first what its evidence does then; `judging` asks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from checks.facts.opposite_words import words_of
from checks.facts.polarity_words import polarity_words
from checks.facts.readings import Token, Unit, read
from checks.findings import Finding

Parts = tuple[frozenset[str], frozenset[str]]
"""The words of what comes first, and of what comes then, without those of both."""

_NONE = frozenset[str]()


def reordered(answer: str, evidence: Sequence[str], language: str) -> Iterator[tuple[int, Finding]]:
    """Yield what the answer says to do in the other order than the evidence, with its sentence."""
    held = [parts for text in evidence for _, *parts in _sequences(text, language)]
    for index, first, then in _sequences(answer, language):

        def shared(parts: Sequence[frozenset[str]], said: frozenset[str] = first | then) -> int:
            return len(said & (parts[0] | parts[1]))

        before, after = max(held, key=shared, default=(_NONE, _NONE))
        if first & after and then & before and not then & after:
            sentence = "The cited passages do the same in another order."
            yield index, Finding("wrong_order", sentence, " ".join(sorted(then & before)))


@lru_cache(maxsize=256)
def _sequences(text: str, language: str) -> Sequence[tuple[int, frozenset[str], frozenset[str]]]:
    """Return the sentences that say what is done first and what then."""
    first = polarity_words("first", language)
    found: list[tuple[int, frozenset[str], frozenset[str]]] = []
    for index, unit in enumerate(read(text, language).units):
        at = next((i for i, token in enumerate(unit.tokens) if first.fullmatch(token.word)), -1)
        if at >= 0 and (parts := _parts(unit, at, language)):
            found.append((index, *parts))
    return found


def _parts(unit: Unit, first: int, language: str) -> Parts | None:
    """Return the two parts of a sentence, which the joint next to its "then" parts."""
    then, joints = polarity_words("then", language), words_of("joints", language)
    tokens = unit.tokens
    at = next((i for i in range(first + 1, len(tokens)) if then.fullmatch(tokens[i].word)), 0)
    if not at:
        return None
    joint = next((i for i in range(at, first, -1) if _parts_clauses(tokens, i, joints)), at)
    marks = {tokens[first].name, tokens[at].name}
    one, other = _content(tokens[:joint]) - marks, _content(tokens[joint:]) - marks
    return one - other, other - one


def _parts_clauses(tokens: Sequence[Token], at: int, joints: frozenset[str]) -> bool:
    return tokens[at].word in joints or tokens[at].clause != tokens[at - 1].clause


def _content(tokens: Sequence[Token]) -> frozenset[str]:
    return frozenset(token.name for token in tokens if not token.is_stop)
