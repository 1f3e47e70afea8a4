"""Embeddings: texts to vectors by any LangChain embeddings, in batches, of one length."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.embeddings import Embeddings

from tools.index import IndexUnavailableError

BATCH = 64


def open_embeddings(spec: str, variables: Mapping[str, str]) -> Embeddings:
    """Return the embeddings that "provider:name[@URL]" means; keys come from the variables.

    Raises:
        IndexUnavailableError: there is no such provider, or its package or key is missing.
    """
    from langchain.embeddings import init_embeddings

    name, _, url = spec.partition("@http")
    options: dict[str, Any] = {}
    if spec.startswith("openai:"):
        # Other servers take texts, and not the tokens that this client would cut them into.
        own = f"http{url}" if url else variables.get("OPENAI_BASE_URL")
        options = {"base_url": own, "check_embedding_ctx_length": not own}
        options["api_key"] = variables.get("OPENAI_API_KEY", "none" if own else "")
    try:
        return init_embeddings(name, **options)  # pyright: ignore[reportReturnType]
    except (ImportError, ValueError, TypeError) as error:
        raise IndexUnavailableError(
            f"The embeddings '{spec}' cannot be used: {error} Name them as provider:name, install "
            "the provider's LangChain package, and set its key."
        ) from error


async def embed(embeddings: Embeddings | None, texts: Sequence[str]) -> list[list[float]]:
    """Return a vector for each text, none without embeddings.

    Raises:
        IndexUnavailableError: the vectors are not one for each text, all of one length.
    """
    vectors: list[list[float]] = []
    if embeddings is None:
        return vectors
    for start in range(0, len(texts), BATCH):
        vectors += await embeddings.aembed_documents(list(texts[start : start + BATCH]))
    lengths = {len(vector) for vector in vectors}
    if len(vectors) != len(texts) or len(lengths) > 1:
        raise IndexUnavailableError(
            f"The embeddings gave {len(vectors)} vectors of {sorted(lengths)} numbers for "
            f"{len(texts)} texts. Check their server."
        )
    return vectors
