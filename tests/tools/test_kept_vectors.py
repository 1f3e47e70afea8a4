"""Vectors are paid for once, are those of their embedder, and a broken file is told."""

import pytest

from tests.word_vectors import Counting, by_words
from tools.index import IndexUnavailableError
from tools.kept_vectors import KeptVectors


async def test_each_text_is_paid_for_once(tmp_path):
    counting = Counting()
    path = tmp_path / "questions.npz"
    kept = KeptVectors(path, by_words(counting))
    first = await kept.of(["the pump", "the belt", "the pump"])
    assert first[0] == first[2] != first[1]
    again = await KeptVectors(path, by_words(counting)).of(["the belt", "the door"])
    assert again[0] == first[1]
    assert counting.texts == 3


async def test_other_embeddings_begin_anew(tmp_path):
    counting = Counting()
    path = tmp_path / "questions.npz"
    await KeptVectors(path, by_words(counting, "test:one")).of(["the pump"])
    await KeptVectors(path, by_words(counting, "test:two")).of(["the pump"])
    assert counting.texts == 2


async def test_broken_file_is_told(tmp_path):
    path = tmp_path / "questions.npz"
    path.write_bytes(b"nothing")
    with pytest.raises(IndexUnavailableError, match="remove the file"):
        await KeptVectors(path, by_words()).of(["the pump"])


async def test_nothing_asks_for_nothing(tmp_path):
    assert await KeptVectors(tmp_path / "questions.npz", by_words()).of([]) == []
