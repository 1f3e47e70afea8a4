"""Near-duplicates: paraphrases go, other values, machines, subjects and languages stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.duplicates import Asked, near_duplicates

GREASE = "The main bearing must be greased every 500 hours with 12 g of grease."
DOOR = "Non aprire mai la porta quando il mandrino gira."


def asked(question, evidence=GREASE, answer="Every 500 hours.", language="en"):
    return Asked("", question, (evidence,), answer, language)


def repeats(*rows):
    named = [
        Asked(str(at), row.question, row.evidence, row.answer, row.language)
        for at, row in enumerate(rows)
    ]
    return near_duplicates(named)


FIRST = asked("How often must the main bearing of the Ares 250 be greased?")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, asked("At what interval should I grease the main bearing of the Ares 250?")),
        (FIRST, asked("HOW often must the main bearing of the Ares 250 be greased ?")),
        (
            FIRST,
            asked(
                "How often is the main bearing of the Ares 250 greased?",
                "must be greased every 500 hours with 12 g",
                "It is greased every 500 h.",
            ),
        ),
        (
            asked("Quando non si deve aprire la porta?", DOOR, "Quando il mandrino gira.", "it"),
            asked("In quali casi la porta non va aperta?", DOOR, "Se il mandrino gira.", "it"),
        ),
        (
            asked("Wie groß ist das Anzugsmoment der Welle?", "Welle: 25 Nm", "25 Nm", "de"),
            asked("Welches Anzugsmoment hat die Welle?", "Welle: 25 Nm", "25 Nm.", "de"),
        ),
    ],
)
def test_paraphrases_go(first, second):
    assert repeats(first, second) == {"1": "0"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, asked("How often must the main bearing of the Ares 200 be greased?")),
        (
            FIRST,
            asked("How much grease does the main bearing of the Ares 250 take?", answer="12 g"),
        ),
        (FIRST, asked(FIRST.question, "Grease the other bearing after a week of rest.")),
        (FIRST, asked(FIRST.question, language="de")),
        (
            asked("What must be greased on the Orion every 500 hours?", answer="The bearing."),
            asked("What must be greased on the Vega every 500 hours?", answer="The bearing."),
        ),
        (
            asked("What torque has the upper screw?", "Upper and lower screw: 25 Nm", "25 Nm"),
            asked("What torque has the lower screw?", "Upper and lower screw: 25 Nm", "25 Nm"),
        ),
        (
            asked("What does E214 mean?", "E214, E215: pump overload", "The pump is overloaded."),
            asked("What does E215 mean?", "E214, E215: pump overload", "The pump is overloaded."),
        ),
        (
            asked("Quando non si deve aprire la porta?", DOOR, "Quando il mandrino gira.", "it"),
            asked("Che cosa non si deve aprire?", DOOR, "La porta.", "it"),
        ),
    ],
)
def test_other_questions_stay(first, second):
    assert repeats(first, second) == {}


def test_first_row_is_kept():
    again = asked("At what interval is the main bearing of the Ares 250 greased?")
    assert repeats(FIRST, again, FIRST) == {"1": "0", "2": "0"}


@given(st.lists(st.sampled_from([3, 4, 5, 6, 7]), max_size=12))
def test_kept_rows_are_never_repeats(values):
    rows = [
        Asked(
            str(at), f"What torque has screw X{value}?", (f"Screw X{value}: {value} Nm",), "", "en"
        )
        for at, value in enumerate(values)
    ]
    found = near_duplicates(rows)
    assert not set(found.values()) & set(found)
    assert len(rows) - len(found) == len(set(values))
