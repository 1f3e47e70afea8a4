"""What the errors of an embeddings client mean to us: each its own sentence.

ServiceDownError        its server does not answer, or not now; worth another try
IndexUnavailableError   it answers, and something must be mended first
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.index import IndexUnavailableError
from tools.patience import ServiceDownError

if TYPE_CHECKING:
    from openai import APIStatusError

_KEYS = {
    "openai": "OPENAI_API_KEY",
    "azure_openai": "AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN",
}


def fault(error: Exception, spec: str) -> Exception:
    """Return what a client's error means; `spec` names the embeddings."""
    import openai

    if isinstance(error, openai.APIStatusError):
        return _status_fault(error, spec)
    if isinstance(error, openai.APIConnectionError | ConnectionError | TimeoutError):
        return ServiceDownError(
            f"The embeddings {spec} cannot be reached. Check that their server runs and that its "
            "URL is right."
        )
    if isinstance(error, openai.OpenAIError):
        return IndexUnavailableError(f"The embeddings {spec} cannot be used: {error}")
    # A client trusts what it is sent, and stumbles over a page or a list.
    return IndexUnavailableError(
        f"What the embeddings {spec} sent are no vectors ({type(error).__name__}: {error}). Check "
        "their server and its URL; most end in /v1."
    )


def other_length(place: str, asked: int | None = None, stored: int | None = None) -> Exception:
    """Return the error of a query whose vector is not as long as those in the index."""
    lengths = f" ({asked} numbers, and {stored} there)" if stored else ""
    return IndexUnavailableError(
        f"The embeddings give vectors of another length than those in the index{lengths}, in "
        f"{place}. Name those that it was filled with as retrieval.embeddings in officina.yaml, "
        "or fill it anew."
    )


def _status_fault(error: APIStatusError, spec: str) -> Exception:
    status, said = error.status_code, error.message
    if status in (401, 403):
        key = _KEYS.get(spec.partition(":")[0], "their provider's key")
        return IndexUnavailableError(f"The embeddings {spec} refuse the key. Check {key}.")
    if status == 404:
        return IndexUnavailableError(
            f"The embeddings {spec} are not there, or their URL is wrong: {said}"
        )
    if error.code == "insufficient_quota":
        return IndexUnavailableError(
            f"There is no credit left for the embeddings {spec}. Top it up, then go on."
        )
    if status in (408, 409, 429) or status >= 500:
        down = ServiceDownError(f"The embeddings {spec} are busy or failing: {said}")
        told = error.response.headers.get("retry-after", "")
        down.after = float(told) if told.isdecimal() else 0.0
        return down
    return IndexUnavailableError(f"The embeddings {spec} refused the call: {said}")
