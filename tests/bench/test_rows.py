"""The judge of exported rows sees each fault that it names."""

import pytest

from bench.rows import faults

TEXT = "The jaw must be tightened to 24 Nm. The belt is checked every week."
PAGES = [{"number": 1, "start": 0, "end": 36}, {"number": 2, "start": 36, "end": 67}]
TEXTS = {"a.md": {"text": TEXT, "pages": PAGES, "machine": "AR250"}}
NAMES = {"Ares 200", "Ares 250"}


def row(**changes):
    quote = {"passage_id": "p", "document": "a.md", "start": 0, "end": 35, "quote": TEXT[:35]}
    oracle = {"passage_id": "p", "document": "a.md", "start": 0, "end": 35, "text": TEXT[:35]}
    other = {"passage_id": "q", "document": "a.md", "start": 36, "end": 67, "text": TEXT[36:]}
    return {
        "question": "To what torque must the jaw of the Ares 250 be tightened?",
        "answer": "The jaw must be tightened to 24 Nm.",
        "answerable": True,
        "pages": [1],
        "machine_name": "Ares 250",
        "machine_code": "AR250",
        "citations": [quote],
        "context": [oracle | {"role": "oracle"}, other | {"role": "distractor"}],
        "oracle_positions": [0],
        **changes,
    }


def test_sound_row_has_no_fault():
    assert list(faults(row(), TEXTS, NAMES)) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"answer": "The jaw must be tightened to 42 Nm."}, "number_not_in_a_quote"),
        ({"answer": "On the Ares 200 it is 24 Nm."}, "another_machine"),
        ({"citations": []}, "nothing_cited"),
        ({"oracle_positions": [1]}, "wrong_position"),
        ({"pages": [2]}, "quote_outside_its_pages"),
        ({"machine_code": "AR200"}, "cites_another_machine"),
    ],
)
def test_each_fault_is_seen(changes, code):
    assert code in list(faults(row(**changes), TEXTS, NAMES))


def test_moved_span_is_seen():
    moved = row()
    moved["citations"][0]["start"] = 1
    assert "span_is_not_its_text" in list(faults(moved, TEXTS, NAMES))


def test_poisoned_distractor_is_seen():
    poisoned = row()
    poisoned["context"][1] |= {"text": TEXT, "start": 0, "end": len(TEXT)}
    assert list(faults(poisoned, TEXTS, NAMES)) == ["distractor_holds_a_quote"]


@pytest.mark.parametrize(
    ("own", "said", "expected"),
    [
        ("Lumo A4 Pro", "lumo a4 pro", []),
        ("Lumo A4 Pro", "Lumo A4", ["another_machine"]),
        ("Lumo A4 Pro", "Lumo A4 Pro and of the Lumo A4", ["another_machine"]),
        ("Lumo A4", "Lumo A4", []),
        ("Lumo A4", "Lumo A4 Pro", ["another_machine"]),
    ],
)
def test_longer_names_are_read_first(own, said, expected):
    named = row(machine_name=own, question=f"How tight is the jaw of the {said}?")
    assert list(faults(named, TEXTS, {"Lumo A4", "Lumo A4 Pro", "Pro"})) == expected
