"""Names of machines: what a machine may be called, what it is not, and names nobody knows."""

import pytest

from checks.names import mentioned, naming, unknown_names, without_names
from tools.machines import Machine

ARES = Machine("AR200", "Ares 200", ("Ares200", "AR-200", "Ares"), "Ares")
TWIN = Machine("AR250", "Ares 250", ("AR-250", "Ares"), "Ares")
VEGA = Machine("VG40", "Vega 40", ("compressor", "Vega compressor"), "Vega")
KNOWN = (ARES, TWIN, VEGA)


def test_machine_has_its_aliases_and_its_family():
    named = naming(ARES, KNOWN)
    assert named.machine == "Ares 200"
    assert set(named.own) == {"Ares 200", "AR200"}
    assert named.family == "Ares"
    assert {"Ares 250", "AR250", "Vega 40"} <= set(named.others)
    assert "Ares" not in named.others


def test_common_word_is_no_name_of_another():
    assert "compressor" not in naming(ARES, KNOWN).others
    assert "compressor" in naming(VEGA, KNOWN).own


def test_family_of_one_is_no_family():
    assert naming(VEGA, KNOWN).family is None


def test_unlisted_document_has_no_names_of_its_own():
    named = naming(None, KNOWN)
    assert (named.machine, named.also) == (None, ())
    assert {"Ares 200", "Ares 250", "Vega 40"} <= set(named.others)


def test_no_directory_means_no_names():
    assert naming(None, ()).every == ()


@pytest.mark.parametrize("spelt", ["Vega40", "VEGA-40", "vega 40", "VG40", "vg-40", "Vega_40"])
def test_spellings_name_the_same_machine(spelt):
    assert mentioned(f"Quanto olio contiene il {spelt}?", naming(VEGA, KNOWN).own)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Press the button and start the press.", []),
        ("1. Press it.\n2. Start it.\n- Press again", []),
        ("How much oil does the Press hold?", ["Press"]),
        ("Quanto olio contiene la Eco?", ["Eco"]),
        ("Il modo eco si sceglie sul pannello.", []),
        ("The ECO lamp", []),
        ("¿Press? “Press it”", []),
    ],
)
def test_common_words_count_only_as_spelt(text, found):
    assert mentioned(text, ["Press", "Start", "Eco"]) == found


@pytest.mark.parametrize("code", ["AR200-0417", "MU-AR200", "XX-AR200-1"])
def test_part_numbers_name_no_machine(code):
    assert mentioned(f"the part {code}", ["AR200"]) == []
    assert without_names(f"the part {code}", ["AR200"]) == f"the part {code}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The Vega 55 needs less oil than the Ares 300.", ["Vega 55", "Ares 300"]),
        ("# Vega 55\n\n| Vega 60 | 3 bar |", ["Vega 55", "Vega 60"]),
        ("la VEGA-55 e la Ares300", ["VEGA-55", "Ares300"]),
        ("the Ares 200, the VEGA 40 and the Ares 250 XL", []),
        ("an Ares 24 V supply, the Ares 2024 manual, Ares 2.1, Ares 7:30", []),
        ("Vega 4,5 bar and Vega 10 mm", []),
        ("ares 300", []),
    ],
)
def test_unknown_machines_are_found(text, found):
    names = naming(ARES, KNOWN).every
    assert [match.group() for match in unknown_names(text, names)] == found


def test_verbs_before_numbers_are_no_machines():
    text = "Press 35 times.\n- Press 30 times, then press 50 times. Press 45 N."
    assert list(unknown_names(text, ["Press 40"])) == []
    assert [m.group() for m in unknown_names("the Press 45", ["Press 40"])] == ["Press 45"]


def test_names_without_numbers_leave_nothing_unknown():
    assert list(unknown_names("The Titan 2 and the Eco 300", ["Titan", "Eco"])) == []
