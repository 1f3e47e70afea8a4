"""Tracing: a run's traces in LangSmith, one for each candidate and one for the dataset graph.

`open_context` opens it. A candidate's trace is kept until its life is over and then sent whole,
in the background and within bounds: what does not fit is not traced, and said once at the end.
With tracing off nothing is sent, whatever the process's environment says, unless the caller of the
graph is tracing it: then each candidate becomes a trace of its own where the caller's goes.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import Context as Variables
from dataclasses import dataclass, field
from functools import cached_property
from math import nan
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from langchain_core.callbacks import BaseCallbackManager
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langchain_core.tracers.langchain import LangChainTracer
from langsmith import set_runtime_overrides, uuid7
from langsmith.run_helpers import (
    tracing_context,  # pyright: ignore[reportUnknownVariableType]
)
from langsmith.utils import (
    LangSmithUserError,
    tracing_is_enabled,  # pyright: ignore[reportUnknownVariableType]
)

from app.outbox import Outbox, named, send
from app.settings import Settings, SettingsError
from app.traces import TraceLine
from app.whole_trace import RunValues, TraceKeeper
from graph.tracing import Ending, Trace

_LOG = logging.getLogger("officina")
_UNFINISHED = Ending(None, {"verdict": "unfinished", "reason": "interrupted"})


@dataclass
class _Untraced:
    """A trace that is not sent."""

    config: RunnableConfig

    @contextmanager
    def following(self) -> Generator[RunnableConfig]:
        with untraced():
            yield self.config

    def ended(self, ending: Ending) -> None:
        pass


@dataclass
class _RunByRun:
    """A trace whose runs are sent as they come: it may take as long as a dataset."""

    config: RunnableConfig
    outbox: Outbox

    @contextmanager
    def following(self) -> Generator[RunnableConfig]:
        client, project = self.outbox.client, self.outbox.project
        with tracing_context(enabled=True, client=client, project_name=project, parent=False):
            yield self.config

    def ended(self, ending: Ending) -> None:
        pass


@dataclass
class _Candidate:
    """The trace of a candidate, sent when it has ended, to the outbox or to the caller's client."""

    config: RunnableConfig
    candidate: str
    keeper: TraceKeeper
    to: Outbox | LangChainTracer
    trace: UUID = field(default_factory=uuid7, init=False)
    ending: Ending = field(default=_UNFINISHED, init=False)

    @contextmanager
    def following(self) -> Generator[RunnableConfig]:
        keeper, project = self.keeper, self.project
        tracer = LangChainTracer(client=keeper, project_name=project)
        keeper.keep(self.trace)
        with tracing_context(enabled=True, client=keeper, project_name=project):
            try:
                yield {**self.config, "callbacks": [tracer], "run_id": self.trace}
            finally:
                self._send(keeper.take(self.trace, self.ending.metadata))

    def ended(self, ending: Ending) -> None:
        self.ending = ending

    @property
    def project(self) -> str | None:
        return self.to.project if isinstance(self.to, Outbox) else self.to.project_name

    def _send(self, runs: list[RunValues]) -> None:
        if isinstance(self.to, Outbox):
            line = TraceLine(self.candidate, self.ending.row, str(self.trace), self.to.project)
            self.to.hand_in(runs, line, self.ending.scores)
        else:
            send(self.to.client, runs, self.trace, self.ending.scores)


class RunTracing:
    """The traces of one run; `outbox` is None while tracing is off."""

    def __init__(self, run_id: str, outbox: Outbox | None, sampling: float) -> None:
        self._run_id = run_id
        self._outbox = outbox
        self._sampling = sampling

    @cached_property
    def _keeper(self) -> TraceKeeper:
        return TraceKeeper()

    def dataset(self, name: str, metadata: Mapping[str, object]) -> Trace:
        """Begin the trace of the dataset graph."""
        config = self._config(name, metadata)
        return _RunByRun(config, self._outbox) if self._outbox else _Untraced(config)

    def candidate(self, candidate: str, name: str, metadata: Mapping[str, object]) -> Trace:
        """Begin the trace of a candidate."""
        config = self._config(name, {"candidate": candidate, **metadata})
        to = self._outbox or _callers_tracer()
        wanted = not self._outbox or (
            _is_sampled(candidate, self._sampling) and self._outbox.has_room()
        )
        if to and wanted:
            return _Candidate(config, candidate, self._keeper, to)
        return _Untraced(config)

    def close(self) -> None:
        """Wait a few seconds for traces on their way, and say what was lost."""
        if self._outbox and (sentence := self._outbox.close()):
            _LOG.warning(sentence)

    def _config(self, name: str, metadata: Mapping[str, object]) -> RunnableConfig:
        linked: dict[str, Any] = {"run": self._run_id, "thread_id": self._run_id, **metadata}
        return RunnableConfig(run_name=name, metadata=linked)


def open_tracing(run: Path, settings: Settings) -> RunTracing:
    """Return where a run's traces go.

    Raises:
        SettingsError: LangSmith's settings cannot be used.
    """
    outbox = None
    if is_traced(settings.variables):
        try:
            outbox = Outbox(settings.variables, settings.redact, run)
        except LangSmithUserError as error:
            raise SettingsError(settings.redact(str(error))) from error
    return RunTracing(_run_id(run), outbox, _share(settings))


def is_traced(variables: Mapping[str, str]) -> bool:
    """Return whether LangSmith's variables ask for traces."""
    asked = named(variables, "TRACING_V2") or variables.get("LANGSMITH_TRACING") or ""
    return asked.lower() == "true"


def _share(settings: Settings) -> float:
    """Return the share of candidates to trace, by officina.yaml and by LangSmith's own variable."""
    rate = named(settings.variables, "TRACING_SAMPLING_RATE") or "1"
    try:
        of_all = float(rate)
    except ValueError:
        of_all = nan
    if not 0 <= of_all <= 1:
        raise SettingsError(
            f"LANGSMITH_TRACING_SAMPLING_RATE is '{rate}'; give a number from 0 to 1."
        )
    return settings.services.langsmith.sampling * of_all


def untraced() -> AbstractContextManager[None]:
    """Return a context in which nothing is traced, whatever the environment says."""
    return tracing_context(enabled=False)


@contextmanager
def spared_threads(settings: Settings) -> Generator[None]:
    """Let LangSmith take no threads while a process of its own is at a run that is not traced."""
    here = None if is_traced(settings.variables) else _here_if_untraced
    set_runtime_overrides(aio_to_thread=here)
    try:
        yield
    finally:
        set_runtime_overrides()


async def _here_if_untraced(
    elsewhere: Callable[..., Awaitable[Any]],
    variables: Variables,
    prepare: Callable[..., Any],
    /,
    *args: object,
    **kwargs: object,
) -> Any:  # noqa: ANN401
    """Do here what LangSmith does in a thread around each middleware, where nothing is traced.

    The change of threads costs more than what is done, a twentieth of a run's CPU.
    """
    if variables.run(tracing_is_enabled):  # pyright: ignore[reportUnknownArgumentType]
        return await elsewhere(variables, prepare, *args, **kwargs)
    return variables.run(prepare, *args, **kwargs)


def _is_sampled(candidate: str, share: float) -> bool:
    """Decide by the id, so that a run that goes on traces the same candidates."""
    place = int.from_bytes(hashlib.sha256(candidate.encode()).digest()[:8])
    return place < share * 2**64


def _callers_tracer() -> LangChainTracer | None:
    """Return the tracer of whoever invoked the graph that is running."""
    callbacks = ensure_config().get("callbacks")
    if not isinstance(callbacks, BaseCallbackManager):
        return None
    return next((h for h in callbacks.handlers if isinstance(h, LangChainTracer)), None)


def _run_id(run: Path) -> str:
    """Return the id in run.json; a run that Python started has none, and is known by its folder."""
    try:
        return str(json.loads((run / "run.json").read_text(encoding="utf-8"))["id"])
    except (OSError, ValueError, KeyError):
        return str(uuid5(NAMESPACE_URL, run.resolve().as_uri()))
