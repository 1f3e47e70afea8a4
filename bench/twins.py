"""Siblings whose manuals differ in known places, made from a folder's own manuals.

The sections around the changes are written once for each machine; in every change some machines
say something else, or lack a whole section. The names of the first machine become each sibling's.
`bench.scope` judges rows by what is written down here.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from bench.changes import KINDS, Option, Sentence, sentences, states
from bench.siblings_named import LETTERS, Machine, names_in, renamed_in, siblings_of, write_names
from tools.documents import Document, Section, read_folder
from tools.language import detect

SECTION = "section"
SHARES = {"number": 5, "word": 2, "not": 1, "menu": 1, SECTION: 1}
"""How many of ten changes are of each kind; numbers take the place of what a folder has too few of.
"""
_LONGEST_SECTION = 3000
_LEAST_SECTION = 200


@dataclass(frozen=True, slots=True)
class Change:
    """What the manuals state differently: values, sentences and what is lost without, by machine.

    `document` is the manual's file name without the machine's letter. A section that a machine
    lacks is "" there, and has no values; `stretches` are the whole sections, or the sentences.
    """

    document: str
    kind: str
    language: str
    values: tuple[str, ...]
    sentences: tuple[str, ...]
    stretches: tuple[str, ...]

    def alike(self, machine: int) -> frozenset[int]:
        """Return the machines that say the same here, by their places."""
        said = [bool(s) and v for s, v in zip(self.stretches, self.values, strict=True)]
        return frozenset(at for at, each in enumerate(said) if each == said[machine])


@dataclass(frozen=True, slots=True)
class Twins:
    """The siblings, and all that their manuals differ in beside the machines' names."""

    machines: tuple[Machine, ...]
    changes: tuple[Change, ...]
    documents: int


@dataclass(slots=True)
class _Manual:
    """A document, and what is changed in it: the replacements of each machine by their spans."""

    document: Document
    language: str
    edits: list[tuple[int, int, tuple[str, ...]]] = field(
        default_factory=list[tuple[int, int, tuple[str, ...]]]
    )

    def is_free(self, start: int, end: int) -> bool:
        return all(end <= first or last <= start for first, last, _ in self.edits)


def write_twins(
    source: Path, target: Path, *, changes: int, documents: int, seed: int, siblings: int = 2
) -> Twins:
    """Write the manuals of siblings and their machines.csv into an empty folder."""
    draw = random.Random(seed)
    names = names_in(source)
    found, _ = read_folder(source)
    sets = _by_machine(found, names)
    chosen = max(sets, key=lambda each: sum(len(list(sentences(d.text))) for d in each))
    chosen = sorted(chosen, key=lambda d: (-len(list(sentences(d.text))), d.path))[:documents]
    old = names.get(chosen[0].path, ())
    machines, renamed = siblings_of(old, siblings)
    manuals = [_Manual(document, detect(document.text[:20_000]) or "en") for document in chosen]
    made = list(_changes(manuals, changes, renamed, old, draw))
    for manual in manuals:
        _write(manual, target, renamed)
    write_names(target, machines, [_stem(document) for document in chosen])
    return Twins(machines, tuple(made), len(chosen))


def _changes(
    manuals: Sequence[_Manual],
    count: int,
    renamed: Sequence[dict[str, str]],
    names: Sequence[str],
    draw: random.Random,
) -> Iterator[Change]:
    """Make so many changes of all kinds, the rarest kinds first."""
    wanted = Counter({kind: count * share // 10 for kind, share in SHARES.items()})
    left = count
    for kind in (SECTION, "menu", "not", "word", "number"):
        most = left if kind == "number" else wanted[kind]
        for change in islice(_of_kind(kind, manuals, renamed, names, draw), most):
            left -= 1
            yield change


def _of_kind(
    kind: str,
    manuals: Sequence[_Manual],
    renamed: Sequence[dict[str, str]],
    names: Sequence[str],
    draw: random.Random,
) -> Iterator[Change]:
    if kind == SECTION:
        lone = [(manual, each) for manual in manuals for each in _lone(manual.document)]
        draw.shuffle(lone)
        for manual, (section, sentence) in lone:
            if _is_repeated(sentence, manual, manuals):
                continue
            yield _section_change(manual, section, sentence, renamed, draw)
        return
    places = [(manual, each) for manual in manuals for each in sentences(manual.document.text)]
    draw.shuffle(places)
    for manual, sentence in places:
        option = KINDS[kind](manual.document.text, sentence, manual.language, draw)
        usable = option and manual.is_free(sentence.start, sentence.end)
        usable = usable and not _is_repeated(sentence, manual, manuals)
        if option and usable and not _is_name(manual.document, option, names):
            yield _sentence_change(kind, manual, option, renamed, draw)


def _sentence_change(
    kind: str,
    manual: _Manual,
    option: Option,
    renamed: Sequence[dict[str, str]],
    draw: random.Random,
) -> Change:
    said = (option.old, *option.new[: len(renamed) - 1])
    # The second machine always differs from the first: two siblings have no other pair.
    values = (said[0], said[1], *(draw.choice(said) for _ in renamed[2:]))
    sentence, at = option.sentence, option.start - option.sentence.start
    manual.edits.append((option.start, option.start + len(option.old), values))
    texts = tuple(
        renamed_in(sentence.text[:at] + value + sentence.text[at + len(option.old) :], names)
        for value, names in zip(values, renamed, strict=True)
    )
    return Change(_stem(manual.document), kind, manual.language, values, texts, texts)


def _section_change(
    manual: _Manual,
    section: Section,
    sentence: Sentence,
    renamed: Sequence[dict[str, str]],
    draw: random.Random,
) -> Change:
    lacks = draw.randrange(len(renamed))
    text = manual.document.text[section.start : section.end]
    has = [at != lacks for at in range(len(renamed))]
    manual.edits.append((section.start, section.end, tuple(text if each else "" for each in has)))
    said, whole = (
        tuple(renamed_in(each, n) if h else "" for n, h in zip(renamed, has, strict=True))
        for each in (sentence.text, text)
    )
    nothing = ("",) * len(renamed)
    return Change(_stem(manual.document), SECTION, manual.language, nothing, said, whole)


def _lone(document: Document) -> Iterator[tuple[Section, Sentence]]:
    """Yield the sections that can be left out, each with its longest sentence."""
    known = list(sentences(document.text))
    for section, after in zip(document.sections, [*document.sections[1:], None], strict=True):
        # Without a heading the sections below it would stand elsewhere.
        if after and after.path[: len(section.path)] == section.path:
            continue
        inside = [s for s in known if section.start <= s.start and s.end <= section.end]
        if _LEAST_SECTION <= section.end - section.start <= _LONGEST_SECTION and inside:
            yield section, max(inside, key=lambda s: (s.end - s.start, s.start))


def _write(manual: _Manual, target: Path, renamed: Sequence[dict[str, str]]) -> None:
    """Write the manual of each machine, without the sections far from all changes."""
    document = manual.document
    kept = _kept(document.sections, [(start, end) for start, end, _ in manual.edits])
    for at, names in enumerate(renamed):
        parts: list[str] = []
        for section in kept:
            start = section.start
            for first, last, values in sorted(manual.edits):
                if section.start <= first < section.end:
                    parts += [document.text[start:first], values[at]]
                    start = last
            parts.append(document.text[start : section.end])
        path = target / f"{LETTERS[at]}-{_stem(document)}.md"
        path.write_text(renamed_in("".join(parts), names), encoding="utf-8")


def _kept(sections: Sequence[Section], spans: Sequence[tuple[int, int]]) -> list[Section]:
    """Return the sections with changes, those beside them, and those whose headings they have."""
    with_change = {
        at
        for at, section in enumerate(sections)
        if any(section.start < end and start < section.end for start, end in spans)
    }
    near = {at + step for at in with_change for step in (-1, 0, 1)}
    above = {sections[at].path[:depth] for at in near & {*range(len(sections))} for depth in (1, 2)}
    return [s for at, s in enumerate(sections) if at in near or s.path in above]


def _is_repeated(sentence: Sentence, manual: _Manual, manuals: Sequence[_Manual]) -> bool:
    """Say whether another manual states the same, which would stay there as it is."""
    said = " ".join(sentence.text.split())
    return any(said in " ".join(m.document.text.split()) for m in manuals if m is not manual)


def _is_name(document: Document, option: Option, names: Sequence[str]) -> bool:
    """Say whether what is changed is part of one of the names."""
    end = option.start + len(option.old)
    around = document.text[max(0, option.start - 40) : end]
    return any(around.endswith(name) for name in names) or any(
        states(option.old, name) for name in names
    )


def _by_machine(
    found: Sequence[Document], names: dict[str, tuple[str, ...]]
) -> list[list[Document]]:
    """Return the manuals of each machine; without names all are one machine's."""
    sets: dict[str, list[Document]] = {}
    for document in found:
        known = names.get(document.path)
        sets.setdefault(known[0] if known else "", []).append(document)
    return list(sets.values())


def _stem(document: Document) -> str:
    return re.sub(r"\W+", "-", document.path.rpartition(".")[0])
