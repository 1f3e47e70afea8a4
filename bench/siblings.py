"""Mutants that take something from elsewhere: a sibling machine, another menu.

Siblings are the machines of one family in machines.csv. Without one they are documents in one
language that share at least a quarter of their statements once the digits are masked; their names
are then what differs between their titles ("Nova 10" and "Nova 10 Pro"), or else most often between
such statements.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random

from bench.mutants import Change, Mutant, mutant
from bench.mutated_rows import differ
from bench.truths import Folder, Truth
from tools.machines_csv import find_directory_file, read_table

VALUE, NAME, MENU = "sibling's value", "sibling's name", "menu path changed"
_DIGITS = re.compile(r"\w*\d\w*(?:[-.,:/+]\w+)*")
_NAME = re.compile(r"[A-ZÀ-Ý][\w-]* \S*\d\S*|[^\W\d_]+[\w-]*\d[\w-]*")
_STEP = r"[A-ZÀ-Ý\d][\w-]*(?: [A-ZÀ-Ý\d][\w-]*)*"
_PATH = re.compile(rf"{_STEP}(?: ?[>→›»▸] ?{_STEP})+")
_LEAST_SHARED = 0.25
_LEAST_NAMED = 2


@dataclass(frozen=True, slots=True)
class Sibling:
    """A pair of documents: the names of the first one's machine, each with the second one's."""

    document: str
    other: str
    names: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Masked:
    """A statement without its digits and names, and the spans of the digits that were masked."""

    key: str
    spans: tuple[tuple[int, int], ...]


def siblings(root: Path, folder: Folder) -> list[Sibling]:
    """Return every pair of sibling documents, in both directions."""
    path = find_directory_file(root)
    return _listed(path, folder) if path else _alike(folder)


def _listed(path: Path, folder: Folder) -> list[Sibling]:
    table = read_table(path)
    languages = {document: _language(folder, document) for document in folder.documents}
    found: list[Sibling] = []
    for one, language in languages.items():
        for two in languages:
            a, b = table.machine_of(one), table.machine_of(two)
            if a and b and a.code != b.code and a.family and a.family == b.family:
                names = {a.name: b.name, a.code: b.code} | dict.fromkeys(a.aliases, b.name)
                if languages[two] == language:
                    found.append(Sibling(one, two, names))
    return found


def _language(folder: Folder, document: str) -> str:
    languages = Counter(passage.language for passage in folder.documents[document])
    return min(languages, key=lambda each: (-languages[each], each), default="")


def _alike(folder: Folder) -> list[Sibling]:
    keyed = {document: _keyed(folder, document, {}) for document in folder.documents}
    found: list[Sibling] = []
    for one, two in combinations(keyed, 2):
        shared = sorted(keyed[one].keys() & keyed[two].keys())
        least = max(5, _LEAST_SHARED * min(len(keyed[one]), len(keyed[two])))
        if len(shared) >= least and _language(folder, one) == _language(folder, two):
            pairs = [(keyed[one][key].text, keyed[two][key].text) for key in shared]
            names = _names_in_titles(folder, one, two) or _differing_names(pairs)
            found.append(Sibling(one, two, names))
            found.append(Sibling(two, one, {theirs: ours for ours, theirs in names.items()}))
    return found


def _names_in_titles(folder: Folder, one: str, two: str) -> dict[str, str]:
    """Return what differs between two titles, with as many words before as the sentences have."""
    ours, theirs = (re.findall(r"[\w-]+", folder.titles[each]) for each in (one, two))
    ending = _alike_at_start(ours[::-1], theirs[::-1])
    ours, theirs = ours[: len(ours) - ending], theirs[: len(theirs) - ending]
    said = [truth.text for truth in folder.truths if truth.document == one]
    for start in range(_alike_at_start(ours, theirs) + 1):
        mine, its = " ".join(ours[start:]), " ".join(theirs[start:])
        proper = mine[:1].isupper() and its[:1].isupper() and mine != its
        if proper and any(re.search(_whole(mine), text) for text in said):
            return {mine: its}
    return {}


def _alike_at_start(one: Sequence[str], two: Sequence[str]) -> int:
    pairs = zip(one, two, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(one), len(two)))


def _differing_names(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    counted: Counter[tuple[str, str]] = Counter()
    for one, two in pairs:
        ours, theirs = _NAME.findall(one), _NAME.findall(two)
        if len(ours) == len(theirs):
            counted.update({(a, b) for a, b in zip(ours, theirs, strict=True) if a != b})
    best = sorted(counted, key=lambda pair: (-counted[pair], pair))[:1]
    return {a: b for a, b in best if counted[a, b] >= _LEAST_NAMED}


def _keyed(folder: Folder, document: str, names: Mapping[str, str]) -> dict[str, Truth]:
    """Return the truths of a document by their masked text, without those that share one."""
    by_key: dict[str, list[Truth]] = defaultdict(list)
    for truth in folder.truths:
        if truth.document == document:
            by_key[_masked(truth, names).key].append(truth)
    return {key: found[0] for key, found in by_key.items() if len(found) == 1}


def _masked(truth: Truth, names: Mapping[str, str]) -> _Masked:
    """Mask the digits of a sentence; of a row, those of its value, since its label tells rows."""
    start = truth.cell[0]
    text = truth.text
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(_whole(name), lambda found: "@" * len(found[0]), text)
    spans = tuple(found.span() for found in _DIGITS.finditer(text, start))
    for at, end in reversed(spans):
        text = text[:at] + "#" + text[end:]
    return _Masked(re.sub("@+", "@", f"{truth.place}\n{text}".casefold()), spans)


def _whole(name: str) -> str:
    return rf"(?<!\w){re.escape(name)}(?!\w)"


def sibling_mutants(folder: Folder, pairs: Sequence[Sibling]) -> Iterator[Mutant]:
    """Yield the truths with what the sibling's manual says in the same words, or with its name."""
    for pair in pairs:
        back = {theirs: ours for ours, theirs in pair.names.items()}
        ours = _keyed(folder, pair.document, pair.names)
        theirs = _keyed(folder, pair.other, back)
        for key, truth in ours.items():
            if key in theirs:
                yield from _with_values(truth, theirs[key], pair.names, back)
        for truth in folder.truths:
            if truth.document == pair.document:
                yield from _with_names(truth, pair.names)


def _with_values(
    truth: Truth, other: Truth, names: Mapping[str, str], back: Mapping[str, str]
) -> Iterator[Mutant]:
    pairs = zip(_masked(truth, names).spans, _masked(other, back).spans, strict=True)
    changes = [
        Change(*mine, other.text[slice(*its)])
        for mine, its in pairs
        if differ(truth.text[slice(*mine)], other.text[slice(*its)], truth.language)
    ]
    if changes:
        yield mutant(VALUE, truth, changes)


def _with_names(truth: Truth, names: Mapping[str, str]) -> Iterator[Mutant]:
    for mine, its in names.items():
        found = re.search(_whole(mine), truth.text)
        if found and its.casefold() != mine.casefold():
            yield mutant(NAME, truth, [Change(*found.span(), its)])
            return


def menu_mutants(truths: Sequence[Truth], random: Random) -> Iterator[Mutant]:
    """Yield each menu path with one of its steps taken from another path of the folder."""
    found = [(truth, path) for truth in truths for path in _PATH.finditer(truth.text)]
    steps = sorted({step for _, path in found for step in re.findall(_STEP, path[0])})
    for truth, path in found:
        spans = [step.span() for step in re.finditer(_STEP, path[0])]
        start, end = random.choice(spans[1:])
        held = " ".join((truth.text, *truth.evidence)).casefold()
        strangers = [step for step in steps if step[0].isalpha() and step.casefold() not in held]
        if strangers:
            at = path.start()
            yield mutant(MENU, truth, [Change(at + start, at + end, random.choice(strangers))])
