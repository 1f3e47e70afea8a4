"""The rows of a query as those of a machine directory: `tools/postgres.py` asks, this reads."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from tools.machines import MachineDirectoryError, MachineRow, machine_row
from tools.machines_csv import column_name, split_aliases

_NEEDED = ("filename", "machine_name")
_OPTIONAL = ("machine_code", "aliases", "family")
_ALSO = {"document_filename": "filename", "document_machine": "machine_name"}


def query_rows(
    service: str, columns: Sequence[str], records: Sequence[Sequence[object]]
) -> list[MachineRow]:
    """Return the rows of a query; a machine without a code goes by its name.

    Raises:
        MachineDirectoryError: a column is missing or unknown, or a row cannot stand.
    """
    known = _known_columns(service, columns)
    if not records:
        raise MachineDirectoryError(
            f"{service}: the query in officina.yaml gives no row, so it names no machine. "
            "Check what it selects from."
        )
    return [_row(service, dict(zip(known, record, strict=True))) for record in records]


def _known_columns(service: str, columns: Sequence[str]) -> list[str]:
    known = [_ALSO.get(name, name) for name in map(column_name, columns)]
    wrong = [f"{name} is missing" for name in _NEEDED if name not in known]
    wrong += [f"{name} is not known" for name in known if name not in (*_NEEDED, *_OPTIONAL)]
    wrong += [f"{name} comes twice" for name in dict.fromkeys(known) if known.count(name) > 1]
    if wrong:
        raise MachineDirectoryError(
            f"{service}: the query in officina.yaml gives the columns {', '.join(columns)}: "
            f"{', '.join(wrong)}. Name {' and '.join(_NEEDED)}, and {', '.join(_OPTIONAL)} if you "
            "like, as in SELECT file AS filename."
        )
    return known


def _row(service: str, values: dict[str, object]) -> MachineRow:
    place = f"{service}, row ({', '.join(map(str, values.values()))})"
    aliases = _aliases(values.pop("aliases", None))
    texts = {name: "" if value is None else str(value).strip() for name, value in values.items()}
    texts["machine_code"] = texts.get("machine_code") or texts["machine_name"]
    return machine_row(place, texts, aliases)


def _aliases(value: object) -> Iterable[str]:
    """Return the aliases of an array, or of a text with semicolons."""
    if isinstance(value, list):
        return [str(alias) for alias in cast("list[object]", value) if alias is not None]
    return split_aliases("" if value is None else str(value))
