"""Scope: what siblings share word for word is the family's; whatever differs is a machine's."""

import pytest

from checks.assertions import Excerpt, assertions
from checks.names import naming
from checks.scope import (
    ambiguous,
    asks_the_same,
    known_name,
    quoted,
    scope_of,
    sibling_values,
    stance,
)
from tools.machines import Machine

ARES = Machine("AR200", "Ares 200", ("AR-200",), "Ares")
TWIN = Machine("AR250", "Ares 250", ("AR-250",), "Ares")
KNOWN = (ARES, TWIN)
NAMES, TWIN_NAMES = ("Ares 200", "AR200"), ("Ares 250", "AR250")

MANUAL = """## 8.2 Jaws

The jaws of the {name} are tightened to 24 Nm. Grease them every 500 hours.

| Screw | Torque (Nm) |
| --- | --- |
| Upper jaw | 24 |
| Lower jaw | 30 |

If the pressure exceeds 6 bar:

- stop the pump
- open the valve
"""


def excerpt(text, names, section=("Manual", "8.2 Jaws"), language="en"):
    return Excerpt(section, text, names, language)


def stance_to(quote, sibling, question="", answer="", own=MANUAL, **changes):
    ours = excerpt(own.format(name="Ares 200"), NAMES)
    start = ours.text.index(quote)
    cited = quoted(ours, [(start, start + len(quote))])
    theirs = excerpt(sibling.format(name="Ares 250"), TWIN_NAMES, **changes)
    return stance([cited], question, answer, [theirs])


@pytest.mark.parametrize(
    "quote", ["tightened to 24 Nm", "Grease them", "| Upper jaw | 24 |", "open the valve"]
)
def test_equal_sections_say_the_same(quote):
    assert stance_to(quote, MANUAL).kind == "same"


@pytest.mark.parametrize(
    ("quote", "old", "new"),
    [
        ("tightened to 24 Nm", "24 Nm", "26 Nm"),
        ("tightened to 24 Nm", "are tightened", "are not tightened"),
        ("tightened to 24 Nm", "The jaws", "The lower jaws"),
        ("tightened to 24 Nm", "24 Nm", "24 lb·ft"),
        ("| Upper jaw | 24 |", "Upper jaw | 24", "Upper jaw | 28"),
        ("| Upper jaw | 24 |", "(Nm)", "(lb·ft)"),
        ("open the valve", "exceeds 6 bar", "exceeds 7 bar"),
        ("Grease them", "500 hours", "400 hours"),
    ],
)
def test_changed_sections_do_not(quote, old, new):
    assert stance_to(quote, MANUAL.replace(old, new)).kind != "same"


def test_other_values_of_the_section_do_not_matter():
    assert stance_to("Grease them", MANUAL.replace("24", "26")).kind == "same"
    assert stance_to("| Lower jaw | 30 |", MANUAL.replace("24", "26")).kind == "same"


def test_same_words_under_another_heading_do_not_count():
    other = ("Manual", "8.3 Belts")
    assert stance_to("Grease them", MANUAL, section=other).kind != "same"


def test_numbering_and_format_of_the_same_do_not_matter():
    moved = MANUAL.replace("## 8.2 Jaws\n", "## 9.1 Jaws\n").replace("hours. ", "hours.\n")
    assert stance_to("Grease them", moved, section=("Manual", "9.1 Jaws")).kind == "same"
    spaced = MANUAL.replace("500 hours", "500  Hours")
    assert stance_to("Grease them", spaced).kind == "same"


def test_missing_section_is_silent():
    assert stance_to("tightened to 24 Nm", "## 8.2 Jaws\n\nThe jaws are blue.\n").kind == "silent"
    cited = quoted(excerpt(MANUAL, NAMES), [(0, 60)])
    assert stance([cited], "", "", []).kind == "silent"


def test_nothing_cited_is_silent():
    assert stance([], "", "", [excerpt(MANUAL, TWIN_NAMES)]).kind == "silent"


@pytest.mark.parametrize(
    ("quote", "question"),
    [
        ("| Code E118 | Pressure below 4.5 bar |", "What does code E118 mean on the Ares 200?"),
        ("| Upper valve | Pressure 4.5 bar |", "What is the pressure of the upper valve?"),
    ],
)
def test_other_values_of_another_thing_are_silent(quote, question):
    own = f"## Faults\n\n| Part | Remedy |\n| --- | --- |\n{quote}\n"
    same = own.replace("4.5", "5.0")
    other = same.replace("E118", "E128").replace("Upper", "Lower")
    found = stance_to(quote, same, question, "4.5 bar", own=own)
    assert found.kind == "differs"
    assert len(found.values) == 1
    assert stance_to(quote, other, question, "4.5 bar", own=own).kind == "silent"
    both = stance_to(quote, f"{other}{same.splitlines()[-1]}\n", question, "4.5 bar", own=own)
    assert both == found


def test_questions_about_other_codes_ask_something_else():
    asked = "What does the fault code {} mean on the {} when it appears?"
    first, names = asked.format("E118", "Ares 200"), ("Ares 200", "Ares 250")
    assert asks_the_same(first, asked.format("E118", "Ares 250"), names, "en")
    assert not asks_the_same(first, asked.format("E128", "Ares 250"), names, "en")


def test_words_around_a_quote_must_be_the_siblings_too():
    own = "## Bearing\n\nOn the upper bearing the load is high. Use grease of type B."
    sibling = own.replace("upper", "lower")
    question = "What grease does the upper bearing need?"
    assert stance_to("Use grease", sibling, question, "Type B.", own=own).kind == "silent"
    assert stance_to("Use grease", own, question, "Type B.", own=own).kind == "same"


def test_numbers_around_a_quote_must_be_the_siblings_too():
    own = "## Valve\n\nThe line carries 6 bar. The valve has to be closed by hand."
    sibling = own.replace("6 bar", "8 bar")
    question = "How is the valve of the 6 bar line closed?"
    assert stance_to("by hand", sibling, question, "By hand.", own=own).kind == "silent"


def test_name_that_is_asked_for_is_the_machines_own():
    own = "## Plate\n\n| Datum | Value |\n| --- | --- |\n| Machine code | {code} |\n"
    ours, theirs = own.format(code="AR200"), own.format(code="AR250")
    cited = quoted(excerpt(ours, NAMES), [(ours.index("Machine"), len(ours))])
    asked = "What is the machine code of the Ares 200?"
    found = stance([cited], asked, "The machine code is AR200.", [excerpt(theirs, TWIN_NAMES)])
    assert found.kind != "same"


def test_serial_numbers_are_not_taken_for_names():
    own = "## Plate\n\nThis manual begins with serial number {code}-0417.\n"
    ours, theirs = own.format(code="AR200"), own.format(code="AR250")
    cited = quoted(excerpt(ours, NAMES), [(12, len(ours))])
    assert stance([cited], "", "", [excerpt(theirs, TWIN_NAMES)]).kind == "differs"


def test_italian_statements_are_compared():
    own = "## Olio\n\nIl serbatoio della {name} contiene 1,5 litri di olio.\n"
    assert stance_to("1,5 litri", own, own=own, language="en").kind == "same"
    found = stance_to("1,5 litri", own.replace("1,5", "2,5"), own=own, language="en")
    assert found.kind == "differs"
    assert len(found.values) == 1


def test_family_needs_every_sibling():
    same, other = stance_to("Grease", MANUAL), stance_to("Grease", MANUAL.replace("500", "400"))
    assert scope_of("AR200", {"AR250": same, "AR300": same}).kind == "family"
    found = scope_of("AR200", {"AR300": same, "AR250": other})
    assert (found.kind, found.machines) == ("machine", ("AR200", "AR300"))
    assert scope_of("AR200", {}).kind == "machine"


@pytest.mark.parametrize(
    ("question", "kind", "clear"),
    [
        ("How are the jaws of the Ares 200 tightened?", "machine", True),
        ("How are the jaws of the AR-200 tightened?", "machine", True),
        ("How are the jaws of the Ares tightened?", "machine", False),
        ("How are the jaws tightened?", "machine", False),
        ("How are the jaws of the Ares 200 tightened?", "family", True),
        ("How are the jaws of the Ares tightened?", "family", True),
        ("How are the jaws tightened?", "family", False),
        ("How are the jaws of the Ares 250 tightened?", "family", False),
    ],
)
def test_questions_say_what_they_are_about(question, kind, clear):
    sibling = MANUAL if kind == "family" else MANUAL.replace("500", "400")
    scope = scope_of("AR200", {"AR250": stance_to("Grease", sibling)})
    assert scope.kind == kind
    found = ambiguous(question, naming(ARES, KNOWN), scope)
    assert [finding.code for finding in found] == ([] if clear else ["ambiguous_machine"])


@pytest.mark.parametrize(
    ("question", "answer", "found"),
    [
        ("What is the machine code of the Ares 200?", "The machine code is AR200.", True),
        ("What is the machine code of the Ares 200?", "AR200.", True),
        ("What is the serial number of the Ares 200?", "AR200-0417.", False),
        ("What does E118 mean?", "On the Ares 200 it means low pressure.", False),
        ("What is tightened on the Ares 200?", "The jaw of the Ares 200.", False),
    ],
)
def test_questions_for_the_machines_name_are_found(question, answer, found):
    assert bool(known_name(question, answer, naming(ARES, KNOWN), "en")) == found


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("To 24 Nm.", []),
        ("The jaws of the Ares 200 are tightened to 24 Nm.", []),
        ("To 26 Nm.", ["sibling_value"]),
        ("To 26,000 N·mm.", ["sibling_value"]),
        ("To 24,000 N·mm.", []),
    ],
)
def test_values_of_a_sibling_are_found(answer, found):
    stances = {"AR250": stance_to("tightened to", MANUAL.replace("24 Nm", "26 Nm"))}
    question = "How tightly are the jaws of the Ares 200 fixed?"
    named = naming(ARES, KNOWN)
    findings = sibling_values(question, answer, named, stances, "en")
    assert [finding.code for finding in findings] == found


def test_words_of_a_sibling_are_found():
    own = "## Door\n\nThe control cabinet of the machine has its switch on the left side.\n"
    stances = {"AR250": stance_to("switch", own.replace("left", "right"), own=own)}
    named, question = naming(ARES, KNOWN), "Where is the switch of the Ares 200?"
    assert sibling_values(question, "It is on the right side.", named, stances, "en")
    assert not sibling_values(question, "It is on the left side.", named, stances, "en")


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ("With the torque wrench.", True),
        ("With the hook wrench.", False),
        ("With the hook wrench, not the torque wrench.", False),
        ("To 12 Nm.", False),
    ],
)
def test_siblings_word_may_stand_elsewhere_in_the_section(answer, found):
    own = "## Tools\n\nThe pulley nut takes the hook wrench.\n\nThe pin takes the torque wrench.\n"
    sibling = own.replace("hook", "torque")
    question = "With what is the pulley nut of the Ares 200 tightened?"
    stances = {"AR250": stance_to("hook wrench", sibling, question, answer, own=own)}
    assert bool(sibling_values(question, answer, naming(ARES, KNOWN), stances, "en")) == found


def test_siblings_value_may_stand_in_the_heading():
    own = "## Supply\n\nThe sensor is fed with 12 V.\n"
    path, sibling = ("Manual", "Supply of 24 V"), own.replace("12", "24")
    ours = excerpt(own, NAMES, path)
    cited = quoted(ours, [(own.index("fed"), len(own))])
    question, named = "With how much is the sensor of the Ares 200 fed?", naming(ARES, KNOWN)
    stances = {"AR250": stance([cited], question, "", [excerpt(sibling, TWIN_NAMES, path)])}
    assert sibling_values(question, "With 24 V.", named, stances, "en")
    assert not sibling_values(question, "With 12 V.", named, stances, "en")


def test_assertions_keep_their_places():
    text = MANUAL.format(name="Ares 200")
    read = assertions(excerpt(text, NAMES))
    assert all(each.text == text[each.start : each.end].strip() for each in read)
    rows = [each for each in read if "Upper jaw" in each.text]
    assert "Torque (Nm)" in rows[0].context
    items = [each for each in read if "valve" in each.text]
    assert "exceeds 6 bar" in items[0].context
