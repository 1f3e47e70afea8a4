"""Contained texts: every holder is found, whatever the order, and short texts need more."""

import random

from hypothesis import given
from hypothesis import strategies as st

from checks.duplicates.similar import word_runs
from checks.leakage.contained import contained_pairs, joining_pairs
from checks.leakage.groups import Groups

NAMES = ["oil", "belt", "pump", "valve", "jaw", "film", "at", "to", "of", "48", "61", "bar"]
WORDS = st.lists(st.sampled_from(NAMES))
TEXTS = st.lists(WORDS.map(" ".join), max_size=14, unique=True)


def held(one: str, other: str, least: float) -> bool:
    runs, others = word_runs(one, 3), word_runs(other, 3)
    if not runs or not others:
        return False
    shorter = min(len(runs), len(others))
    whole = shorter if shorter >= 6 else len(runs | others)
    return len(runs & others) >= least * whole


@given(TEXTS, st.sampled_from([0.5, 0.7, 0.8, 1.0]))
def test_every_containing_pair_is_found(texts, least):
    expected = {
        frozenset((one, other))
        for one in range(len(texts))
        for other in range(one)
        if held(texts[one], texts[other], least)
    }
    assert {frozenset(pair) for pair in contained_pairs(texts, least)} == expected


def test_a_long_section_holds_a_paragraph_of_it():
    paragraph = "Tighten the six screws of the turntable hub crosswise to 48 N·m in two passes."
    section = f"{paragraph} Then grease the mast chain, and write the date on the sheet inside."
    assert list(contained_pairs([paragraph, section])) == [(1, 0)]


def test_a_short_cell_is_held_by_no_section():
    section = "The working pressure is 6 bar and the voltage of the supply is 230 V everywhere."
    assert not list(contained_pairs(["230 V", section]))


def test_many_near_repeats_are_still_one_cluster():
    common = " ".join(f"word{number}" for number in range(60))
    texts = [f"{common} machine {number}" for number in range(300)]
    joined = {place for pair in contained_pairs(texts, 0.7) for place in pair}
    assert joined == set(range(300))


def test_text_that_many_hold_joins_them_all():
    chosen = random.Random(1)
    warning = " ".join(f"w{chosen.randrange(5000)}" for _ in range(20))
    longer = [" ".join(f"w{chosen.randrange(5000)}" for _ in range(80)) for _ in range(150)]
    texts = [*(f"{text} {warning}" for text in longer), warning]
    groups = Groups(range(len(texts)))
    for pair in joining_pairs(texts):
        groups.join(pair)
    assert len(groups.all()) == 1
