"""Workers: more processes that farm a run's candidates, on this machine; `app/worker.py` is one.

They are started when there is something to farm, share ledger, journal, gate and budget through
the run's state, and end with this process, however it ends: their standard input is a pipe from it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from app.exits import DONE

END = b"end\n"
_SECONDS_TO_END = 60.0


@dataclass
class Workers:
    """So many more processes on a run; `models` are the specs that they are to use, by role.

    `on_death` is told the session of one that ended by itself, and what it said last.
    """

    run: Path
    count: int
    models: dict[str, str]
    on_death: Callable[[str, str], None]
    _running: dict[str, asyncio.subprocess.Process] = field(
        default_factory=dict[str, asyncio.subprocess.Process]
    )
    _watchers: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def begin(self) -> None:
        """Start them, unless they were started before."""
        if self._watchers:
            return
        for _ in range(self.count):
            session = uuid4().hex[:16]
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "app.worker", str(self.run), session, *_words(self.models)),
                stdin=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
            )
            self._running[session] = process
            self._watchers.append(asyncio.create_task(self._watch(session, process)))

    async def end(self) -> None:
        """Let them finish what they have begun, and wait for them."""
        for process in self._running.values():
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.write(END)
                process.stdin.close()
        try:
            async with asyncio.timeout(_SECONDS_TO_END):
                await asyncio.gather(*self._watchers)
        finally:
            for process in self._running.values():
                with suppress(ProcessLookupError):
                    process.kill()
            self._watchers.clear()

    async def _watch(self, session: str, process: asyncio.subprocess.Process) -> None:
        assert process.stderr is not None
        said = ""
        async for line in process.stderr:
            said = line.decode(errors="replace").strip() or said
        code = await process.wait()
        del self._running[session]
        if code != DONE:
            self.on_death(session, said or f"It ended with {code}.")


def _words(models: dict[str, str]) -> Sequence[str]:
    return [f"{role}={spec}" for role, spec in models.items()]
