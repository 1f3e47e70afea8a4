"""Words are known by stem, synonym and first letters; a question by what it asks for."""

import pytest

from checks.duplicates.wording import asking, terms


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("turn the pump on", "activate", "en"),
        ("switched off", "disable", "en"),
        ("verificare", "controllo", "it"),
        ("die Pumpe einschalten", "schalte die Pumpe ein", "de"),
        ("desactivar", "apagar", "es"),
        ("Wi-Fi", "wireless", "en"),
        ("das Gerät wird ausgebaut", "wie baue ich das Gerät aus?", "de"),
        ("la porta è aperta", "come si apre la porta?", "it"),
    ],
)
def test_synonyms_share_a_key(one, other, language):
    keys = [{key for term in terms(text, language) for key in term.keys} for text in (one, other)]
    assert {key for key in keys[0] & keys[1] if key.startswith("#")}


@pytest.mark.parametrize(
    ("question", "language", "kind"),
    [
        ("How often is it checked?", "en", "frequency"),
        ("How long does it take?", "en", "duration"),
        ("How do I open it?", "en", "manner"),
        ("What is the way to open it?", "en", "manner"),
        ("Perché si ferma?", "it", "reason"),
        ("Dove si trova il filtro?", "it", "place"),
        ("Wie oft wird er geprüft?", "de", "frequency"),
        ("¿Cuánta sal cabe?", "es", "amount"),
        ("À quoi sert le bouton ?", "fr", "purpose"),
        ("", "en", ""),
        ("多久？", "zh", ""),
    ],
)
def test_question_asks_for_one_thing(question, language, kind):
    assert asking(question, language).asked == kind


def test_both_sides_of_an_opposite_are_none():
    assert not asking("How do I turn it on and off?", "en").sides
    assert asking("How do I turn it on?", "en").sides


def test_names_are_capitals_inside_a_sentence():
    assert asking("What does the Orion do when I press Start?", "en").names == {"orion", "start"}
    assert not asking("Was macht der Motor?", "de").names


def test_codes_are_terms_and_values_are_none():
    stems = [term.stem for term in terms("What does E22 mean at 12 mm and 5GHz?", "en")]
    assert "e22" in stems
    assert not {"12", "5ghz", "ghz"} & set(stems)


def test_before_and_after_are_sides():
    before, after = (asking(f"What is done {w} the wash?", "en") for w in ("before", "after"))
    assert before.sides
    assert {pair for pair, _ in before.sides} == {pair for pair, _ in after.sides}
    assert not before.sides & after.sides
