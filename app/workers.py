"""Workers: more processes that farm a run's candidates, on this machine; `app/worker.py` is one.

They begin when there is something to farm, share ledger, journal, gate and budget through the
run's state, and end with this process, however it ends: their standard input is a pipe from it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Literal
from uuid import uuid4

from agents.specs import parse_spec
from app.exits import DONE
from app.settings import Settings
from app.terminal import tell
from graph.context import Context
from tools.outages import outlast

EngineKind = Literal["local", "ray"]
END, STOP = b"end\n", b"stop\n"
MODULE = "app.worker"
SECONDS_TO_END = 180.0
"""Longer than a call may take by default; what then still works is ended."""


@dataclass(frozen=True, slots=True)
class Farming:
    """Who farms: so many processes here, this one among them, or this one and so many by Ray."""

    workers: int = 1
    engine: EngineKind = "local"


ALONE = Farming()


@dataclass
class Workers:
    """So many more processes on a run; `models` are the specs that they use, by role."""

    context: Context
    count: int
    models: Mapping[str, str]
    _is_stopping: bool = False
    _running: dict[str, asyncio.subprocess.Process] = field(
        default_factory=dict[str, asyncio.subprocess.Process]
    )
    _watchers: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def begin(self) -> None:
        """Start them, unless they were started before."""
        if self._watchers:
            return
        models = [f"{role}={spec}" for role, spec in self.models.items()]
        for _ in range(self.count):
            session = uuid4().hex[:16]
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", MODULE, str(self.context.run), session, *models),
                stdin=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            self._running[session] = process
            self._watchers.append(asyncio.create_task(self._watch(session, process)))

    async def end(self) -> None:
        """Let them finish what they have begun, and wait for that."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._say(END), SECONDS_TO_END)

    async def stop(self) -> None:
        """Let them finish the calls that they have in flight, and wait for that."""
        self._is_stopping = True
        await self._say(STOP)

    async def kill(self) -> None:
        """End them at once; what they had claimed is claimed again when the run goes on."""
        self._is_stopping = True
        for process in list(self._running.values()):
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        for watcher in self._watchers:
            watcher.cancel()
        await self._ended()

    async def _say(self, word: bytes) -> None:
        for process in list(self._running.values()):
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.write(word)
                await process.stdin.drain()
        await self._ended()

    async def _ended(self) -> None:
        # What keeps a watcher from giving claims back keeps this process from its own work too.
        await asyncio.gather(*self._watchers, return_exceptions=True)

    async def _watch(self, session: str, process: asyncio.subprocess.Process) -> None:
        """Wait for the end of a worker; one that fails leaves its candidates to the others."""
        assert process.stderr is not None
        said = ""
        async for line in process.stderr:
            said = line.decode(errors="replace").strip() or said
        code = await process.wait()
        del self._running[session]
        if code == DONE or self._is_stopping:
            return
        tell(f"A worker ended, and the others go on without it: {said or f'exit code {code}.'}")
        ledger = self.context.ledger
        await outlast(self.context.patience, partial(ledger.release, session))


@asynccontextmanager
async def helping(context: Context, settings: Settings, farming: Farming) -> AsyncGenerator[None]:
    """Let more processes farm the context's run until the block ends."""
    models = {role: _spec(spec, role, context) for role, spec in settings.models.items()}
    if farming.engine == "ray":
        from app.ray_workers import RayWorkers

        workers = RayWorkers(context, farming.workers, models)
    elif farming.workers > 1:
        workers = Workers(context, farming.workers - 1, models)
    else:
        yield
        return
    context.helpers = workers
    try:
        yield
        await workers.end()
    finally:
        await workers.kill()


def _spec(text: str, role: str, context: Context) -> str:
    """Return the spec with the URL of the server, where that is one that this process started."""
    address = context.models[role].server.address
    return f"{text}@{address}" if parse_spec(text).starts_vllm else text
