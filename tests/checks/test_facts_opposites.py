"""Facts that hold no number: opposites, the words of a table's cells, and whose menu path it is."""

import pytest

from checks.facts import unsupported

LOCK = {
    "en": """## Hatch

Loosen the two clamps before you lift the hatch. Turn the ring counterclockwise to open the drain;
turn it clockwise to close it. The left hose carries water and the right hose air. Never lift the
hatch while the red lamp is lit.""",
    "it": """Allentare le morse prima di sollevare il coperchio. Il tubo sinistro porta acqua, il
destro aria. A fine ciclo la valvola resta chiusa.""",
    "de": """Vor dem Anheben sind die Klemmen zu lösen. Der linke Schlauch führt Wasser und der
rechte Luft. Am Ende bleibt das Ventil geschlossen.""",
    "es": """Afloje las mordazas antes de levantar la tapa. El tubo izquierdo lleva agua y el
derecho aire. Al final la válvula queda cerrada.""",
}

PARTS = """| Lamp | Meaning | What to do |
| --- | --- | --- |
| H1 | Drum jammed | Clear the drum |
| H2 | Filter clogged | Rinse the filter |
| H3 | Belt slack | Tighten the belt |"""

LEVELS = """| Grade | Code length | Held by |
| --- | --- | --- |
| 1 | none | Visitor |
| 2 | 5 signs | Foreman |
| 3 | 7 signs | Fitter |"""

SIZES = """| Feature | Duo 20 | Duo 30 |
| --- | --- | --- |
| Body | nylon | brass |
| Mounting | wall | floor |"""

MENUS = """The clock is set under Menu > Options > Time.
To choose the tongue, open Menu > Panel > Words. The hatch lamp does not need oil,
but the hinge must be oiled every week."""


def codes(answer, evidence, language="en"):
    return [finding.code for finding in unsupported(answer, [evidence], language)]


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("en", "Before the hatch is lifted, the two clamps have to be loosened."),
        ("en", "To close the drain, turn the ring clockwise."),
        ("en", "Turning the ring counterclockwise opens the drain."),
        ("en", "The right hose carries air."),
        ("en", "The hatch must stay down as long as the red lamp is lit."),
        ("it", "Le morse vanno allentate prima di sollevare il coperchio."),
        ("it", "Il tubo destro porta aria."),
        ("it", "A fine ciclo la valvola è chiusa."),
        ("de", "Der rechte Schlauch führt Luft."),
        ("de", "Die Klemmen müssen vor dem Anheben gelöst werden."),
        ("es", "El tubo derecho lleva aire."),
        ("es", "Antes de levantar la tapa hay que aflojar las mordazas."),
    ],
)
def test_reworded_directions_pass(language, answer):
    assert codes(answer, LOCK[language], language) == []


@pytest.mark.parametrize(
    ("language", "answer"),
    [
        ("en", "Tighten the two clamps before you lift the hatch."),
        ("en", "Loosen the two clamps after you lift the hatch."),
        ("en", "Turn the ring clockwise to open the drain."),
        ("en", "The right hose carries water."),
        ("it", "Serrare le morse prima di sollevare il coperchio."),
        ("it", "Il tubo destro porta acqua."),
        ("it", "A fine ciclo la valvola resta aperta."),
        ("de", "Nach dem Anheben sind die Klemmen zu lösen."),
        ("de", "Der rechte Schlauch führt Wasser."),
        ("de", "Am Ende bleibt das Ventil geöffnet."),
        ("es", "Apriete las mordazas antes de levantar la tapa."),
        ("es", "El tubo derecho lleva agua."),
        ("es", "Al final la válvula queda abierta."),
    ],
)
def test_opposite_directions_are_found(language, answer):
    assert "opposite" in codes(answer, LOCK[language], language)


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("H1 means that the drum is jammed: clear it.", PARTS),
        ("If H3 is lit, the belt is slack and must be tightened.", PARTS),
        ("H2 asks you to rinse the filter, H3 to tighten the belt.", PARTS),
        ("A fitter has grade 3, with a code of 7 signs.", LEVELS),
        ("The code of grade 2 has 5 signs.", LEVELS),
        ("The Duo 30 has a brass body and stands on the floor.", SIZES),
        ("The body of the Duo 20 is nylon, that of the Duo 30 brass.", SIZES),
    ],
)
def test_what_a_row_tells_passes(answer, evidence):
    assert codes(answer, evidence) == []


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        ("H1 means that the filter is clogged.", PARTS),
        ("If H3 is lit, rinse the filter.", PARTS),
        ("Grade 3 is held by the foreman.", LEVELS),
        ("The code length for grade 3 is 5 signs.", LEVELS),
        ("The code length for grade 7 is 5 signs.", LEVELS),
        ("The body of the Duo 30 is nylon.", SIZES),
        ("The Duo 20 is for floor mounting.", SIZES),
    ],
)
def test_what_another_row_tells_is_found(answer, evidence):
    assert "wrong_subject" in codes(answer, evidence)


SUPPLIED = """| Part | Quantity |
| --- | --- |
| Belt | 1, 2.0 m |
| Hook | 3 |
| Screw kit | 2 |
"""


def test_cell_of_another_row_alone_is_found():
    assert codes("Belt, Quantity: 1, 2.0 m", SUPPLIED) == []
    assert codes("The quantity of the hook is 3.", SUPPLIED) == []
    assert codes("Belt, Quantity: 2", SUPPLIED) == ["wrong_subject"]


@pytest.mark.parametrize(
    "answer",
    ["The lamp H2 does not mean: Filter clogged.", "The meaning of H1 is not drum jammed."],
)
def test_denying_a_row_is_found(answer):
    assert "wrong_polarity" in codes(answer, PARTS)


def test_path_of_another_setting_is_found():
    assert codes("You choose the tongue in Menu > Panel > Words.", MENUS) == []
    assert codes("You choose the tongue in Menu > Options > Time.", MENUS) == ["wrong_path"]


def test_denial_keeps_to_its_clause():
    assert codes("The hinge must be oiled every week.", MENUS) == []
    assert "wrong_polarity" in codes("The hatch lamp needs oil.", MENUS)
    need = "The hinge does not need to be oiled every week."
    assert "wrong_polarity" in codes(need, "The hinge must be oiled every week.")


SIGNALS = """| Signal | Meaning | Remedy |
| --- | --- | --- |
| N-3 | Oil too cold | Let the oil warm up |
| N-4 | Oil too hot | Stop, let it cool below 60 °C |
"""


@pytest.mark.parametrize(
    ("answer", "evidence"),
    [
        (
            "Yes, the arm turns to the left and to the right.",
            "The arm turns to the left and right.",
        ),
        ("No, use only new seals and no old ones.", "Use only new seals and no old ones."),
        ("N-4, Meaning: Oil too hot", SIGNALS),
        ("For N-4, the Meaning is Oil too hot.", SIGNALS),
    ],
)
def test_both_sides_as_they_stand_are_true(answer, evidence):
    assert codes(answer, evidence) == []


def test_one_side_of_a_contrast_is_no_other():
    evidence = "The left valve is closed, the right valve is opened."
    assert codes("The left valve is closed.", evidence) == []
    assert "opposite" in codes("The left valve is opened.", evidence)


def test_unknown_language_has_no_opposites():
    assert codes("Close the lid before use.", "Open the lid before use.", "xx") == []
