"""Whoever looks at a run that goes on leaves it as it is."""

import subprocess
import sys

from app.state import open_books
from graph.ledger import Note

LOOK = (
    "import sqlite3, sys; it = sqlite3.connect(sys.argv[1]);"
    "print(it.execute('SELECT count(*) FROM notes').fetchone()[0]); it.close()"
)


def looked(run) -> int:
    command = [sys.executable, "-c", LOOK, str(run / "ledger.sqlite")]
    return int(subprocess.run(command, check=True, capture_output=True).stdout)


def test_state_that_is_open_twice_here_outlives_readers_elsewhere(tmp_path):
    with open_books(tmp_path, new=True):
        pass
    with open_books(tmp_path) as (ledger, _), open_books(tmp_path):
        for number in range(3):
            ledger.note([Note("lost", f"file {number}", 0, "why")])
            assert looked(tmp_path) == number + 1
            assert (tmp_path / "ledger.sqlite-wal").exists()
