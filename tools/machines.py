"""Machines: which machine a document is about, and the directory that resolves a spoken name.

The rules live in one `MachineTable` in memory. Where its rows come from is the only thing that the
directories of `tools/machines_csv.py` and `tools/postgres.py` differ in.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.machine_names import Parts, likeness, name_parts

NEEDED = ("filename", "machine_name", "machine_code")

_LEAST_CONFIDENCE = 0.74
_SUFFIX = re.compile(r"\.[a-z][a-z0-9]{0,4}$")


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
    """Names of machines, and which document belongs to which.

    Each method raises MachineDirectoryError for names that cannot be used, and ServiceDownError
    when the service that holds them is away for longer than the run's patience.
    """

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
class MachineRow:
    """A document and the machine it is about; `place` is where an error says it stands."""

    place: str
    filename: str
    machine: Machine


def machine_row(place: str, values: Mapping[str, str], aliases: Iterable[str]) -> MachineRow:
    """Return the row with these values; raises MachineDirectoryError for an empty one."""
    if empty := [name for name in NEEDED if not values[name]]:
        raise MachineDirectoryError(f"{place}: {empty[0]} is empty; fill it in.")
    known = tuple(alias.strip() for alias in aliases if alias.strip())
    family = values.get("family") or None
    machine = Machine(values["machine_code"], values["machine_name"], known, family)
    return MachineRow(place, values["filename"], machine)


class MachineTable:
    """Every machine and its documents, in memory, and the rules by which they are found."""

    def __init__(self, rows: Sequence[MachineRow]) -> None:
        """Take the rows; raises MachineDirectoryError for the first one that cannot stand."""
        by_code = _by_code(rows)
        self.machines = tuple(by_code[code] for code in sorted(by_code))
        self.codes_by_filename = {row.filename: row.machine.code for row in rows}
        self._by_code = by_code
        self._codes_by_key = _codes_by_key(rows)
        self._names = [(machine, _names(machine)) for machine in self.machines]

    def machine_of(self, document: str) -> Machine | None:
        """Return the machine of the document, matched by path, file name, or name less suffix."""
        for key in _keys(document):
            if len(codes := self._codes_by_key.get(key, set())) == 1:
                return self._by_code[next(iter(codes))]
        return None

    def missing(self, documents: Sequence[str]) -> list[str]:
        """Return the file names that are given a machine and are none of these documents'."""
        known = {key for document in documents for key in _keys(document)}
        return [
            name for name in self.codes_by_filename if known.isdisjoint((_file(name), _stem(name)))
        ]

    def find(self, name: str) -> list[MachineMatch]:
        """Return the machines the name may mean, surest first; an exact match shuts out others."""
        spoken = name_parts(name)
        matches = [
            MachineMatch(machine, confidence)
            for machine, names in self._names
            if (confidence := max(likeness(spoken, known) for known in names.values()))
            >= _LEAST_CONFIDENCE
        ]
        matches.sort(key=lambda match: (-match.confidence, match.machine.code))
        exact = [match for match in matches if match.confidence == 1.0]
        return exact or matches

    def unclear(self) -> dict[str, list[Machine]]:
        """Return each name that does not mean one machine, with the machines that share it.

        A name without a letter or number means none, and is listed with the machine that has it.
        """
        sharing: dict[Parts, list[Machine]] = defaultdict(list)
        for machine, names in self._names:
            for parts in dict.fromkeys(names.values()):
                sharing[parts].append(machine)
        return {
            name: sharing[parts]
            for _, names in self._names
            for name, parts in names.items()
            if len(sharing[parts]) > 1 or not parts
        }


class TableDirectory(ABC):
    """A machine directory that rests on a table, however that is had."""

    @abstractmethod
    async def table(self) -> MachineTable:
        """Return the table as it is now."""

    async def machines(self) -> Sequence[Machine]:
        """Return every machine, by code."""
        return (await self.table()).machines

    async def machine_of(self, document: str) -> Machine | None:
        """Return the machine that the document (a path relative to the manuals) is about."""
        return (await self.table()).machine_of(document)

    async def missing(self, documents: Sequence[str]) -> list[str]:
        """Return the file names that are given a machine and are none of these documents'."""
        return (await self.table()).missing(documents)

    async def find(self, name: str) -> list[MachineMatch]:
        """Return the machines the name may mean, surest first; none when nothing is near."""
        return (await self.table()).find(name)


def _by_code(rows: Sequence[MachineRow]) -> dict[str, Machine]:
    """Return the machines by code, each with the aliases of all its rows."""
    machines: dict[str, Machine] = {}
    for row in rows:
        new = row.machine
        old = machines.get(new.code, new)
        if old.name != new.name:
            raise MachineDirectoryError(
                f"{row.place}: the code {new.code} is called {new.name} here and "
                f"{old.name} elsewhere; give each machine one name, and list others as aliases."
            )
        aliases = tuple(dict.fromkeys((*old.aliases, *new.aliases)))
        machines[new.code] = Machine(new.code, new.name, aliases, old.family or new.family)
    return machines


def _codes_by_key(rows: Sequence[MachineRow]) -> dict[str, set[str]]:
    """Return the codes for each file name and each name less suffix; more than one is no answer."""
    exact: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        code = row.machine.code
        if exact.setdefault(_file(row.filename), {code}) != {code}:
            raise MachineDirectoryError(
                f"{row.place}: {row.filename} belongs to another machine elsewhere; "
                "keep one of the two."
            )
        stems[_stem(row.filename)].add(code)
    return {**stems, **exact}


def _names(machine: Machine) -> dict[str, Parts]:
    return {name: name_parts(name) for name in (machine.name, machine.code, *machine.aliases)}


def _keys(document: str) -> tuple[str, ...]:
    """Return what a document may be named by, the most exact first."""
    name = document.rpartition("/")[2]
    return _file(document), _file(name), _stem(document), _stem(name)


def _file(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./").casefold()


def _stem(name: str) -> str:
    return _SUFFIX.sub("", _file(name))
