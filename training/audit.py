# transformers is typed in part.
# pyright: reportUnknownMemberType=false
"""The audit: what a training on this dataset would really see, before it costs anything.

`officina audit RUN` prints the report; `training/launch.py` refuses to start while it has errors.
"""

from __future__ import annotations

import statistics
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from training.formats import (
    SPLITS,
    ChatRow,
    changed_files,
    read_messages,
    read_rows,
    training_texts,
)
from training.recipe import Recipe
from training.rows import Frozen, Split, TrainingRow
from training.tokens import Encoded, encode, load_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

SHOWN = 5


class Lengths(Frozen):
    """How many tokens rows have, by the recipe's tokenizer."""

    median: int
    p95: int
    longest: int


class AuditReport(Frozen):
    """What was counted; `errors` are sentences, and a training starts only without any."""

    splits: Mapping[Split, int]
    max_length: int
    tokens: Lengths
    answer_tokens: Lengths
    truncated: tuple[str, ...]
    wrongly_masked: tuple[str, ...]
    empty: tuple[str, ...]
    leaked: tuple[str, ...]
    errors: tuple[str, ...]


def audit(dataset: Path, recipe: Recipe) -> AuditReport:
    """Render every row as the training will, and report what would go wrong."""
    splits = {split: read_messages(dataset, split) for split in SPLITS}
    rows = [row for split in SPLITS for row in splits[split]]
    tokenizer = load_tokenizer(recipe, training_texts(dataset))
    encoded = {row.id: encode(tokenizer, row.messages) for row in rows if tokenizer.chat_template}
    longest = recipe.max_length
    truncated = [name for name, tokens in encoded.items() if len(tokens.whole) > longest]
    masked = [
        row.id
        for row in rows
        if row.id in encoded and not trains_on_the_answer(tokenizer, encoded[row.id], row)
    ]
    empty = [row.id for row in rows if not row.texts[2].strip()]
    leaked = _leaked(read_rows(dataset))
    faults = {
        "of the dataset's files are not what manifest.json says": changed_files(dataset),
        f"rows do not fit in max_length {longest}, so their answers would be cut": truncated,
        "rows would be trained on something else than the answer and its end": masked,
        "rows have an empty answer": empty,
        "rows share their question or a citation with a row of another split": leaked,
    }
    return AuditReport(
        splits={split: len(splits[split]) for split in SPLITS},
        max_length=longest,
        tokens=_lengths([len(tokens.whole) for tokens in encoded.values()]),
        answer_tokens=_lengths([len(tokens.answer) for tokens in encoded.values()]),
        truncated=tuple(truncated),
        wrongly_masked=tuple(masked),
        empty=tuple(empty),
        leaked=tuple(leaked),
        errors=(
            *_missing(recipe, tokenizer, splits["train"]),
            *(_sentence(fault, names) for fault, names in faults.items() if names),
        ),
    )


def trains_on_the_answer(tokenizer: PreTrainedTokenizerFast, tokens: Encoded, row: ChatRow) -> bool:
    """Return whether the trained tokens are the answer, then the end token, and nothing else."""
    *answer, end = tokens.answer or [-1]
    return (
        tokens.answer_follows
        and end == tokenizer.eos_token_id
        and not set(answer) & set(tokenizer.all_special_ids)
        and str(tokenizer.decode(answer)).strip() == row.texts[2].strip()
    )


def _missing(
    recipe: Recipe, tokenizer: PreTrainedTokenizerFast, train: Sequence[ChatRow]
) -> Iterator[str]:
    if not tokenizer.chat_template:
        yield f"{recipe.base} has no chat template: name one in the recipe's chat_template."
    if not train:
        yield "The training split is empty: make more rows."


def _sentence(fault: str, names: Sequence[str]) -> str:
    more = ", …" if len(names) > SHOWN else ""
    return f"{len(names)} {fault}: {', '.join(names[:SHOWN])}{more}."


def _lengths(counts: Sequence[int]) -> Lengths:
    if not counts:
        return Lengths(median=0, p95=0, longest=0)
    ordered = sorted(counts)
    return Lengths(
        median=statistics.median_low(ordered),
        p95=ordered[max(0, -(-len(ordered) * 95 // 100) - 1)],
        longest=ordered[-1],
    )


def _leaked(rows: Iterable[tuple[Split, TrainingRow]]) -> list[str]:
    """Return the rows that another split holds in part: their question, or a passage they cite."""
    first_seen: dict[Hashable, Split] = {}
    return [
        row.id
        for split, row in rows
        if any([first_seen.setdefault(mark, split) != split for mark in _marks(row)])
    ]


def _marks(row: TrainingRow) -> list[Hashable]:
    question = " ".join(row.question.casefold().split())
    return [(question, row.document), *{citation.passage_id for citation in row.citations}]
