"""What can go wrong between us and a model, and the one place that tells faults apart.

CallError
├── UnreadableReplyError     the reply does not follow the schema, nor does the repaired one
├── PromptTooLongError       the prompt is beyond the server's context
├── BudgetExhaustedError     the run may not spend more
└── ModelError               the model cannot be used as it is set up
    ├── RefusedError             the server does not take a call that is made like this
    └── ModelUnavailableError    what the server sends is of no use; tried a few times
        └── ModelDownError           it does not answer, or not now; waited for
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from traceback import walk_tb
from typing import TYPE_CHECKING

from tools.patience import ServiceDownError

if TYPE_CHECKING:
    from openai import APIStatusError

_CLIENTS = ("openai", "langchain_openai")
_NOT_NOW = (408, 429, 502, 503, 504, 529)


class CallError(Exception):
    """A call to a model did not give a usable value; the message is a sentence.

    `may_have_run` says whether the server may have worked for it, and may have to be paid.
    """

    may_have_run = False


class UnreadableReplyError(CallError):
    """The reply does not follow the schema, and neither does the repaired one."""


class PromptTooLongError(CallError):
    """The prompt is longer than the server's context."""


class BudgetExhaustedError(CallError):
    """The run has spent what it may spend."""


class ModelError(CallError):
    """The model cannot be used as it is set up; trying again will not help."""


class RefusedError(ModelError):
    """The server does not take a call that is made like this."""


class ModelUnavailableError(ModelError):
    """What the server sends is of no use; a few tries may mend it."""


class ModelDownError(ModelUnavailableError, ServiceDownError):
    """The server does not answer, or not now; worth waiting for."""


@dataclass(frozen=True, slots=True)
class Server:
    """The server behind a model, as sentences name it: never with a key.

    `key` is the variable that holds its key; `ended` says how its process ended by itself, and
    nothing while it runs or is not ours.
    """

    address: str
    key: str
    ended: Callable[[], str] = str


NO_SERVER = Server("this process", "its settings")


def classify(error: Exception, server: Server = NO_SERVER) -> CallError | None:
    """Return what a client's exception means to us, or None when it is not a fault of a call."""
    if isinstance(error, CallError):
        return error
    if isinstance(error, TimeoutError | ConnectionError):
        return ModelDownError(f"The model server at {server.address} does not answer: {error}")
    if type(error).__module__.startswith("azure.core"):
        return ModelError(
            f"Entra gives no token for {server.address}. Sign in (`az login`), or set {server.key}."
        )
    if not any(name.startswith(_CLIENTS) for name in _modules(error)):
        return None
    return _classify_openai(error, server)


def _modules(error: Exception) -> Iterator[str]:
    """Yield the modules that an error is from and came through."""
    yield type(error).__module__
    for frame, _ in walk_tb(error.__traceback__):
        yield str(frame.f_globals.get("__name__", ""))


def _classify_openai(error: Exception, server: Server) -> CallError:
    import openai

    at = f"The model server at {server.address}"
    if isinstance(error, openai.APIStatusError):
        return _classify_status(error, server)
    if isinstance(error, openai.APIConnectionError):
        return ModelDownError(
            f"{at} cannot be reached. Check that it runs and that its URL is right."
        )
    if isinstance(error, openai.OpenAIError):
        return ModelError(f"{at} refused the call: {error}")
    if "content filter" in str(error):
        return UnreadableReplyError("The model server's content filter withheld the reply.")
    # The client trusts what it is sent, and stumbles over a page, a list, or no choices.
    return ModelUnavailableError(
        f"What {server.address} sent is no chat completion. Check its URL; most end in /v1."
    )


def _classify_status(error: APIStatusError, server: Server) -> CallError:
    status, said, kind = error.status_code, error.message, str(error.code)
    at = f"The model server at {server.address}"
    if status in (401, 403):
        return ModelError(f"{at} refuses the key. Check {server.key}.")
    if status == 404:
        return ModelError(f"{at} does not have this model, or its URL is wrong: {said}")
    if kind == "insufficient_quota":
        return ModelError(f"{at} has no credit left for this key. Top it up, then resume the run.")
    if status in _NOT_NOW:
        down = ModelDownError(f"{at} is busy or failing: {said}")
        down.after = _seconds(error.response.headers.get("retry-after", ""))
        return down
    if status >= 500:
        return ModelUnavailableError(f"{at} is busy or failing: {said}")
    if _is_too_long(f"{said} {kind}"):
        return PromptTooLongError("The prompt is longer than the model's context.")
    if kind == "content_filter":
        return UnreadableReplyError("The model server's content filter withheld the reply.")
    return RefusedError(f"{at} refused the call: {said}")


def _seconds(told: str) -> float:
    return float(told) if told.isdecimal() else 0.0


def _is_too_long(said: str) -> bool:
    said = said.lower()
    return "context_length" in said or "maximum context" in said or "context length" in said
