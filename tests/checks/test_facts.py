"""Facts: reading numbers and codes, and finding those that nothing supports."""

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from checks.facts import numbers, same_fact, unsupported


def keys(text, language="en"):
    return [(number.value, number.unit) for number in numbers(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("24V, 5mm", "en", [("24", "V"), ("5", "mm")]),
        ("1.200 giri/min", "it", [("1200", "rpm")]),
        ("1,200 rpm", "en", [("1200", "rpm")]),
        ("1 200 tr/min", "fr", [("1200", "rpm")]),
        ("12.500,75 kg", "de", [("50003/4", "kg")]),
        ("1,5 bar", "es", [("3/2", "bar")]),
        ("1.5 bar", "it", [("3/2", "bar")]),
        ("0.125 in.", "en", [("1/8", "in")]),
        ("4–6 bar", "en", [("4", "bar"), ("6", "bar")]),
        ("da 4 a 6 bar", "it", [("4", "bar"), ("6", "bar")]),
        ("zwischen 3 und 5 Minuten", "de", [("3", "min"), ("5", "min")]),
        ("25 ± 2 N·m", "fr", [("25", "Nm"), ("±2", "Nm")]),
        ("-5 °C … +40 °C", "en", [("-5", "°C"), ("40", "°C")]),
        ('1/2" and 1 1/2 in.', "en", [("1/2", "in"), ("3/2", "in")]),
        ("1½ inch", "en", [("3/2", "in")]),
        ("10^3 and 10² and 2e-3", "en", [("1000", ""), ("100", ""), ("1/500", "")]),
        ("5 m/s² and 20 mm/s", "en", [("5", "m/s2"), ("20", "mm/s")]),
        ("32-bit and 24-V-Netzteil", "de", [("32", "bit"), ("24", "V")]),
        ("10x20 mm, 1,2,3", "en", [("10", "mm"), ("20", "mm"), ("1", ""), ("2", ""), ("3", "")]),
        ("put 5 in the box", "en", [("5", "")]),
        ('set it to "5"', "en", [("5", "")]),
    ],
)
def test_quantities_are_read(text, language, expected):
    assert keys(text, language) == expected


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("Order AR2-4471-B, see E214.", ["ar2-4471-b", "e214"]),
        ("M8 bolts, then G92.1 (X2)", ["m8", "g92.1", "x2"]),
        ("v2.1.3 of 2024-05-01 at 10:30", ["2.1.3", "2024-05-01", "10:30"]),
        ("192.168.0.10, 0644, 0x1F, 802.11n", ["192.168.0.10", "0644", "0x1f", "802.11n"]),
        ("E01/E02 and M3-M8", ["e01", "e02", "m3", "m8"]),
        ("5² is no 52", ["5²"]),
    ],
)
def test_codes_are_read_whole(text, codes):
    assert [number.value for number in numbers(text) if number.is_code] == codes


def test_list_numbers_are_no_facts():
    assert keys("1. Open it.\n2) Close it.\n(3) Wait 5 s.") == [("5", "s")]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("12 Nm", "12,000 N·mm"),
        ("20 °C", "68 °F"),
        ("±2 °C", "±3.6 °F"),
        ("6 bar", "0.6 MPa"),
        ("6 bar", "87 psi"),
        ("12.7 mm", "0.5 in."),
        ("90 s", "1.5 minutes"),
        ("0.5 l", "500 ml"),
        ("30 kW", "40 HP"),
        ("50 km/h", "50 kilometres per hour"),
        ("1,000 m", "3,300 ft"),
        ("8 kN/m²", "8 kPa"),
    ],
)
def test_conversions_are_the_same_fact(a, b):
    first, second = numbers(a)[0], numbers(b)[0]
    assert same_fact(first, second)
    assert same_fact(second, first)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("12 Nm", "12 J"),
        ("1 kW", "1 HP"),
        ("12 mm", "1.3 cm"),
        ("20 °C", "20 °F"),
        ("6 bar", "90 psi"),
        ("±2 °C", "2 °C"),
        ("1 m", "3 ft"),
        ("6 rpm", "6 Hz"),
        ("5 kVA", "5 kW"),
    ],
)
def test_other_quantities_are_other_facts(a, b):
    assert not same_fact(numbers(a)[0], numbers(b)[0])


def test_exact_conversions_share_a_key():
    assert numbers("12 Nm")[0].key == numbers("12 000 N·mm", "it")[0].key
    assert numbers("20 °C")[0].key == numbers("68 °F")[0].key


def test_spans_hold_their_text():
    text = "Tra 4 e 6 bar, ± 0,5 mm; codice AR2-4471-B."
    assert all(text[n.start : n.end] == n.text for n in numbers(text, "it"))
    assert len(numbers(text, "it")) == 4


@pytest.mark.parametrize(
    ("answer", "evidence", "language"),
    [
        ("25 Nm", "Serrare le viti M8 a 25 N·m.", "it"),
        ("1200 rpm", "Il motore gira a 1.200 giri/min.", "it"),
        ("Every 500 h", "Grease after 500 hours.", "en"),
        ("4 bar bis 6 bar", "Der Druck liegt bei 4–6 bar.", "de"),
        ("25 Nm", "| Vite | Coppia (Nm) |\n| --- | --- |\n| M8 | 25 |", "it"),
        ("24 V", "Alimentation : 24 VDC", "fr"),
        ("AR2-4471-B", "Pida el filtro AR2-\n4471-B.", "es"),
        ("Wait until it stops.", "", "en"),
    ],
)
def test_true_answers_are_supported(answer, evidence, language):
    assert unsupported(answer, [evidence], language) == []


@pytest.mark.parametrize(
    ("answer", "evidence", "language", "code"),
    [
        ("25 bar", "Serrare a 25 Nm, pressione 6 bar.", "it", "wrong_unit"),
        ("2,5 Nm", "Serrare a 25 Nm.", "it", "unsupported_number"),
        ("26 Nm", "Tighten to 25 Nm.", "en", "unsupported_number"),
        ("4–7 bar", "Der Druck liegt bei 4–6 bar.", "de", "unsupported_number"),
        ("Error E215", "E214: pump overload", "en", "unsupported_code"),
        ("AR2-4471-C", "Pida el filtro AR2-4471-B.", "es", "unsupported_code"),
        ("5 °C", "Stocker à -5 °C.", "fr", "unsupported_number"),
        ("2 mm", "Tolerance ±2 mm.", "en", "unsupported_number"),
        ("G92", "Use G92.1 first.", "en", "unsupported_code"),
        ("500 days", "Grease after 500 hours.", "en", "wrong_unit"),
        ("25 bar", "| Coppia (Nm) |\n| --- |\n| 25 |", "it", "unsupported_number"),
        ("version 2.1.4", "Needs v2.1.3 or later.", "en", "unsupported_code"),
    ],
)
def test_changed_facts_are_found(answer, evidence, language, code):
    assert [finding.code for finding in unsupported(answer, [evidence], language)] == [code]


LANGUAGES = st.sampled_from(["it", "en", "de", "fr", "es"])
LITERALS = st.from_regex(
    r"-?[1-9][0-9]{0,3}([.,][0-9]{1,3})?|[A-Z]{1,3}-?[0-9]{2,4}", fullmatch=True
)
UNITS = st.sampled_from(["Nm", "bar", "mm", "°C", "V", "kg", "s", "%", "rpm"])


@given(LITERALS, UNITS, LANGUAGES)
def test_verbatim_answers_always_pass(literal, unit, language):
    sentence = f"The screw takes {literal} {unit} at most."
    assert unsupported(sentence, [sentence], language) == []


@given(LITERALS, UNITS, LANGUAGES, st.data())
@example("1.200", "rpm", "it", None)
def test_mutated_numbers_never_pass(literal, unit, language, data):
    at = [match.start() for match in re.finditer(r"\d", literal)]
    chosen = data.draw(st.sampled_from(at)) if data else at[0]
    digit = data.draw(st.sampled_from("0123456789")) if data else "9"
    mutant = literal[:chosen] + digit + literal[chosen + 1 :]
    evidence = f"The screw takes {literal} {unit} at most."
    assume(keys(mutant, language)[:1] != keys(literal, language)[:1])
    assert unsupported(f"It takes {mutant} {unit}.", [evidence], language)


@given(st.integers(1, 999), UNITS, UNITS, LANGUAGES)
def test_swapped_units_never_pass(value, unit, other, language):
    assume(unit != other)
    assert unsupported(f"It is {value} {other}.", [f"Set {value} {unit} here."], language)


@given(st.integers(1, 999), st.integers(1, 3), UNITS, LANGUAGES)
def test_shifted_decimals_never_pass(value, places, unit, language):
    shifted = f"{value / 10**places:.{places + 1}f}"
    assume(keys(shifted, language) != keys(str(value), language))
    assert unsupported(f"It is {shifted} {unit}.", [f"Set {value} {unit} here."], language)


@given(st.text(max_size=200), LANGUAGES)
def test_any_text_is_read(text, language):
    assert all(0 <= n.start < n.end <= len(text) for n in numbers(text, language))
    assert unsupported(text, [text], language) == []


def test_fraction_alone_is_a_number():
    found = [(number.value, number.unit) for number in numbers("Use ½ inch or ¾″ pipe.")]
    assert found == [("1/2", "in"), ("3/4", "in")]
