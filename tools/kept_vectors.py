"""Kept vectors: embeddings of short texts in one file of the run, so that each is paid for once.

The graph compares questions by them when the brief says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from tools.embeddings import Embedder
from tools.index import IndexUnavailableError
from tools.library import write_whole


class KeptVectors:
    """Vectors by text, made with one embedder."""

    def __init__(self, path: Path, embedder: Embedder) -> None:
        """Prepare; what is there is read when vectors are first asked for."""
        self._path = path
        self._embedder = embedder
        self._held: dict[str, NDArray[np.float32]] | None = None

    async def of(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text; raises as `Embedder.vectors` does."""
        held = self._held = self._read() if self._held is None else self._held
        new = sorted(set(texts) - held.keys())
        if new:
            vectors = await self._embedder.vectors(new)
            held |= zip(new, np.array(vectors, np.float32), strict=True)
            self._write(held)
        return [held[text].tolist() for text in texts]

    def _read(self) -> dict[str, NDArray[np.float32]]:
        if not self._path.exists():
            return {}
        try:
            with np.load(self._path) as held:
                made_with = str(held["name"])
                found = dict(zip(held["texts"].tolist(), held["vectors"], strict=True))
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise IndexUnavailableError(
                f"The vectors in {self._path} cannot be read ({error}): remove the file, and the "
                "questions are embedded again."
            ) from error
        return found if made_with == self._embedder.name else {}

    def _write(self, held: dict[str, NDArray[np.float32]]) -> None:
        content = BytesIO()
        texts = sorted(held)
        np.savez(
            content,
            name=np.array(self._embedder.name),
            texts=np.array(texts),
            vectors=np.array([held[text] for text in texts]),
        )
        write_whole(self._path, content.getbuffer())
