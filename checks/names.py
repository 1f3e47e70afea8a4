"""Names of machines in a text: whole names only, in any case and spacing.

"Ares 250" stands in "the ARES250", not in "Ares 2500"; of two names that overlap the longer counts.
A name of one word, such as "Press", counts only as it is spelt, and not where it opens a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from checks.facts.units import find_unit
from tools.machine_names import name_parts
from tools.machines import Machine

_PART = re.compile(r"\d+|[^\W\d_]+|[^\w\s-]+")
_DESIGNATED = re.compile(r"(?P<stem>(?:[^\W\d_]+[\s-]+)*[^\W\d_]{3,})[\s_-]*(?P<digits>\d+)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_DIGITS = 4
_OPENING = re.compile(r"(?:^|[.!?:]\s+|\n[ \t>*•-]*(?:\(?\d{1,2}[.)][ \t]+)?)[“”\"'«(¿¡*_`]*$")
_REACH = 12


@dataclass(frozen=True, slots=True)
class Naming:
    """What the machine of a document may be called, and what it must not be taken for.

    `own` names mean this machine alone, the usual one first; `family` is named by siblings too;
    `others` are the names of all other machines.
    """

    own: tuple[str, ...] = ()
    family: str | None = None
    others: tuple[str, ...] = ()

    @property
    def machine(self) -> str | None:
        """The machine's usual name."""
        return self.own[0] if self.own else None

    @property
    def also(self) -> tuple[str, ...]:
        """What may stand for the usual name: other names, and the family's."""
        return (*self.own[1:], *([self.family] if self.family else []))

    @property
    def every(self) -> tuple[str, ...]:
        """Every name, of whichever machine."""
        return (*self.own[:1], *self.also, *self.others)


def naming(machine: Machine | None, known: Sequence[Machine]) -> Naming:
    """Return the names of a machine beside those of all others; an alias that two share is none."""
    rest = [other for other in known if machine is None or other.code != machine.code]
    theirs = {name_parts(name): name for other in rest for name in reversed(names_of(other))}
    if machine is None:
        return Naming(others=tuple(filter(_can_mean, theirs.values())))
    ours = {name_parts(name): name for name in reversed(names_of(machine))}
    own = (machine.name, *(n for parts, n in ours.items() if parts not in theirs))
    family = machine.family if any(o.family == machine.family for o in rest) else None
    kept = {*ours, name_parts(family or "")}
    others = tuple(n for parts, n in theirs.items() if parts not in kept and _can_mean(n))
    return Naming(tuple(dict.fromkeys(own)), family, others)


def names_of(machine: Machine) -> tuple[str, ...]:
    """Return the name, the code and the aliases of a machine."""
    return (machine.name, machine.code, *machine.aliases)


def _can_mean(name: str) -> bool:
    """Say whether the name can be told from a common word: by a capital, a digit or its length."""
    return not (name.isalpha() and name.islower())


def mentioned(text: str, names: Sequence[str]) -> list[str]:
    """Return the names that stand in the text, in their own order."""
    found = {match.lastgroup for match in _matches(text, names)}
    return [name for index, name in enumerate(names) if f"n{index}" in found]


def name_spans(text: str, names: Sequence[str]) -> list[tuple[int, int]]:
    """Return where the names stand in the text."""
    return [match.span() for match in _matches(text, names)]


def without_names(text: str, names: Sequence[str]) -> str:
    """Return the text with a gap for each of the names."""
    pieces: list[str] = []
    done = 0
    for start, end in name_spans(text, names):
        pieces.append(text[done:start])
        done = end
    return " … ".join([*pieces, text[done:]])


def renamed(text: str, names: Sequence[str], name: str) -> str:
    """Return the text with another name for each of the names."""
    for start, end in reversed(name_spans(text, names)):
        text = text[:start] + name + text[end:]
    return text


def unknown_names(text: str, known: Sequence[str]) -> Iterator[re.Match[str]]:
    """Yield what reads like a machine and is none of these: "Ares 300" beside an "Ares 250".

    A quantity such as "Ares 24 V" or a year is no machine.
    """
    stems = _stems(tuple(known))
    if stems is None:
        return
    for match in stems.pattern.finditer(text):
        size = len(match["digits"])
        is_year = _YEAR.fullmatch(match["digits"]) and _YEAR_DIGITS not in stems.sizes
        if (
            name_parts(match.group()) not in stems.known
            and any(abs(size - other) <= 1 for other in stems.sizes)
            and not is_year
            and not find_unit(text, match.end("digits"))
            and not _is_forced_capital(text, match.start(), match["stem"])
        ):
            yield match


def _matches(text: str, names: Sequence[str]) -> list[re.Match[str]]:
    pattern = _pattern(tuple(names))
    return [
        match
        for match in (pattern.finditer(text) if pattern else ())
        if not _is_forced_capital(text, match.start(), match.group())
    ]


def _is_forced_capital(text: str, start: int, word: str) -> bool:
    """Say whether the word's capital says nothing, because any word would have one there."""
    if not (word.isalpha() and word[0].isupper()):
        return False
    before = text[max(0, start - _REACH) : start]
    return bool(_OPENING.search(before if start <= _REACH else f"…{before}"))


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str] | None:
    """Return a pattern with a group for each name, tried longest first."""
    numbered = [
        (index, parts) for index, name in enumerate(names) if (parts := _PART.findall(name))
    ]
    if not numbered:
        return None
    groups = {index: _spellings(parts) for index, parts in numbered}
    longest = sorted(groups, key=lambda index: (-len("".join(names[index].split())), index))
    named = "|".join(f"(?P<n{index}>{groups[index]})" for index in longest)
    # AR200-0417 is a part or a serial number, whatever machine is called AR200.
    return re.compile(rf"(?<![^\W_])(?<![^\W_]-)(?:{named})(?![^\W_]|[.,]\d|-[^\W_]*\d)")


def _spellings(parts: Sequence[str]) -> str:
    if len(parts) == 1 and parts[0].isalpha():
        return re.escape(parts[0])
    spaced = r"[\s_-]*".join(map(re.escape, parts))
    return f"(?i:{spaced})"


@dataclass(frozen=True, slots=True)
class _Stems:
    """What known names begin with, how many digits follow, and the names themselves."""

    pattern: re.Pattern[str]
    sizes: frozenset[int]
    known: frozenset[tuple[str, ...]]


@lru_cache(maxsize=256)
def _stems(known: tuple[str, ...]) -> _Stems | None:
    designated = [match for name in known if (match := _DESIGNATED.fullmatch(name.strip()))]
    if not designated:
        return None
    spellings = {spelling for m in designated for spelling in (m["stem"], m["stem"].upper())}
    stems = "|".join(
        r"[\s-]+".join(map(re.escape, re.split(r"[\s-]+", spelling)))
        for spelling in sorted(spellings, key=lambda spelling: (-len(spelling), spelling))
    )
    pattern = re.compile(
        rf"(?<![^\W_])(?P<stem>{stems})[ \t\u00a0_-]{{0,2}}(?P<digits>\d+)[A-Za-z]{{0,2}}"
        r"(?![^\W_]|[.,:]\d)"
    )
    sizes = frozenset(len(match["digits"]) for match in designated)
    return _Stems(pattern, sizes, frozenset(map(name_parts, known)))
