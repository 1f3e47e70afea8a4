"""Quotes: where they stand, whatever the typography, and never with a changed letter."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.quotes import likeliest, locate


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("tighten to 25 Nm", "First tighten\n  to 25\u00a0Nm now.", "tighten\n  to 25\u00a0Nm"),
        ("la consequenza", "Ecco la conse-\nquenza.", "la conse-\nquenza"),
        ("un tasto-funzione", "È un tasto-\nfunzione.", "un tasto-\nfunzione"),
        ("well-known con-\nsequence", "A well-\nknown consequence.", "well-\nknown consequence"),
        ("flussi e fili", "i ﬂussi e ﬁli", "ﬂussi e ﬁli"),
        ('"Start" - l\'asse', "Premere “Start” – l’asse X", "“Start” – l’asse"),
        ("überprüfen", unicodedata.normalize("NFD", "Bitte überprüfen!"), None),
        ("5 m²", "5 m2", "5 m2"),
        ("Wert 24 V", "Der Wert\u00ad 24\u200b V gilt", "Wert\u00ad 24\u200b V"),
        ("伺服电机", "检查伺服电机的温度", "伺服电机"),
    ],
)
def test_typography_is_forgiven(quote, text, found):
    (span,) = locate(quote, text)
    assert text[slice(*span)] == (found or unicodedata.normalize("NFD", quote))


@pytest.mark.parametrize(
    ("quote", "text"),
    [
        ("25 Nm", "tighten to 26 Nm"),
        ("5 mm", "a gap of 25 mm"),
        ("5 mm", "a gap of 2,5 mm"),
        ("about 2", "about 2.5 mm"),
        ("the filter", "the filters"),
        ("102", "10²"),
        ("è chiuso", "e chiuso"),
        ("Open", "open"),
        ("24 V", "24V"),
        ("", "anything"),
        (" \n", "anything"),
    ],
)
def test_changed_characters_are_not_found(quote, text):
    assert locate(quote, text) == []


def test_every_place_is_found():
    assert locate("stop it", "stop it, then stop  it") == [(0, 7), (14, 22)]


TEXTS = st.text(st.sampled_from("abcXYZ019 .,-\n'“”ﬁéè\u00a0²½"), min_size=1, max_size=80)


@given(TEXTS, TEXTS, TEXTS)
def test_spans_hold_the_quote(before, quote, after):
    text = f"{before} {quote} {after}"
    spans = locate(quote, text)
    assert bool(spans) == bool(quote.strip())
    assert all(locate(quote, text[start:end]) for start, end in spans)


@given(st.text("abcdefg 123", min_size=3, max_size=60).map(str.strip).filter(bool), st.data())
def test_one_changed_character_fails(quote, data):
    at = data.draw(st.sampled_from([i for i, char in enumerate(quote) if not char.isspace()]))
    mutant = quote[:at] + data.draw(st.sampled_from("xyz789")) + quote[at + 1 :]
    assert locate(mutant, f"See: {quote} (end)") == []


def test_likeliest_place_has_the_words_asked_about():
    table = "| P4 | ritardo ganascia | 30 s |\n| P7 | ritardo pompa | 30 s |\n"
    spans = locate("30 s", table)
    assert likeliest(spans, table, "Quanto dura il ritardo della pompa?", "it") == spans[1]
    assert likeliest(spans, table, "Quanto dura il ritardo della ganascia?", "it") == spans[0]
    assert likeliest(spans, table, "Quanto dura?", "it") == spans[0]


def test_likeliest_place_stands_below_the_words_asked_about():
    text = "The upper screw.\nTorque: 12 Nm\nThe lower screw.\nTorque: 12 Nm\n"
    spans = locate("12 Nm", text)
    assert likeliest(spans, text, "The torque of the lower screw?", "en") == spans[1]


@pytest.mark.parametrize("nothing", ["\x00", "\x00\x00 ", "\u200b", "\u00ad"])
def test_quote_without_characters_stands_nowhere(nothing):
    assert locate(nothing, f"abc{nothing} def") == []


def test_null_in_a_manual_hides_no_quote():
    assert locate("tighten the screw", "Now tighten\x00 the screw.") == [(4, 22)]
