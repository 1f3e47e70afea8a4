"""Form: well-made questions pass in five languages, and each fault has its code."""

import pytest

from checks.form import answer_findings, question_findings
from checks.names import mentioned, without_names

WINDOW = """## Lubrication
The main bearing of the Ares 250 must be greased every 500 hours with 12 g of grease.
Error E214 means that the pump is overloaded.

| Part | Torque |
| --- | --- |
| Shaft | 25 Nm |
"""
QUOTE = "must be greased every 500 hours with 12 g of grease"


def codes(question, *, language="en", quote=QUOTE, window=WINDOW, machine="Ares 250"):
    findings = question_findings(
        question,
        language=language,
        quote=quote,
        window=window,
        machine=machine,
        other_machines=["Ares 200", "Ares 2500", "Ares 250 XL"],
    )
    return [finding.code for finding in findings]


@pytest.mark.parametrize(
    ("question", "language", "quote"),
    [
        ("How often must the main bearing of the Ares 250 be greased?", "en",
         "The main bearing must be greased every 500 hours."),
        ("Ogni quante ore va ingrassato il cuscinetto dell'Ares 250?", "it",
         "Il cuscinetto va ingrassato ogni 500 ore."),
        ("Wie oft muss das Hauptlager der Ares 250 geschmiert werden?", "de",
         "Das Hauptlager muss alle 500 Stunden geschmiert werden."),
        ("À quelle fréquence faut-il graisser le palier de l’Ares 250 ?", "fr",
         "Il faut graisser le palier toutes les 500 heures."),
        ("¿Cada cuántas horas se engrasa el cojinete de la Ares250?", "es",
         "El cojinete se engrasa cada 500 horas."),
    ],
)  # fmt: skip
def test_good_questions_pass(question, language, quote):
    assert codes(question, language=language, quote=quote, window=f"# Ares\n{quote}\n") == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("  ", ["empty"]),
        ("The bearing of the Ares 250 and how often it must be greased.", ["not_a_question"]),
        ("Ares 250 grease?", []),
        ("Grease?", ["too_short", "machine_missing"]),
        ("What is it set to on the Ares 250?", ["no_subject"]),
        ("What is the colour of the Ares 250 cabinet?", ["no_subject"]),
        ("What does this table say about the Ares 250 shaft?", ["points_at_page"]),
        ("Is the Ares 250 bearing greased with 12 g every 500 hours?", ["holds_answer"]),
        ("How often must the bearing of the Ares 200 be greased?",
         ["wrong_machine", "machine_missing"]),
        ("How often must the bearing be greased?", ["machine_missing"]),
        ("How often must the Ares 2500 bearing be greased?", ["wrong_machine", "machine_missing"]),
        ("How often must the ares-250 bearing be greased?", []),
    ],
)  # fmt: skip
def test_faulty_questions_are_named(question, expected):
    assert codes(question) == expected


@pytest.mark.parametrize(
    ("quote", "expected"),
    [
        ("must be greased every 501 hours", ["quote_not_found"]),
        ("## Lubrication", ["bare_heading"]),
        ("Lubrication", ["bare_heading"]),
        ("| Part | Torque |", ["bare_heading"]),
        ("| --- | --- |", ["bare_heading"]),
        ("of the", ["bare_heading"]),
        ("", ["quote_not_found", "bare_heading"]),
        ("| Shaft | 25 Nm |", []),
        ("Error E214 means that the pump is overloaded.", []),
    ],
)
def test_quotes_must_state_something(quote, expected):
    assert codes("How is the bearing of the Ares 250 greased?", quote=quote) == expected


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What does error E214 of the Ares 250 mean?", "Error E214 means that the pump is idle."),
        ("What does Alarm 41 of the Ares 250 mean?", "Alarm 41 means that the pump is idle."),
    ],
)
def test_names_may_be_asked_about(question, quote):
    assert codes(question, quote=quote, window=quote) == []


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("What is its value?", "en"),
        ("Qual è il suo valore?", "it"),
        ("Auf welchen Wert ist es eingestellt?", "de"),
        ("Quelle est sa valeur ?", "fr"),
        ("¿Cuál es su valor por defecto?", "es"),
    ],
)
def test_pronouns_are_no_subject(question, language):
    window = "Valore value Wert valeur valor: 25 Nm."
    found = codes(question, language=language, quote="25 Nm", window=window, machine=None)
    assert "no_subject" in found


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Which torque is shown in the figure?", "en"),
        ("Which torque does the section above give?", "en"),
        ("Quale coppia è indicata nella tabella?", "it"),
        ("Che cosa descrive questa sezione sulla coppia?", "it"),
        ("Welches Drehmoment zeigt diese Tabelle?", "de"),
        ("Welches Drehmoment steht im Abschnitt?", "de"),
        ("Quel couple indique ce tableau ?", "fr"),
        ("¿Qué par indica esta tabla?", "es"),
        ("¿Qué par se muestra en la figura?", "es"),
    ],
)
def test_pointing_at_the_page_is_found(question, language):
    assert "points_at_page" in codes(question, language=language, machine=None)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wie oft muss das Hauptlager geschmiert werden?", "en"),
        ("How often must the main bearing be greased?", "it"),
    ],
)
def test_wrong_language_is_found(question, language):
    assert "wrong_language" in codes(question, language=language, machine=None)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Il cuscinetto dell'Ares 250 va ingrassato ogni 500 ore.", []),
        ("Ogni 500 h.", []),
        ("", ["empty"]),
        ("The bearing of the machine must be greased every 500 hours.", ["wrong_language"]),
        ("Il cuscinetto dell'Ares 200 va ingrassato ogni 500 ore.", ["wrong_machine"]),
    ],
)
def test_answers_are_checked(answer, expected):
    found = answer_findings(
        answer,
        question="Ogni quante ore va ingrassato il cuscinetto dell'Ares 250?",
        cited=["Il cuscinetto va ingrassato ogni 500 ore."],
        language="it",
        machine="Ares 250",
        other_machines=["Ares 200", "Ares 2500"],
    )
    assert [finding.code for finding in found] == expected


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        ("What is the code of the Ares 250?", "The code of the Ares 250 is AR250.", []),
        ("Which machine holds 1.5 l of oil?", "The Ares 250.", []),
        ("When is the jaw of the press greased?", "The Ares 250 jaw is greased.", []),
        ("When is the jaw of the Ares 250 greased?", "The jaw of the Ares 250 is greased.",
         ["repeats_question"]),
        ("When is the jaw of the Ares 250 greased?", "The Ares 250 is greased.",
         ["repeats_question"]),
    ],
)  # fmt: skip
def test_names_may_be_the_answer(question, answer, expected):
    found = answer_findings(
        answer,
        question=question,
        cited=(),
        language="en",
        machine="Ares 250",
        also_named=["AR-250"],
        other_machines=[],
    )
    assert [finding.code for finding in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the ARES250 is", ["Ares 250"]),
        ("the Ares 2500, the Ares 250.5 and Tares 250", []),
        ("an Ares 250 XL", ["Ares 250 XL"]),
        ("Ares 250 XL and Ares\n250", ["Ares 250", "Ares 250 XL"]),
    ],
)
def test_names_match_whole(text, expected):
    assert mentioned(text, ["Ares 250", "Ares 250 XL"]) == expected


def test_names_leave_a_gap():
    assert without_names("on the Ares 250: 25 Nm", ["Ares 250"]) == "on the  … : 25 Nm"
