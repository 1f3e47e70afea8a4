"""Embedder: texts to vectors by any LangChain embeddings, in batches, of one length.

Both indices use it. A server that is away is waited for; a query is embedded once and kept.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from math import isfinite
from typing import Any

from langchain_core.embeddings import Embeddings

from tools.embeddings_faults import fault
from tools.index import IndexUnavailableError
from tools.patience import Patience, ServiceDownError
from tools.redact import Redactor

BATCH = 64
_SECONDS = 60.0
_LONGEST = 8000
"""Characters of a text: OpenAI's models take 8,191 tokens, and a page's worth is never cut."""
_QUERIES_KEPT = 256
_Vectors = list[list[float]]


class Embedder:
    """Embeddings by their spec, "provider:name[@URL]"; every vector is as long as the first."""

    def __init__(
        self,
        spec: str,
        embeddings: Embeddings,
        patience: Patience | None = None,
        redact: Redactor | None = None,
    ) -> None:
        """Prepare; nothing is sent before the first text."""
        self.spec = spec
        self.name = spec.partition("@http")[0]
        """What vectors are known by: a server that moves gives the same ones."""
        self._embeddings = embeddings
        self._patience = patience or Patience(0)
        self._redact = redact or Redactor()
        self._length: int | None = None
        self._asked: dict[str, list[float]] = {}

    async def vectors(self, texts: Sequence[str]) -> _Vectors:
        """Return a vector for each text.

        Raises:
            ServiceDownError: their server was away for too long.
            IndexUnavailableError: it refuses, or the vectors cannot be used.
        """
        vectors: _Vectors = []
        for start in range(0, len(texts), BATCH):
            part = [_sendable(text) for text in texts[start : start + BATCH]]
            vectors += await self._ask(len(part), partial(self._embeddings.aembed_documents, part))
        return vectors

    async def query(self, text: str) -> list[float]:
        """Return the vector to search with; raises as `vectors` does."""
        text = _sendable(text)
        vector = self._asked.pop(text, None)
        if vector is None:

            async def ask() -> _Vectors:
                return [await self._embeddings.aembed_query(text)]

            [vector] = await self._ask(1, ask)
        self._asked[text] = vector
        if len(self._asked) > _QUERIES_KEPT:
            del self._asked[next(iter(self._asked))]
        return vector

    async def _ask(self, count: int, call: Callable[[], Awaitable[_Vectors]]) -> _Vectors:
        async def once() -> _Vectors:
            try:
                return self._checked(count, await call())
            except IndexUnavailableError:
                raise
            except Exception as error:  # The boundary: each provider's client has its own errors.
                raise self._without_keys(fault(error, self.spec)) from None

        return await self._patience(f"the embeddings {self.spec}", once)

    def _without_keys(self, error: Exception) -> Exception:
        shown = type(error)(self._redact(str(error)))
        if isinstance(error, ServiceDownError) and isinstance(shown, ServiceDownError):
            shown.after = error.after
        return shown

    def _checked(self, count: int, vectors: _Vectors) -> _Vectors:
        lengths = {len(vector) for vector in vectors}
        if len(vectors) != count or lengths != {self._length or max(lengths, default=0)}:
            before = f" after vectors of {self._length}" if self._length else ""
            raise IndexUnavailableError(
                f"The embeddings {self.spec} gave {len(vectors)} vectors of {sorted(lengths)} "
                f"numbers for {count} texts{before}. Check their server."
            )
        if not all(any(vector) and isfinite(sum(vector)) for vector in vectors):
            raise IndexUnavailableError(
                f"The embeddings {self.spec} gave a vector that is all zeros or holds what is no "
                "number, which cannot be compared. Check their server."
            )
        self._length = lengths.pop()
        return vectors


def open_embedder(
    spec: str, variables: Mapping[str, str], patience: Patience, redact: Redactor
) -> Embedder:
    """Return the embedder that "provider:name[@URL]" means; keys come from the variables.

    Raises:
        IndexUnavailableError: there is no such provider, or its package or key is missing.
    """
    from langchain.embeddings import init_embeddings

    name, _, url = spec.partition("@http")
    try:
        made = init_embeddings(name, **_options(spec, f"http{url}" if url else None, variables))
    except (ImportError, ValueError, TypeError) as error:
        raise IndexUnavailableError(
            redact(
                f"The embeddings '{spec}' cannot be used: {error} Name them as provider:name, "
                "install the provider's LangChain package, and set its key."
            )
        ) from None
    return Embedder(spec, made, patience, redact)


def _options(spec: str, url: str | None, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return what OpenAI's client is told; the others read their own variables."""
    # Texts and not tokens, which other servers do not take; and one way to wait, ours.
    told = {"check_embedding_ctx_length": False, "max_retries": 0, "timeout": _SECONDS}
    if spec.startswith("openai:"):
        own = url or variables.get("OPENAI_BASE_URL")
        key = variables.get("OPENAI_API_KEY", "none" if own else "")
        return {**told, "base_url": own, "api_key": key}
    if spec.startswith("azure_openai:"):
        names = {
            "azure_endpoint": "AZURE_OPENAI_ENDPOINT",
            "api_version": "OPENAI_API_VERSION",
            "api_key": "AZURE_OPENAI_API_KEY",
            "azure_ad_token": "AZURE_OPENAI_AD_TOKEN",
        }
        given = {option: variables[name] for option, name in names.items() if name in variables}
        return {**told, **given}
    return {"base_url": url} if url else {}


def _sendable(text: str) -> str:
    """Return the text without lone surrogates, which UTF-8 cannot hold, and no longer than fits."""
    return text[:_LONGEST].encode(errors="replace").decode()
