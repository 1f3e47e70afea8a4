"""Polarity: whether an answer denies what its evidence affirms, or the other way round.

A negation is bound to the words beside it. A statement of the answer is compared with the sentences
of the evidence that hold most of its words; where none does, nothing is said.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from checks.facts.limits import Limits, limits
from checks.facts.polarity_words import denials, has_concord, knows, polarity_words
from checks.facts.readings import Token, Unit, read
from checks.findings import Finding

_SAME_STATEMENT = 0.6
_AS_GOOD = 0.95
_ABSENT = 1.0
_FEW = 2
_CLOSENESS = 0.3
_ONE_NEGATION = 5


@dataclass(frozen=True, slots=True)
class Negation:
    """A negation: the word that denies, with the stems beside it, before it and in its clause.

    `limits` are those that the sentence sets after it.
    """

    word: str
    after: str
    before: str
    subject: frozenset[str]
    clause: frozenset[str]
    limits: frozenset[int]

    @property
    def head(self) -> str:
        """The word that it denies, as far as one can say."""
        return self.after or self.before

    def is_of(self, said: Statement, held: Statement) -> bool:
        """Say whether one statement is about what is denied, not what else the other one says."""
        is_named = 2 * len(self.subject & said.words) >= len(self.subject)
        return is_named or not said.stems & (held.stems - self.clause)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence, item or row as polarity sees it; is it about "only", which limits does it set."""

    stems: frozenset[str]
    words: frozenset[str]
    negations: tuple[Negation, ...]
    unit: int
    is_exclusive: bool
    limits: frozenset[int]


@lru_cache(maxsize=1024)
def statements(text: str, language: str) -> tuple[Statement, ...]:
    """Return what a text states, sentence by sentence."""
    found: list[Statement] = []
    for index, unit in enumerate(read(text, language).units):
        here = limits(text, language)[index]
        found += (_statement(index, each, heads, here, language) for each, heads in _parts(unit))
    return tuple(found)


def _parts(unit: Unit) -> Iterator[tuple[Sequence[Token], frozenset[str]]]:
    """Yield a unit's tokens; of a row also each cell with the row's label and its header."""
    yield unit.tokens, frozenset()
    cells = {token.cell for token in unit.tokens} if unit.is_row else set[int]()
    for cell in sorted(cells - {0}):
        heads = frozenset(name for head in unit.heads[cell : cell + 1] for name in head)
        yield [token for token in unit.tokens if token.cell in (0, cell)], heads


def contradictions(
    answer: str, evidence: Sequence[str], language: str
) -> Iterator[tuple[int, Finding]]:
    """Yield which statement the evidence makes with the opposite polarity, and the finding."""
    if not (knows(language) and any(_may_deny(text, language) for text in (answer, *evidence))):
        return
    held = [statement for text in evidence for statement in statements(text, language)]
    counts = Counter(word for statement in held for word in statement.words)
    for said in statements(answer, language):
        if finding := _contradiction(said, held, counts):
            yield said.unit, finding


def _may_deny(text: str, language: str) -> bool:
    """Say whether any of the words of a text denies: half of all passages need no reading."""
    return bool(denials(language).search(text.lower()))


def _contradiction(
    said: Statement, held: Sequence[Statement], counts: Counter[str]
) -> Finding | None:
    basis = said.stems if len(said.stems) >= _FEW else said.words
    if len(basis) < _FEW:
        return None
    whole = sum(_weight(stem, counts, len(held)) for stem in basis)
    scored: list[tuple[float, Statement]] = []
    for other in held:
        share = sum(_weight(stem, counts, len(held)) for stem in basis & other.words) / whole
        if share >= _SAME_STATEMENT:
            alike = len(said.words & other.words) / len(said.words | other.words)
            scored.append((share * (1 - _CLOSENESS + _CLOSENESS * alike), other))
    best = max((score for score, _ in scored), default=0)
    found: Finding | None = None
    for score, other in scored:
        if score >= best * _AS_GOOD:
            found = _difference(said, other)
            if found is None:
                return None
    return found


def _weight(stem: str, counts: Counter[str], size: int) -> float:
    if stem not in counts:
        return _ABSENT
    return 0.3 + math.log((size + 1) / (counts[stem] + 0.5))


def _difference(said: Statement, other: Statement) -> Finding | None:
    """Return what one denies and the other affirms, where they differ in little else."""
    if said.is_exclusive != other.is_exclusive:
        return None
    mine, theirs = _unpaired(said, other)
    added = [each for each in mine if each.head in other.words]
    dropped = [each for each in theirs if each.head in said.words and each.is_of(said, other)]
    if len(added) > len(dropped) and _sets_no_other_limit(added, other):
        return Finding(
            "wrong_polarity",
            f"The answer says “{added[0].word}” where the cited passages affirm.",
            added[0].word,
        )
    if len(dropped) > len(added) and _sets_no_other_limit(dropped, said):
        return Finding(
            "wrong_polarity",
            f"The cited passages say “{dropped[0].word}” where the answer affirms.",
            dropped[0].word,
        )
    return None


def _sets_no_other_limit(denying: Sequence[Negation], affirming: Statement) -> bool:
    """Say whether a denial is none of a limit's: "not above 40" may be "from 5 to 40"."""
    denied = frozenset[int]().union(*(each.limits for each in denying))
    return not denied or not denied.isdisjoint(affirming.limits)


def _unpaired(said: Statement, other: Statement) -> tuple[list[Negation], list[Negation]]:
    """Return the negations of each that the other one does not make, in these words or others."""
    mine, theirs = list(said.negations), list(other.negations)

    def is_reworded(one: Negation, another: Negation) -> bool:
        return one.head not in other.words or another.head not in said.words

    for alike in (*_ALIKE, is_reworded):
        for negation in tuple(mine):
            if match := next((each for each in theirs if alike(negation, each)), None):
                mine.remove(negation)
                theirs.remove(match)
    return mine, theirs


_ALIKE: tuple[Callable[[Negation, Negation], bool], ...] = (
    lambda one, other: one.after == other.after != "",
    lambda one, other: one.before == other.before != "",
    lambda one, other: bool({one.after, one.before} & {other.after, other.before} - {""}),
)


def _statement(
    unit: int,
    tokens: Sequence[Token],
    heads: frozenset[str],
    set_here: Limits,
    language: str,
) -> Statement:
    denying = polarity_words("denying", language)
    stems = frozenset(
        token.name for token in tokens if not token.is_stop and not denying.fullmatch(token.word)
    )
    words = heads.union(token.name for token in tokens)
    only = polarity_words("only", language)
    return Statement(
        stems | heads,
        words,
        tuple(_negations(tokens, language, set_here)),
        unit,
        is_exclusive=any(only.fullmatch(token.word) for token in tokens),
        limits=frozenset(set_here.ways.values()) - {0},
    )


def _negations(tokens: Sequence[Token], language: str, set_here: Limits) -> Iterator[Negation]:
    negation, lacking = polarity_words("negations", language), polarity_words("lacking", language)
    leading = polarity_words("leading", language)
    concord, last = has_concord(language), -1
    for index, token in enumerate(tokens):
        if token.fact >= 0 or token in set_here.used or _is_reply(tokens, index):
            continue
        opens = not index or tokens[index - 1].clause != token.clause
        if lacking.fullmatch(token.word) or (opens and leading.fullmatch(token.word)):
            yield _negation(tokens, index, language, set_here.ways)
        elif negation.fullmatch(token.word):
            again = concord and last >= 0 and _is_repeated(tokens[last], token, index - last)
            if not again:
                yield _negation(tokens, index, language, set_here.ways)
            last = index


def _is_reply(tokens: Sequence[Token], index: int) -> bool:
    """Say whether a word only opens an answer: the "No" of "No, it must not"."""
    first = index == 0 and tokens[0].cell < 0
    return first and len(tokens) > 1 and tokens[1].clause != tokens[0].clause


def _is_repeated(first: Token, token: Token, distance: int) -> bool:
    """Say whether a negation only seconds another one: "non … mai", "no … ningún"."""
    return distance < _ONE_NEGATION and first.clause == token.clause and first.word != token.word


def _negation(
    tokens: Sequence[Token], index: int, language: str, ways: Mapping[int, int]
) -> Negation:
    denying, needs = polarity_words("denying", language), polarity_words("needs", language)
    here = tokens[index]
    clause = [
        (place, token)
        for place, token in enumerate(tokens)
        if token.clause == here.clause
        and not (denying.fullmatch(token.word) or needs.fullmatch(token.word))
    ]
    after = [token for place, token in clause if place > index]
    before = [token for place, token in reversed(clause) if place < index]
    is_of_word = polarity_words("lacking", language).fullmatch(here.word)
    subject = frozenset(t.name for t in before if not (t.is_stop or is_of_word))
    whole = frozenset(token.name for _, token in clause)
    limited = frozenset(ways.get(token.fact, 0) for token in tokens[index:]) - {0}
    return Negation(here.word, _head(after), _head(before), subject, whole, limited)


def _head(tokens: Sequence[Token]) -> str:
    """Return the first word that says something, or else the first of any sort."""
    return next((t.name for t in tokens if not t.is_stop), tokens[0].name if tokens else "")
