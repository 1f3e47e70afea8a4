"""The bench of machine scope: what it changes stands in both manuals, and its judge sees faults."""

import re

import pytest

from bench.scope import Place, Truth, faults
from bench.twins import Machine, Twins, write_twins
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"
TWINS = Twins((Machine("Bora 10", "BR10"), Machine("Bora 20", "BR20")), (), 1)
CHANGED = Place("a-m.md", 10, 12, "24", "26")


@pytest.mark.parametrize("seed", [0, 1])
def test_twins_differ_in_what_is_written_down(tmp_path, seed):
    twins = write_twins(EXAMPLES, tmp_path, changes=50, documents=2, seed=seed)
    assert len(twins.changes) == 50
    for change in twins.changes:
        for letter, value, sentence in zip("ab", change.values, change.sentences, strict=True):
            text = (tmp_path / f"{letter}-{change.document}.md").read_text("utf-8")
            assert text.count(sentence) == 1
            assert value in sentence
    first, second = twins.machines
    for path in tmp_path.glob("b-*.md"):
        assert not re.search(rf"(?<![\w-]){first.name}(?![\w-])", path.read_text("utf-8"))
        assert second.name in path.read_text("utf-8")


def test_nothing_else_differs(tmp_path):
    twins = write_twins(EXAMPLES, tmp_path, changes=5, documents=1, seed=0)
    (a,), (b,) = tmp_path.glob("a-*.md"), tmp_path.glob("b-*.md")
    first, second = twins.machines
    text = a.read_text("utf-8")
    for change in twins.changes:
        old, new = (sentence.replace(second.name, first.name) for sentence in change.sentences)
        text = text.replace(old, new)
    names = {first.name: second.name, first.code: second.code}
    for old, new in names.items():
        text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text)
    assert text.split() == b.read_text("utf-8").split()


def row(question: str, answer: str, document: str = "a-m.md") -> dict[str, object]:
    span = {"document": document, "start": 0, "end": 20, "quote": "tightened to 24 Nm"}
    return {
        "machine_code": "BR10",
        "question": question,
        "answer": answer,
        "citations": [span],
        "context": [{"document": document, "text": "tightened to 24 Nm"}],
        "oracle_positions": [0],
    }


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (row("How tight is the jaw of the Bora 10?", "24 Nm."), []),
        (row("How tight is the jaw of the bora-10?", "24 Nm."), []),
        (row("How tight is the jaw of the Bora?", "24 Nm."), ["ambiguous"]),
        (row("How tight is the jaw of the Bora 20?", "24 Nm."), ["ambiguous"]),
        (row("How tight is the jaw of the Bora 10?", "26 Nm."), ["sibling_value"]),
        (row("How tight is the Bora 10?", "24 Nm.", "b-m.md"), ["sibling_oracle"]),
    ],
)
def test_faults_of_rows_are_seen(made, found):
    assert faults(made, Truth((CHANGED,), (CHANGED,), tells_code=False), TWINS) == found
