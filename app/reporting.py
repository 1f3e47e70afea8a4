"""Reporting: gathers what a run left on disk and writes its report.html."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agents.prices import Price
from app.expected import beside_truth, comparable_seconds, kept
from app.report import ReportFacts, write_report
from app.run_file import RunFile
from app.services import ServicesError, load_services, read_services, services_file
from app.settings import is_offline
from app.state import RUN_FILE, open_books
from app.traces import TRACES_FILE, run_filter
from graph.brief import Brief
from graph.ledger import Entry, Ledger
from tools.library import DOCUMENTS, MACHINES_KEPT, Library, read_machines
from training.launch import TrainingResult


@dataclass(frozen=True, slots=True)
class _Entries:
    """The ledger's entries, read again each time they are gone through, so that none is held."""

    ledger: Ledger

    def __iter__(self) -> Iterator[Entry]:
        return self.ledger.entries()


def write_run_report(run: Path, started: RunFile, brief: Brief) -> Path:
    """Write the report of a run that has ended, and return its path."""
    assert started.result is not None
    result, path = started.result, run / "report.html"
    estimate, prices = kept(run), prices_of(started)
    with open_books(run) as (ledger, journal):
        spent, seconds = journal.spent(), comparable_seconds(journal, brief)
        facts = ReportFacts(
            brief=brief,
            entries=_Entries(ledger),
            notes=ledger.notes(),
            spent=spent,
            prices=prices,
            documents=Library.open(run / DOCUMENTS).documents,
            machines={m.code: m.name for m in read_machines(run / MACHINES_KEPT)},
            decision=result.decision,
            reason=result.reason,
            note=result.note,
            evaluation=result.evaluation,
            losses=_losses(run / "training" / "result.json"),
            offline=is_offline(started.models),
            truths=beside_truth(estimate, spent, prices, seconds) if estimate else (),
            traces=run_filter(started.id) if (run / TRACES_FILE).exists() else "",
        )
        write_report(path, facts)
    return path


def prices_of(started: RunFile) -> Mapping[str, Price]:
    """Return the prices that officina.yaml names, at the run's start and now."""
    kept = read_services(started.services, RUN_FILE).prices
    folder = Path(started.services_file).parent if started.services_file else None
    try:
        return {**kept, **load_services(services_file(folder)).prices}
    except ServicesError:
        # What a run has come to must be seen, whatever became of the file since.
        return kept


def _losses(path: Path) -> tuple[float, ...]:
    if not path.exists():
        return ()
    return TrainingResult.model_validate_json(path.read_text("utf-8")).losses
