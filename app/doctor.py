"""Doctor: whether what Officina needs is there, and how to mend what is not."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.doctor_index import index_lines
from app.doctor_line import Line
from app.doctor_machines import machine_lines
from app.doctor_models import model_lines
from app.doctor_tracing import tracing_lines
from app.settings import SettingsError, read_settings

ROOT = Path(__file__).parent.parent
ROOMS = ("app", "graph", "agents", "prompts", "training", "tools", "checks")
TRAINING = ("torch", "transformers", "peft", "trl", "bitsandbytes", "datasets", "deepspeed")


def examine() -> bool:
    """Print what is there and what is not; return whether datasets can be made."""
    lines = [_python(), *_rooms(), *_settings(), _training()]
    table = Table("what", "found", "what to do", box=None)
    for line in lines:
        mark = (
            "[green]ok[/]" if not line.mend else ("[red]no[/]" if line.needed else "[yellow]–[/]")
        )
        table.add_row(escape(line.what), f"{mark} {escape(line.found)}", escape(line.mend))
    Console().print(table)
    return not any(line.mend and line.needed for line in lines)


def _python() -> Line:
    mend = "" if sys.version_info[:2] == (3, 11) else "Use Python 3.11, or run `make setup`."
    return Line("Python", platform.python_version(), mend)


def _rooms() -> Iterator[Line]:
    owners = metadata.packages_distributions()
    for room in ROOMS:
        place = Path(import_module(room).__file__ or "").parent
        others = sorted(set(owners.get(room, ())) - {"officina"})
        mend = ""
        if place != ROOT / room:
            mend = "Another package of this name comes first. Use a virtual environment of its own."
        elif others:
            mend = (
                f"{', '.join(others)} installs this name too. Uninstall it from this environment."
            )
        yield Line(f"room {room}", "this checkout" if place == ROOT / room else str(place), mend)


def _settings() -> Iterator[Line]:
    try:
        settings = read_settings(model=None, by_role={}, concurrency=None)
    except SettingsError as error:
        yield Line("settings", "cannot be used", str(error))
        return
    yield from model_lines(settings)
    yield from index_lines(settings)
    yield from machine_lines(settings)
    yield from tracing_lines(settings)


def _training() -> Line:
    missing = [name for name in TRAINING if find_spec(name) is None]
    if missing:
        mend = "To train, run `make setup`, or pip install -e '.[training]'."
        return Line("training", f"without {', '.join(missing)}", mend, needed=False)
    return Line("training", f"torch {metadata.version('torch')}")
