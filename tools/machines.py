"""Machines: which machine a document is about, and the directory that resolves a spoken name.

`CsvMachineDirectory` reads `machines.csv` in the manuals' folder. A typo may bend the words of a
name, never its numbers: an Ares 250 is not an Ares 200.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Protocol

from tools.blocks import DocumentError
from tools.decode import read_text_file

DIRECTORY_FILES = ("machines.csv", "info_files.csv")

_NEEDED = ("filename", "machine_name", "machine_code")
_LEAST_CONFIDENCE = 0.74
_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{0,4}$")
_NAME_PART = re.compile(r"\d+|[^\W\d_]+")
_DESIGNATOR = re.compile(r"\d+|[ivx]+|..?")


class MachineDirectoryError(Exception):
    """The machine directory cannot be read; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that manuals are about; siblings share a `family`."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    family: str | None = None


@dataclass(frozen=True, slots=True)
class MachineMatch:
    """A machine that a name may mean; `confidence` is 1.0 unless the name has a typo."""

    machine: Machine
    confidence: float


class MachineDirectory(Protocol):
    """Names of machines, and which document belongs to which."""

    async def machines(self) -> Sequence[Machine]:
        """Return every machine, by code."""
        ...

    async def machine_of(self, document: str) -> Machine | None:
        """Return the machine that the document (a path relative to the manuals) is about."""
        ...

    async def missing(self, documents: Sequence[str]) -> list[str]:
        """Return the file names that are given a machine and are none of these documents'."""
        ...

    async def find(self, name: str) -> list[MachineMatch]:
        """Return the machines the name may mean, surest first; none when nothing is near."""
        ...


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of the file: a document and the machine it is about."""

    line: int
    filename: str
    machine: Machine


class CsvMachineDirectory:
    """The machine directory in a CSV file with a line for each document."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises MachineDirectoryError for the first line that cannot stand."""
        rows = list(_rows(path))
        if not rows:
            raise MachineDirectoryError(f"{path} names no machine: add a line for each document.")
        self._machines = _machines(path, rows)
        self._codes = _codes_by_file(path, rows)
        self._filenames = tuple(dict.fromkeys(row.filename for row in rows))

    async def machines(self) -> Sequence[Machine]:
        """Return every machine, by code."""
        return [self._machines[code] for code in sorted(self._machines)]

    async def machine_of(self, document: str) -> Machine | None:
        """Return the machine of the document, matched by path, file name, or name less suffix."""
        for key in _keys(document):
            if len(codes := self._codes.get(key, set())) == 1:
                return self._machines[next(iter(codes))]
        return None

    async def missing(self, documents: Sequence[str]) -> list[str]:
        """Return the file names that are given a machine and are none of these documents'."""
        known = {key for document in documents for key in _keys(document)}
        return [name for name in self._filenames if known.isdisjoint((_file(name), _stem(name)))]

    async def find(self, name: str) -> list[MachineMatch]:
        """Return the machines the name may mean, surest first; an exact match shuts out others."""
        matches = [
            MachineMatch(machine, confidence)
            for machine in await self.machines()
            if (confidence := _confidence(name, machine)) >= _LEAST_CONFIDENCE
        ]
        matches.sort(key=lambda match: (-match.confidence, match.machine.code))
        exact = [match for match in matches if match.confidence == 1.0]
        return exact or matches


def find_directory_file(manuals: Path) -> Path | None:
    """Return the machine directory in the manuals' folder, None when there is none."""
    return next((path for name in DIRECTORY_FILES if (path := manuals / name).is_file()), None)


def _rows(path: Path) -> Iterator[_Row]:
    try:
        text = read_text_file(path)
    except (OSError, DocumentError) as error:
        raise MachineDirectoryError(f"{path} cannot be read: {error}") from error
    header = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [_column(cell) for cell in next(reader)]
        if missing := [name for name in _NEEDED if name not in columns]:
            raise MachineDirectoryError(
                f"{path}, line 1: the column {missing[0]} is missing; the first line names the "
                f"columns {', '.join(_NEEDED)}, and aliases and family if you like."
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(path, reader.line_num, columns, cells)
    except csv.Error as error:
        raise MachineDirectoryError(f"{path}, line {reader.line_num}: {error}.") from error


def _row(path: Path, line: int, columns: list[str], cells: list[str]) -> _Row:
    if len(cells) > len(columns):
        raise MachineDirectoryError(
            f"{path}, line {line}: there are more cells than columns; put quotes around a cell "
            "that holds the delimiter."
        )
    values = defaultdict(str, zip(columns, map(str.strip, cells), strict=False))
    if empty := [name for name in _NEEDED if not values[name]]:
        raise MachineDirectoryError(f"{path}, line {line}: {empty[0]} is empty; fill it in.")
    aliases = tuple(alias.strip() for alias in values["aliases"].split(";") if alias.strip())
    machine = Machine(
        values["machine_code"], values["machine_name"], aliases, values["family"] or None
    )
    return _Row(line, values["filename"], machine)


def _column(cell: str) -> str:
    return re.sub(r"[\s-]+", "_", cell.strip().casefold())


def _machines(path: Path, rows: Sequence[_Row]) -> dict[str, Machine]:
    """Return the machines by code, each with the aliases of all its lines."""
    machines: dict[str, Machine] = {}
    for row in rows:
        new = row.machine
        old = machines.get(new.code, new)
        if old.name != new.name:
            raise MachineDirectoryError(
                f"{path}, line {row.line}: the code {new.code} is called {new.name} here and "
                f"{old.name} above; give each machine one name, and list others as aliases."
            )
        aliases = tuple(dict.fromkeys((*old.aliases, *new.aliases)))
        machines[new.code] = Machine(new.code, new.name, aliases, old.family or new.family)
    return machines


def _codes_by_file(path: Path, rows: Sequence[_Row]) -> dict[str, set[str]]:
    """Return the codes for each file name and each name less suffix; more than one is no answer."""
    exact: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        code = row.machine.code
        if exact.setdefault(_file(row.filename), {code}) != {code}:
            raise MachineDirectoryError(
                f"{path}, line {row.line}: {row.filename} belongs to another machine above; "
                "keep one of the two lines."
            )
        stems[_stem(row.filename)].add(code)
    return {**stems, **exact}


def _keys(document: str) -> tuple[str, ...]:
    """Return what a document may be named by, the most exact first."""
    name = document.rpartition("/")[2]
    return _file(document), _file(name), _stem(document), _stem(name)


def _file(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./").casefold()


def _stem(name: str) -> str:
    return _SUFFIX.sub("", _file(name))


def _confidence(name: str, machine: Machine) -> float:
    return max(_likeness(name, known) for known in (machine.name, machine.code, *machine.aliases))


def _likeness(spoken: str, known: str) -> float:
    """Return 1.0 for the same parts, less for a typo in a word, 0 when a number differs."""
    from rapidfuzz.distance import OSA

    parts, known_parts = _parts(spoken), _parts(known)
    if parts == known_parts:
        return 1.0 if parts else 0.0
    if _designators(parts) != _designators(known_parts):
        return 0.0
    return 0.99 * OSA.normalized_similarity(_words(parts), _words(known_parts))


def _parts(name: str) -> list[str]:
    return _NAME_PART.findall(unicodedata.normalize("NFKC", name).casefold())


def _designators(parts: Sequence[str]) -> list[str]:
    """Return the numbers, Roman numerals and one or two letters that tell siblings apart."""
    return [part for part in parts if _DESIGNATOR.fullmatch(part)]


def _words(parts: Sequence[str]) -> str:
    return "".join(part for part in parts if not _DESIGNATOR.fullmatch(part))
