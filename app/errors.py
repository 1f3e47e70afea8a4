"""Errors: which of them are the user's to mend, and how each is told in a sentence."""

from __future__ import annotations

import traceback

import typer
from sqlalchemy.exc import SQLAlchemyError

from agents.faults import CallError
from app.exits import FAULT, INTERRUPTED, MISTAKE
from app.interruption import RunInterrupted
from app.run_file import RunError
from app.services import ServicesError
from app.settings import SettingsError, redact
from app.upload import UploadError
from graph.brief import BriefError
from prompts.rendering import PromptError
from tools.documents import DocumentError
from tools.index import IndexUnavailableError
from tools.machines import MachineDirectoryError
from tools.patience import ServiceDownError
from tools.questions_file import QuestionsFileError
from tools.tables import StateError, advice
from training.rows import TrainingError

MISTAKES = (
    BriefError,
    CallError,
    DocumentError,
    IndexUnavailableError,
    MachineDirectoryError,
    PromptError,
    QuestionsFileError,
    RunError,
    ServicesError,
    SettingsError,
    StateError,
    TrainingError,
    UploadError,
)
_GO_ON = "go on with `officina resume` and the run folder, or begin again if there is none."


def told(error: Exception) -> tuple[int, str]:
    """Return the exit code of an error and the sentence to say, without any key."""
    code, sentence = _told(error)
    return code, redact(sentence)


def traced(error: Exception) -> str:
    """Return the traceback of an error, without any key."""
    return redact("".join(traceback.format_exception(error)))


def _told(error: Exception) -> tuple[int, str]:
    if isinstance(error, typer.TyperException):
        return MISTAKE, f"{error.format_message().rstrip('.')}. `officina --help` shows the verbs."
    if isinstance(error, RunInterrupted):
        return INTERRUPTED, str(error)
    if isinstance(error, ServiceDownError):
        return MISTAKE, f"{error} Then {_GO_ON}"
    if isinstance(error, MISTAKES):
        return MISTAKE, str(error)
    if isinstance(error, OSError):
        named = f" ({error.filename})" if error.filename else ""
        said = f"{error.strerror or error}{named}."
        return MISTAKE, f"{said} Check the disk's space and rights, then {_GO_ON}"
    if isinstance(error, SQLAlchemyError):
        said = f"The run's ledger or journal fails: {error.__cause__ or error}."
        return MISTAKE, f"{said} {advice(error)}"
    return FAULT, (
        f"Officina failed: {type(error).__name__}: {error}. "
        "Run the same command with --debug to see where; what was finished is kept."
    )
