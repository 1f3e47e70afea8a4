"""Whatever may hold the answer is found; another value is told apart from none."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.distractors.compared import near_identical, version_of
from checks.distractors.support import (
    Answered,
    contradicts,
    gives_other_values,
    is_of_another_code,
    supports,
)

ORACLE = "The main bearing of the spindle must be greased every 500 hours with 12 g of grease."
OTHER = ORACLE.replace("500", "400").replace("12 g", "10 g")
GREASED = "How often must the main bearing of the Ares 250 be greased?"
STEPS = (
    "1. From Settings, tap Connections > Hotspot and tethering > Mobile hotspot.\n"
    "2. Tap the switch, and share the password with the laptop."
)
SHARE = "How do I share my mobile internet with a laptop?"
REST = "Keep the device dry. A wet charger may cause a fire. Clean it with a soft cloth."


def asked(question=GREASED, answer="Every 500 hours.", quote=ORACLE, language="en", names=()):
    return Answered(question, answer, (quote,), language, names)


def found(passage, **changes):
    finding = supports(passage, asked(**changes))
    return finding.code if finding else None


@pytest.mark.parametrize(
    ("passage", "code"),
    [
        (f"Maintenance. {ORACLE} Wipe it off.", "holds_values"),
        ("Grease the bearing after 500 h of work.", "holds_values"),
        ("The bearing gets grease after 30,000 minutes.", "holds_values"),
        ("| Bearing | 500 h |\n| Belt | 900 h |", "holds_values"),
        ("The main bearing of the spindle must be greased often, with grease.", "repeats_oracle"),
        (OTHER, None),
        ("The spindle bearing is a sealed unit.", None),
    ],
)
def test_values_decide_for_numbers(passage, code):
    assert found(passage) == code


@pytest.mark.parametrize(
    ("passage", "code"),
    [
        ("Il mandrino gira ancora: la porta resta chiusa.", "repeats_oracle"),
        ("La pompa aspira acqua dal serbatoio.", None),
    ],
)
def test_words_decide_without_numbers(passage, code):
    quote = "Non aprire mai la porta quando il mandrino gira."
    question, answer = "Quando non si deve aprire la porta?", "Quando il mandrino gira."
    assert found(passage, question=question, answer=answer, quote=quote, language="it") == code


@pytest.mark.parametrize(
    "passage",
    [
        f"## Sharing on the Nova 5\n\n{REST}\n\n{STEPS}",
        f"{REST} Share the password with the laptop after you have tapped the switch. To get "
        f"there, open Connections > Hotspot and tethering > Mobile hotspot in Settings. {REST}",
        f"{STEPS.splitlines()[0]} {REST}",
    ],
)
def test_procedures_are_found_in_other_order_and_in_part(passage):
    assert found(passage, question=SHARE, answer=STEPS, quote=STEPS)


@pytest.mark.parametrize(
    "passage",
    [
        "From Settings, tap Display > Screen timeout, and tap the switch to turn it on.",
        "A laptop can be used as a second screen of the device. " + REST,
    ],
)
def test_like_procedures_are_safe(passage):
    assert found(passage, question=SHARE, answer=STEPS, quote=STEPS) is None


def test_machine_number_is_no_answer():
    question = "Welchen Druck braucht die Pumpe der Ares 250?"
    given = asked(question, "Die Ares 250 braucht 6 bar.", "x y z", "de", ("Ares 250",))
    passage = "Die Pumpe arbeitet mit einem Druck von 0,6 MPa."
    assert supports(passage, given)


def test_number_of_the_name_may_be_the_value():
    question = "How many prints can I store on the Nova Fold 3?"
    quote = "Up to 3 prints can be stored on the reader."
    given = asked(question, quote, quote, names=("Nova Fold 3",))
    assert supports("On the reader, up to 3 prints can be stored.", given)
    assert not supports(quote.replace("3", "5"), given)
    assert gives_other_values(quote.replace("3", "5"), given)


def test_other_values_need_the_same_sentence():
    assert gives_other_values(f"Care. {OTHER}", asked())
    assert not gives_other_values("The belt must be checked every 400 hours.", asked())
    assert not gives_other_values(ORACLE, asked())


@pytest.mark.parametrize(
    ("question", "quote", "answer", "other"),
    [
        (
            "What does code E118 mean on the Ares 200?",
            "| E118 | Air pressure below 4.5 bar | Check the supply and regulator R1 |",
            "Code E118 means: Air pressure below 4.5 bar.",
            "| E128 | Air pressure below 5.0 bar | Check the supply and regulator R1 |",
        ),
        (
            "What is the tightening torque of screw V12?",
            "The tightening torque of screw V12 is 25 Nm.",
            "The tightening torque of screw V12 is 25 Nm.",
            "The tightening torque of screw V14 is 40 Nm.",
        ),
        (
            "What is the tightening torque of the upper screw?",
            "The tightening torque of the upper screw is 25 Nm.",
            "25 Nm.",
            "The tightening torque of the lower screw is 40 Nm.",
        ),
    ],
)
def test_other_subjects_give_no_other_value(question, quote, answer, other):
    given = asked(question, answer, quote, names=("Ares 200", "AR200"))
    same = other.replace("E128", "E118").replace("V14", "V12").replace("lower", "upper")
    assert gives_other_values(same, given)
    assert not gives_other_values(other, given)
    assert supports(other, given) is None


def test_row_of_another_code_contradicts_nothing():
    quote = "The tightening torque of screw V12 is 25 Nm."
    given = asked("What is the tightening torque of screw V12?", quote, quote)
    assert contradicts(quote.replace("25", "40"), given)
    assert not contradicts("The tightening torque of bolt V14 is 40 Nm.", given)


CODED = "The part VX-1035 is held by screws M6. Tighten to 17 Nm."


@pytest.mark.parametrize(
    ("question", "passage", "is_other"),
    [
        ("VX-1035", CODED.replace("1035", "7").replace("17", "24"), True),
        ("VX-1035", CODED.replace("17", "24"), False),
        ("VX-1035", "The part is held by screws M6. Tighten to 24 Nm.", False),
        ("VX-1035", "Tighten to 24 Nm. See VX-7.", False),
        ("VX-1035", "The part VX-7, unlike VX-1035, is tightened to 24 Nm.", False),
        ("VX-1036", CODED.replace("1035", "7").replace("17", "24"), False),
        ("this part", CODED.replace("1035", "7").replace("17", "24"), False),
    ],
)
def test_passage_of_another_code_is_told_apart(question, passage, is_other):
    given = asked(f"To what torque is {question} tightened?", "To 17 Nm.", "Tighten to 17 Nm.")
    assert is_of_another_code(passage, [CODED], given) == is_other


@pytest.mark.parametrize(
    ("passage", "is_other"),
    [
        (OTHER, True),
        ("How often the main bearing must be greased: every 300 hours.", True),
        ("The warranty of the door ends after 900 hours.", False),
        ("The main bearing is greased for life.", False),
    ],
)
def test_second_answers_contradict(passage, is_other):
    assert contradicts(passage, asked()) == is_other


def test_repeats_are_near_identical():
    assert near_identical(ORACLE, ORACLE.upper().replace(" ", "\n"))
    assert near_identical(ORACLE, ORACLE.replace("must be", "is"))


@pytest.mark.parametrize("other", [ORACLE.replace("500", "400"), "The pump is blue.", ""])
def test_other_passages_differ(other):
    assert not near_identical(ORACLE, other)


def test_versions_share_most_word_pairs():
    assert version_of(f"{ORACLE} {REST}", f"{REST} {OTHER.replace('grease.', 'oil.')}", "en")
    assert not version_of(ORACLE, REST, "en")


@pytest.mark.parametrize(
    "text", ["", "。", "设置 > 显示 > 深色模式,打开开关。", "‏הפעל את המצב הכהה"]
)
def test_any_script_is_compared(text):
    given = asked("?", text, text, "")
    assert bool(supports(f"一 {text} 二", given)) == (len(text) > 3)


@given(st.permutations(range(6)), st.integers(0, 10_000))
def test_reordered_sentences_never_pass(order, seed):
    parts = [
        "Open the cover of the filter.",
        "Pull out the old cartridge.",
        "Rinse the bowl with clean water.",
        "Grease the round seal lightly.",
        "Push in the new cartridge.",
        "Close the cover until it clicks.",
    ]
    text = " ".join(parts)
    given_ = asked("How do I change the cartridge?", text, text)
    filler = random.Random(seed).sample(["Wear gloves.", "Ask a friend.", "Buy a spare."], 3)
    passage = " ".join([filler[0], *(parts[place] for place in order), *filler[1:]])
    assert supports(passage, given_)
