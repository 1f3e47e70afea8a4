"""The context of a row: what each passage is to the oracle, through whole lives."""

from graph.quality import why_void
from tests.graph.conftest import critique, judgement
from tests.graph.test_scope import TORQUE, answered, asked, life, write_manuals, write_names


async def row_of(scripted, folder, names, machine):
    case = TORQUE["en"]
    lines = [asked(case, machine), critique(), *answered(folder, case), judgement()]
    _, entry, _ = await life(scripted, folder, names, lines, distractors=3)
    return entry.row


def relations(row):
    found = {(p.document, p.relation) for p in row.context if p.role == "distractor"}
    assert [p.relation for p in row.context if p.role == "oracle"] == ["oracle"]
    return found


async def test_sibling_contrast_stands_beside_a_named_machine(scripted, tmp_path):
    folder = write_manuals(tmp_path / "siblings")
    row = await row_of(scripted, folder, write_names(folder), "Kappa 40")
    assert ("b.json", "sibling_contrast") in relations(row)
    (contrast,) = [p for p in row.context if p.relation == "sibling_contrast"]
    assert "26 Nm" in contrast.text


async def test_sibling_with_the_same_value_is_left_out(scripted, tmp_path):
    folder = write_manuals(tmp_path / "siblings", torques=(24, 24))
    row = await row_of(scripted, folder, write_names(folder), "Kappa 40")
    assert [p.document for p in row.context if "24 Nm" in p.text] == ["a.json"]


async def test_second_answer_is_left_out_without_a_directory(scripted, tmp_path):
    row = await row_of(scripted, write_manuals(tmp_path / "siblings"), None, "the press")
    assert {relation for _, relation in relations(row)} <= {"same_document", "other_document"}
    assert not any("26 Nm" in passage.text for passage in row.context)


async def test_verdict_covers_the_relation(scripted, tmp_path):
    folder = write_manuals(tmp_path / "siblings")
    row = await row_of(scripted, folder, write_names(folder), "Kappa 40")
    relabelled = [p.model_copy(update={"relation": "other_machine"}) for p in row.context]
    assert why_void(row, row.sha256) == ""
    altered = row.model_copy(update={"context": tuple(relabelled)})
    assert why_void(altered, row.sha256) == "altered"
