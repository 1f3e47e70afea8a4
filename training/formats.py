"""The dataset folder: written whole or not at all, byte for byte the same for the same rows.

train.jsonl  validation.jsonl  test.jsonl    chat messages
rows.parquet                                 every row with its provenance
card.md  README.md                           what the dataset is, for people and for `datasets`
manifest.json                                SHA-256 sums of the files above
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from checks.leakage import shared_by, split_keys
from checks.leakage.splits import assign_splits
from training.card import CardFacts, render_card
from training.leakage import SPLITS, SplitWanted, held, leakage_report
from training.parquet import read_parquet, write_parquet
from training.rows import Frozen, Split, TrainingError, TrainingRow
from training.tokens import Message, conversation

MANIFEST = "manifest.json"
CARDS = ("card.md", "README.md")
"""One text: in README.md `datasets` reads which files hold rows, since it refuses empty ones."""


class FileSum(Frozen):
    """A file of the dataset as it was written."""

    bytes: int
    sha256: str


class Manifest(Frozen):
    """What a dataset folder holds, and what was wanted of its split."""

    files: dict[str, FileSum]
    splits: dict[Split, int]
    wanted: SplitWanted | None = None


class ChatRow(Frozen):
    """A line of `train.jsonl`: a row's id and its chat messages, system, user, assistant."""

    id: str
    messages: list[Message]

    @property
    def texts(self) -> tuple[str, str, str]:
        """System prompt, user prompt and answer."""
        system, user, answer = (message["content"] for message in self.messages)
        return system, user, answer


def write_dataset(
    rows: Sequence[TrainingRow],
    folder: Path,
    *,
    test_share: float,
    seed: int,
    facts: CardFacts,
    by_family: bool = False,
) -> Manifest:
    """Split the rows and write the dataset folder, replacing one that is there."""
    wanted = SplitWanted(test_share=test_share, by_family=by_family)
    shared = shared_by([held(row, by_family=by_family) for row in rows])
    dealt = assign_splits(
        split_keys([row.id for row in rows], shared),
        test_share=wanted.test_share,
        validation_share=wanted.validation_share,
        seed=seed,
    )
    splits: list[Split] = [dealt[row.id] for row in rows]
    leakage = leakage_report(dealt, shared, wanted)
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for split in SPLITS:
        chosen = [row for row, its in zip(rows, splits, strict=True) if its == split]
        _write_messages(chosen, unfinished / f"{split}.jsonl")
    write_parquet(rows, splits, unfinished / "rows.parquet")
    for name in CARDS:
        (unfinished / name).write_text(render_card(rows, splits, facts, leakage), "utf-8")
    counts = Counter(splits)
    manifest = Manifest(
        files=_sums(unfinished),
        splits={split: counts[split] for split in SPLITS},
        wanted=wanted,
    )
    (unfinished / MANIFEST).write_text(_json(manifest.model_dump(), indent=2), "utf-8")
    _take_place(unfinished, folder)
    return manifest


def read_rows(folder: Path) -> list[tuple[Split, TrainingRow]]:
    """Return every row with its split, as written."""
    return read_parquet(_existing(folder / "rows.parquet"))


def read_messages(folder: Path, split: Split) -> list[ChatRow]:
    """Return the chat messages of one split."""
    path = _existing(folder / f"{split}.jsonl")
    with path.open(encoding="utf-8") as lines:
        return [ChatRow.model_validate_json(line) for line in lines]


def training_texts(folder: Path) -> Iterator[str]:
    """Yield every text that is trained on."""
    for row in read_messages(folder, "train"):
        yield from row.texts


def held_out(folder: Path) -> list[ChatRow]:
    """Return the rows no training saw: the test split, or validation where there is no test."""
    return read_messages(folder, "test") or read_messages(folder, "validation")


def changed_files(folder: Path) -> list[str]:
    """Return the names of the files that are no longer what the manifest says."""
    found = _sums(folder)
    files = read_manifest(folder).files
    return [name for name, its in sorted(files.items()) if found.get(name) != its]


def is_as_written(folder: Path) -> bool:
    """Say whether a dataset is there, and each of its files as its manifest says."""
    try:
        return folder.is_dir() and not changed_files(folder)
    except TrainingError:
        return False


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest as it was written.

    Raises:
        TrainingError: there is none, or it is not what an export wrote.
    """
    path = _existing(folder / MANIFEST)
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except ValueError as error:
        raise TrainingError(
            f"{path} is no longer what was exported: `officina resume` writes the dataset again."
        ) from error


def chat(row: TrainingRow) -> dict[str, object]:
    """Return the line of a row in `train.jsonl`: its id and its chat messages."""
    return {"id": row.id, "messages": conversation(row.system, row.user, row.completion)}


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise TrainingError(f"There is no {path}: give the folder of a run that was exported.")
    return path


def _write_messages(rows: Sequence[TrainingRow], path: Path) -> None:
    path.write_text("".join(_json(chat(row)) for row in rows), "utf-8")


def _json(value: object, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, indent=indent) + "\n"


def _sums(folder: Path) -> dict[str, FileSum]:
    paths = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    return {path.name: _sum(path.read_bytes()) for path in paths}


def _sum(content: bytes) -> FileSum:
    return FileSum(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def _take_place(unfinished: Path, folder: Path) -> None:
    previous = folder.with_name(f"{folder.name}.previous")
    shutil.rmtree(previous, ignore_errors=True)
    if folder.exists():
        folder.rename(previous)
    unfinished.rename(folder)
    shutil.rmtree(previous, ignore_errors=True)
