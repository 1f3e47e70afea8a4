"""Servers and clients in simulated time: hours pass in a moment, and no test waits."""

import asyncio
import itertools
import math
import random
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from agents.gate import JITTER, Gate, Place
from agents.sending import LONGEST_WAIT, WAIT


class SimulatedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer whenever nothing is ready."""

    def __init__(self) -> None:
        super().__init__()
        self._time = 0.0

    def time(self) -> float:
        return self._time

    def _run_once(self) -> None:
        while self._scheduled and self._scheduled[0]._cancelled:
            asyncio.base_events.heapq.heappop(self._scheduled)._scheduled = False
            self._timer_cancelled_count -= 1
        if not self._ready and self._scheduled:
            self._time = max(self._time, self._scheduled[0]._when)
        super()._run_once()


def simulate(life: Coroutine[Any, Any, Any]) -> Any:
    with asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        return runner.run(life)


def now() -> float:
    return asyncio.get_running_loop().time()


class Refused(Exception):
    def __init__(self, after: float = 0.0) -> None:
        self.after = after


class Lost(Exception):
    """The call timed out, or its connection was lost."""


@dataclass
class Server:
    """Takes calls after a way of `way` seconds, and answers after a noisy latency."""

    latency: float = 0.05
    after: float = 1.0
    way: float = 0.001
    noise: float = 0.1
    slow_share: float = 0.0
    slow_factor: float = 20.0
    seed: int = 0
    admits: Callable[[float], float] = lambda _: math.inf
    """How many calls it holds, by the time."""
    knee: float = math.inf
    """From so many calls on, latency rises as they do."""
    a_minute: float = math.inf
    fault_share: float = 0.0
    loses: bool = False
    timeout: float = 10.0
    in_flight: int = 0
    refusals: int = 0
    served: int = 0
    most: int = 0
    times: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self._due = 0.0

    async def answer(self, length: float = 1.0) -> None:
        await asyncio.sleep(self.way / 2)
        self.times.append(now())
        self._admit()
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        try:
            await self._work(length)
        finally:
            self.in_flight -= 1
        await asyncio.sleep(self.way / 2)
        self.served += 1

    def _admit(self) -> None:
        over = max(0.0, self._due - now()) * self.a_minute / 60 if self._due else 0.0
        is_flaky = not self.loses and self.random.random() < self.fault_share
        if self.in_flight >= self.admits(now()) or over >= self.a_minute / 10 or is_flaky:
            self.refusals += 1
            raise Refused(self.after)
        self._due = max(self._due, now()) + 60 / self.a_minute

    async def _work(self, length: float) -> None:
        crowd = max(1.0, (self.in_flight) / self.knee)
        noise = math.exp(self.random.gauss(0, self.noise))
        slow = self.slow_factor if self.random.random() < self.slow_share else 1.0
        if self.loses and self.random.random() < self.fault_share:
            await asyncio.sleep(self.timeout)
            self.refusals += 1
            raise Lost
        await asyncio.sleep(self.latency * length * crowd * noise * slow)


@dataclass
class Client:
    """Asks through a gate as `Sender` does: a refused call leaves, sleeps, and comes again."""

    gate: Gate
    server: Server
    lengths: tuple[float, ...] = (1.0,)
    tries: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    asleep: int = 0

    async def ask(self, number: int, tokens: int = 0) -> None:
        began, length = now(), self.lengths[number % len(self.lengths)]
        for tried in itertools.count(1):
            after = await self._try(length, tokens, again=tried > 1)
            if after is None:
                self.tries.append(tried)
                self.waits.append(now() - began)
                return
            pause = after or min(LONGEST_WAIT, WAIT * 2 ** min(tried - 1, 16))
            self.asleep += 1
            await asyncio.sleep(pause * self.server.random.uniform(1, 1 + JITTER))
            self.asleep -= 1

    async def _try(self, length: float, tokens: int, *, again: bool) -> float | None:
        async with self.gate.place(tokens, again=again) as place:
            try:
                await self.server.answer(length)
            except Refused as refused:
                place.busy(refused.after)
                return refused.after
            except Lost:
                place.late()
                return 0.0
        return None

    async def ask_all(self, calls: int, pool: int, tokens: int = 0) -> float:
        """Ask so often, so many at a time beside those that sleep; return the seconds it took."""
        began, numbers, running = now(), iter(range(calls)), 0

        async def work() -> None:
            nonlocal running
            while running <= pool + self.asleep and (number := next(numbers, None)) is not None:
                await self.ask(number, tokens)
                begin()
            running -= 1

        def begin() -> None:
            nonlocal running
            while running < pool + self.asleep:
                running += 1
                group.create_task(work())

        async with asyncio.TaskGroup() as group:
            begin()
        return now() - began


def gate(start: int, most: int | None = None, **options: Any) -> Gate:
    """Return a gate on the simulated clock; call it inside the simulation."""
    return Gate(start, most=most, clock=asyncio.get_running_loop().time, **options)


__all__ = ["Client", "Lost", "Place", "Refused", "Server", "gate", "now", "simulate"]
