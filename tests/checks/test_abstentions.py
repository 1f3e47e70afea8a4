"""What an abstention may say, what may stand beside it, and which premises are false."""

import pytest

from checks.abstentions import (
    abstention_findings,
    has_value,
    holds_premise,
    misses_nearly,
    premise_findings,
    speaks_of,
    supporting,
)
from checks.distractors import Answered

JAW = Answered(
    "To what torque must the sealing jaw of the Ares 250 be tightened?",
    "The sealing jaw must be tightened to 46 Nm.",
    ("The sealing jaw must be tightened to 46 Nm with a torque wrench.",),
    "en",
)
WINDOW = "The sealing jaw must be tightened to 46 Nm with a torque wrench. Its guide is 12 mm wide."


def codes(findings):
    return [finding.code for finding in findings]


def test_abstention_names_what_is_missing():
    said = "The passages do not say to what torque the sealing jaw of the Ares 250 is tightened."
    assert not abstention_findings(said, JAW.question, JAW)
    assert codes(abstention_findings("I do not know.", JAW.question, JAW)) == ["names_nothing"]


def test_abstention_gives_no_value_away():
    said = (
        "The passages do not say that the sealing jaw of the Ares 250 is tightened to {}, a torque."
    )
    for value in ("46 Nm", "46000 N·mm"):
        found = abstention_findings(said.format(value), JAW.question, JAW)
        assert codes(found) == ["gives_answer_away"]


def test_copies_of_the_answer_are_found():
    copies = [
        WINDOW,
        "Tighten the jaw that seals with 46 Nm.",
        "Sealing jaw: torque 46,000 N·mm.",
    ]
    others = ["The film is threaded under the roller.", "The drive flange is tightened to 82 Nm."]
    assert len(supporting(copies, JAW)) == len(copies)
    assert not supporting(others, JAW)


@pytest.mark.parametrize(
    ("question", "section", "passage", "speaks"),
    [
        (JAW.question, (), "The sealing jaw is tightened until the torque wrench clicks.", True),
        (JAW.question, ("Torque",), "Care.\n\nNever tighten the sealing jaw by hand.", True),
        (JAW.question, (), "The sealing jaw is hot. Tighten the cover to its torque.", False),
        ("What is M501 for?", (), "Send `M500` to save.", False),
        (
            "What do you have to do before submitting an issue?",
            (),
            "We ask that you search thoroughly before submitting your issue.",
            True,
        ),
    ],
)
def test_sentences_on_what_is_asked_are_found(question, section, passage, speaks):
    asked = Answered(question, JAW.answer, JAW.quotes, "en", ("Ares 250",))
    assert bool(speaks_of(passage, section, asked)) == speaks


def test_sibling_with_another_value_is_a_near_miss():
    other = "The sealing jaw must be tightened to 24 Nm with a torque wrench."
    assert misses_nearly(other, JAW)
    assert not misses_nearly(JAW.quotes[0], JAW)
    assert not misses_nearly("The film is threaded under the roller.", JAW)


def test_sibling_must_speak_of_what_the_heading_names():
    quote = "The speed of the belt must be set to 40 %."
    asked = Answered("Which speed of the belt is right in eco mode?", "40 %.", (quote,), "en")
    oracles = [f"## Eco mode\n\n{quote}"]
    other = quote.replace("40", "30")
    assert misses_nearly(f"## Eco mode\n\n{other}", asked, oracles)
    assert not misses_nearly(f"## Turbo drive\n\n{other}", asked, oracles)


def test_premise_is_held_by_value_or_words():
    assert holds_premise("It takes 64000 N·mm.", "64 Nm", "en")
    assert not holds_premise(WINDOW, "64 Nm", "en")
    assert holds_premise(WINDOW, "the torque wrench", "en")
    assert not holds_premise(WINDOW, "the cooling fan", "en")


@pytest.mark.parametrize(
    ("question", "premise", "expected"),
    [
        ("Why is the sealing jaw of the Ares 250 tightened to 64 Nm of torque?", "64 Nm", []),
        ("Why is the torque of the sealing jaw of the Ares 250 set by the fan?", "fan", []),
        (
            "Why is the sealing jaw of the Ares 250 tightened to 64 Nm?",
            "65 Nm",
            ["premise_missing"],
        ),
        (
            "Is the torque of the sealing jaw of the Ares 250 46 Nm or 64 Nm?",
            "64 Nm",
            ["holds_answer"],
        ),
        ("Why is the sealing jaw of the Ares 250 12 mm wide?", "12 mm", ["premise_holds"]),
        ("Why is the sealing jaw of the Ares 250 64 mm wide?", "64 mm", ["premise_unopposed"]),
        ("Why is the sealing jaw of the Ares 250 set to 64?", "64", ["premise_bare"]),
        ("Why does oil flow at 64 Nm?", "64 Nm", ["premise_elsewhere"]),
    ],
)
def test_false_premise_contradicts_its_evidence(question, premise, expected):
    assert codes(premise_findings(question, premise, JAW, WINDOW))[: len(expected) or 1] == expected


def test_only_an_answer_with_a_value_can_be_changed():
    assert has_value(JAW.question, JAW.answer, "en")
    assert not has_value("What closes the Ares 250?", "A lever closes the Ares 250.", "en")
