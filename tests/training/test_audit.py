import hashlib
import json
import shutil
from pathlib import Path

from tools.questions_file import KEPT
from training.audit import AuditReport, audit, lines
from training.card import CardFacts
from training.formats import chat, read_rows, write_dataset
from training.parquet import write_parquet
from training.recipe import Recipe, load_recipe
from training.rows import Split, TrainingRow

DROPS_SYSTEM = """{{- bos_token }}{% for m in messages if m["role"] != "system" %}
{%- if m["role"] == "user" and loop.last %}{{ messages[0]["content"] + m["content"] }}
{%- else %}{{ m["content"] }}{% endif %}{% endfor %}{{- eos_token if not add_generation_prompt }}"""
NEVER_ENDS = """{% for m in messages %}{{ m["content"] }}{% endfor %}"""


def tiny(**changes: object) -> Recipe:
    return load_recipe("tiny-cpu").model_copy(update=changes)


def audited(rows: list[TrainingRow], folder: Path, facts: CardFacts) -> AuditReport:
    write_dataset(rows, folder, test_share=0.2, seed=1, facts=facts)
    return audit(folder, tiny())


def test_good_dataset_has_no_errors(dataset: Path):
    report = audit(dataset, tiny())
    assert report.errors == ()
    assert report.splits == {"train": 29, "validation": 3, "test": 8}
    assert 0 < report.answer_tokens.median < report.tokens.median <= report.tokens.longest


def test_cut_answers_are_errors(dataset: Path):
    limit = audit(dataset, tiny()).tokens.median
    report = audit(dataset, tiny(max_length=limit))
    assert 0 < len(report.truncated) <= 20
    assert "their answers would be cut" in report.errors[0]


def test_template_that_drops_system(dataset: Path, tmp_path: Path):
    template = tmp_path / "drops.jinja"
    template.write_text(DROPS_SYSTEM)
    report = audit(dataset, tiny(chat_template=template))
    assert len(report.wrongly_masked) == 40


def test_template_without_end_token(dataset: Path, tmp_path: Path):
    template = tmp_path / "endless.jinja"
    template.write_text(NEVER_ENDS)
    assert len(audit(dataset, tiny(chat_template=template)).wrongly_masked) == 40


def test_missing_template_is_an_error(dataset: Path):
    errors = audit(dataset, tiny(chat_template=None)).errors
    assert "no chat template" in errors[0]


def test_empty_answer_is_an_error(rows: list[TrainingRow], facts: CardFacts, tmp_path: Path):
    emptied = [rows[0].model_copy(update={"answer": " "}), *rows[1:]]
    assert audited(emptied, tmp_path / "dataset", facts).empty == (rows[0].id,)


def test_control_token_in_answer(rows: list[TrainingRow], facts: CardFacts, tmp_path: Path):
    spoiled = [rows[0].model_copy(update={"answer": "Stop</s> here."}), *rows[1:]]
    assert audited(spoiled, tmp_path / "dataset", facts).wrongly_masked == (rows[0].id,)


def dealt_anew(dataset: Path, folder: Path, splits: dict[str, Split]) -> Path:
    """Copy a dataset with some rows in other splits, and a manifest that says it is so."""
    shutil.copytree(dataset, folder)
    rows = [(splits.get(row.id, split), row) for split, row in read_rows(dataset)]
    write_parquet([row for _, row in rows], [split for split, _ in rows], folder / "rows.parquet")
    for name in ("train", "validation", "test"):
        lines = [json.dumps(chat(row)) + "\n" for split, row in rows if split == name]
        (folder / f"{name}.jsonl").write_text("".join(lines), "utf-8")
    signed(folder)
    return folder


def signed(folder: Path) -> None:
    """Make the manifest say what the files are."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        content = (folder / name).read_bytes()
        manifest["files"][name] = {
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    (folder / "manifest.json").write_text(json.dumps(manifest))


def test_parted_near_repeats_are_an_error(dataset: Path, tmp_path: Path):
    # Rows 0 and 12 ask the same property of the same part, by other numbers.
    splits: dict[str, Split] = {"row-000": "train", "row-012": "test"}
    report = audit(dealt_anew(dataset, tmp_path / "dataset", splits))
    assert {"row-000", "row-012"} <= set(report.leaked)
    assert "another split" in report.errors[0]
    (asked,) = [each for each in report.leakage.parted if each.kind == "question"]
    assert (asked.exact, asked.near > 0) == (0, True)
    assert "question" in "\n".join(lines(report))


def test_parted_section_is_found_by_its_key(
    rows: list[TrainingRow], facts: CardFacts, tmp_path: Path
):
    shared = [row.model_copy(update={"sections": ("one",)}) for row in rows[:2]]
    write_dataset([*shared, *rows[2:]], tmp_path / "made", test_share=0.2, seed=1, facts=facts)
    splits: dict[str, Split] = {"row-000": "train", "row-001": "validation"}
    report = audit(dealt_anew(tmp_path / "made", tmp_path / "dataset", splits))
    counts = {each.kind: (each.exact, each.near) for each in report.leakage.parted}
    assert counts["section"] == (1, 0)


def test_row_in_the_file_of_another_split(dataset: Path, tmp_path: Path):
    folder = tmp_path / "dataset"
    shutil.copytree(dataset, folder)
    moved, *rest = (folder / "test.jsonl").read_text().splitlines(keepends=True)
    (folder / "test.jsonl").write_text("".join(rest))
    with (folder / "train.jsonl").open("a") as train:
        train.write(moved)
    signed(folder)
    report = audit(folder)
    assert report.misplaced == (json.loads(moved)["id"],)
    assert report.leaked


def test_row_in_two_files_is_misplaced(dataset: Path, tmp_path: Path):
    folder = tmp_path / "dataset"
    shutil.copytree(dataset, folder)
    copied = (folder / "test.jsonl").read_text().splitlines(keepends=True)[0]
    with (folder / "train.jsonl").open("a") as train:
        train.write(copied)
    assert audit(folder).misplaced == (json.loads(copied)["id"],)


def test_one_group_leaves_the_test_empty(rows: list[TrainingRow], facts: CardFacts, tmp_path: Path):
    together = [row.model_copy(update={"sections": ("one",)}) for row in rows]
    write_dataset(together, tmp_path / "dataset", test_share=0.2, seed=1, facts=facts)
    report = audit(tmp_path / "dataset")
    assert (report.errors, report.leakage.largest_group) == ((), 40)
    assert "The test split is empty where 8 were wanted." in report.leakage.remarks
    card = (tmp_path / "dataset" / "card.md").read_text()
    assert "The test split is empty where 8 were wanted." in card


def test_families_are_kept_together(rows: list[TrainingRow], facts: CardFacts, tmp_path: Path):
    families = [
        row.model_copy(update={"machine_family": f"family {n % 12 % 5}"})
        for n, row in enumerate(rows)
    ]
    write_dataset(families, tmp_path / "made", test_share=0.2, seed=1, facts=facts, by_family=True)
    found = read_rows(tmp_path / "made")
    assert len({(row.machine_family, split) for split, row in found}) == 5
    assert len({split for split, _ in found}) > 1
    report = audit(tmp_path / "made")
    assert (report.leaked, report.leakage.by_family) == ((), True)
    lone: dict[str, Split] = {row.id: "train" for split, row in found if split != "train"}
    parted = audit(dealt_anew(tmp_path / "made", tmp_path / "dataset", dict([lone.popitem()])))
    kinds = {each.kind for each in parted.leakage.parted if each.exact}
    assert "machine family" in kinds


def test_row_near_an_evaluation_question(dataset: Path, tmp_path: Path):
    shutil.copytree(dataset, tmp_path / "dataset")
    question = "What's the tightening torque of the sealing jaw 0, please?"
    (tmp_path / KEPT).write_text(question)
    report = audit(tmp_path / "dataset")
    assert "row-000" in report.near_evaluation
    assert "evaluation questions" in report.errors[0]


def test_edited_file_is_an_error(dataset: Path, tmp_path: Path):
    edited = tmp_path / "dataset"
    shutil.copytree(dataset, edited)
    first, *rest = (edited / "train.jsonl").read_text().splitlines(keepends=True)
    record = json.loads(first)
    record["messages"][2]["content"] += " Surely."
    (edited / "train.jsonl").write_text(json.dumps(record) + "\n" + "".join(rest))
    assert "train.jsonl" in audit(edited, tiny()).errors[0]


def test_families_that_nobody_named_are_told(
    rows: list[TrainingRow], facts: CardFacts, tmp_path: Path
):
    nameless = [row.model_copy(update={"machine_code": None}) for row in rows]
    write_dataset(
        nameless, tmp_path / "dataset", test_share=0.2, seed=1, facts=facts, by_family=True
    )
    (remark,) = audit(tmp_path / "dataset").leakage.remarks
    assert "`split_by_family` changed nothing" in remark
