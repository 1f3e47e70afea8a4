"""What the offline model asks about tables, headings and sentences, in their language."""

import pytest

from agents.offline_facts import Fact
from agents.offline_questions import facts

MACHINE = "Borea 90"


def asked(text: str, language: str, machine: str = MACHINE, section: str = "Care") -> set[str]:
    found = facts(text, (section,), language, machine)
    return {question for fact in found for question in fact.questions}


def fact_of(text: str, language: str, machine: str = MACHINE) -> Fact:
    (fact,) = facts(text, ("Care",), language, machine)
    return fact


def table(header: str, *rows: str) -> str:
    cells = header.count("|") + 1
    return "\n".join((f"| {header} |", "| --- " * cells + "|", *(f"| {row} |" for row in rows)))


@pytest.mark.parametrize(
    ("row", "question", "answer"),
    [
        (
            "Größter Hub | 45 | mm",
            "Wie groß ist der größte Hub beim Modell Borea 90?",
            "Der größte Hub beträgt 45 mm.",
        ),
        (
            "Betriebsdruck | 6,5 | bar",
            "Wie hoch ist der Betriebsdruck beim Modell Borea 90?",
            "Der Betriebsdruck beträgt 6,5 bar.",
        ),
        (
            "Abmessungen | 90 × 60 | cm",
            "Wie groß sind die Abmessungen beim Modell Borea 90?",
            "Die Abmessungen betragen 90 × 60 cm.",
        ),
    ],
)
def test_german_values_are_asked_with_articles(row: str, question: str, answer: str):
    fact = fact_of(table("Merkmal | Wert | Einheit", row), "de")
    assert question in fact.questions
    assert fact.answer == answer


@pytest.mark.parametrize(
    ("header", "row", "question"),
    [
        (
            "Einrichtung | Prüfintervall",
            "Haubenschalter S12 | 6 Monate",
            "Welches Prüfintervall gilt beim Modell Borea 90 für den Haubenschalter S12?",
        ),
        (
            "Bezeichnung | Bestellnummer",
            "SIM-Karte | BR-5",
            "Welche Bestellnummer ist beim Modell Borea 90 für die SIM-Karte angegeben?",
        ),
        (
            "Arbeit | Intervall",
            "Walze reinigen | 8 h",
            "Welches Intervall gilt beim Modell Borea 90 für die Arbeit „Walze reinigen“?",
        ),
        (
            "Code | Bedeutung",
            "E101 | Haube offen",
            "Was bedeutet der Code E101 beim Modell Borea 90?",
        ),
    ],
)
def test_german_cells_are_asked_in_their_case(header: str, row: str, question: str):
    assert question in asked(table(header, row), "de")


def test_labels_of_unknown_gender_are_quoted():
    row = "Sieb | 12 Monate"
    assert asked(table("Teil | Intervall", row), "de") == {
        "Welches Intervall gilt beim Modell Borea 90 für „Sieb“?"
    }


@pytest.mark.parametrize(
    ("header", "row", "count"),
    [
        ("Fuse | Rating", "F1 | 12", 0),
        ("Fuse | Rating (A)", "F1 | 12", 1),
        ("Fuse | Number of poles", "F1 | 3", 1),
        ("Fuse | Rating", "F1 | ?(200)", 0),
        ("Fuse | Rating", "*F1 | 12 A", 0),
    ],
)
def test_numbers_are_asked_with_their_units(header: str, row: str, count: int):
    assert len(facts(table(header, row), ("Fuses",), "en", MACHINE)) == count


def test_menu_item_is_asked_by_what_it_says():
    header = "Menu item | Function"
    item = "Case light | Toggle the light of the case"
    assert "What does the menu item “Case light” under “Main” do?" in asked(
        table(header, item), "en", "", "Main"
    )
    assert "What is the menu item “Vmax X”?" in asked(
        table(header, "Vmax X | Highest speed of the X axis, in mm/s"), "en", "", "Vmax X"
    )


@pytest.mark.parametrize(
    ("heading", "language", "machine", "question"),
    [
        ("Changing the oil", "en", MACHINE, "What is the procedure for changing the oil"),
        ("Sostituzione del filtro", "it", MACHINE, "Come si esegue la sostituzione del filtro"),
        ("Filter wechseln", "de", MACHINE, "Wie kann man den Filter"),
        ("Python3 and GTK3", "en", "", ""),
    ],
)
def test_steps_are_asked_by_their_action(heading: str, language: str, machine: str, question: str):
    steps = {
        "en": "1. Open the lid.\n2. Take the plug out.\n3. Close the lid.",
        "it": "1. Aprire il coperchio.\n2. Togliere il tappo.\n3. Chiudere il coperchio.",
        "de": "1. Öffnen Sie den Deckel.\n2. Ziehen Sie den Stopfen.\n3. Schließen Sie den Deckel.",
    }
    found = [
        each
        for each in facts(steps[language], (heading,), language, machine)
        if each.family == "steps"
    ]
    assert bool(found) == bool(question)
    assert all(any(q.startswith(question) for q in each.questions) for each in found)


def test_decimal_comma_does_not_end_a_clause():
    fact = fact_of("Der Spalt darf nicht kleiner als 0,3 mm sein.", "de")
    assert fact.questions == ("Darf der Spalt beim Modell Borea 90 kleiner als 0,3 mm sein?",)


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("The motion settings provide control over many parameters of the planner.", "en"),
        ("It watches the input before deciding if the endstop is really triggered.", "en"),
        ("Do not set the variable unless you know what to expect from it.", "en"),
        ("I vecchi PC usano lo schema di partizioni del primo settore.", "it"),
        ("Non installare alcun pacchetto, senza averlo provato prima con cura.", "it"),
        ("Um die Maschine anzuheben, müssen die Gabeln 1,6 m lang sein.", "de"),
        ("Wenn der Benutzer zustimmt, wird die Datei gelöscht.", "de"),
        ("Todos los paquetes poseen un campo en su información de control.", "es"),
    ],
)
def test_clauses_that_ask_badly_are_left(sentence: str, language: str):
    assert not facts(sentence, ("Care",), language, "")


def test_machine_stands_before_the_condition():
    text = "If the pump is to stand idle for 4 weeks, run it for 30 minutes every week."
    assert "What should you do on the Borea 90 if the pump is to stand idle for 4 weeks?" in asked(
        text, "en"
    )


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("Do not rub the lens and do not spray water on the frame.", "en"),
        ("The solvent attacks the belts and must not be used.", "en"),
        ("Do not call lets through alarms from chosen people.", "en"),
        ("Der Riemen darf nicht schleifen und nicht mit Öl in Berührung kommen.", "de"),
        ("Benzin greift die Riemen an und darf nicht verwendet werden.", "de"),
        ("Akkus enthält das Gerät nicht.", "de"),
        ("Der Verbrauch beträgt dabei 12 kW.", "de"),
        ("Il solvente corrode la cinghia e non deve essere usato.", "it"),
        ("Non sollevarla mai dal telaio o dal motore.", "it"),
        ("Si possono salvare fino a nove ricette, ognuna con un massimo di tre fasi.", "it"),
        ("El disolvente ataca las correas y no debe utilizarse.", "es"),
    ],
)
def test_question_never_takes_half_a_statement(sentence: str, language: str):
    assert not asked(sentence, language)


@pytest.mark.parametrize(
    ("text", "language", "question"),
    [
        (
            "Do not clean the belt while the motor is running.",
            "en",
            "On the Borea 90, are you allowed to clean the belt while the motor is running?",
        ),
        ("Do not lift the hood.", "en", "Are you allowed to lift the hood on the Borea 90?"),
        (
            "Non usare acqua, perché corrode i contatti.",
            "it",
            "È consentito usare acqua sul modello Borea 90?",
        ),
        (
            "Non usare mai un cacciavite.",
            "it",
            "È consentito usare un cacciavite sul modello Borea 90?",
        ),
        (
            "The bench must be at least 90 cm wide.",
            "en",
            "How wide must the bench be on the Borea 90?",
        ),
        (
            "A wash takes 6 minutes with soap and up to 20 minutes with a degreaser.",
            "en",
            "How long does a wash take with soap on the Borea 90?",
        ),
        (
            "Il riduttore contiene 300 g di grasso.",
            "it",
            "Quanto grasso contiene il riduttore sul modello Borea 90?",
        ),
        (
            "La tazza è lavabile fino a 60 °C.",
            "it",
            "Fino a quale temperatura è lavabile la tazza sul modello Borea 90?",
        ),
    ],
)
def test_sentence_is_asked_in_its_sense(text: str, language: str, question: str):
    assert question in asked(text, language)


@pytest.mark.parametrize(
    ("header", "row", "language", "question"),
    [
        (
            "Lamp | Current",
            "Main | 2 A",
            "en",
            "On the Borea 90, what is the current for the lamp “Main”?",
        ),
        (
            "Part | Position",
            "Valves | left side",
            "en",
            "Where are the valves located on the Borea 90?",
        ),
        (
            "Code or symptom | Remedy",
            "Lamp blinks | Pull the plug",
            "en",
            "On the Borea 90, what is the remedy for the fault “Lamp blinks”?",
        ),
        (
            "Programm | Menge max.",
            "Wolle | 2 kg",
            "de",
            "Welche maximale Menge gilt beim Modell Borea 90 für das Programm „Wolle“?",
        ),
        (
            "Intervallo | Intervento",
            "Ogni mese | Pulizia della griglia",
            "it",
            "Quale intervento è previsto ogni mese sul modello Borea 90?",
        ),
        (
            "Codice | Causa",
            "A7 | Olio freddo",
            "it",
            "Qual è la causa del codice A7 sul modello Borea 90?",
        ),
    ],
)
def test_row_is_named_as_its_table_means_it(header: str, row: str, language: str, question: str):
    assert question in asked(table(header, row), language)
