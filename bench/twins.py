"""Two machines whose manuals differ in known values, made from a folder's own manuals.

A copy of some manuals is written in which single numbers are other ones, each in a sentence of its
own; the names of the first machine become the second's. `bench.scope` judges rows by what is
written down here, in this module's own reading of sentences and names.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.documents import Document, read_folder

FAMILY = "Bora"
_BREAK = re.compile(
    r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*•|#>]|\d{1,2}[.)])[ \t])|\|[ \t]*\n"
    r"|(?<=[.!?;:])\s+(?=[^\Wa-z\d_])"
)
_VALUE = re.compile(r"(?<![\w.,:/#_=-])[1-9]\d{0,4}(?:[.,]\d{1,2})?(?=[ \t%°]|[.;,)]?(?:\s|$))")
_WORD = re.compile(r"[^\W\d_]{3,}")
_LISTED = re.compile(r"\s*(?:[-*•>]|\d{1,2}[.)])?\s*")
_MARKUP = re.compile(r"[\[\]`*<>{}]|https?:")
_LEAST_WORDS = 3
_NEAR = 1500
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as this bench writes it into machines.csv."""

    name: str
    code: str
    family: str = FAMILY


@dataclass(frozen=True, slots=True)
class Change:
    """A value that the twins' manuals state differently, and the sentences that state it.

    `document` is the manual's file name without the machine's letter; values and sentences are the
    first machine's, then the second's.
    """

    document: str
    values: tuple[str, str]
    sentences: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Twins:
    """The two machines, and all that their manuals differ in beside the machines' names."""

    machines: tuple[Machine, Machine]
    changes: tuple[Change, ...]
    documents: int


def write_twins(source: Path, target: Path, *, changes: int, documents: int, seed: int) -> Twins:
    """Write the manuals of two siblings and their machines.csv into an empty folder."""
    draw = random.Random(seed)
    names = _names(source)
    found, _ = read_folder(source)
    sets = _by_machine(found, names)
    chosen = max(sets, key=lambda each: sum(len(list(_values(d.text))) for d in each))
    chosen = sorted(chosen, key=lambda d: (-len(list(_values(d.text))), d.path))[:documents]
    old = names.get(chosen[0].path, ())
    first, second, renamed = _machines(old)
    places = [
        (d, value) for d in chosen for value in _values(d.text) if not _is_name(d, value, old)
    ]
    draw.shuffle(places)
    made: list[Change] = []
    texts = {document.path: document.text for document in chosen}
    edits: dict[str, list[tuple[int, int, str]]] = {path: [] for path in texts}
    taken: set[tuple[str, str]] = set()
    for document, (start, end, value, at) in places:
        sentence, new = document.text[start:end], _other(value, document.text, at, draw)
        key = (document.path, " ".join(sentence.split()))
        if len(made) == changes or new is None or key in taken:
            continue
        taken.add(key)
        edits[document.path].append((at, at + len(value), new))
        changed = sentence[: at - start] + new + sentence[at - start + len(value) :]
        pair = (sentence, _renamed(changed, renamed))
        made.append(Change(_stem(document), (value, new), pair))
    for document in chosen:
        text = document.text
        (target / f"a-{_stem(document)}.md").write_text(text, encoding="utf-8")
        for start, end, new in sorted(edits[document.path], reverse=True):
            text = text[:start] + new + text[end:]
        (target / f"b-{_stem(document)}.md").write_text(_renamed(text, renamed), encoding="utf-8")
    _write_names(target, (first, second), chosen)
    return Twins((first, second), tuple(made), len(chosen))


def _values(text: str) -> Iterator[tuple[int, int, str, int]]:
    """Yield one value of each sentence that stands once and has words: its span, value, place."""
    spans = [(a.end(), b.start()) for a, b in zip(_breaks(text), _breaks(text)[1:], strict=False)]
    known = " ".join(text.split())
    for start, end in spans:
        sentence = text[start:end]
        if _MARKUP.search(sentence) or sentence.lstrip().startswith("#") or end - start > _LONGEST:
            continue
        marked = _LISTED.match(sentence)
        match = _VALUE.search(sentence, marked.end() if marked else 0)
        if match is None or len(_WORD.findall(sentence)) < _LEAST_WORDS:
            continue
        if known.count(" ".join(sentence.split())) == 1:
            yield start, end, match.group(), start + match.start()


def _is_name(document: Document, value: tuple[int, int, str, int], names: Sequence[str]) -> bool:
    """Say whether the value is the number of one of the names."""
    at = value[3]
    around = document.text[max(0, at - _LONGEST) : at + len(value[2])]
    return any(around.endswith(name) for name in names)


def _breaks(text: str) -> list[re.Match[str]]:
    edge = re.compile(r"\A|\Z")
    return [next(edge.finditer(text)), *_BREAK.finditer(text), [*edge.finditer(text)][-1]]


def _other(value: str, text: str, at: int, draw: random.Random) -> str | None:
    """Return a value of the same form that stands nowhere near, None when there is none."""
    near = text[max(0, at - _NEAR) : at + _NEAR]
    digits = [digit for digit in "123456789" if digit != value[0]]
    draw.shuffle(digits)
    for digit in digits:
        new = digit + value[1:]
        if not re.search(rf"(?<![\d.,]){re.escape(new)}(?![.,]?\d)", near):
            return new
    return None


def _by_machine(
    found: Sequence[Document], names: dict[str, tuple[str, ...]]
) -> list[list[Document]]:
    """Return the manuals of each machine; without names all are one machine's."""
    sets: dict[str, list[Document]] = {}
    for document in found:
        known = names.get(document.path)
        sets.setdefault(known[0] if known else "", []).append(document)
    return list(sets.values())


def _names(source: Path) -> dict[str, tuple[str, ...]]:
    """Return name, code and aliases by file name, as the folder's machines.csv has them."""
    path = source / "machines.csv"
    if not path.exists():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["filename"]: (
                row["machine_name"],
                row["machine_code"],
                *filter(None, (row.get("aliases") or "").split(";")),
            )
            for row in csv.DictReader(file)
        }


def _machines(names: tuple[str, ...]) -> tuple[Machine, Machine, dict[str, str]]:
    """Return the twins, and what each name of the first is replaced by in the second's manuals."""
    if not names:
        return Machine("Bora 10", "BR10"), Machine("Bora 20", "BR20"), {}
    renamed = {name: re.sub(r"\d+", lambda match: str(int(match[0]) + 111), name) for name in names}
    first, second = Machine(names[0], names[1]), Machine(renamed[names[0]], renamed[names[1]])
    return first, second, renamed


def _renamed(text: str, renamed: dict[str, str]) -> str:
    for old in sorted(renamed, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", renamed[old], text)
    return text


def _stem(document: Document) -> str:
    return re.sub(r"\W+", "-", document.path.rpartition(".")[0])


def _write_names(target: Path, twins: Sequence[Machine], documents: Sequence[Document]) -> None:
    with (target / "machines.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "machine_name", "machine_code", "family"])
        for letter, machine in zip("ab", twins, strict=True):
            for document in documents:
                name = f"{letter}-{_stem(document)}.md"
                writer.writerow([name, machine.name, machine.code, machine.family])
