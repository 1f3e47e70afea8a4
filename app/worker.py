"""A worker: one more process on a run, which farms until its parent says that the farming is over.

python -m app.worker RUN SESSION generator=SPEC critic=SPEC answerer=SPEC

`app/workers.py` starts it. It claims candidates like the run's own process, and ends at once where
its parent is gone. What a terminal sends, Ctrl-C or that it is closed, reaches both, and is its
parent's to act on.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from app.collector import spared_collector
from app.driving import Within
from app.errors import told
from app.exits import DONE, SHORT
from app.interruption import RunInterrupted, interruptible
from app.opening import open_context
from app.run_file import machines_of, read_run, settings_of
from app.settings import redact
from app.state import outlasting
from app.terminal import outlive_readers, tell
from app.tracing import spared_threads
from app.workers import END, STOP
from graph.context import Context
from graph.farm import farm_beside
from tools.patience import Patience


@dataclass
class Parent:
    """The run's own process, whose words come through our standard input."""

    stop: Callable[[], object]
    """What to do when it stops."""
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def within(self, context: Context) -> AsyncGenerator[None]:
        """Let it, and signals, end the block."""
        async with interruptible(context) as interruption:
            self.stop = interruption.begin
            yield

    async def obey(self) -> None:
        """Do as it says; raise once it is gone."""
        reader = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(reader)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
        while word := await reader.readline():
            if word == END:
                self.over.set()
            if word == STOP:
                self.stop()
        raise ConnectionError("The run's own process is gone.")


async def work(
    run: Path,
    session: str,
    models: Mapping[str, str],
    over: asyncio.Event,
    within: Within = nullcontext,
) -> str:
    """Farm the run's candidates until it is over; return what ended it early, if anything did."""
    started, brief = read_run(run)
    settings = replace(settings_of(started), models=models)
    machines = machines_of(run, started)

    async def farm() -> str:
        opened = open_context(run, brief, settings, machines, joins=session)
        async with opened as context, within(context):
            with spared_collector(), spared_threads(settings):
                return await farm_beside(context, over)

    return await outlasting(run, Patience(settings.services.patience), farm)


async def _live(run: Path, session: str, models: Mapping[str, str]) -> str:
    parent = Parent(stop=lambda: working.cancel())
    obeying = asyncio.create_task(parent.obey())
    working = asyncio.create_task(work(run, session, models, parent.over, parent.within))
    await asyncio.wait((obeying, working), return_when=asyncio.FIRST_COMPLETED)
    if obeying.done():
        working.cancel()
    return await working


def main() -> None:
    """Work, and tell what kept it from that, or ended it early, in a line."""
    run, session, *models = sys.argv[1:]
    outlive_readers()
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        named = dict(each.split("=", 1) for each in models)
        ended = asyncio.run(_live(Path(run), session, named))
    except (RunInterrupted, KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(SHORT)
    except Exception as error:
        ended = told(error)[1]
    if ended:
        tell(redact(ended))
    sys.exit(SHORT if ended else DONE)


if __name__ == "__main__":
    main()
