import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from training.card import CardFacts
from training.export import FORMATS, export
from training.formats import changed_files, read_messages, read_rows, write_dataset
from training.rows import TrainingError, TrainingRow

FILES = ["README.md", "card.md", "manifest.json", "rows.parquet", "test.jsonl", "train.jsonl"]
FILES += ["validation.jsonl"]
# fmt: off
COLUMNS = [
    "id", "split", "question", "answer", "answerable", "kind", "difficulty", "language",
    "document", "machine_code", "machine_name", "pages", "section", "context",
    "oracle_positions", "citations", "scores", "reasons", "attempts", "models", "prompt_hashes",
    "sha256", "system", "user", "variant", "derived_from", "scope", "applies_to", "sections",
    "section_clusters", "machine_family",
]
# fmt: on


def test_same_rows_same_bytes(
    rows: list[TrainingRow], facts: CardFacts, dataset: Path, tmp_path: Path
):
    again = tmp_path / "dataset"
    for _ in range(2):
        write_dataset(rows, again, test_share=0.2, seed=1, facts=facts)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset"]
    assert sorted(path.name for path in again.iterdir()) == sorted(FILES)
    for name in FILES:
        assert (again / name).read_bytes() == (dataset / name).read_bytes()


def test_manifest_counts_and_sums(dataset: Path):
    manifest = json.loads((dataset / "manifest.json").read_text())
    assert manifest["splits"] == {"test": 8, "train": 29, "validation": 3}
    assert changed_files(dataset) == []


def test_messages_load_as_datasets(dataset: Path, tmp_path: Path):
    names = ("train", "validation", "test")
    files = {name: str(dataset / f"{name}.jsonl") for name in names}
    loaded = load_dataset("json", data_files=files, cache_dir=str(tmp_path))
    assert {name: loaded[name].num_rows for name in names} == {
        "train": 29,
        "validation": 3,
        "test": 8,
    }
    roles = [message["role"] for message in loaded["train"][0]["messages"]]
    assert roles == ["system", "user", "assistant"]


def test_dataset_loads_where_splits_are_empty(
    rows: list[TrainingRow], facts: CardFacts, tmp_path: Path
):
    folder = tmp_path / "dataset"
    write_dataset(rows[:1], folder, test_share=0.0, seed=1, facts=facts)
    assert (folder / "test.jsonl").read_text() == ""
    loaded = load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: held.num_rows for split, held in loaded.items()} == {"train": 1}


def test_parquet_loads_as_dataset(dataset: Path, tmp_path: Path):
    file = str(dataset / "rows.parquet")
    loaded = load_dataset("parquet", data_files=file, cache_dir=str(tmp_path))["train"]
    assert loaded.column_names == COLUMNS
    assert loaded[0]["models"]["generator"] == "offline"
    assert loaded[0]["machine_code"] is None


def test_abstention_keeps_column_types(
    rows: list[TrainingRow], facts: CardFacts, dataset: Path, tmp_path: Path
):
    bare = {"citations": (), "oracle_positions": (), "machine_code": None, "machine_name": None}
    alone = rows[0].model_copy(update=bare)
    write_dataset([alone], tmp_path / "one", test_share=0.2, seed=1, facts=facts)
    schema = pq.read_schema(tmp_path / "one" / "rows.parquet")
    assert schema.equals(pq.read_schema(dataset / "rows.parquet"))


def test_rows_come_back_whole(rows: list[TrainingRow], dataset: Path):
    written = {row.id: row for row in rows}
    assert {row.id: row for _, row in read_rows(dataset)} == written


def test_card_names_no_place(dataset: Path):
    card = (dataset / "card.md").read_text()
    assert "| value | 40 |" in card
    assert str(dataset.parent) not in card


@pytest.mark.parametrize("name", FORMATS)
def test_export_holds_every_row(name: str, dataset: Path, tmp_path: Path):
    out = export(dataset, name, tmp_path / name)
    lines = (out / "train.jsonl").read_text().splitlines()
    assert len(lines) == len(read_messages(dataset, "train"))
    answer = read_messages(dataset, "train")[0].texts[2]
    assert json.dumps(answer, ensure_ascii=False) in lines[0]


def test_seed_export_has_seed_columns(dataset: Path, tmp_path: Path):
    lines = (export(dataset, "seed", tmp_path) / "train.jsonl").read_text().splitlines()
    record = json.loads(lines[0])
    assert list(record) == ["system", "question", "context", "answer", "chunks_rag"]
    assert record["context"] in record["chunks_rag"]


def test_unknown_format_lists_formats(dataset: Path, tmp_path: Path):
    with pytest.raises(TrainingError, match="messages, prompt-completion, sharegpt, alpaca, seed"):
        export(dataset, "csv", tmp_path)


def test_completion_cites_its_passages_by_number(rows: list[TrainingRow], dataset: Path):
    row = rows[0].model_copy(update={"oracle_positions": (0, 2)})
    assert row.completion == f"{row.answer} [1][3]"
    last = [line["messages"][-1] for line in map(json.loads, (dataset / "train.jsonl").open())]
    assert {message["role"] for message in last} == {"assistant"}
    assert all(message["content"].endswith("]") for message in last)


def test_dataset_folder_loads_by_its_path(dataset: Path, tmp_path: Path):
    loaded = load_dataset(str(dataset), cache_dir=str(tmp_path))
    assert {name: split.num_rows for name, split in loaded.items()} == {
        "train": 29,
        "validation": 3,
        "test": 8,
    }


def test_export_writes_no_empty_split(rows: list[TrainingRow], facts: CardFacts, tmp_path: Path):
    write_dataset(rows[:2], tmp_path / "dataset", test_share=0.0, seed=1, facts=facts)
    out = export(tmp_path / "dataset", "sharegpt", tmp_path / "out")
    assert all(path.stat().st_size for path in out.iterdir())
    assert (out / "train.jsonl").exists()


def test_dataset_changed_by_hand_is_not_exported(dataset: Path, tmp_path: Path):
    copied = tmp_path / "dataset"
    shutil.copytree(dataset, copied)
    lines = (copied / "test.jsonl").read_text("utf-8")
    (copied / "test.jsonl").write_text(lines.replace("torque", "force"), "utf-8")
    with pytest.raises(TrainingError, match=r"test\.jsonl in .* no longer"):
        export(copied, "messages", tmp_path / "out")
