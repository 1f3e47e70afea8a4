"""Whole traces: the runs of a candidate, kept together until all of them are known.

LangSmith's tracers send a run when it starts and again when it ends. Here both become one, and
nothing is sent of a trace that is not wanted in the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from langsmith import Client

# What LangChain's agent wraps around a call: it repeats the call below it, tokens included.
_WRAPPERS = (".awrap_model_call", ".awrap_tool_call")
RunValues = dict[str, Any]


class TraceKeeper(Client):
    """Stands where tracers expect a client, and keeps what they send of the traces it was told."""

    __slots__ = ("_traces",)

    def __init__(self) -> None:
        self._traces: dict[UUID, dict[UUID, RunValues]] = {}
        super().__init__(
            "http://localhost", api_key="", auto_batch_tracing=False, tracing_mode="langsmith"
        )

    def keep(self, trace: UUID) -> None:
        """Keep the runs of this trace from now on."""
        self._traces[trace] = {}

    def take(self, trace: UUID, ending: Mapping[str, object]) -> list[RunValues]:
        """Return the runs of a trace, parents first, and forget it.

        `ending` is added to the metadata of the first.
        """
        runs = list(_without_wrappers(self._traces.pop(trace)))
        for root in runs[:1]:
            root["extra"]["metadata"] = {**root["extra"]["metadata"], **ending}
        return runs

    def create_run(self, name: str, inputs: dict[str, Any], run_type: str, **rest: Any) -> None:
        """Keep a run that starts."""
        if (runs := self._traces.get(rest["trace_id"])) is not None:
            runs[rest["id"]] = {"name": name, "inputs": inputs, "run_type": run_type, **rest}

    def update_run(self, run_id: UUID | str, **rest: Any) -> None:
        """Keep how a run ended."""
        run = self._traces.get(rest["trace_id"], {}).get(UUID(str(run_id)))
        if run:
            run.update({name: value for name, value in rest.items() if value is not None})


def _without_wrappers(runs: Mapping[UUID, RunValues]) -> Iterator[RunValues]:
    wrappers = {id_: run for id_, run in runs.items() if run["name"].endswith(_WRAPPERS)}
    for id_, run in runs.items():
        if id_ in wrappers:
            continue
        lifted = run
        while wrapper := wrappers.get(lifted.get("parent_run_id") or id_):
            lifted = _lifted(lifted, wrapper)
        yield lifted


def _lifted(run: RunValues, parent: RunValues) -> RunValues:
    """Return a run as a child of its grandparent; the order names a run's parents before itself."""
    own = run["dotted_order"].rpartition(".")[2]
    above = parent["dotted_order"].rpartition(".")[0]
    return {**run, "parent_run_id": parent["parent_run_id"], "dotted_order": f"{above}.{own}"}
