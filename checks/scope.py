"""Scope: whether an answer holds for one machine or for its whole family.

A sibling's manual states the same when it does so word for word and fact for fact, the machines'
own names aside, in the same context. The graph's `scope` asks before a row gets its context.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import Indel

from checks.assertions import Assertion, Excerpt, Token, assertions, is_number, tokens, words_of
from checks.findings import Finding
from checks.names import Naming, mentioned, without_names
from checks.words import content_stems

ScopeKind = Literal["machine", "family"]
_ALIKE = 0.75
_MOST = 0.6


@dataclass(frozen=True, slots=True)
class Cited:
    """What an answer stands on: an excerpt of its machine's manual, and the assertions quoted."""

    excerpt: Excerpt
    quoted: tuple[Assertion, ...]


@dataclass(frozen=True, slots=True)
class Stance:
    """How a sibling's manual stands to what was cited.

    It is silent, too, where it states other values of another thing than is asked about.
    `at` is the excerpt in which it says the same, or another thing on the same subject; `values`
    and `words` are those that it alone has there, in the place of which the quotes have `ours`; of
    both, `near` are those that stand around the quotes.
    """

    kind: Literal["same", "differs", "silent"]
    at: int = 0
    values: frozenset[Token] = frozenset()
    words: frozenset[Token] = frozenset()
    near: frozenset[Token] = frozenset()
    ours: frozenset[Token] = frozenset()

    def gives(self, token: Token, said: frozenset[Token]) -> bool:
        """Say whether a value or word of what is said is the sibling's.

        What stands near is, too, where nothing is said of what the quotes have in its place.
        """
        if token in self.near:
            return bool(self.ours) and not self.ours & said
        return token in self.values or token in self.words


@dataclass(frozen=True, slots=True)
class Scope:
    """Whether an answer holds for the whole family, and the codes of the machines it holds for."""

    kind: ScopeKind
    machines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Match:
    """The assertion of a sibling that is nearest to one quoted, and the excerpt it stands in.

    `told` says that it holds the words and numbers asked about that the quoted one holds; `missing`
    are those of the quoted one that it lacks.
    """

    near: float
    same: bool
    told: bool
    at: int
    tokens: tuple[Token, ...]
    missing: frozenset[Token]


def quoted(excerpt: Excerpt, spans: Sequence[tuple[int, int]]) -> Cited:
    """Return the excerpt with the assertions that the spans of its text touch."""
    touched = (
        each
        for each in assertions(excerpt)
        if any(each.start < end and start < each.end for start, end in spans)
    )
    return Cited(excerpt, tuple(touched))


def stance(cited: Sequence[Cited], question: str, answer: str, manual: Sequence[Excerpt]) -> Stance:
    """Compare what was cited with the excerpts of a sibling's manual on the same subject."""
    asked = frozenset(
        token
        for each in cited
        for token in tokens(question, each.excerpt.names, each.excerpt.language)
        if is_number(token) or content_stems(token[0], each.excerpt.language)
    )
    matches = [_match(each.excerpt, one, manual, asked) for each in cited for one in each.quoted]
    found = [match for match in matches if match]
    if not found or len(found) < len(matches):
        return Stance("silent")
    if all(match.same for match in found):
        held = [manual[match.at] for match in found]
        same = _is_about(cited, f"{question}\n{answer}", held)
        same &= not _tells_name(question, answer, cited[0].excerpt)
        return Stance("same" if same else "silent", found[0].at)
    others = [match for match in found if not match.same]
    theirs = frozenset(t for match in others for t in match.tokens) - _quoted_tokens(cited)
    values = frozenset(token for token in theirs if is_number(token))
    differs = all(match.told for match in others)
    return Stance(
        "differs" if differs else "silent",
        others[0].at,
        values,
        theirs - values,
        theirs & _near_tokens(cited),
        frozenset(token for match in others for token in match.missing if differs),
    )


def scope_of(machine: str, stances: Mapping[str, Stance]) -> Scope:
    """Return the scope of an answer for a machine from its siblings' stances, by their codes."""
    same = [code for code, each in stances.items() if each.kind == "same"]
    kind = "family" if stances and len(same) == len(stances) else "machine"
    return Scope(kind, tuple(sorted([machine, *same])))


def ambiguous(question: str, named: Naming, scope: Scope) -> list[Finding]:
    """Find a question that leaves open which machine it is about, where that matters."""
    said = mentioned(question, named.every)
    enough = {*named.own, named.family} if scope.kind == "family" else {*named.own}
    if named.machine is None or enough.intersection(said):
        return []
    sentence = f"The answer does not hold for every machine of the family: name “{named.machine}”."
    return [Finding("ambiguous_machine", sentence, named.machine)]


def known_name(question: str, answer: str, named: Naming, language: str) -> list[Finding]:
    """Find a question whose answer is but a name of the machine, which its reader knows."""
    told = set(mentioned(answer, named.own)).difference(mentioned(question, named.own))
    said, asked = (
        set(content_stems(without_names(t, named.own), language)) for t in (answer, question)
    )
    if named.machine is None or not told or not said <= asked:
        return []
    sentence = "The answer is only what the machine is called, which its reader knows: ask else."
    return [Finding("known_name", sentence, named.machine)]


def sibling_values(
    question: str, answer: str, named: Naming, stances: Mapping[str, Stance], language: str
) -> list[Finding]:
    """Find values and words of the answer that only a sibling's manual states."""
    asked = set(tokens(question, named.every, language))
    every = tokens(answer, named.every, language)
    said = [t for t in every if t not in asked and (is_number(t) or content_stems(t[0], language))]
    return [
        Finding(
            "sibling_value",
            f"“{token[0].lstrip('#')}” is what the manual of {code} states instead.",
            token[0].lstrip("#"),
        )
        for code, each in sorted(stances.items())
        for token in said
        if each.gives(token, frozenset(every))
    ]


def asks_the_same(a: str, b: str, names: Sequence[str], language: str) -> bool:
    """Say whether two questions have most words and all numbers in common, the names aside."""
    numbers = ({t for t in tokens(text, tuple(names), language) if is_number(t)} for text in (a, b))
    if next(numbers) != next(numbers):
        return False
    ours, theirs = (set(content_stems(without_names(text, names), language)) for text in (a, b))
    return len(ours & theirs) >= _MOST * len(ours | theirs)


def says_the_same(a: str, b: str, names: Sequence[str], language: str) -> bool:
    """Say whether two answers have the same numbers, or without any the same words."""
    ours, theirs = (set(tokens(text, tuple(names), language)) for text in (a, b))
    numbers = [{token for token in each if is_number(token)} for each in (ours, theirs)]
    return numbers[0] == numbers[1] if any(numbers) else ours == theirs


def _match(
    excerpt: Excerpt, wanted: Assertion, manual: Sequence[Excerpt], asked: frozenset[Token]
) -> _Match | None:
    """Return the sibling's assertion that is the same, or else the nearest that is alike."""
    own = tokens(wanted.text, excerpt.names, excerpt.language)
    context = tokens(wanted.context, excerpt.names, excerpt.language)
    matches = (
        _Match(
            (there == context) + alike + Indel.normalized_similarity(said, own),
            said == own and there == context,
            asked.intersection(own) <= set(said),
            at,
            said,
            frozenset(own).difference(said),
        )
        for at, other, alike in _alike(wanted, manual)
        for said in [tokens(other.text, manual[at].names, manual[at].language)]
        for there in [tokens(other.context, manual[at].names, manual[at].language)]
    )
    return max(matches, key=lambda match: (match.same, match.told, match.near), default=None)


def _alike(wanted: Assertion, manual: Sequence[Excerpt]) -> Iterator[tuple[int, Assertion, float]]:
    for at, excerpt in enumerate(manual):
        for other in assertions(excerpt):
            alike = Indel.normalized_similarity(other.outline, wanted.outline, score_cutoff=_ALIKE)
            if alike:
                yield at, other, alike


def _tells_name(question: str, answer: str, excerpt: Excerpt) -> bool:
    """Say whether a name of the machine is what is asked for: its code, for one."""
    asked = mentioned(question, excerpt.names)
    return any(name not in asked for name in mentioned(answer, excerpt.names))


def _is_about(cited: Sequence[Cited], said: str, held: Sequence[Excerpt]) -> bool:
    """Say whether the sibling's excerpts hold what question and answer take from around the quotes.

    A quote that both manuals have may be about something else there: the words around it tell.
    """
    excerpt = cited[0].excerpt
    near = "\n".join(f"{one.context}\n{one.text}" for each in cited for one in each.quoted)
    loose = _facts(said, excerpt) - _facts(near, excerpt)
    if not loose:
        return True
    ours = {fact for each in cited for fact in _facts(each.excerpt.text, each.excerpt)}
    theirs = {fact for each in held for fact in _facts(each.text, each)}
    return loose & ours <= theirs


@lru_cache(maxsize=512)
def _facts(text: str, excerpt: Excerpt) -> frozenset[Token]:
    """Return the numbers and the stems of the content words of a text of the excerpt's machine."""
    found = {t for t in tokens(text, excerpt.names, excerpt.language) if is_number(t)}
    stems = content_stems(without_names(text, excerpt.names), excerpt.language)
    return frozenset(found | {(stem, "") for stem in stems if not any(map(str.isdecimal, stem))})


def _quoted_tokens(cited: Sequence[Cited]) -> frozenset[Token]:
    return frozenset(
        token
        for each in cited
        for one in each.quoted
        for token in tokens(one.text, each.excerpt.names, each.excerpt.language)
    )


def _near_tokens(cited: Sequence[Cited]) -> frozenset[Token]:
    """Return what leads the quotes in, and of all around them the words, but no numbers."""
    found: set[Token] = set()
    for each in cited:
        names, language = each.excerpt.names, each.excerpt.language
        found |= {(word, "") for word in words_of(each.excerpt.text, names)}
        found |= {token for one in each.quoted for token in tokens(one.context, names, language)}
    return frozenset(found)
