"""The bench of abstentions finds what it says it finds."""

import pytest

from bench.abstentions import faults
from bench.copies import FORMS, Copies, measure
from tests.conftest import ROOT

ORIGIN = {
    "id": "o",
    "split": "train",
    "answerable": True,
    "question": "To what torque must the sealing jaw be tightened?",
    "answer": "The sealing jaw must be tightened to 24 Nm.",
    "language": "en",
    "machine_code": None,
    "citations": [{"document": "a.md", "start": 0, "end": 40}],
}
TWIN = {
    **ORIGIN,
    "id": "t",
    "answerable": False,
    "variant": "unanswerable",
    "derived_from": "o",
    "answer": "The passages do not say to what torque the sealing jaw must be tightened.",
    "citations": [],
    "oracle_positions": [],
    "context": [],
}


def shown(text, start=900):
    span = {"document": "a.md", "start": start, "end": start + len(text)}
    return {**TWIN, "context": [{"passage_id": "p", "text": text, **span}]}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (shown("The film is threaded under the upper roller."), set()),
        (shown("Tightening torque of the jaw: 24 Nm."), {"holds_answer_values"}),
        (shown("Anything.", start=20), {"holds_answer_labelled"}),
        ({**TWIN, "answer": "I do not know."}, {"names_nothing"}),
        ({**TWIN, "answer": TWIN["answer"] + " It is 24 Nm."}, {"tells_answer"}),
        ({**TWIN, "oracle_positions": [0]}, {"cites"}),
        ({**TWIN, "split": "test"}, {"not_linked"}),
    ],
)
def test_faults_of_a_twin_are_found(row, expected):
    assert set(faults(row, ORIGIN, {"a.md": None})) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("The jaw takes 24 Nm.", set()), ("Others take 42 Nm.", {"premise_stands_there"})],
)
def test_premise_must_stand_nowhere(text, expected):
    row = {
        **shown(text),
        "variant": "false_premise",
        "oracle_positions": [0],
        "question": "Why must the sealing jaw be tightened to 42 Nm?",
        "answer": "The passages do not say “42 Nm”. They say: 24 Nm.",
    }
    assert set(faults(row, ORIGIN, {"a.md": None})) == expected


def test_row_without_its_origin_is_not_linked():
    assert set(faults(TWIN, None, {})) == {"not_linked"}


def test_copies_are_told_from_other_passages():
    copies = Copies((("a.md", 10, 40),), "copy-1.md", "verbatim", "Tighten to 9 Nm.")
    assert copies.touches({"document": "copy-1.md", "start": 0, "end": 5})
    assert copies.touches({"document": "a.md", "start": 30, "end": 90})
    assert not copies.touches({"document": "a.md", "start": 40, "end": 90})
    cited = {"document": "copy-1.md", "start": 0, "end": 9}
    assert copies.cited_by({"citations": [{**cited, "quote": "to 9 Nm"}]})
    assert not copies.cited_by({"citations": [{**cited, "quote": "what stands around it"}]})


def test_copies_are_planted_and_none_is_shown(tmp_path):
    found = measure(ROOT / "examples" / "manuals", tmp_path, rows=10)
    assert found["copies_planted"] == 20
    assert found["copies_tested"] > 0
    assert found["copies_shown"].startswith("0 of")
    texts = [path.read_text("utf-8") for path in (tmp_path / "planted").glob("copy-*.md")]
    assert len(texts) == 20
    assert set(found["by_form"]) == set(FORMS)
