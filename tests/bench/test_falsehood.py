"""Falsehood: mutants that may be true after all are set aside."""

from pathlib import Path

from bench.falsehood import may_be_true
from bench.mutants import Change, Mutant, mutant
from bench.truths import read_truths
from tests.bench.mutating import truth


def changed(text: str, old: str, new: str, *evidence: str) -> Mutant:
    start = text.index(old)
    change = Change(start, start + len(old), new)
    return mutant("digit changed", truth(text, "en", *evidence), [change])


def test_mutant_that_evidence_states_is_set_aside():
    text = "Tighten the cover screws of the pump to 25 Nm."
    other = "Tighten the cover screws of the pump to 30 Nm."
    assert may_be_true(changed(text, "25", "30", f"{text} {other}"))
    assert may_be_true(changed(text, "25", "30", text, f"Later, {other.lower()}"))
    assert not may_be_true(changed(text, "25", "35", f"{text} {other}"))
    assert not may_be_true(changed(text, "25", "30", f"{text} Wait for 30 seconds."))


def test_list_with_one_name_twice_is_set_aside():
    text = "Use file systems such as ext3, ext4 and btrfs."
    assert may_be_true(changed(text, "ext4", "ext3"))
    assert not may_be_true(changed(text, "ext4", "ext2"))


def test_value_that_another_row_has_too_is_set_aside(tmp_path: Path):
    (tmp_path / "a.md").write_text(
        "| Fuse | Circuit | Type |\n| --- | --- | --- |\n"
        "| F2 | Heaters | gG |\n| F3 | Bar | gG |\n| F4 | Fan | aM |\n"
    )
    (row,) = (each for each in read_truths(tmp_path).truths if each.text == "F3, Type: gG")
    one, other = (mutant("code changed", row, [Change(0, 2, code)]) for code in ("F2", "F4"))
    assert may_be_true(one)
    assert not may_be_true(other)


def test_value_of_two_columns_is_set_aside(tmp_path: Path):
    (tmp_path / "a.md").write_text(
        "| Part | At 20 °C | At 40 °C |\n| --- | --- | --- |\n| Jaw | 125 | 125 |\n"
    )
    (row,) = (each for each in read_truths(tmp_path).truths if "20" in each.text)
    column, value = (
        mutant("digit changed", row, [Change(*each, "99")]) for each in ((8, 10), row.cell)
    )
    assert column.text == "Jaw, At 99 °C: 125"
    assert may_be_true(column)
    assert not may_be_true(value)
