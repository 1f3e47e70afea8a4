"""Directory: where a run has its machine names from, opened, checked and described.

A file that is given comes before POSTGRES_URL, and that before machines.csv beside the manuals.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from app.settings import Settings, SettingsError
from app.starting import at_the_start
from tools.machines import MachineDirectory, MachineTable
from tools.machines_csv import CsvMachineDirectory, find_directory_file, read_table
from tools.patience import Patience

if TYPE_CHECKING:
    from tools.postgres import PostgresMachineDirectory

POSTGRES: Literal["postgres"] = "postgres"
MachineSource = Path | Literal["postgres"] | None


def machine_source(manuals: Path, given: Path | None, settings: Settings) -> MachineSource:
    """Return where a new run has its machine names from, None when nothing names machines."""
    if given:
        return given
    if settings.variables.get("POSTGRES_URL"):
        return POSTGRES
    return find_directory_file(manuals) if manuals.is_dir() else None


def describe(source: MachineSource, settings: Settings) -> str:
    """Return the source in words; of a URL its host, port and database alone."""
    if source != POSTGRES:
        return str(source)
    from tools.postgres import address

    return f"Postgres at {address(_url(settings))}"


async def check_directory(source: MachineSource, settings: Settings) -> None:
    """Raise what is wrong with the machine names, without much waiting for a service that is away.

    Raises:
        MachineDirectoryError: they cannot be used.
        SettingsError: the service does not answer, or is not set.
    """
    if source:
        await look(source, settings)


async def look(source: Path | Literal["postgres"], settings: Settings) -> tuple[MachineTable, str]:
    """Return the machines and the server's version, "" for a file; raises as `check_directory`."""
    if isinstance(source, Path):
        return read_table(source), ""
    directory = _postgres(settings, Patience(0))
    return await at_the_start("Postgres", directory.check), directory.version


@asynccontextmanager
async def open_directory(
    source: MachineSource, settings: Settings, patience: Patience
) -> AsyncGenerator[MachineDirectory | None]:
    """Yield the machine directory, and close it; raises as `check_directory` does."""
    if isinstance(source, Path):
        yield CsvMachineDirectory(source)
    elif source == POSTGRES:
        directory = _postgres(settings, patience)
        await at_the_start("Postgres", directory.check)
        async with directory:
            yield directory
    else:
        yield None


async def load_file(file: Path, settings: Settings) -> MachineTable:
    """Replace the machine names in Postgres by those of the file, and return them.

    Raises:
        MachineDirectoryError: the file or the database cannot be used.
        SettingsError: the database does not answer, or is not set.
    """
    table = read_table(file)
    url = _url(settings)
    from tools.postgres import load_machines

    await at_the_start("Postgres", lambda: load_machines(url, table))
    return table


def _postgres(settings: Settings, patience: Patience) -> PostgresMachineDirectory:
    from tools.postgres import PostgresMachineDirectory

    query = settings.services.postgres.query
    return PostgresMachineDirectory(_url(settings), query=query, patience=patience)


def _url(settings: Settings) -> str:
    if url := settings.variables.get("POSTGRES_URL"):
        return url
    raise SettingsError(
        "POSTGRES_URL is not set. Set it to the URL of the database with the machine names: "
        "postgresql://user:password@host:port/database."
    )
