"""Embeddings that need no model: texts are near when they share words."""

import re
from hashlib import sha256

from langchain_core.embeddings import Embeddings

from tools.embeddings import Embedder


class WordVectors(Embeddings):
    """A vector has a place for each of 512 hashes of words; short ones say nothing."""

    length = 512

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        vector = [0.01] * self.length
        for word in set(re.findall(r"\w{4,}", text.casefold())):
            place = int.from_bytes(sha256(word.encode()).digest()[:2]) % self.length
            vector[place] += 1.0
        return vector


class Counting(WordVectors):
    """Counts the texts that it was given, and breaks after some calls."""

    def __init__(self, calls: int = 1000) -> None:
        self.calls, self.texts = calls, 0

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        if not self.calls:
            raise InterruptedError
        self.calls -= 1
        self.texts += len(texts)
        return super().embed_documents(texts)


def by_words(embeddings: Embeddings | None = None, spec: str = "test:w") -> Embedder:
    """Return an embedder that waits for nothing."""
    return Embedder(spec, embeddings or WordVectors())
