"""The dataset graph: a folder of manuals in, an audited dataset and a tuned adapter out.

ingest → plan → farm → assess ─┬─ again ↺ plan
                               ├─ export ─┬─ audit → train → evaluate
                               │          └─ done, when no recipe is named
                               └─ stop_short → export → done

Every node finds its own work done when the graph is invoked again on a run folder, so the graph
needs no saver.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from graph import publish
from graph.assess import (
    assess_rows,
    select,
    why_fewer_derived,
    why_nothing_is_left,
    why_short,
)
from graph.context import Context
from graph.contrasts import next_contrasts
from graph.farm import farm_round
from graph.ingest import ingest_folder
from graph.ledger import Tally
from graph.plan import next_candidates, next_derived
from graph.selection import acceptance_rate, fallen_rows
from graph.state import DatasetInput, DatasetOutput, DatasetState, Decision
from training.rows import ABSTAINING, ANSWERABLE, TrainingError, Variant

RECURSION_LIMIT = 1_000_000
"""Never the end of a run: `limits.candidates` is, and a round may try one candidate alone."""
Update = dict[str, Any]


async def ingest(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Read the manuals, write the normalised documents, index their passages."""
    runtime.context.emit = runtime.stream_writer
    try:
        await ingest_folder(state.manuals, runtime.context, runtime.stream_writer)
    finally:
        runtime.context.emit = None
    return {}


async def plan(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Choose the windows of the next round, unless a round is still open."""
    context = runtime.context
    ledger, brief = context.ledger, context.brief
    last = ledger.last_round()
    if ledger.open_candidates():
        # Whoever was at them is gone: one process at a time runs this graph.
        ledger.release()
        return {"round": last, "exhausted": ""}
    if state.report is None:
        await asyncio.to_thread(ledger.reread)
        await assess_rows(context, emit=runtime.stream_writer)
    made, tallies = await asyncio.to_thread(ledger.made), ledger.tallies()
    most = max(0, brief.limits.candidates_for(brief.rows) - sum(t.candidates for t in tallies))
    fallen = fallen_rows(made)
    selection = await select(context, made, fallen)
    contrasts = next_contrasts(
        selection.contrastable,
        round_=last + 1,
        missing=selection.contrasts,
        rate=acceptance_rate(tallies, made, fallen, ["contrast"]),
        windows=context.window_by_id,
    )[:most]
    chosen = contrasts + next_candidates(
        context.windows,
        round_=last + 1,
        missing=selection.missing_answerable(brief.rows) - selection.contrasts,
        rate=acceptance_rate(tallies, made, fallen, ANSWERABLE),
        most=most - len(contrasts),
        asked=ledger.times_asked(),
        exhausted=ledger.exhausted_windows(),
    )
    wanted = selection.abstentions if chosen else selection.in_share
    chosen += next_derived(
        selection.derivable,
        round_=last + 1,
        missing=wanted - len(selection.abstaining),
        rate=acceptance_rate(tallies, made, fallen, ABSTAINING),
        most=most - len(chosen),
        tried=_by_variant(tallies),
        windows=context.window_by_id,
    )
    await asyncio.to_thread(ledger.plan, chosen)
    runtime.stream_writer({"event": "planned", "round": last + 1, "candidates": len(chosen)})
    exhausted = "" if chosen else why_nothing_is_left(context, candidates_left=most)
    return {"round": last + bool(chosen), "exhausted": exhausted}


async def farm(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Run the question graph for every open candidate of the round."""
    runtime.context.emit = runtime.stream_writer
    try:
        async with runtime.context.teller.telling():
            return {"exhausted": await farm_round(runtime.context) or state.exhausted}
    finally:
        runtime.context.emit = None


async def assess(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Compare the candidates with each other, and decide how the run goes on."""
    context = runtime.context
    nothing_left = bool(state.exhausted)
    report = await assess_rows(context, nothing_left=nothing_left, emit=runtime.stream_writer)
    runtime.stream_writer({"event": "assessed", "accepted": report.accepted})
    await context.teller.tell(runtime.stream_writer)
    note = why_fewer_derived(report, context)
    # What a limit left open may be rows, and such as come before others.
    cut_off = bool(context.ledger.open_candidates())
    decision: Decision = "again"
    if cut_off or (report.missing and state.exhausted):
        decision = "stop_short"
    elif not report.missing:
        decision = "export"
    return {"decision": decision, "report": report, "note": note if decision != "again" else ""}


async def stop_short(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Say what was missing, and which setting or document would change it."""
    assert state.report is not None
    return {"reason": why_short(state.exhausted, state.report, runtime.context)}


async def export(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Write the dataset of the accepted rows, and what was rejected."""
    title = f"Questions about {Path(state.manuals).name}"
    folder = await asyncio.to_thread(publish.export_dataset, runtime.context, title)
    runtime.stream_writer({"event": "exported", "dataset": str(folder)})
    return {"dataset": str(folder)}


async def audit(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Refuse a training that would cut answers off or train on anything but them."""
    errors = await asyncio.to_thread(publish.audit_dataset, runtime.context)
    return {"reason": " ".join(errors)}


async def train(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Tune the recipe's base on the dataset, in a process of its own."""
    try:
        adapter = await publish.train_adapter(runtime.context, runtime.stream_writer)
    except TrainingError as error:
        return {"reason": str(error)}
    return {"adapter": str(adapter)}


async def evaluate(state: DatasetState, runtime: Runtime[Context]) -> Update:
    """Answer the held-out rows with base and tuned model, in a process of their own."""
    try:
        scores = await publish.evaluate_adapter(runtime.context, runtime.stream_writer)
    except TrainingError as error:
        return {"reason": str(error)}
    return {"evaluation": scores}


async def route_after_assess(state: DatasetState) -> Decision:
    """Go round, export, or stop short, as was decided."""
    return state.decision


async def route_after_export(
    state: DatasetState, runtime: Runtime[Context]
) -> Literal["audit", "done"]:
    """Train only on a dataset that is what was wanted, and only when a recipe is named."""
    context = runtime.context
    wanted = state.decision == "export" and context.recipe is not None and not context.replays
    return "audit" if wanted else "done"


async def route_after_audit(state: DatasetState) -> Literal["train", "done"]:
    """Train only on what passed the audit."""
    return "done" if state.reason else "train"


async def route_after_train(state: DatasetState) -> Literal["evaluate", "done"]:
    """Evaluate only what was trained."""
    return "evaluate" if state.adapter else "done"


def _by_variant(tallies: Sequence[Tally]) -> Counter[Variant]:
    counts: Counter[Variant] = Counter()
    for each in tallies:
        counts[each.variant] += each.candidates
    return counts


def build_dataset_graph() -> StateGraph[DatasetState, Context, DatasetInput, DatasetOutput]:
    """Return the graph uncompiled, for whoever brings a saver of their own."""
    builder = StateGraph(
        DatasetState, context_schema=Context, input_schema=DatasetInput, output_schema=DatasetOutput
    )
    for node in (ingest, plan, farm, assess, stop_short, export, audit, train, evaluate):
        builder.add_node(node.__name__, node)
    builder.add_edge(START, "ingest")
    builder.add_edge("ingest", "plan")
    builder.add_edge("plan", "farm")
    builder.add_edge("farm", "assess")
    builder.add_conditional_edges(
        "assess",
        route_after_assess,
        {"again": "plan", "export": "export", "stop_short": "stop_short"},
    )
    builder.add_edge("stop_short", "export")
    builder.add_conditional_edges("export", route_after_export, {"audit": "audit", "done": END})
    builder.add_conditional_edges("audit", route_after_audit, {"train": "train", "done": END})
    builder.add_conditional_edges("train", route_after_train, {"evaluate": "evaluate", "done": END})
    builder.add_edge("evaluate", END)
    return builder


dataset_graph = (
    build_dataset_graph()
    .compile(checkpointer=False, name="dataset")
    .with_config(recursion_limit=RECURSION_LIMIT)
)
