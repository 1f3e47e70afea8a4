"""Replaying: a run's dataset once more, from its journal alone.

A new run folder is made with what the run was started with, its documents and its finished calls;
nothing is sent to a model. Its dataset must then be the run's, byte for byte.
"""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection, insert, select

from agents.journal_tables import CALLS, TOOL_CALLS
from app.exits import SHORT
from app.opening_index import QUESTION_VECTORS
from app.run_file import BRIEF, RunError, RunFile, locked, read_run, settings_of, write_run_file
from app.runs import MACHINES
from app.state import open_books
from app.tracing import untraced
from app.verbs import carry_out
from app.workers import ALONE
from tools.library import DOCUMENTS, MACHINES_KEPT
from tools.questions_file import KEPT
from tools.tables import writing
from training.formats import read_manifest

_COPIED = (BRIEF, MACHINES, MACHINES_KEPT, KEPT, QUESTION_VECTORS, DOCUMENTS, "index")
_AT_A_TIME = 500


def replay(run: Path, out: Path, *, as_json: bool) -> int:
    """Make a run's dataset again in a new folder, say whether it is the same; return the exit code.

    Raises:
        RunError: there is no run, or something is in the new folder already.
    """
    started, brief = read_run(run)
    settings = replace(settings_of(started), replays=True)
    with locked(run):
        made = _begun(run, out, started)
    print(f"{run} is replayed in {out}: nothing is sent to a model.", file=sys.stderr)
    with untraced():
        code = carry_out(out, made, brief, settings, farming=ALONE, as_json=as_json)
    changed = _changed(run / "dataset", out / "dataset")
    print(_compared(run, changed), file=sys.stderr)
    return SHORT if changed else code


def _begun(run: Path, out: Path, started: RunFile) -> RunFile:
    """Make the folder of a run that has not begun and whose calls are all finished."""
    if out.exists():
        raise RunError(f"{out} is there already. Give another folder with --out.")
    out.mkdir(parents=True)
    for name in _COPIED:
        if (run / name).is_dir():
            shutil.copytree(run / name, out / name)
        elif (run / name).exists():
            shutil.copy(run / name, out / name)
    made = replace(started, id=str(uuid4()), state="sqlite", estimated=False, result=None)
    write_run_file(out, made)
    with open_books(run) as old, open_books(out, new=True) as new:
        new.ledger.note(old.ledger.notes())
        with old.journal.engine.connect() as source, writing(new.journal.engine) as target:
            _copy_calls(source, target)
    return made


def _copy_calls(source: Connection, target: Connection) -> None:
    for table in (CALLS, TOOL_CALLS):
        found = source.execution_options(yield_per=_AT_A_TIME).execute(select(table))
        for part in found.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in part])


def _changed(before: Path, after: Path) -> list[str] | None:
    """Return the files of the datasets that differ; None where there was no dataset before."""
    if not before.is_dir():
        return None
    old, new = read_manifest(before).files, read_manifest(after).files
    return sorted(name for name in {*old, *new} if old.get(name) != new.get(name))


def _compared(run: Path, changed: list[str] | None) -> str:
    if changed is None:
        return f"{run} has no dataset to compare with."
    if changed:
        return f"Other than in {run}: {', '.join(changed)}."
    return f"The dataset is that of {run}, byte for byte."
