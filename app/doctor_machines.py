"""The doctor's look at machine names: in Postgres when it is set, else in the working folder."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from app.directory import POSTGRES, MachineSource, describe, look, machine_source
from app.doctor_line import Line
from app.settings import Settings, SettingsError
from tools.machines import MachineDirectoryError, MachineTable

MOST_NAMES = 20
"""How many unclear names are listed."""


def machine_lines(settings: Settings) -> Iterator[Line]:
    """Yield what there is to say about the machine names, nothing where none are set up."""
    source = machine_source(Path(), None, settings)
    if source is None:
        return
    what = "Postgres" if source == POSTGRES else str(source)
    try:
        table, version = asyncio.run(look(source, settings))
    except (MachineDirectoryError, SettingsError) as error:
        yield Line(what, "cannot be used", str(error))
        return
    yield Line(what, _found(source, settings, version, table))
    yield from _unclear(table)


def _found(source: MachineSource, settings: Settings, version: str, table: MachineTable) -> str:
    counts = f"{len(table.machines)} machines, {len(table.codes_by_filename)} documents"
    if source != POSTGRES:
        return counts
    place = describe(source, settings).removeprefix("Postgres at ")
    return f"{version} at {place}: {counts}"


def _unclear(table: MachineTable) -> Iterator[Line]:
    """Yield a line for each name that does not mean one machine, or one for all that do."""
    unclear = table.unclear()
    if not unclear:
        yield Line("machine names", "each means one machine")
    for name, machines in list(unclear.items())[:MOST_NAMES]:
        yield _shared(name, [f"{m.name} ({m.code})" for m in machines])
    if (more := len(unclear) - MOST_NAMES) > 0:
        yield Line("machine names", f"{more} more are not clear", "Mend these first.", needed=False)


def _shared(name: str, machines: list[str]) -> Line:
    if len(machines) > 1:
        mend = "Take it from all but one of them, or make it more exact."
    else:
        mend = "Give it a letter or a digit: as it is, no search for it finds anything."
    return Line(f"machine name “{name}”", f"means {' and '.join(machines)}", mend, needed=False)
