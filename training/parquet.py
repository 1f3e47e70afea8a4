# pyarrow is untyped.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportUnknownParameterType=false
"""rows.parquet: the column names and types that scripts rely on, whatever the rows hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from training.rows import Split, TrainingRow

if TYPE_CHECKING:
    import pyarrow as pa

NOT_KEPT = {"counterpart"}


def write_parquet(rows: Sequence[TrainingRow], splits: Sequence[Split], path: Path) -> None:
    """Write the rows with an explicit schema, so that empty lists keep their type."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    records = [
        {**row.model_dump(mode="json", exclude=NOT_KEPT), "split": split}
        for row, split in zip(rows, splits, strict=True)
    ]
    pq.write_table(pa.Table.from_pylist(records, schema=_schema(rows)), path)


def read_parquet(path: Path) -> list[tuple[Split, TrainingRow]]:
    """Return the rows with their splits."""
    import pyarrow.parquet as pq

    records = cast("list[dict[str, Any]]", pq.read_table(path).to_pylist())
    return [(record.pop("split"), _row(record)) for record in records]


def _row(record: dict[str, Any]) -> TrainingRow:
    for column in ("models", "prompt_hashes"):
        named: Mapping[str, str | None] = record[column]
        record[column] = {name: value for name, value in named.items() if value is not None}
    # Datasets of before the column was kept have none.
    return TrainingRow.model_validate({"sections": (), **record})


def _schema(rows: Sequence[TrainingRow]) -> pa.Schema:
    import pyarrow as pa

    text, number = pa.string(), pa.int64()
    span = [("passage_id", text), ("document", text), ("start", number), ("end", number)]
    said = ("text", "role", "relation")
    scores = ("relevance", "global_relevance", "coverage", "faithfulness", "completeness")
    return pa.schema(
        [
            ("id", text),
            ("split", text),
            ("question", text),
            ("answer", text),
            ("answerable", pa.bool_()),
            ("kind", text),
            ("difficulty", text),
            ("language", text),
            ("document", text),
            ("machine_code", text),
            ("machine_name", text),
            ("pages", pa.list_(number)),
            ("section", text),
            ("context", pa.list_(pa.struct([*span, *((name, text) for name in said)]))),
            ("oracle_positions", pa.list_(number)),
            ("citations", pa.list_(pa.struct([*span, ("quote", text)]))),
            ("scores", pa.struct([(name, number) for name in scores])),
            ("reasons", text),
            ("attempts", number),
            ("models", _named_texts(row.models for row in rows)),
            ("prompt_hashes", _named_texts(row.prompt_hashes for row in rows)),
            ("sha256", text),
            ("system", text),
            ("user", text),
            ("variant", text),
            ("derived_from", text),
            ("scope", text),
            ("applies_to", pa.list_(text)),
            ("sections", pa.list_(text)),
            ("section_clusters", pa.list_(text)),
            ("machine_family", text),
        ]
    )


def _named_texts(values: Iterable[Mapping[str, str]]) -> pa.StructType:
    """Return a struct of all the keys: `datasets` reads no Arrow maps, Parquet no empty structs."""
    import pyarrow as pa

    keys = sorted({key for value in values for key in value}) or ["none"]
    return pa.struct([(key, pa.string()) for key in keys])
