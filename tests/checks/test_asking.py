"""Questions as clauses: the language's own word order, or nothing."""

import pytest

from checks.asking import asked_clause


@pytest.mark.parametrize(
    ("language", "question", "clause"),
    [
        (
            "en",
            "To what torque must the M6 screws of the Vega 40 be tightened?",
            "to what torque the M6 screws of the Vega 40 must be tightened",
        ),
        (
            "en",
            "What is the supply voltage of the press?",
            "what the supply voltage of the press is",
        ),
        ("en", "What does code E12 mean on the press?", "what code E12 means on the press"),
        ("en", "May you wash the filter?", "whether you may wash the filter"),
        (
            "en",
            "On the Vega 40, what is the load for the hook “Rear”?",
            "what the load for the hook “Rear” is on the Vega 40",
        ),
        ("en", "On the Vega 40, may you lift the hood while it runs?", ""),
        (
            "it",
            "Sul modello Vega 40, qual è il carico per «Gancio»?",
            "qual è il carico per «Gancio» sul modello Vega 40",
        ),
        ("en", "Which part has the code VG4-1?", "which part has the code VG4-1"),
        (
            "en",
            "How long does a format change on the Vega 40 take?",
            "how long a format change on the Vega 40 takes",
        ),
        ("en", "How do you drain the oil?", "how to drain the oil"),
        ("en", "What is the code “A: 1” for?", "what the code “A: 1” is for"),
        ("en", "What should you do if it trips?", "what you should do if it trips"),
        ("en", "Which option makes levelling easier?", "which option makes levelling easier"),
        ("en", "Are you allowed to open it?", "whether it is allowed to open it"),
        ("en", "What does it cost to run the pump?", ""),
        ("en", "What is the filter replaced with?", ""),
        ("en", "The lamp is lit. What must be done?", ""),
        (
            "it",
            "A quale coppia vanno serrate le viti M6?",
            "a quale coppia vanno serrate le viti M6",
        ),
        ("it", "Si può lavare il filtro?", "se si può lavare il filtro"),
        ("it", "L'Ares 250 può lavorare all'aperto?", "se l'Ares 250 può lavorare all'aperto"),
        (
            "de",
            "Mit welchem Drehmoment müssen die Schrauben M6 angezogen werden?",
            "mit welchem Drehmoment die Schrauben M6 angezogen werden müssen",
        ),
        ("de", "Was bedeutet der Code E12?", "was der Code E12 bedeutet"),
        ("de", "Wann schaltet die Pumpe ab?", ""),
        ("de", "Wie lange dauert der Wechsel?", "wie lange der Wechsel dauert"),
        ("de", "Wie geht man vor, um zu laden?", "wie man vorgeht, um zu laden"),
        ("de", "Was ist zu tun, wenn sie klemmt?", "was zu tun ist, wenn sie klemmt"),
        ("de", "Was versteht man unter „NML“?", "was man unter „NML“ versteht"),
        ("de", "Wo befindet sich der Taster?", "wo sich der Taster befindet"),
        ("es", "¿Qué par tienen los tornillos M6?", "qué par tienen los tornillos M6"),
        ("fr", "Quel est le couple des vis M6 ?", "quel est le couple des vis M6"),
        ("fr", "Comment faut-il nettoyer le filtre ?", ""),
        ("nl", "Wat is het koppel?", ""),
    ],
)
def test_question_becomes_a_clause(language, question, clause):
    assert asked_clause(question, language) == clause
