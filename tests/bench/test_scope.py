"""The bench of machine scope: what it changes stands in all manuals, and its judge sees faults."""

import re

import pytest

from agents.offline_reading import Prompt, Shown
from bench.asked import bare, questions
from bench.scope_truth import Documents, Place, Truth, faults, misses_nearly, pair_faults, truth
from bench.siblings_named import Machine
from bench.twins import SECTION, SHARES, Change, Twins, write_twins
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"
MACHINES = (Machine("Bora 10", "BR10"), Machine("Bora 20", "BR20"))
SAID = ("The jaw is tightened to 24 Nm.", "The jaw is tightened to 26 Nm.")
CHANGE = Change("m", "number", "en", ("24", "26"), SAID, SAID)
TWINS = Twins(MACHINES, (CHANGE,), 1)
PLACES = tuple(Place(f"{letter}-m.md", 24, 26, CHANGE, at) for at, letter in enumerate("ab"))
DOCUMENTS = Documents(
    {f"{letter}-m.md": said for letter, said in zip("ab", SAID, strict=True)}, PLACES, 0
)
QUESTION = "How tight is the jaw of the Bora 10?"


@pytest.mark.parametrize(("seed", "siblings"), [(0, 2), (1, 3)])
def test_siblings_differ_in_what_is_written_down(tmp_path, seed, siblings):
    twins = write_twins(EXAMPLES, tmp_path, changes=50, documents=2, seed=seed, siblings=siblings)
    assert len(twins.changes) == 50
    assert {change.kind for change in twins.changes} == set(SHARES)
    for change in twins.changes:
        assert len(change.alike(0)) < siblings
        for letter, value, said, whole in zip(
            "abc", change.values, change.sentences, change.stretches, strict=False
        ):
            text = (tmp_path / f"{letter}-{change.document}.md").read_text("utf-8")
            assert not said or text.count(said) == 1
            assert value in said
            assert whole in text


def test_nothing_else_differs(tmp_path):
    twins = write_twins(EXAMPLES, tmp_path, changes=20, documents=1, seed=0)
    (a,), (b,) = tmp_path.glob("a-*.md"), tmp_path.glob("b-*.md")
    first, second = twins.machines
    text, other = a.read_text("utf-8"), b.read_text("utf-8")
    for change in twins.changes:
        if change.kind == SECTION:
            text, other = (
                text.replace(change.stretches[0], ""),
                other.replace(change.stretches[1], ""),
            )
        else:
            text = text.replace(change.sentences[0], "")
            other = other.replace(change.sentences[1], "")
    for old, new in {first.name: second.name, first.code: second.code}.items():
        text = re.sub(rf"(?<![\w-]){re.escape(old)}(?![\w-])", new, text)
    assert text.split() == other.split()


def test_questions_about_a_change_do_not_hold_it():
    prompt = Prompt(
        language="en", machine="Bora 10", machine_code="B10", document="a-m.md", scenario="",
        passages=(), parts=(Shown("", "", ("Jaws",), SAID[0]),), question="", asked=(), again="",
        draft="", quote="", answer="", citations=(), revising=False,
    )  # fmt: skip
    asked = list(questions(prompt, TWINS, 0))
    assert len(asked) >= 2
    assert all("24" not in each.text and "Bora 10" in each.text for each in asked)
    assert bare("On the Bora 20, what holds?", TWINS) == bare("On the Bora, what holds?", TWINS)


def row(question=QUESTION, answer="24 Nm.", document="a-m.md", machine="BR10", **changes):
    span = {"document": document, "start": 0, "end": 30, "quote": "tightened to 24 Nm"}
    return {
        "id": machine,
        "machine_code": machine,
        "question": question,
        "answer": answer,
        "citations": [span],
        "context": [span],
        "oracle_positions": [0],
        "scope": "machine",
        "applies_to": [machine],
        **changes,
    }


@pytest.mark.parametrize(
    ("made", "found"),
    [
        (row(), []),
        (row(QUESTION.replace("Bora 10", "bora-10")), []),
        (row(QUESTION.replace("Bora 10", "Bora")), ["ambiguous"]),
        (row(QUESTION.replace("10", "20")), ["ambiguous"]),
        (row(answer="26 Nm."), ["sibling_value"]),
        (row(scope="family"), ["scope"]),
        (row(applies_to=["BR10", "BR20"]), ["applies_to"]),
    ],
)
def test_faults_of_rows_are_seen(made, found):
    assert list(faults(made, truth(made, DOCUMENTS, TWINS), TWINS)) == found


def test_oracle_of_a_sibling_is_seen():
    made = row(document="b-m.md")
    assert "sibling_oracle" in set(faults(made, truth(row(), DOCUMENTS, TWINS), TWINS))


def test_row_beside_the_changes_is_the_familys():
    text = "Grease the pin every 5 hours.\n\n" * 3 + SAID[0]
    places = (Place("a-m.md", len(text) - 6, len(text) - 4, CHANGE, 0),)
    known = truth(row(), Documents({"a-m.md": text}, places, 0), TWINS)
    assert known.holds_for == {0, 1}
    assert set(faults(row(), known, TWINS)) == {"scope", "applies_to"}


@pytest.mark.parametrize(
    ("contrast", "found"),
    [
        (row(QUESTION.replace("10", "20"), "26 Nm.", "b-m.md", "BR20"), []),
        (row("How long is the Bora 20?", "26 Nm.", "b-m.md", "BR20"), ["other_question"]),
        (row(QUESTION, "26 Nm.", "b-m.md", "BR20"), ["ambiguous"]),
    ],
)
def test_contrast_asks_the_same_of_the_other(contrast, found):
    contrast["citations"][0] = contrast["citations"][0] | {"quote": "tightened to 26 Nm"}
    truths = {each["id"]: truth(each, DOCUMENTS, TWINS) for each in (row(), contrast)}
    assert pair_faults(contrast, row(), truths, TWINS) == found


@pytest.mark.parametrize(("documents", "near"), [("b", True), ("ab", False), ("", False)])
def test_near_miss_shows_the_siblings_value_alone(documents, near):
    shown = [{"document": f"{letter}-m.md", "start": 0, "end": 30} for letter in documents]
    origin = Truth(0, PLACES[:1], (), frozenset([0]))
    assert misses_nearly({"context": shown}, origin, DOCUMENTS) == near
