"""Exports of a dataset folder to the row formats that other training tools read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from training.formats import SPLITS, changed_files, chat, read_rows
from training.rows import TrainingError, TrainingRow
from training.tokens import conversation


def export(dataset: Path, format: str, out: Path) -> Path:
    """Write one JSON Lines file for each split that has rows into `out`, and return `out`."""
    if format not in FORMATS:
        raise TrainingError(f"There is no format {format}: choose one of {', '.join(FORMATS)}.")
    if changed := changed_files(dataset):
        raise TrainingError(
            f"{', '.join(changed)} in {dataset} is no longer what was exported and judged: "
            "`officina resume` writes the dataset again."
        )
    rows = read_rows(dataset)
    out.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        records = [FORMATS[format](row) for its, row in rows if its == split]
        lines = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        if lines:
            (out / f"{split}.jsonl").write_text(lines, "utf-8")
    return out


def _prompt_completion(row: TrainingRow) -> dict[str, object]:
    *prompt, answer = conversation(row.system, row.user, row.completion)
    return {"id": row.id, "prompt": prompt, "completion": [answer]}


def _sharegpt(row: TrainingRow) -> dict[str, object]:
    turns = (("system", row.system), ("human", row.user), ("gpt", row.completion))
    return {"id": row.id, "conversations": [{"from": who, "value": text} for who, text in turns]}


def _alpaca(row: TrainingRow) -> dict[str, object]:
    # The passages stay in the instruction: the answer cites them by the numbers they have there.
    return {
        "id": row.id,
        "system": row.system,
        "instruction": row.user,
        "input": "",
        "output": row.completion,
    }


def _seed(row: TrainingRow) -> dict[str, object]:
    oracle = [passage.text for passage in row.context if passage.role == "oracle"]
    return {
        "system": row.system,
        "question": row.question,
        "context": "\n\n".join(oracle),
        "answer": row.completion,
        "chunks_rag": [passage.text for passage in row.context],
    }


FORMATS: dict[str, Callable[[TrainingRow], dict[str, object]]] = {
    "messages": chat,
    "prompt-completion": _prompt_completion,
    "sharegpt": _sharegpt,
    "alpaca": _alpaca,
    "seed": _seed,
}
