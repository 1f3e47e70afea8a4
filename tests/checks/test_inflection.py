"""Irregular, parted and inflected words come to one base form, which a stemmer then knows."""

import pytest

from checks.duplicates.inflection import base_form, join_parted


@pytest.mark.parametrize(
    ("word", "language", "base"),
    [
        ("apre", "it", "aprire"),
        ("puliscono", "it", "pulire"),
        ("eingeschaltet", "de", "einschalten"),
        ("einzuschalten", "de", "einschalten"),
        ("angezogen", "de", "anziehen"),
        ("enciende", "es", "encender"),
        ("held", "en", "hold"),
        ("éteint", "fr", "éteindre"),
        ("pump", "en", "pump"),
        ("olej", "pl", "olej"),
    ],
)
def test_forms_come_to_their_base(word, language, base):
    assert base_form(word, language) == base


def test_parted_verb_is_joined():
    assert join_parted("wie baue ich das futter ein?", "de") == "wie einbaue ich das futter?"
    assert join_parted("heben sie es an und warten", "de") == "anheben sie es und warten"
    assert join_parted("is it in?", "en") == "is it in?"


def test_preposition_inside_a_clause_is_no_prefix():
    text = "legen sie ein brett auf das bett."
    assert join_parted(text, "de") == text
