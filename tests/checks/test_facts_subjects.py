"""Facts and whose they are: models with longer names, exchanged values, other sorts, rewording."""

import pytest

from checks.facts import numbers, unsupported

PHONES = """The battery of the Orion 8 has a capacity of 5,000 mAh and charges with 33 W.
The Orion 8 Plus has a battery of 4,600 mAh. The Orion 8 Plus charges with 67 W."""

COLUMNS = """| Property | KX-30 | KX-40 |
| --- | --- | --- |
| Weight | 11 kg | 14 kg |
| Power | 90 W | 120 W |"""

LINES = """Data

Size (W x H x D): 1100.4 x 640.2 x 61.5 mm
HDMI: 4
USB: 2
Resolution: 1920 x 1080"""

SAFETY = """## Lid

Do not use solvent on the drum. Never mix two greases. The motor can be started at most 6 times an
hour. Do not run the pump below 5 °C or above 40 °C.
Tighten the cover in two passes, first to 15 Nm. Wait 75 minutes before you open the lid."""


def codes(answer, evidence, language="en"):
    return [finding.code for finding in unsupported(answer, [evidence], language)]


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("The Orion 8 has a battery of 5,000 mAh.", PHONES),
        ("The Orion 8 Plus charges with 67 W.", PHONES),
        ("The KX-30 weighs 11 kg and the KX-40 14 kg.", COLUMNS),
        ("The power is 120 W for the KX-40 and 90 W for the KX-30.", COLUMNS),
        ("The KX-30 and the KX-40 weigh 11 kg and 14 kg.", COLUMNS),
        ("It has four HDMI ports and two USB ports.", LINES),
        ("The depth is 61.5 mm.", LINES),
        ("The resolution is 1920 by 1080 pixels.", LINES),
        ("No solvent may be put on the drum.", SAFETY),
        ("Different greases must not be mixed.", SAFETY),
        ("Run the pump only between 5 °C and 40 °C.", SAFETY),
        ("The motor must not be started more than six times an hour.", SAFETY),
        ("Wait 1 hour and 15 minutes before you open the lid.", SAFETY),
        ("Tighten the cover crosswise to 15 Nm.", SAFETY),
    ],
)
def test_answers_in_other_words_pass(answer, evidence):
    assert codes(answer, evidence) == []


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("The Orion 8 has a battery of 4,600 mAh.", PHONES),
        ("The Orion 8 charges with 67 W.", PHONES),
        ("The KX-30 weighs 14 kg and the KX-40 11 kg.", COLUMNS),
        ("The power is 90 W for the KX-40 and 120 W for the KX-30.", COLUMNS),
        ("It has two HDMI ports and four USB ports.", LINES),
    ],
)
def test_values_of_others_are_found(answer, evidence):
    assert "wrong_subject" in codes(answer, evidence)


def test_dropped_negations_are_found():
    assert codes("Use solvent on the drum.", SAFETY) == ["wrong_polarity"]


def test_hours_and_minutes_are_summed():
    (duration,) = numbers("after 2 h 30 min")
    assert (duration.value, duration.unit) == ("150", "min")
    assert codes("Wait 1 hour and 25 minutes.", SAFETY) == ["unsupported_number"]


def test_a_compound_holds_its_code():
    evidence = "Schrauben M8 mit 23 Nm anziehen, Schrauben M6 mit 9 Nm."
    assert codes("Die M8-Schrauben werden mit 23 Nm angezogen.", evidence, "de") == []
    assert codes("Die M6-Schrauben werden mit 23 Nm angezogen.", evidence, "de")
