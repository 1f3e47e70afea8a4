"""The sentence that a question asks for is found by its words, its kind and its subject."""

import pytest

from checks.duplicates.focus import read_evidence
from checks.duplicates.locating import locate
from checks.duplicates.wording import asking

FILTER = (
    "Air filter. The air filter sits behind the left cover. Wash it every 40 hours, since dust "
    "harms the engine. To remove it, pull the two clips. It must dry for three hours."
)
FILTRO = (
    "Il filtro si trova dietro il coperchio. Lavarlo ogni 40 ore, perché la polvere rovina il "
    "motore. Deve asciugare per tre ore a 20 °C."
)


def most_probable(question, text, language):
    sentences, _ = read_evidence((text,), language)
    found = locate(question, asking(question, language), sentences, language)
    assert sum(found.values()) == pytest.approx(1)
    best = max(found, key=lambda form: found[form])
    return next(sentence.text for sentence in sentences if sentence.form == best)


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("Where is the air filter?", "The air filter sits"),
        ("How often must the air filter be washed?", "Wash it"),
        ("How do I take out the filter?", "To remove it"),
        ("For how long does the filter dry?", "It must dry"),
    ],
)
def test_sentence_that_answers_is_found(question, start):
    assert most_probable(question, FILTER, "en").startswith(start)


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("Dove si trova il filtro?", "Il filtro"),
        ("Ogni quanto si lava il filtro?", "Lavarlo"),
        ("A che temperatura va lasciato?", "Deve asciugare"),
    ],
)
def test_other_languages_are_located(question, start):
    assert most_probable(question, FILTRO, "it").startswith(start)


def test_title_answers_nothing():
    sentences, _ = read_evidence((FILTER,), "en")
    found = locate("Air filter?", asking("Air filter?", "en"), sentences, "en")
    assert sentences[0].text == "Air filter."
    assert sentences[0].form not in found


def test_unknown_language_is_located_by_words():
    text = "Pompa pracuje. Olej wymienia serwis."
    assert most_probable("Kto wymienia olej?", text, "pl").startswith("Olej")


def test_nothing_is_located_in_no_evidence():
    assert locate("Where is it?", asking("Where is it?", "en"), (), "en") == {}
