"""Machines: which machine a document is about, and the directory that resolves a spoken name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


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
    """A machine that a name may mean, with how sure: 1.0 for a name, code or alias, less for a typo."""

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

    async def find(self, name: str) -> list[MachineMatch]:
        """Return the machines the name may mean, surest first; none when nothing is near."""
        ...
