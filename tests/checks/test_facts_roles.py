"""Facts in their roles: rows, subjects, limits, negations, menu paths, dates, words for numbers."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from checks.facts import unsupported
from checks.facts.literals import in_words, read_all

TABLE = """## 7.4 Torques

| Point | Screw | Torque (Nm) |
| --- | --- | --- |
| Drain plug | M12 | 35 |
| Coupling hub | M10 | 49 |
| Fan hub | M8 | 22 |

The hub of the pump takes 49 Nm."""


def codes(answer, evidence, language="en"):
    return [finding.code for finding in unsupported(answer, [evidence], language)]


@pytest.mark.parametrize(
    "answer",
    [
        "The drain plug takes 35 Nm.",
        "Drain plug: M12, 35 Nm",
        "Tighten the coupling hub to 49 Nm and the fan hub to 22 Nm.",
        "The fan hub has an M8 screw; the coupling hub an M10 one.",
        "The pump's hub takes 49 Nm.",
        "| Drain plug | M12 | 35 |",
    ],
)
def test_values_pass_in_their_row(answer):
    assert codes(answer, TABLE) == []


@pytest.mark.parametrize(
    "answer",
    [
        "The drain plug takes 49 Nm.",
        "Drain plug: M10, 35 Nm",
        "Tighten the coupling hub to 22 Nm and the fan hub to 49 Nm.",
        "The fan hub has an M10 screw; the coupling hub an M8 one.",
        "The drain plug takes 22 Nm and has an M12 screw.",
    ],
)
def test_values_of_other_rows_are_found(answer):
    assert "wrong_subject" in codes(answer, TABLE)


def test_exchanged_numbers_are_found():
    evidence = "The load pressure is 6.8 bar and the unload pressure is 7.5 bar."
    answer = "The load pressure is 7.5 bar and the unload pressure is 6.8 bar."
    assert "wrong_subject" in codes(answer, evidence)
    reordered = "The unload pressure is 7.5 bar and the load pressure is 6.8 bar."
    assert codes(reordered, evidence) == []


@pytest.mark.parametrize(
    ("evidence", "true", "false", "language"),
    [
        (
            "The pressure must not exceed 6 bar.",
            "The pressure is at most 6 bar.",
            "The pressure is at least 6 bar.",
            "en",
        ),
        (
            "Maximum output: 70 bags.",
            "The output is 70 bags at most.",
            "The output is 70 bags at least.",
            "en",
        ),
        (
            "La portata non deve essere inferiore a 500 kg.",
            "La portata deve essere di almeno 500 kg.",
            "La portata deve essere di al massimo 500 kg.",
            "it",
        ),
        (
            "Der Druck darf 6 bar nicht überschreiten.",
            "Der Druck beträgt höchstens 6 bar.",
            "Der Druck beträgt mindestens 6 bar.",
            "de",
        ),
        (
            "La presión es de al menos 6 bar.",
            "La presión no es inferior a 6 bar.",
            "La presión es como máximo de 6 bar.",
            "es",
        ),
        (
            "La pression est d'au moins 6 bar.",
            "La pression minimale est de 6 bar.",
            "La pression maximale est de 6 bar.",
            "fr",
        ),
    ],
)
def test_limits_keep_their_side(evidence, true, false, language):
    assert codes(true, evidence, language) == []
    assert "wrong_limit" in codes(false, evidence, language)


@pytest.mark.parametrize(
    ("denied", "affirmed", "language"),
    [
        (
            "Do not open the cover while the motor runs.",
            "Open the cover while the motor runs.",
            "en",
        ),
        ("The seal must never be reused.", "The seal must be reused.", "en"),
        ("The seal can't be cleaned with acid.", "The seal can be cleaned with acid.", "en"),
        ("Start the pump without oil.", "Start the pump with oil.", "en"),
        ("La guarnizione non va mai riutilizzata.", "La guarnizione va riutilizzata.", "it"),
        ("È vietato aprire il coperchio caldo.", "È consentito aprire il coperchio caldo.", "it"),
        ("Die Dichtung darf nicht gereinigt werden.", "Die Dichtung darf gereinigt werden.", "de"),
        ("Keine Reiniger in den Tank füllen.", "Reiniger in den Tank füllen.", "de"),
        ("No abra la tapa caliente del motor.", "Abra la tapa caliente del motor.", "es"),
        ("Ne pas ouvrir le capot chaud.", "Ouvrir le capot chaud.", "fr"),
    ],
)
def test_polarity_must_be_the_same(denied, affirmed, language):
    assert codes(denied, denied, language) == []
    assert codes(affirmed, affirmed, language) == []
    assert codes(affirmed, denied, language) == ["wrong_polarity"]
    assert codes(denied, affirmed, language) == ["wrong_polarity"]


@pytest.mark.parametrize(
    ("answer", "evidence", "language"),
    [
        ("No, the cover must not be opened hot.", "Do not open the hot cover.", "en"),
        ("Never open the hot cover.", "The hot cover mustn't be opened.", "en"),
        ("Non aprire il coperchio caldo.", "È vietato aprire il coperchio caldo.", "it"),
        ("Nein, der Deckel darf nicht offen sein.", "Der Deckel darf niemals offen sein.", "de"),
        ("Use at most 5 l.", "Do not use more than 5 l.", "en"),
    ],
)
def test_negations_may_be_reworded(answer, evidence, language):
    assert codes(answer, evidence, language) == []


def test_menu_paths_must_be_shown():
    evidence = "Open `Menu > Settings > Display > Contrast` and choose a value."
    assert codes("It is under Settings → Display → Contrast.", evidence) == []
    assert codes("It is under Settings > Sound > Contrast.", evidence) == ["wrong_path"]
    told = "Open the settings, then display."
    assert codes("It is under Settings > Display.", told) == []


@pytest.mark.parametrize(
    ("answer", "evidence", "language"),
    [
        ("Issued on 28 June 2024.", "Issued: 2024-06-28", "en"),
        ("Issued on June 28th, 2024.", "Issued: 28.06.2024", "en"),
        ("Emesso il 28 giugno 2024.", "Emesso il 28/06/2024", "it"),
        ("Ausgabe vom 28. Juni 2024.", "Ausgabe: 28.6.2024", "de"),
    ],
)
def test_dates_may_be_reformatted(answer, evidence, language):
    assert codes(answer, evidence, language) == []
    assert codes(answer.replace("28", "27"), evidence, language) != []


def test_words_for_numbers_are_facts():
    assert codes("Undo the four screws of the cover.", "Undo the 4 screws of the cover.") == []
    assert codes("Undo the 4 screws of the cover.", "Undo the four screws of the cover.") == []
    assert codes("Undo the five screws of the cover.", "Undo the four screws of the cover.") == [
        "wrong_subject"
    ]
    listed = "Close the valve. Lock the switch. Release the pressure."
    assert codes("There are three steps to isolate it.", listed) == []


def test_a_tolerance_may_be_spelled_out():
    assert codes("A gap of 3 plus or minus 0.5 mm.", "The gap is 3 ± 0.5 mm.") == []
    assert codes("A gap of 3 to 0.5 mm.", "The gap is 3 ± 0.5 mm.") != []


def test_texts_in_unknown_languages_are_read():
    text = "圧力は 6 bar です。"
    assert codes(text, text, "ja") == []
    assert codes("圧力は 7 bar です。", text, "ja") == ["unsupported_number"]


VALUES = st.integers(2, 9999)
PAIRS = st.sampled_from(
    [("mm", "cm", 10), ("bar", "MPa", 10), ("s", "ms", 0.001), ("m", "km", 1000)]
)


@given(VALUES, PAIRS)
def test_converted_values_always_pass(value, pair):
    unit, other, factor = pair
    evidence = f"The setting of the valve is {value} {unit}."
    converted = f"{value / factor:.6f}".rstrip("0").rstrip(".")
    assert codes(f"The setting of the valve is {converted} {other}.", evidence) == []


@given(st.integers(1000, 9_999_999), st.sampled_from(["it", "de", "es"]))
def test_reformatted_numbers_always_pass(value, language):
    grouped = f"{value:,}".replace(",", ".")
    spaced = f"{value:,}".replace(",", "\u00a0")
    for one in (str(value), grouped, spaced):
        for other in (str(value), grouped, spaced):
            assert codes(f"N = {one} kg", f"N = {other} kg", language) == []


@given(VALUES, VALUES, st.sampled_from(["bar", "mm", "°C"]))
def test_a_neighbour_lends_no_value(one, other, unit):
    assume(one != other)
    evidence = (
        f"The upper limit of the pump is {one} {unit}. The stroke of the door is {other} {unit}."
    )
    assert codes(f"The stroke of the door is {one} {unit}.", evidence) == ["wrong_subject"]


@given(st.sampled_from(["en", "it", "de", "fr", "es"]), st.text(max_size=60))
def test_words_read_as_numbers_have_no_digits(language, text):
    assert all(number.value.isdecimal() for number in read_all(text, language) if in_words(number))
