"""Ray workers: a run's workers as actors on the nodes of a Ray cluster, over a state in Postgres.

Ray places them as nodes come and go. One whose node dies is started again elsewhere; what it had
claimed is claimed again once its session is silent. What a worker needs of the environment (keys,
URLs) it has from its node's own: nothing of this process's is sent, since Ray would show it.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

from agents.specs import parse_spec
from app.errors import told
from app.run_file import RunError, read_run
from app.settings import STATE_URL, Settings, SettingsError, redact, variables
from app.state import StateKind
from app.terminal import tell
from app.worker import work
from app.workers import SECONDS_TO_END, EngineKind, Farming
from graph.context import Context

_SECONDS_TO_ANSWER = 10.0


def farming_of(workers: int, engine: EngineKind, state: StateKind, settings: Settings) -> Farming:
    """Return who is to farm a run with its state there.

    Raises:
        SettingsError: Ray is wanted and cannot be used, or a server takes fewer calls at a time
            than there are processes.
    """
    processes = workers + (engine == "ray")
    for address, limits in settings.services.servers.items():
        if limits.most_in_flight and limits.most_in_flight < processes:
            raise SettingsError(
                f"{processes} processes cannot share {limits.most_in_flight} in flight at "
                f"{address}: each has one at least. Set --workers lower or `most_in_flight` higher."
            )
    if engine != "ray":
        return Farming(workers)
    if find_spec("ray") is None:
        raise SettingsError("--engine ray needs Ray: pip install -e '.[ray]', on every node.")
    if state != "postgres":
        raise SettingsError(
            "--engine ray needs a run whose state is in Postgres, where every node can reach it. "
            f"Set {STATE_URL} when the run is started, here and on the nodes."
        )
    if ours := [text for text in settings.models.values() if parse_spec(text).starts_vllm]:
        raise SettingsError(
            f"{ours[0]} would be served on this machine alone. For --engine ray, start the server "
            "and give its address: vllm:MODEL@http://HOST:PORT/v1."
        )
    return Farming(workers, engine)


class RayWorker:
    """A worker on a node; Ray makes an actor of it."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    async def work(self, run: str, id: str, models: Mapping[str, str]) -> str:
        """Farm until it is over; return what kept it from that or ended it early, if anything."""
        try:
            _check_folder(Path(run), id)
            # Each time another: Ray calls this again where an actor was lost.
            return redact(await work(Path(run), uuid4().hex[:16], models, self._over))
        except Exception as error:
            return told(error)[1]

    async def end(self) -> None:
        """Let it finish what it has begun, and begin no more."""
        self._over.set()


@dataclass
class RayWorkers:
    """So many actors on a run; `models` are the specs that they use, by role."""

    context: Context
    count: int
    models: Mapping[str, str]
    _ray: Any = None
    _actors: list[Any] = field(default_factory=list[Any])
    _watchers: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    async def begin(self) -> None:
        """Ask Ray for them, unless they were asked for before; those that find no room wait."""
        if self._actors:
            return
        run = self.context.run.resolve()
        self._ray = await asyncio.to_thread(_connected)
        actor = self._ray.remote(RayWorker).options(
            num_cpus=1, max_restarts=-1, max_task_retries=-1, scheduling_strategy="SPREAD"
        )
        for _ in range(self.count):
            worker = actor.remote()
            ending = worker.work.remote(str(run), read_run(run)[0].id, dict(self.models))
            self._actors.append(worker)
            self._watchers.append(asyncio.create_task(self._watch(ending)))

    async def end(self) -> None:
        """Let them finish what they have begun; one that has no node is not waited for."""
        await asyncio.gather(*(self._end(*each) for each in self._running()))

    async def stop(self) -> None:
        """Let them finish what they have in flight, for as long as they are given."""
        await self.end()

    async def kill(self) -> None:
        """End them at once; what they had claimed is claimed again when the run goes on."""
        for watcher in self._watchers:
            watcher.cancel()
        if self._ray:
            # An actor does not outlive the connection that it was asked for through.
            self._ray.shutdown()
            self._ray = None

    def _running(self) -> list[tuple[Any, asyncio.Task[None]]]:
        both = zip(self._actors, self._watchers, strict=True)
        return [(actor, watcher) for actor, watcher in both if not watcher.done()]

    async def _end(self, actor: Any, watcher: asyncio.Task[None]) -> None:  # noqa: ANN401
        try:
            await asyncio.wait_for(_awaited(actor.end.remote()), _SECONDS_TO_ANSWER)
        except (TimeoutError, self._ray.exceptions.RayError):
            watcher.cancel()
            return
        await asyncio.wait((watcher,), timeout=SECONDS_TO_END)

    async def _watch(self, ending: Any) -> None:  # noqa: ANN401
        """Wait for the end of a worker; one that fails leaves its candidates to the others."""
        try:
            said = await ending
        except self._ray.exceptions.RayError as error:
            said = redact(str(error).strip().splitlines()[0])
        if said:
            tell(f"A Ray worker ended, and the others go on without it: {said}")


async def _awaited(reference: Any) -> Any:  # noqa: ANN401
    return await reference


def _connected() -> Any:  # noqa: ANN401
    """Return Ray, connected to the cluster that RAY_ADDRESS names or this machine is a node of."""
    ray: Any = import_module("ray")
    address = variables().get("RAY_ADDRESS", "auto")
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        if port.isdecimal():
            # Ray itself tries for minutes.
            socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER).close()
        ray.init(address, log_to_driver=False, logging_level="ERROR")
    except (OSError, RuntimeError, ray.exceptions.RayError) as error:
        raise SettingsError(
            f"There is no Ray cluster to work on ({str(error).strip().splitlines()[0]}). Start one "
            "with `ray start --head` here and `ray start --address=HOST:6379` on the other "
            "nodes, or set RAY_ADDRESS."
        ) from error
    return ray


def _check_folder(run: Path, id: str) -> None:
    """Raise where this node does not have the run's folder."""
    try:
        seen = read_run(run)[0].id
    except RunError:
        seen = ""
    if seen != id:
        raise RunError(
            f"a node does not see the run's folder at {run}: put it where all nodes have it"
        )
