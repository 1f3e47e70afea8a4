"""Distractors: whatever may hold the answer is found, and a sibling's other value is safe."""

import pytest

from checks.distractors import holds_answer, near_identical

ORACLE = "The main bearing of the spindle must be greased every 500 hours with 12 g of grease."


def holds(passage, question, answer, quote=ORACLE, language="en"):
    finding = holds_answer(
        passage, question=question, answer=answer, quotes=[quote], language=language
    )
    return finding.code if finding else None


@pytest.mark.parametrize(
    ("passage", "code"),
    [
        (f"Maintenance. {ORACLE} Wipe it off.", "repeats_oracle"),
        (
            "The main bearing of a spindle has to be greased every 500 hours with 12 g of grease.",
            "repeats_oracle",
        ),
        ("Grease the bearing after 500 h of work.", "holds_values"),
        ("| Bearing | 500 h |\n| Belt | 900 h |", "holds_values"),
        (
            "The main bearing of the spindle must be greased every 400 hours with 10 g of grease.",
            None,
        ),
        ("The warranty of the door ends after 500 hours.", None),
        ("The spindle bearing is a sealed unit.", None),
    ],
)
def test_values_decide_for_numbers(passage, code):
    question = "How often must the main bearing of the Ares 250 be greased?"
    assert holds(passage, question, "Every 500 hours.") == code


@pytest.mark.parametrize(
    ("passage", "code"),
    [
        ("Il mandrino gira ancora: la porta resta chiusa.", "holds_words"),
        ("La pompa aspira acqua dal serbatoio.", None),
    ],
)
def test_words_decide_without_numbers(passage, code):
    quote = "Non aprire mai la porta quando il mandrino gira."
    question, answer = "Quando non si deve aprire la porta?", "Quando il mandrino gira."
    assert holds(passage, question, answer, quote, "it") == code


def test_machine_number_is_no_answer():
    question = "Welchen Druck braucht die Pumpe der Ares 250?"
    passage = "Die Pumpe arbeitet mit einem Druck von 6 bar."
    assert holds(passage, question, "Die Ares 250 braucht 6 bar.", "x y z", "de") == "holds_values"


def test_repeats_are_near_identical():
    assert near_identical(ORACLE, ORACLE.upper().replace(" ", "\n"))
    assert near_identical(ORACLE, ORACLE.replace("must be", "is"))


@pytest.mark.parametrize("other", [ORACLE.replace("500", "400"), "The pump is blue.", ""])
def test_other_passages_differ(other):
    assert not near_identical(ORACLE, other)
