"""What can go wrong between us and a model, and the one place that tells faults apart.

CallError
├── UnreadableReplyError     the reply does not follow the schema, nor does the repaired one
├── PromptTooLongError       the prompt is beyond the server's context
├── BudgetExhaustedError     the run may not spend more
└── ModelError               the model cannot be used as it is set up
    └── ModelUnavailableError    the server does not answer; worth another try
"""

from __future__ import annotations

from collections.abc import Iterator
from traceback import walk_tb

from tools.patience import ServiceDownError

_CLIENTS = ("openai", "langchain_openai")


class CallError(Exception):
    """A call to a model did not give a usable value; the message is a sentence."""


class UnreadableReplyError(CallError):
    """The reply does not follow the schema, and neither does the repaired one."""


class PromptTooLongError(CallError):
    """The prompt is longer than the server's context."""


class BudgetExhaustedError(CallError):
    """The run has spent what it may spend."""


class ModelError(CallError):
    """The model cannot be used as it is set up; trying again will not help."""


class ModelUnavailableError(ModelError, ServiceDownError):
    """The server does not answer, or not now; worth another try."""


def classify(error: Exception) -> CallError | None:
    """Return what a client's exception means to us, or None when it is not a fault of a call."""
    if isinstance(error, CallError):
        return error
    if isinstance(error, TimeoutError | ConnectionError):
        return ModelUnavailableError(f"The model server does not answer: {error}")
    if not any(name.startswith(_CLIENTS) for name in _modules(error)):
        return None
    return _classify_openai(error)


def _modules(error: Exception) -> Iterator[str]:
    """Yield the modules that an error is from and came through."""
    yield type(error).__module__
    for frame, _ in walk_tb(error.__traceback__):
        yield str(frame.f_globals.get("__name__", ""))


def _classify_openai(error: Exception) -> CallError:
    import openai

    if isinstance(error, openai.APIConnectionError):
        return ModelUnavailableError(
            "The model server cannot be reached. Check that it runs and that its URL is right."
        )
    if isinstance(error, openai.RateLimitError | openai.InternalServerError):
        return ModelUnavailableError(f"The model server is busy or failing: {error.message}")
    if isinstance(error, openai.AuthenticationError | openai.PermissionDeniedError):
        return ModelError("The model server refuses the key. Check OPENAI_API_KEY.")
    if isinstance(error, openai.NotFoundError):
        return ModelError(f"The server does not have this model: {error.message}")
    if isinstance(error, openai.BadRequestError) and _is_too_long(error):
        return PromptTooLongError("The prompt is longer than the model's context.")
    if isinstance(error, openai.LengthFinishReasonError):
        return UnreadableReplyError("The reply was cut off: it is longer than the model may write.")
    if isinstance(error, openai.ContentFilterFinishReasonError):
        return UnreadableReplyError("The model server's content filter withheld the reply.")
    if isinstance(error, openai.OpenAIError):
        return ModelError(f"The model server refused the call: {error}")
    # The client trusts what it is sent, and stumbles over a page, a list, or no choices.
    return ModelUnavailableError(
        "What the server sent is no chat completion. Check its URL; most end in /v1."
    )


def _is_too_long(error: Exception) -> bool:
    said = str(error).lower()
    return "context_length" in said or "maximum context" in said or "context length" in said
