"""The names of siblings: those of the first in machines.csv, and what the others are called.

`bench.twins` writes their manuals and their machines.csv.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FAMILY = "Bora"
LETTERS = "abc"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine as this bench writes it into machines.csv."""

    name: str
    code: str
    family: str = FAMILY


def names_in(source: Path) -> dict[str, tuple[str, ...]]:
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


def siblings_of(
    names: tuple[str, ...], count: int
) -> tuple[tuple[Machine, ...], list[dict[str, str]]]:
    """Return the siblings, and what each name of the first is replaced by in each's manuals."""
    if not names:
        numbers = range(10, 10 * count + 10, 10)
        return tuple(Machine(f"Bora {n}", f"BR{n}") for n in numbers), [{} for _ in numbers]

    def raised(name: str, by: int) -> str:
        return re.sub(r"\d+", lambda match: str(int(match[0]) + by), name)

    renamed = [{name: raised(name, 111 * at) for name in names} for at in range(count)]
    return tuple(Machine(each[names[0]], each[names[1]]) for each in renamed), renamed


def renamed_in(text: str, renamed: dict[str, str]) -> str:
    """Return a text with one machine's names in the place of the first's."""
    for old in sorted(renamed, key=len, reverse=True):
        text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", renamed[old], text)
    return text


def write_names(target: Path, twins: Sequence[Machine], stems: Sequence[str]) -> None:
    """Write the machines.csv of the siblings' manuals."""
    with (target / "machines.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "machine_name", "machine_code", "family"])
        for letter, machine in zip(LETTERS, twins, strict=False):
            for stem in stems:
                name = f"{letter}-{stem}.md"
                writer.writerow([name, machine.name, machine.code, machine.family])
