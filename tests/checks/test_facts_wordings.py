"""The same fact in another wording, and the wordings that only look alike."""

from __future__ import annotations

import pytest

from checks.facts import unsupported
from checks.facts.verbatim import stands_whole

PLUG = "The drain plug is tightened to 26 ± 2 Nm when cold."
STEPS = """To change the filter:

1. Drain the tank completely. The valve stays open.
2. Remove the cover and the old filter.
3. Wet the new filter with oil.
4. Fit the cover again.

If the alarm sounds, start again at step 2."""
MODELS = (
    "| | Orla 20 |\n|---|---|\n| Weight | 31 kg |\n\nThe belt lasts for 900 hours of work.",
    "| | Orla 20 Plus |\n|---|---|\n| Weight | 35 kg |\n\nThe belt lasts for 1200 hours of work.",
)


@pytest.mark.parametrize(
    ("answer", "evidence", "language"),
    [
        ("Tighten the drain plug to between 24 and 28 Nm.", PLUG, "en"),
        ("The plug takes 26 ± 2 Nm.", "Tighten the plug to a torque of 24 to 28 Nm.", "en"),
        ("Il tappo si serra tra 24 e 28 Nm.", "Serrare il tappo a 26 ± 2 Nm.", "it"),
        ("The drying takes 1 hour 45 minutes.", "Drying takes 1:45 h.", "en"),
        ("Das Trocknen dauert 105 Minuten.", "Das Trocknen dauert 1:45 h.", "de"),
        ("La carica dura 210 minuti.", "La carica dura circa 3 ore e mezza.", "it"),
        ("Warten Sie eine halbe Stunde.", "Danach 30 Minuten warten.", "de"),
        ("Wait for three quarters of an hour.", "Wait for 45 minutes, then 5 minutes more.", "en"),
        ("Grease it every two hundred hours.", "Grease it every 200 hours.", "en"),
        ("It was recalled on 4 May.", "It was recalled on 4 May 2021.", "en"),
        ("It was recalled on 04/05/2021.", "It was recalled on 4 May 2021.", "en"),
        ("In step 3 you wet the new filter.", STEPS, "en"),
        ("The open valve belongs to step 1.", STEPS, "en"),
        ("Yes, if the alarm sounds, start again at step 2.", STEPS, "en"),
        ("Wolle wäscht man kalt bis 40 °C.", "| Wolle | kalt–40 °C | 2 kg |", "de"),
    ],
)
def test_other_wordings_pass(answer: str, evidence: str, language: str):
    assert unsupported(answer, [evidence], language) == []


@pytest.mark.parametrize(
    ("answer", "evidence", "language"),
    [
        ("Tighten the drain plug to between 23 and 28 Nm.", PLUG, "en"),
        ("Tighten the drain plug to 28 Nm.", PLUG, "en"),
        ("The plug takes 26 Nm.", "Tighten the plug to a torque of 24 to 28 Nm.", "en"),
        ("The drying takes 1 hour 54 minutes.", "Drying takes 1:45 h.", "en"),
        ("La carica dura 180 minuti.", "La carica dura circa 3 ore e mezza.", "it"),
        ("Wait for a quarter of an hour.", "Wait for 45 minutes.", "en"),
        ("Grease it every three hundred hours.", "Grease it every 200 hours.", "en"),
        ("It was recalled on 5 June.", "It was recalled on 4 May 2021.", "en"),
        ("It was recalled on 04/06/2021.", "It was recalled on 4 May 2021.", "en"),
        ("In step 4 you wet the new filter.", STEPS, "en"),
        ("After an alarm, start again at step 3.", STEPS, "en"),
        ("Wolle: kalt–40 °F, 2 kg", "| Wolle | kalt–40 °C | 2 kg |", "de"),
        ("Rinse it more than once a week.", "Rinse it no more than once a week.", "en"),
        (
            "The lock can be switched off.",
            "The lock acts below 6 °C and cannot be switched off.",
            "en",
        ),
        (
            "First close the tap, then open the valve of the tank.",
            "First loosen the valve of the tank, then close the tap.",
            "en",
        ),
        (
            "Zuerst die Haube montieren, danach den Filter.",
            "Zuerst wird der Filter montiert und danach die Haube.",
            "de",
        ),
    ],
)
def test_changed_facts_are_found(answer: str, evidence: str, language: str):
    assert unsupported(answer, [evidence], language)


def test_passages_speak_of_their_model():
    assert unsupported("On the Orla 20 Plus the belt lasts for 900 hours.", MODELS, "en")
    assert unsupported("On the Orla 20 the belt lasts for 1200 hours.", MODELS, "en")
    assert not unsupported("On the Orla 20 the belt lasts for 900 hours.", MODELS, "en")
    both = "The belt lasts for 900 hours on the Orla 20 and for 1200 hours on the Orla 20 Plus."
    assert not unsupported(both, MODELS, "en")


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("Öl ablassen.", "Niemals bei laufendem Motor\nÖl ablassen."),
        ("Open the lid", "Close the tap.\nOpen the lid\nonly when cold."),
        ("Open the lid.", "Never do this: Open the lid."),
    ],
)
def test_parts_are_not_whole_sentences(answer: str, evidence: str):
    assert not stands_whole(answer, evidence)


def test_lines_and_sentences_stand_whole():
    text = "## Lid\n\n1. Wait. Open the lid.\n- Close the tap\n\nDone."
    assert all(stands_whole(each, text) for each in ("Open the lid.", "Close the tap", "Wait."))
