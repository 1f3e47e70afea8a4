"""State: where a run's ledger and journal are: two files in its folder, or a Postgres database.

Which of them is decided when the run is made and stands in run.json; the URL, which may hold a
password, comes from the environment each time.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from agents.journal import Journal
from app.settings import STATE_URL, SettingsError, variables
from graph.ledger import Ledger
from tools.group_commit import GroupCommit
from tools.outages import is_away, outlast
from tools.patience import Patience
from tools.tables import StateError, drop_namespace, postgres_engine, sqlite_engine

T = TypeVar("T")
RUN_FILE = "run.json"
StateKind = Literal["sqlite", "postgres"]


class Books(NamedTuple):
    """A run's ledger and its journal."""

    ledger: Ledger
    journal: Journal


@contextmanager
def open_books(
    run: Path, patience: Patience | None = None, *, new: bool = False
) -> Generator[Books]:
    """Yield the ledger and the journal of a run; a database that goes away is waited for.

    Raises:
        SettingsError: they are in a database whose URL is not set.
        StateError: they cannot be read or written, or are not there and the run is not new.
    """
    engines = _engines(run, new=new)
    try:
        commit = GroupCommit(engines[0], "ledger", patience)
        books = Books(Ledger(engines[0], commit), Journal(engines[1], patience))
        yield books
        books.journal.close()
        books.ledger.close()
    finally:
        for engine in engines:
            engine.dispose()


def remove_books(run: Path) -> None:
    """Remove ledger and journal of a run, for good."""
    for engine in _engines(run, new=True):
        if engine.dialect.name == "postgresql":
            drop_namespace(engine, _namespace(_kept(run)))
        engine.dispose()
    for file in (*run.glob("ledger.sqlite*"), *run.glob("journal.sqlite*")):
        file.unlink()


async def outlasting(run: Path, patience: Patience, work: Callable[[], Awaitable[T]]) -> T:
    """Return what the work returns; where its database goes away, wait, and begin it again.

    Most of a run waits by itself, and loses nothing. What does not is ended by the outage: it
    begins again and finds its work done, as after a resume.
    """
    while True:
        try:
            return await work()
        except (SQLAlchemyError, StateError) as error:
            if not is_away(error):
                raise
        await outlast(patience, partial(_reach, run))


def _reach(run: Path) -> None:
    for engine in _engines(run):
        engine.dispose()


def _engines(run: Path, *, new: bool = False) -> tuple[Engine, Engine]:
    kept = _kept(run)
    if kept.get("state", "sqlite") == "sqlite":
        return sqlite_engine(run / "ledger.sqlite"), sqlite_engine(run / "journal.sqlite")
    url = variables().get(STATE_URL)
    if not url:
        raise SettingsError(f"The run's state is in a database. Set {STATE_URL} again.")
    # A run that has not begun may have been killed before its state was made.
    new = new or kept.get("estimated", False)
    engine = postgres_engine(url, _namespace(kept), new=new)
    return engine, engine


def _kept(run: Path) -> dict[str, Any]:
    file = run / RUN_FILE
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def _namespace(kept: dict[str, Any]) -> str:
    return f"officina_{kept['id'].replace('-', '')[:16]}"
