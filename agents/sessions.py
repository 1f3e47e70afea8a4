"""Sessions: the processes that work on a run, each with a beat that the others watch.

Who lives is judged by beats that change, each by the watcher's own clock, so that no clock that
jumps, and no two machines' clocks, can decide it. The leader's seconds are what the run has worked.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from uuid import uuid4

from sqlalchemy import Connection, delete, func, insert, select, update

from agents.journal import Journal
from agents.journal_tables import RESERVATIONS, SESSIONS
from tools.tables import StateError

BEAT_SECONDS = 2.0
SILENT_SECONDS = 15.0
"""How long a session may be silent before it is taken for dead."""
_OVER = -1

OnChange = Callable[[int, Sequence[str]], None]
"""Told how many sessions live now, and which died without saying so."""


@dataclass
class Session:
    """This process among those of its run; one of them leads."""

    journal: Journal
    leads: bool
    id: str = field(default_factory=lambda: uuid4().hex[:16])
    on_change: OnChange = lambda living, dead: None
    beat: int = 0
    worked_before: float = 0.0
    """How long the run had worked when this session began, in seconds."""
    began: float = field(default_factory=time.monotonic)
    """When this session began, by its own clock."""
    numbers: Iterator[int] = field(default_factory=count)
    """What tells this session's reservations apart."""
    _heard: dict[str, tuple[int, float]] = field(default_factory=dict[str, tuple[int, float]])
    _peers: set[str] = field(default_factory=set[str])

    @property
    def seconds(self) -> float:
        """How long this session has worked."""
        return time.monotonic() - self.began

    @property
    def worked(self) -> float:
        """How long the run has worked, in seconds."""
        return self.worked_before + self.seconds

    @asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Be seen by the others, and watch them, until the block ends."""
        self.worked_before = await self.journal.commit(enter, self)
        beats = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            beats.cancel()
            self.beat = _OVER
            # A run whose disk is full ends all the same.
            with suppress(StateError):
                await self.journal.commit(_write, self)

    async def _watch(self) -> None:
        while True:
            # A beat that is missed for a moment must not end a run.
            with suppress(StateError):
                self._look(await self.journal.read(_beats))
            await asyncio.sleep(BEAT_SECONDS)
            self.beat += 1
            with suppress(StateError):
                await self.journal.commit(_write, self)

    def _look(self, beats: dict[str, int]) -> None:
        now = time.monotonic()
        for id, beat in beats.items():
            if self._heard.get(id, (None, 0.0))[0] != beat:
                self._heard[id] = (beat, now)
        silent = {id for id, (_, at) in self._heard.items() if now - at >= SILENT_SECONDS}
        peers = {id for id, beat in beats.items() if beat != _OVER} - silent - {self.id}
        if peers != self._peers:
            self._peers, before = peers, self._peers
            self.on_change(len(peers) + 1, sorted(before & silent))


def enter(connection: Connection, sessions: Sequence[Session]) -> list[float]:
    """Begin sessions; return for each the seconds that the run has worked so far.

    Nobody else's calls are on their way where a leader begins: what is still reserved stays spent.
    """
    worked = select(func.coalesce(func.sum(SESSIONS.c.seconds), 0.0)).where(SESSIONS.c.leads == 1)
    before = float(connection.execute(worked).scalar_one())
    if any(each.leads for each in sessions):
        connection.execute(delete(RESERVATIONS))
        # Whoever lives all the same says so with the next beat.
        connection.execute(update(SESSIONS).values(beat=_OVER))
    values = [{"id": s.id, "leads": int(s.leads), "beat": 0, "seconds": 0.0} for s in sessions]
    connection.execute(insert(SESSIONS), values)
    return [before] * len(sessions)


def _write(connection: Connection, sessions: Sequence[Session]) -> list[None]:
    for each in sessions:
        values = {"beat": each.beat, "seconds": each.seconds}
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == each.id).values(values))
    return [None] * len(sessions)


def _beats(connection: Connection) -> dict[str, int]:
    query = select(SESSIONS.c.id, SESSIONS.c.beat).where(SESSIONS.c.beat != _OVER)
    return {id: beat for id, beat in connection.execute(query)}
