"""Sessions: the processes that work on a run, each with a beat that the others watch.

Who lives is judged by beats that change, each by the watcher's own clock, so that no clock that
jumps, and no two machines' clocks, can decide it. The leader's seconds are what the run has worked.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from agents.journal import Journal
from agents.journal_reading import worked
from agents.journal_tables import RESERVATIONS, SESSIONS
from agents.spending import forfeit
from tools.tables import StateError

BEAT_SECONDS = 2.0
SILENT_LOOKS = 8
"""So often is a session looked at in vain before it is taken for dead. Looks, not seconds: while
the database is away, or the watcher sleeps, nobody is looked at."""
_OVER = -1

Said = Mapping[str, int]
"""What a session says of its calls with each beat, by name."""
PRESENT = {"in_flight", "waiting", "width"}
"""What is said of the moment, and over with the session."""
OnChange = Callable[[int, Sequence[str]], None]
"""Told how many sessions live now, and which died without saying so."""


@dataclass
class Session:
    """This process among those of its run; one of them leads."""

    journal: Journal
    leads: bool
    id: str = field(default_factory=lambda: uuid4().hex[:16])
    on_change: OnChange = lambda living, dead: None
    say: Callable[[], Said] = dict
    said: str = "{}"
    """What it says with its next beat, as JSON."""
    beat: int = 0
    worked_before: float = 0.0
    """How long the run had worked when this session began, in seconds."""
    began: float = field(default_factory=time.monotonic)
    """When this session began, by its own clock."""
    _heard: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    """By session: its last beat, and how often it was looked at since."""
    _peers: set[str] = field(default_factory=set[str])
    _others: dict[str, Said] = field(default_factory=dict[str, Said])
    """By session: what it said last, if it lived beside this one."""

    @property
    def seconds(self) -> float:
        """How long this session has worked."""
        return time.monotonic() - self.began

    @property
    def worked(self) -> float:
        """How long the run has worked, in seconds."""
        return self.worked_before + self.seconds

    def others(self) -> Counter[str]:
        """Return the sums of what the others said last; of those that are over, what lasts."""
        sums: Counter[str] = Counter()
        for id, said in self._others.items():
            lasts = said.keys() if id in self._peers else said.keys() - PRESENT
            sums.update({name: said[name] for name in lasts})
        return sums

    @asynccontextmanager
    async def beating(self) -> AsyncGenerator[None]:
        """Be seen by the others, and watch them, until the block ends."""
        self.worked_before = await self.journal.commit(enter, self)
        beats = asyncio.create_task(self._watch())
        try:
            if not self.leads:
                # Until the others have made room for it: a server's width is shared by all.
                await asyncio.sleep(BEAT_SECONDS * 1.25)
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
            with suppress(StateError, SQLAlchemyError):
                await self._look(await self.journal.read(_beats))
            await asyncio.sleep(BEAT_SECONDS)
            self.beat += 1
            self.said = json.dumps(dict(self.say()))
            with suppress(StateError):
                await self.journal.commit(_write, self)

    async def _look(self, beats: dict[str, tuple[int, str]]) -> None:
        for id, (beat, said) in beats.items():
            last, looks = self._heard.get(id, (None, 0))
            self._heard[id] = (beat, looks + 1 if last == beat else 0)
            if id != self.id:
                self._others[id] = json.loads(said)
        silent = {id for id, (_, looks) in self._heard.items() if looks >= SILENT_LOOKS}
        peers = beats.keys() - silent - {self.id}
        if peers == self._peers:
            return
        dead = sorted(self._peers & silent)
        if dead and self.leads:
            await self.journal.commit(_forfeit, dead)
        self.on_change(len(peers) + 1, dead)
        # Last of all: what failed of this is tried again at the next look.
        self._peers = peers


def enter(connection: Connection, sessions: Sequence[Session]) -> list[float]:
    """Begin sessions; return for each the seconds that the run has worked so far.

    Nobody else's calls are on their way where a leader begins: what is still reserved stays spent.
    A worker enters again where it lost the database, or was started anew: what it had reserved
    before stays spent as well, since nothing will settle it.
    """
    ids = [each.id for each in sessions]
    before = worked(connection)
    if any(each.leads for each in sessions):
        connection.execute(delete(RESERVATIONS))
        # Whoever lives all the same says so with the next beat.
        connection.execute(update(SESSIONS).values(beat=_OVER))
    forfeit(connection, ids)
    connection.execute(delete(SESSIONS).where(SESSIONS.c.id.in_(ids)))
    values = [
        {"id": s.id, "leads": int(s.leads), "beat": 0, "seconds": 0.0, "said": s.said}
        for s in sessions
    ]
    connection.execute(insert(SESSIONS), values)
    return [before] * len(sessions)


def _write(connection: Connection, sessions: Sequence[Session]) -> list[None]:
    for each in sessions:
        values = {"beat": each.beat, "seconds": each.seconds, "said": each.said}
        connection.execute(update(SESSIONS).where(SESSIONS.c.id == each.id).values(values))
    return [None] * len(sessions)


def _forfeit(connection: Connection, dead: Sequence[Sequence[str]]) -> list[None]:
    for each in dead:
        forfeit(connection, each)
    return [None] * len(dead)


def _beats(connection: Connection) -> dict[str, tuple[int, str]]:
    """Return beat and words of the sessions that are not over."""
    c = SESSIONS.c
    query = select(c.id, c.beat, c.said).where(c.beat != _OVER)
    return {id: (beat, said) for id, beat, said in connection.execute(query)}
