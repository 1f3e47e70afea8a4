"""What can go wrong between us and a model, and the one place that tells faults apart.

CallError
├── UnreadableReplyError     this call has no reply of use, and others have
├── PromptTooLongError       the prompt is beyond the server's context
├── BudgetExhaustedError     the run may not spend more
├── NotJournaledError        a replay asks for what the journal does not hold
└── ModelError               the model cannot be used as it is set up
    ├── NoAccessError            the server does not let us in, or does not have the model
    ├── RefusedError             the server does not take a call that is made like this
    └── ModelUnavailableError    what the server sends is of no use; tried a few times
        ├── ModelFailingError        it says that it fails; waited for if it serves no other call
        └── ModelDownError           it does not answer, or not now; waited for
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import Any, cast

from agents.retry_after import seconds_asked
from tools.patience import ServiceDownError

_CLIENTS = ("openai", "langchain_openai")
_NOT_NOW = (408, 409, 425, 429, 502, 503, 504, 529)
_TOO_LONG = (
    "context_length",
    "context length",
    "maximum context",
    "context window",
    "contextwindowexceeded",
    "input tokens exceed",
    "prompt is too long",
)
_NOT_BEGUN = (501, 503, 529)
"""What a server that fails answers before it is at work. With others it, or a server behind it, may
have been: Cloudflare has 520 to 527 for that."""
_TIMED_OUT = (408, 504)
_MOST_SHOWN = 400
"""Characters of a sentence that repeats what a server says."""
_MOST_READ = 10_000
"""And of what the sentence is made of, before keys are taken out: more than is shown of it."""


class CallError(Exception):
    """A call to a model did not give a usable value; the message is a sentence.

    It may repeat what a server says, however long, and keys in it, until it is `show`n.
    `may_have_run` says whether the server may have worked for it, and charged; `headers` are
    those of an answer that said no, by their lower-case names.
    """

    may_have_run: bool = False
    headers: Mapping[str, str] = {}

    def show(self, redact: Callable[[str], str]) -> None:
        """Take keys out of the message, and then what is too long: half a key is none to know."""
        said = redact(str(self))
        self.args = (said if len(said) <= _MOST_SHOWN else f"{said[:_MOST_SHOWN]}…",)


class UnreadableReplyError(CallError):
    """This call has no reply of use: it follows no schema, or the server takes this prompt never.

    It ends a candidate, and not the run.
    """


class PromptTooLongError(CallError):
    """The prompt is longer than the server's context."""


class BudgetExhaustedError(CallError):
    """The run has spent what it may spend."""


class NotJournaledError(CallError):
    """A replay sends nothing, and the journal does not hold this call."""


class ModelError(CallError):
    """The model cannot be used as it is set up; trying again will not help."""


class NoAccessError(ModelError):
    """The server does not let us in, or does not have the model.

    From a server that served others it may mean one call: a gateway's word on a prompt, a backend
    that does not have the model yet. `beside_others` says so.
    """

    beside_others: str = ""


class RefusedError(ModelError):
    """The server does not take a call that is made like this."""


class ModelUnavailableError(ModelError):
    """What the server sends is of no use; a few tries may mend it."""


class ModelFailingError(ModelUnavailableError):
    """The server says that it fails: at this call, or at all of them."""


class ModelDownError(ModelUnavailableError, ServiceDownError):
    """The server does not answer, or not now; worth waiting for."""

    timed_out: bool = False


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


@dataclass
class StatusError(Exception):
    """A server answered with an error; `status` is the one that it means.

    `is_late` where it stands in an answer that began as a success.
    """

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    is_late: bool = False

    @property
    def said(self) -> str:
        """What the server says is wrong, in a line."""
        said = self._of("message")
        return " ".join(str(said or f"status {self.status}")[:_MOST_READ].split())

    @property
    def code(self) -> str:
        """The server's word for what is wrong."""
        return str(self._of("code") or "") if isinstance(self.body, dict) else ""

    def _of(self, name: str) -> object:
        """Return a part of the error, or what is there instead of parts."""
        error = self.body
        if isinstance(error, dict):
            error = cast("dict[str, Any]", error).get("error", self.body)
        return cast("dict[str, Any]", error).get(name) if isinstance(error, dict) else error


class MeaninglessReplyError(Exception):
    """What a server sent, as a success, is no chat completion."""


def classify(error: Exception, server: Server = NO_SERVER) -> CallError | None:
    """Return what a client's exception means to us, or None when it is not a fault of a call."""
    if isinstance(error, CallError):
        return error
    if isinstance(error, StatusError):
        return _classify_status(error, server)
    if lost := _lost(error, server):
        return lost
    if type(error).__module__.startswith("azure.core"):
        return ModelError(
            f"Entra gives no token for {server.address}. Sign in (`az login`), or set {server.key}."
        )
    is_meaningless = isinstance(error, MeaninglessReplyError)
    if is_meaningless or any(name.startswith(_CLIENTS) for name in _modules(error)):
        return _classify_openai(error, server)
    return None


def _modules(error: Exception) -> Iterator[str]:
    """Yield the modules that an error is from and came through."""
    yield type(error).__module__
    for frame, _ in walk_tb(error.__traceback__):
        yield str(frame.f_globals.get("__name__", ""))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error:
        yield error
        error = error.__cause__


def _lost(error: Exception, server: Server) -> CallError | None:
    """Return the fault where there was no whole answer; it may have run once it was sent.

    The SDK wraps what its HTTP client raises, and mistakes some of it: what is beneath tells.
    """
    import aiohttp

    unsent = (
        aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError | aiohttp.ClientHttpProxyError
    )
    causes = list(_causes(error))
    if any(isinstance(cause, aiohttp.InvalidURL) for cause in causes):
        return ModelError(f"The URL {server.address} is none. Write http://HOST:PORT/v1.")
    if any(isinstance(cause, unsent) for cause in causes):
        return ModelDownError(
            f"The model server at {server.address} cannot be reached. "
            "Check that it runs and that its URL is right."
        )
    sent = aiohttp.ClientError | zlib.error | TimeoutError | ConnectionError
    if not any(isinstance(cause, sent) for cause in causes):
        return None
    is_late = any(isinstance(cause, TimeoutError) for cause in causes)
    told = "in time" if is_late else "to the end"
    down = ModelDownError(f"The model server at {server.address} does not answer {told}.")
    down.may_have_run, down.timed_out = True, is_late
    return down


def _classify_openai(error: Exception, server: Server) -> CallError:
    import openai

    at = f"The model server at {server.address}"
    if isinstance(error, openai.APIStatusError):
        headers = error.response.headers
        return _classify_status(StatusError(error.status_code, error.body, headers), server)
    if isinstance(error, openai.OpenAIError):
        return ModelError(f"{at} refused the call: {error}")
    fault: CallError
    if "content filter" in str(error):
        fault = UnreadableReplyError("The model server's content filter withheld the reply.")
    else:
        # The client trusts what it is sent, and stumbles over a page, a list, or no choices.
        fault = ModelUnavailableError(
            f"What {server.address} sent is no chat completion. Check its URL; most end in /v1."
        )
    fault.may_have_run = True
    return fault


def _classify_status(error: StatusError, server: Server) -> CallError:
    fault = _fault_of_status(error, server)
    fault.may_have_run = error.is_late or _may_have_run(error.status)
    fault.headers = {name.lower(): value for name, value in error.headers.items()}
    if isinstance(fault, ModelDownError):
        fault.after = seconds_asked(fault.headers)
        fault.timed_out = error.status in _TIMED_OUT
    return fault


def _may_have_run(status: int) -> bool:
    return status == 408 or (status >= 500 and status not in _NOT_BEGUN)


def _fault_of_status(error: StatusError, server: Server) -> CallError:
    status, said, code = error.status, error.said, error.code
    at = f"The model server at {server.address}"
    if code == "insufficient_quota":
        return ModelError(f"{at} has no credit left for this key. Top it up, then resume the run.")
    if status in (401, 403, 404):
        return _no_access(error, server)
    if status in _NOT_NOW:
        return ModelDownError(f"{at} is busy or failing: {said}")
    if status >= 500:
        return ModelFailingError(f"{at} is busy or failing: {said}")
    if any(words in f"{said} {code}".lower() for words in _TOO_LONG):
        return PromptTooLongError("The prompt is longer than the model's context.")
    if code == "content_filter":
        # Its word on one prompt, or on all of them: whether it serves others tells.
        return RefusedError("The model server's content filter withheld the reply.")
    return RefusedError(f"{at} refused the call: {said}")


def _no_access(error: StatusError, server: Server) -> NoAccessError:
    at = f"The model server at {server.address}"
    fault = NoAccessError(f"{at} refuses the key. Check {server.key}.")
    if error.status == 404:
        fault = NoAccessError(f"{at} does not have this model, or its URL is wrong: {error.said}")
    fault.beside_others = (
        f"{at} refused a call after it had served others ({error.status}: {error.said}). "
        f"Should it refuse all, check {server.key} and the model's name."
    )
    return fault
