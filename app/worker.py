"""A worker: one more process on a run, which farms until its parent says that the farming is over.

python -m app.worker RUN SESSION generator=SPEC critic=SPEC answerer=SPEC

`app/workers.py` starts it. It claims candidates like the run's own process, and ends at once where
its parent is gone.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.errors import told
from app.exits import DONE, SHORT
from app.opening import open_context
from app.runs import machines_of, read_run, settings_of
from app.state import outlasting
from app.workers import END
from graph.farm import farm_beside
from tools.patience import Patience


async def work(run: Path, session: str, models: Mapping[str, str], over: asyncio.Event) -> str:
    """Farm the run's candidates until it is over; return what ended it early, if anything did."""
    started, brief = read_run(run)
    settings = replace(settings_of(started), models=models)
    machines = machines_of(run, started)

    async def farm() -> str:
        async with open_context(run, brief, settings, machines, joins=session) as context:
            return await farm_beside(context, over)

    return await outlasting(run, Patience(settings.services.patience), farm)


async def _obey(over: asyncio.Event) -> None:
    """Wait for the parent's word; raise where it is gone without one."""
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    if await reader.readline() != END:
        raise ConnectionError("The run's own process is gone.")
    over.set()


async def _live(run: Path, session: str, models: Mapping[str, str]) -> None:
    over = asyncio.Event()
    obeying = asyncio.create_task(_obey(over))
    working = asyncio.create_task(work(run, session, models, over))
    await asyncio.wait((obeying, working), return_when=asyncio.FIRST_COMPLETED)
    if obeying.done() and obeying.exception():
        working.cancel()
    await working


def main() -> None:
    """Work, and tell what keeps it from that in a line."""
    run, session, *models = sys.argv[1:]
    try:
        asyncio.run(_live(Path(run), session, dict(each.split("=", 1) for each in models)))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit(SHORT)
    except Exception as error:
        print(told(error)[1], file=sys.stderr)
        sys.exit(SHORT)
    sys.exit(DONE)


if __name__ == "__main__":
    main()
