"""Languages: found in pages, doubted in short technical sentences; stems that keep codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.language import LANGUAGES, detect, differs, stems

SENTENCES = {
    "it": [
        "Qual è la coppia di serraggio delle viti M8 sulla barra saldante dell'Ares 200?",
        "Che cosa fa il comando systemctl restart NetworkManager?",
        "Il valore predefinito di MAX_FEEDRATE è 300 mm/s.",
    ],
    "en": [
        "What is the torque of the M8 screws on the sealing bar of the Ares 200?",
        "Which option of the config file sets MAX_VELOCITY for the Z axis?",
        "The pressure of the compressed air is 6 bar.",
    ],
    "de": [
        "Mit welchem Drehmoment werden die Schrauben M8 der Siegelbacke angezogen?",
        "Welche Spannung hat der Stepper Driver Enable Pin?",
        "Der Druck der Druckluft beträgt 6 bar.",
    ],
    "fr": [
        "Quel est le couple de serrage des vis M8 de la barre de soudure ?",
        "La pression de l'air comprimé est de 6 bar.",
    ],
    "es": [
        "¿Cuál es el par de apriete de los tornillos M8 de la barra de sellado?",
        "La presión del aire comprimido es de 6 bar.",
    ],
    "pt": ["Qual é o binário de aperto dos parafusos M8 da barra de selagem?"],
    "nl": ["Wat is het aanhaalmoment van de schroeven M8 van de lasbalk?"],
}
PAIRS = [(language, sentence) for language, texts in SENTENCES.items() for sentence in texts]

MIXED = [
    ("it", "Come configurare Network Manager Connection Editor?"),
    ("it", "Il Bed Leveling Sensor si trova sotto Heated Bed Assembly."),
    ("it", "Nel menu Service > Setup > Home Position"),
    ("it", "Cos'è LCD_BED_LEVELING?"),
    ("de", "Der Parameter Max Velocity ist im LinuxCNC Setup Wizard."),
    ("de", "Die Standard Home Position ist 0."),
    ("es", "Use aptitude safe-upgrade para actualizar."),
    ("es", "Panel de control"),
    ("en", "Which G-code parks the head?"),
    ("en", "Home position sensor"),
    ("fr", "Toutes les 500 heures."),
]


@pytest.mark.parametrize(("language", "sentence"), PAIRS)
def test_sentences_are_told_apart(language: str, sentence: str) -> None:
    assert detect(sentence) == language
    assert not differs(sentence, language)
    assert all(differs(sentence, other) for other in ("it", "en", "de") if other != language)


@pytest.mark.parametrize(("language", "sentence"), MIXED)
def test_product_names_raise_no_alarm(language: str, sentence: str) -> None:
    assert not differs(sentence, language)


@pytest.mark.parametrize("text", ["", "24 V DC", "E214", "| 1 | 2 |\n| 3 | 4 |", "😀" * 40])
def test_too_little_text_has_no_language(text: str) -> None:
    assert detect(text) == ""
    assert not any(differs(text, language) for language in LANGUAGES)


def test_tables_and_code_do_not_decide() -> None:
    table = "| Name | Meaning of the value |\n" + "| speed | how fast the belt is running |\n" * 30
    listing = "```\nwhile the belt is running and the guard is open: stop the belt\n```\n"
    prose = "Il nastro si ferma quando il riparo viene aperto durante il ciclo.\n"
    assert detect(table + listing + prose) == "it"
    assert detect(table) == "en"


def test_unknown_language_never_differs() -> None:
    assert not differs("What is the torque of the screws on the bar?", "pl")
    assert not differs("What is the torque of the screws on the bar?", "")


def test_stems_join_inflected_words() -> None:
    assert stems("Regolare la vite", "it") == stems("Si regolano le viti", "it")
    assert stems("the screws are tightened", "en") == ["screw", "tighten"]
    assert stems("Die Schrauben", "de") == stems("der Schraube", "de")
    assert stems("The pumps", "") == ["the", "pumps"]


def test_stems_keep_codes_and_numbers() -> None:
    text = "L'errore E214 del pezzo AR2-4471-B a 1,5 bar in MAX_SPEED"
    assert stems(text, "it") == ["error", "e214", "pezz", "ar2-4471-b", "1,5", "bar", "max_speed"]


@given(st.text(max_size=400), st.sampled_from([*LANGUAGES, "", "xx"]))
def test_any_text_is_taken(text: str, language: str) -> None:
    assert detect(text) in (*LANGUAGES, "")
    assert not (differs(text, language) and detect(text) == language)
    assert all(stem == stem.strip() and stem for stem in stems(text, language))
