"""Near-duplicates: paraphrases go, other values, machines, subjects and languages stay."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.duplicates import Asked, near_duplicates, repeated_pairs

GREASE = "The main bearing must be greased every 500 hours with 12 g of grease."
DOOR = "Non aprire mai la porta quando il mandrino gira."


LOCK = (
    "To set the child lock, hold the clock key for five seconds until a key shows. To take it off, "
    "hold the clock key again. The door is not locked."
)
DATI = "Ogni sei settimane controllare la carica. Prima dell'inverno caricare al 60 %."
AKKU = "Der Akku wird bei 10 bis 20 °C gelagert. Prüfen Sie den Ladestand alle sechs Wochen."
SAL = "Eche 1,5 kg de sal con el embudo. No use sal de mesa: obstruye el descalcificador."

WASH = (
    "Before the wash, empty all pockets. After the wash, leave the door open. Clean the drawer "
    "every month. The ringtone is set with a side key."
)
FUTTER = (
    "Zum Ausbau die drei Muttern lösen. Zum Einbau die Flächen säubern und das Futter ansetzen. "
    "Die Backen jede Woche schmieren. Das Futter wiegt 12 kg."
)


def asked(question, evidence=GREASE, answer="Every 500 hours.", language="en"):
    return Asked("", question, (evidence,) if evidence else (), answer, language)


def repeats(*rows):
    named = [
        Asked(str(at), row.question, row.evidence, row.answer, row.language)
        for at, row in enumerate(rows)
    ]
    return near_duplicates(named)


FIRST = asked("How often must the main bearing of the Ares 250 be greased?")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, asked("At what interval should I grease the main bearing of the Ares 250?")),
        (FIRST, asked("HOW often must the main bearing of the Ares 250 be greased ?")),
        (
            FIRST,
            asked(
                "How often is the main bearing of the Ares 250 greased?",
                "must be greased every 500 hours with 12 g",
                "It is greased every 500 h.",
            ),
        ),
        (FIRST, asked(FIRST.question, "Interval of the bearing: 500 h", "Every 500 h.")),
        (
            asked("Quando non si deve aprire la porta?", DOOR, "Quando il mandrino gira.", "it"),
            asked("In quali casi la porta non va aperta?", DOOR, "Se il mandrino gira.", "it"),
        ),
        (
            asked("Wie groß ist das Anzugsmoment der Welle?", "Welle: 25 Nm", "25 Nm", "de"),
            asked("Welches Anzugsmoment hat die Welle?", "Welle: 25 Nm", "25 Nm.", "de"),
        ),
        (
            asked(
                "How do I activate the child lock?", LOCK, "Hold the clock key for five seconds."
            ),
            asked("What is the way to turn the child lock on?", LOCK, "Hold the clock key."),
        ),
        (
            asked("Ogni quanto va controllata la carica?", DATI, "Ogni sei settimane.", "it"),
            asked("Con che frequenza si verifica la carica?", DATI, "Ogni sei settimane.", "it"),
        ),
        (
            asked("Wie oft wird der Ladestand geprüft?", AKKU, "Alle sechs Wochen.", "de"),
            asked("In welchem Abstand kontrolliere ich die Ladung?", AKKU, "Alle 6 Wochen.", "de"),
        ),
        (
            asked("¿Cuánta sal hay que echar?", SAL, "1,5 kg de sal.", "es"),
            asked("¿Qué cantidad de sal se pone?", SAL, "Eche 1,5 kg de sal.", "es"),
        ),
        (
            asked("How do I turn on the pump?", "", ""),
            asked("What is the procedure to switch the pump on?", "", ""),
        ),
        (
            asked("How often must the filter be cleaned?", "", "Every week."),
            asked("At what interval do I clean the filter?", "", "Every week."),
        ),
    ],
)
def test_paraphrases_go(first, second):
    assert repeats(first, second) == {"1": "0"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (FIRST, asked("How often must the main bearing of the Ares 200 be greased?")),
        (
            FIRST,
            asked("How much grease does the main bearing of the Ares 250 take?", answer="12 g"),
        ),
        (FIRST, asked(FIRST.question, "Grease the other bearing after a week of rest.", "Weekly.")),
        (FIRST, asked(FIRST.question, "Grease the other bearing after a week of rest.", "")),
        (FIRST, asked(FIRST.question, language="de")),
        (
            asked("What must be greased on the Orion every 500 hours?", answer="The bearing."),
            asked("What must be greased on the Vega every 500 hours?", answer="The bearing."),
        ),
        (
            asked("What torque has the upper screw?", "Upper and lower screw: 25 Nm", "25 Nm"),
            asked("What torque has the lower screw?", "Upper and lower screw: 25 Nm", "25 Nm"),
        ),
        (
            asked("What does E214 mean?", "E214, E215: pump overload", "The pump is overloaded."),
            asked("What does E215 mean?", "E214, E215: pump overload", "The pump is overloaded."),
        ),
        (
            asked("Quando non si deve aprire la porta?", DOOR, "Quando il mandrino gira.", "it"),
            asked("Che cosa non si deve aprire?", DOOR, "La porta.", "it"),
        ),
        (
            asked("How do I turn on the child lock?", LOCK, "Hold the clock key."),
            asked("How do I turn off the child lock?", LOCK, "Hold the clock key again."),
        ),
        (FIRST, asked(FIRST.question, GREASE.replace("500", "250"), "Every 250 hours.")),
        (asked(FIRST.question, answer=""), asked(FIRST.question, GREASE.replace("500", "250"), "")),
        (
            asked("Auf wie viel Grad wird der Akku gekühlt?", AKKU, "10 bis 20 °C", "de"),
            asked("Wie oft wird der Ladestand geprüft?", AKKU, "Alle sechs Wochen.", "de"),
        ),
        (
            asked("¿Cuánta sal hay que echar?", SAL, "1,5 kg de sal.", "es"),
            asked("¿Puedo usar sal de mesa?", SAL, "No: obstruye el descalcificador.", "es"),
        ),
        (
            asked("How do I turn on the pump?", "", ""),
            asked("How do I turn off the pump?", "", ""),
        ),
        (
            asked("How often is the belt checked?", "", ""),
            asked("Where is the oil filled in?", "", ""),
        ),
        (
            asked("What must be done before the wash?", WASH, ""),
            asked("What must be done after the wash?", WASH, ""),
        ),
        (
            asked("Which key sets the ringtone?", WASH, "Press the upper side key."),
            asked("Which key is it for the ringtone?", WASH, "Press the lower side key."),
        ),
        (
            asked("Wie baue ich das Futter ein?", FUTTER, "", "de"),
            asked("Wie baue ich das Futter aus?", FUTTER, "", "de"),
        ),
    ],
)
def test_other_questions_stay(first, second):
    assert repeats(first, second) == {}


def test_first_row_is_kept():
    again = asked("At what interval is the main bearing of the Ares 250 greased?")
    assert repeats(FIRST, again, FIRST) == {"1": "0", "2": "0"}


@given(st.lists(st.sampled_from([3, 4, 5, 6, 7]), max_size=12))
def test_kept_rows_are_never_repeats(values):
    rows = [
        Asked(
            str(at), f"What torque has screw X{value}?", (f"Screw X{value}: {value} Nm",), "", "en"
        )
        for at, value in enumerate(values)
    ]
    found = near_duplicates(rows)
    assert not set(found.values()) & set(found)
    assert len(rows) - len(found) == len(set(values))


QUESTIONS = st.sampled_from(
    [
        "How often must the main bearing be greased?",
        "At what interval is the main bearing greased?",
        "How much grease does the main bearing take?",
        "Why is the main bearing greased?",
        "主轴承多久润滑一次？",
        "كم مرة يجب تشحيم المحمل؟",
        "",
        "?",
        "\ud800",
    ]
)
EVIDENCE = st.lists(st.sampled_from([GREASE, LOCK, "", "主轴承每五百小时润滑一次。"]), max_size=2)
ANSWERS = st.sampled_from(["Every 500 hours.", "12 g", "", "每五百小时", "Never."])
ROWS = st.builds(
    Asked, st.just(""), QUESTIONS, EVIDENCE.map(tuple), ANSWERS, st.sampled_from(["en", "zh", ""])
)


@given(ROWS, ROWS)
def test_two_rows_repeat_in_either_order(one, other):
    assert repeated_pairs([one, other], [(0, 1)]) == repeated_pairs([one, other], [(1, 0)])


@given(st.lists(ROWS, max_size=6))
def test_any_text_is_compared(rows):
    found = repeats(*rows)
    assert not set(found.values()) & set(found)
    assert all(int(kept) < int(double) for double, kept in found.items())


@pytest.mark.parametrize("text", ["主轴承多久润滑一次？", "كم مرة يجب تشحيم المحمل؟", "ทุกกี่ชั่วโมง"])
def test_every_script_repeats_itself(text):
    assert repeats(asked(text, text, text, ""), asked(text, text, text, "")) == {"1": "0"}


def test_paraphrase_is_found_among_many_on_one_passage():
    others = [asked(f"What is printed on plate {at}?", answer=f"Plate {at}.") for at in range(60)]
    first, *_, again = test_paraphrases_go.pytestmark[0].args[1][0]
    assert repeats(first, *others, again) == {"61": "0"}


def test_near_vectors_find_what_words_do_not():
    rows = [asked("How does one kindle the lantern?", "", ""), asked("Make it glow, how?", "", "")]
    assert repeated_pairs(rows, [(0, 1)]) == [False]
    others = [asked(f"Plate {at}?", "", "") for at in range(60)]
    apart = [[float(place == at) for place in range(61)] for at in range(60)]
    near = [[0.0] * 60 + [1.0], [0.0] * 60 + [1.0]]
    assert repeated_pairs([*rows, *others], [(0, 1), (2, 3)], near + apart) == [True, False]


SPEED = "The belt runs at 45 Hz and is checked once a month."


@pytest.mark.parametrize(
    ("question", "other", "same"),
    [
        ("How often is the belt checked?", "What is the control interval of the belt?", True),
        ("When do I look at the belt?", "How often is the belt checked?", True),
        ("How often is the belt checked?", "Why is the belt checked?", False),
    ],
)
def test_short_evidence_alone_tells_by_what_is_asked(question, other, same):
    assert repeats(asked(question, SPEED, ""), asked(other, SPEED, "")) == (
        {"1": "0"} if same else {}
    )


PAUSE = (
    "The hotspot ends after 10 minutes without a connected device. The water is heated to 75 °C."
)


@pytest.mark.parametrize(
    ("answer", "other", "same"),
    [
        ("After 10 minutes.", "Ten minutes.", True),
        ("After 10 minutes.", "Twenty minutes.", False),
        ("At 75 °C.", "75 degrees.", True),
    ],
)
def test_values_of_answers_meet_however_written(answer, other, same):
    rows = [
        asked("After what time does an unused hotspot switch off?", PAUSE, answer),
        asked("How long does the hotspot stay on if nobody is connected?", PAUSE, other),
    ]
    assert repeats(*rows) == ({"1": "0"} if same else {})


def test_another_warning_is_no_duplicate():
    first, second = "remove the guards while the machine runs", "connect the machine without earth"
    rows = [
        asked(f"Is it allowed to {what}?", f"WARNING: do not {what}.", f"No. Do not {what}.")
        for what in (first, second)
    ]
    assert repeats(*rows) == {}
