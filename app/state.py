"""State: where a run's ledger and journal are: two files in its folder, or a Postgres database.

Which of them is decided when the run is made and stands in run.json; the URL, which may hold a
password, comes from the environment each time.
"""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

from sqlalchemy import Engine

from agents.journal import Journal
from app.settings import STATE_URL, SettingsError, variables
from graph.ledger import Ledger
from tools.tables import postgres_engine, sqlite_engine

RUN_FILE = "run.json"
StateKind = Literal["sqlite", "postgres"]


class Books(NamedTuple):
    """A run's ledger and its journal."""

    ledger: Ledger
    journal: Journal


@contextmanager
def open_books(run: Path) -> Generator[Books]:
    """Yield the ledger and the journal of a run.

    Raises:
        SettingsError: they are in a database whose URL is not set.
        StateError: they cannot be read or written.
    """
    engines = _engines(run)
    try:
        books = Books(Ledger(engines[0]), Journal(engines[1]))
        yield books
        books.journal.close()
        books.ledger.close()
    finally:
        for engine in engines:
            engine.dispose()


def _engines(run: Path) -> tuple[Engine, Engine]:
    file = run / RUN_FILE
    kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    if kept.get("state", "sqlite") == "sqlite":
        return sqlite_engine(run / "ledger.sqlite"), sqlite_engine(run / "journal.sqlite")
    url = variables().get(STATE_URL)
    if not url:
        raise SettingsError(f"The run's state is in a database. Set {STATE_URL} again.")
    engine = postgres_engine(url, f"officina_{kept['id'].replace('-', '')[:16]}")
    return engine, engine
