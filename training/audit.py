# transformers is typed in part.
# pyright: reportUnknownMemberType=false
"""The audit: what a training on this dataset would really see, before it costs anything.

`officina audit RUN` prints the report; `training/launch.py` refuses to start while it has errors.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checks.duplicates import Asked
from checks.leakage import shared_by
from checks.leakage.evaluation import near_evaluation
from tools.questions_file import kept_questions
from training.formats import (
    ChatRow,
    changed_files,
    read_manifest,
    read_messages,
    read_rows,
    training_texts,
)
from training.leakage import SPLITS, LeakageReport, held, leakage_report
from training.leakage import lines as leakage_lines
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
    """What was counted; `errors` are sentences, and a training starts only without any.

    `misplaced` are not, once, in the file of the split that rows.parquet says. Without a recipe
    there is no `max_length`, and no row has tokens.
    """

    splits: Mapping[Split, int]
    max_length: int | None
    tokens: Lengths
    answer_tokens: Lengths
    truncated: tuple[str, ...]
    wrongly_masked: tuple[str, ...]
    empty: tuple[str, ...]
    misplaced: tuple[str, ...]
    near_evaluation: tuple[str, ...]
    leaked: tuple[str, ...]
    leakage: LeakageReport
    errors: tuple[str, ...]


def audit(dataset: Path, recipe: Recipe | None = None) -> AuditReport:
    """Report what would go wrong in a training, with a recipe also what its model would see."""
    splits: dict[Split, list[ChatRow]] = {split: read_messages(dataset, split) for split in SPLITS}
    messages = [row for split in SPLITS for row in splits[split]]
    seen = _rendered(dataset, recipe, messages) if recipe else _Rendered()
    rows = read_rows(dataset)
    empty = [row.id for row in messages if not row.texts[2].strip()]
    misplaced = _misplaced(splits, rows)
    near_questions = _near_evaluation(dataset, rows)
    leakage = _leakage(dataset, splits, rows)
    limit = recipe.max_length if recipe else None
    faults = {
        "of the dataset's files are not what manifest.json says": changed_files(dataset),
        f"rows do not fit in max_length {limit}, so their answers would be cut": seen.truncated,
        "rows would be trained on something else than the answer and its end": seen.masked,
        "rows have an empty answer": empty,
        "rows are not, once, in the file of the split that rows.parquet says": misplaced,
        "rows share what they are about with a row of another split": leakage.leaked,
        "rows are near a question of the file of evaluation questions": near_questions,
    }
    return AuditReport(
        splits={split: len(splits[split]) for split in SPLITS},
        max_length=limit,
        tokens=_lengths(seen.lengths),
        answer_tokens=_lengths(seen.answer_lengths),
        truncated=tuple(seen.truncated),
        wrongly_masked=tuple(seen.masked),
        empty=tuple(empty),
        misplaced=tuple(misplaced),
        near_evaluation=tuple(near_questions),
        leaked=leakage.leaked,
        leakage=leakage,
        errors=(
            *seen.unusable,
            *([] if splits["train"] else ["The training split is empty: make more rows."]),
            *(_sentence(fault, names) for fault, names in faults.items() if names),
        ),
    )


def lines(report: AuditReport) -> list[str]:
    """Return the report for people; its errors are told apart."""
    found = leakage_lines(report.leakage)
    if report.max_length:
        for name, tokens in {"a row": report.tokens, "its answer": report.answer_tokens}.items():
            found.append(
                f"tokens of {name:<12}median {tokens.median}, 95 % up to {tokens.p95}, "
                f"longest {tokens.longest}; room for {report.max_length}"
            )
    return found


@dataclass(frozen=True, slots=True)
class _Rendered:
    """Rows as a training would see them; `unusable` says why it could see none."""

    lengths: Sequence[int] = ()
    answer_lengths: Sequence[int] = ()
    truncated: Sequence[str] = ()
    masked: Sequence[str] = ()
    unusable: Sequence[str] = ()


def _rendered(dataset: Path, recipe: Recipe, rows: Sequence[ChatRow]) -> _Rendered:
    """Render every row as the training will."""
    tokenizer = load_tokenizer(recipe, training_texts(dataset))
    if not tokenizer.chat_template:
        name = f"{recipe.base} has no chat template: name one in the recipe's chat_template."
        return _Rendered(unusable=[name])
    encoded = {row.id: encode(tokenizer, row.messages) for row in rows}
    longest = recipe.max_length
    return _Rendered(
        lengths=[len(tokens.whole) for tokens in encoded.values()],
        answer_lengths=[len(tokens.answer) for tokens in encoded.values()],
        truncated=[id for id, tokens in encoded.items() if len(tokens.whole) > longest],
        masked=[r.id for r in rows if not trains_on_the_answer(tokenizer, encoded[r.id], r)],
    )


def _misplaced(
    splits: Mapping[Split, Sequence[ChatRow]], rows: Sequence[tuple[Split, TrainingRow]]
) -> list[str]:
    """Return the ids that are not, once, in the very file that rows.parquet says."""
    files = [(row.id, split) for split in SPLITS for row in splits[split]]
    table = [(row.id, split) for split, row in rows]
    elsewhere = {id for id, _ in set(files) ^ set(table)}
    counts = Counter(id for id, _ in files) | Counter(id for id, _ in table)
    return sorted(elsewhere | {id for id, count in counts.items() if count > 1})


def _near_evaluation(dataset: Path, rows: Sequence[tuple[Split, TrainingRow]]) -> list[str]:
    """Return the rows near a question that the run was started with, where there are any."""
    questions = kept_questions(dataset.parent)
    asked = [
        Asked(row.id, row.question, tuple(c.quote for c in row.citations), row.answer, row.language)
        for _, row in rows
    ]
    return sorted(near_evaluation(asked, questions))


def _leakage(
    dataset: Path,
    splits: Mapping[Split, Sequence[ChatRow]],
    rows: Sequence[tuple[Split, TrainingRow]],
) -> LeakageReport:
    """Report on the split as the files have it, for they are what is trained on."""
    wanted = read_manifest(dataset).wanted
    by_family = wanted is not None and wanted.by_family
    found: dict[str, Split] = {row.id: split for split, row in rows}
    found |= {row.id: split for split in SPLITS for row in splits[split] if row.id in found}
    shared = shared_by([held(row, by_family=by_family) for _, row in rows])
    return leakage_report(found, shared, wanted)


def trains_on_the_answer(tokenizer: PreTrainedTokenizerFast, tokens: Encoded, row: ChatRow) -> bool:
    """Return whether the trained tokens are the answer, then the end token, and nothing else."""
    *answer, end = tokens.answer or [-1]
    return (
        tokens.answer_follows
        and end == tokenizer.eos_token_id
        and not set(answer) & set(tokenizer.all_special_ids)
        and str(tokenizer.decode(answer)).strip() == row.texts[2].strip()
    )


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
