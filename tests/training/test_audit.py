import json
import shutil
from pathlib import Path

from training.audit import AuditReport, audit
from training.card import CardFacts
from training.formats import write_dataset
from training.recipe import Recipe, load_recipe
from training.rows import TrainingRow

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


def test_citation_in_two_splits(rows: list[TrainingRow], facts: CardFacts, tmp_path: Path):
    shared = [row.model_copy(update={"citations": rows[0].citations}) for row in rows]
    report = audited(shared, tmp_path / "dataset", facts)
    assert report.leaked
    assert "another split" in report.errors[0]


def test_edited_file_is_an_error(dataset: Path, tmp_path: Path):
    edited = tmp_path / "dataset"
    shutil.copytree(dataset, edited)
    first, *rest = (edited / "train.jsonl").read_text().splitlines(keepends=True)
    record = json.loads(first)
    record["messages"][2]["content"] += " Surely."
    (edited / "train.jsonl").write_text(json.dumps(record) + "\n" + "".join(rest))
    assert "train.jsonl" in audit(edited, tiny()).errors[0]
