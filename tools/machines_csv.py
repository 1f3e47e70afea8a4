"""The machine directory in a CSV file: `machines.csv` in the manuals' folder, or any given."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

from tools.blocks import DocumentError
from tools.decode import read_text_file
from tools.machines import (
    NEEDED,
    MachineDirectoryError,
    MachineRow,
    MachineTable,
    TableDirectory,
    machine_row,
)

DIRECTORY_FILES = ("machines.csv", "info_files.csv")


class CsvMachineDirectory(TableDirectory):
    """The machine directory in a CSV file with a line for each document."""

    def __init__(self, path: Path) -> None:
        """Read the file; raises MachineDirectoryError for the first line that cannot stand."""
        self._table = read_table(path)

    async def table(self) -> MachineTable:
        """Return the table as the file was when it was read."""
        return self._table


def find_directory_file(manuals: Path) -> Path | None:
    """Return the machine directory in the manuals' folder, None when there is none."""
    return next((path for name in DIRECTORY_FILES if (path := manuals / name).is_file()), None)


def read_table(path: Path) -> MachineTable:
    """Read the file; raises MachineDirectoryError for the first line that cannot stand."""
    rows = list(_rows(path))
    if not rows:
        raise MachineDirectoryError(f"{path} names no machine: add a line for each document.")
    return MachineTable(rows)


def column_name(cell: str) -> str:
    """Return the name of a column as we write it: `Machine Name` is machine_name."""
    return re.sub(r"[\s-]+", "_", cell.strip().casefold())


def split_aliases(text: str) -> list[str]:
    """Return the aliases that a cell holds, separated by semicolons."""
    return text.split(";")


def _rows(path: Path) -> Iterator[MachineRow]:
    try:
        text = read_text_file(path)
    except (OSError, DocumentError) as error:
        raise MachineDirectoryError(f"{path} cannot be read: {error}") from error
    header = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column_name(cell) for cell in next(reader)]
        if missing := [name for name in NEEDED if name not in columns]:
            raise MachineDirectoryError(
                f"{path}, line 1: the column {missing[0]} is missing; the first line names the "
                f"columns {', '.join(NEEDED)}, and aliases and family if you like."
            )
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(f"{path}, line {reader.line_num}", columns, cells)
    except csv.Error as error:
        raise MachineDirectoryError(f"{path}, line {reader.line_num}: {error}.") from error


def _row(place: str, columns: list[str], cells: list[str]) -> MachineRow:
    if len(cells) > len(columns):
        raise MachineDirectoryError(
            f"{place}: there are more cells than columns; put quotes around a cell "
            "that holds the delimiter."
        )
    values = defaultdict(str, zip(columns, map(str.strip, cells), strict=False))
    return machine_row(place, values, split_aliases(values["aliases"]))
