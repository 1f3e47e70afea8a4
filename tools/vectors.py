"""Vectors: what EmbeddedIndex searches by meaning, a vector of length 1 for each passage.

vectors/paid/HASH.npy   what one call gave; an interrupted fill does not pay for it again
vectors/vectors.npz     all of them by passage id, written whole when the last is there
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from tools.embeddings import BATCH, Embedder
from tools.embeddings_faults import other_length
from tools.index import IndexUnavailableError
from tools.library import write_whole
from tools.passages import Passage

_FILTERS = ("machine", "document", "language")
_Row = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Held:
    """Rows by id: `vectors` is passages × numbers, and each label has one text for each row."""

    vectors: NDArray[np.float32]
    ids: NDArray[np.str_]
    labels: dict[str, NDArray[np.str_]]


class Vectors:
    """The vectors of an index, in a folder of their own."""

    def __init__(self, folder: Path, embedder: Embedder) -> None:
        """Prepare; what is there is read by the first search."""
        self._folder = folder
        self._embedder = embedder
        self._added: dict[str, tuple[Passage, _Row]] = {}
        self._held: _Held | None = None

    @property
    def name(self) -> str:
        """What they were made with."""
        return self._embedder.name

    async def add(self, passages: Sequence[Passage]) -> None:
        """Embed the passages, but those that a fill before this one has paid for."""
        for start in range(0, len(passages), BATCH):
            part = passages[start : start + BATCH]
            rows = await self._rows([passage.text for passage in part])
            self._added |= {p.id: (p, row) for p, row in zip(part, rows, strict=True)}

    def finish(self) -> None:
        """Make what was added the vectors that are searched."""
        added = [self._added[id] for id in sorted(self._added)]
        labels = {name: np.array([getattr(p, name) or "" for p, _ in added]) for name in _FILTERS}
        self._held = _Held(
            np.array([row for _, row in added], np.float32),
            np.array([passage.id for passage, _ in added]),
            labels,
        )
        self._added = {}
        _write(self._file, vectors=self._held.vectors, ids=self._held.ids, **labels)
        shutil.rmtree(self._folder / "paid", ignore_errors=True)

    async def nearest(self, query: str, k: int, **filters: str | None) -> list[tuple[str, float]]:
        """Return the ids of the nearest and their scores from 0 to 1, equal ones by id."""
        held = self._held = self._held or self._read()
        if not held.ids.size:
            return []
        vector = _unit(np.array([await self._embedder.query(query)], np.float32))[0]
        if len(vector) != held.vectors.shape[1]:
            raise other_length(str(self._folder), len(vector), held.vectors.shape[1])
        wanted = np.ones(len(held.ids), bool)
        for name, value in filters.items():
            if value:
                wanted &= held.labels[name] == value
        # Elasticsearch's score of a cosine; rounded, as the last bits are the processor's.
        cosines: _Row = held.vectors @ vector
        scores = ((1 + cosines) / 2).round(4)
        rows = np.flatnonzero(wanted)
        best = rows[np.argsort(-scores[rows], kind="stable")][:k]
        return [(str(held.ids[row]), round(float(scores[row]), 4)) for row in best]

    @property
    def _file(self) -> Path:
        return self._folder / "vectors.npz"

    async def _rows(self, texts: Sequence[str]) -> NDArray[np.float32]:
        key = sha256("\0".join([self.name, *texts]).encode(errors="replace")).hexdigest()
        paid = self._folder / "paid" / f"{key}.npy"
        if not paid.exists():
            rows = _unit(np.array(await self._embedder.vectors(texts), np.float32))
            paid.parent.mkdir(parents=True, exist_ok=True)
            held = BytesIO()
            np.save(held, rows)
            write_whole(paid, held.getbuffer())
        return np.load(paid)

    def _read(self) -> _Held:
        try:
            with np.load(self._file) as held:
                labels = {name: held[name] for name in _FILTERS}
                return _Held(held["vectors"], held["ids"], labels)
        except (OSError, EOFError, ValueError, KeyError, BadZipFile) as error:
            raise IndexUnavailableError(
                f"The vectors in {self._folder} cannot be read ({error}): remove the folder above "
                "them, and the index is made again from the documents."
            ) from error


def _write(path: Path, **arrays: NDArray[np.generic]) -> None:
    held = BytesIO()
    np.savez(held, **arrays)  # pyright: ignore[reportArgumentType]
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, held.getbuffer())


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
