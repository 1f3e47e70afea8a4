"""Reporting: gathers what a run left on disk and writes its report.html."""

from __future__ import annotations

import asyncio
from pathlib import Path

from app.opening import open_books
from app.report import ReportFacts, write_report
from app.runs import RunFile
from app.settings import is_offline
from app.traces import TRACES_FILE, run_filter
from graph.brief import Brief
from tools.library import Library
from tools.machines import CsvMachineDirectory
from training.launch import TrainingResult


def write_run_report(run: Path, started: RunFile, brief: Brief) -> Path:
    """Write the report of a run that has ended, and return its path."""
    assert started.result is not None
    result, path = started.result, run / "report.html"
    with open_books(run) as (ledger, journal):
        facts = ReportFacts(
            brief=brief,
            entries=ledger.entries(),
            notes=ledger.notes(),
            spent=journal.spent(),
            documents=Library.open(run / "documents").documents,
            machines=_machine_names(run, started),
            decision=result.decision,
            reason=result.reason,
            evaluation=result.evaluation,
            losses=_losses(run / "training" / "result.json"),
            offline=is_offline(started.models),
            traces=run_filter(started.id) if (run / TRACES_FILE).exists() else "",
        )
    write_report(path, facts)
    return path


def _machine_names(run: Path, started: RunFile) -> dict[str, str]:
    if started.machines is None:
        return {}
    machines = asyncio.run(CsvMachineDirectory(run / started.machines).machines())
    return {machine.code: machine.name for machine in machines}


def _losses(path: Path) -> tuple[float, ...]:
    if not path.exists():
        return ()
    return TrainingResult.model_validate_json(path.read_text("utf-8")).losses
