"""Editions: sections meet their translations by their numbers, and strangers are left alone."""

import random
import re

import pytest

from checks.leakage.editions import Edition, edition_pairs
from tests.conftest import ROOT
from tools.documents import read_folder

ENGLISH = "## {n}.1 Part {n}\n\nTighten to {a} N·m, check after {b} h, fill {c} l at {d:.1f} bar."
ITALIAN = "## {n}.1 Pezzo {n}\n\nSerrare a {a} N·m, controllare dopo {b} h, {c} l a {d} bar."
_NUMBER = re.compile(r"[#\s]*([\d.]+)\s")
BARE = {"en": "## Safety {n}\n\nNever reach in.", "it": "## Sicurezza {n}\n\nNon toccare."}


def edition(language: str, numbers: range, *, seed: int = 0, without: int | None = None) -> Edition:
    sections: list[str] = []
    for n in numbers:
        chosen = random.Random(f"{seed} {n}")
        a, b, c, d = (chosen.randrange(10, 9000) for _ in range(4))
        comma = f"{d / 10:.1f}".replace(".", ",")
        form = ENGLISH if language == "en" else ITALIAN
        if n != without:
            values = {"a": a, "b": b, "c": c, "d": d / 10 if language == "en" else comma}
            sections.append(form.format(n=n, **values))
        sections.append(BARE[language].format(n=n))
    return Edition(language, sections)


def test_each_section_meets_its_translation():
    one, other = edition("en", range(8)), edition("it", range(8))
    assert set(edition_pairs([one, other])) == set(zip(one.sections, other.sections, strict=True))


def test_a_section_left_out_shifts_no_pair():
    one, other = edition("en", range(8)), edition("it", range(8), without=4)
    pairs = set(edition_pairs([one, other]))
    assert (one.sections[15], other.sections[14]) in pairs
    assert (one.sections[15], other.sections[13]) not in pairs


def test_other_manuals_are_no_editions():
    assert not list(edition_pairs([edition("en", range(8)), edition("it", range(8), seed=1)]))


def test_manuals_of_one_language_are_no_editions():
    assert not list(edition_pairs([edition("en", range(8)), edition("en", range(8))]))


def test_headings_alone_anchor_nothing():
    one = Edition("en", [f"{n}.1.2 Part" for n in range(9)])
    other = Edition("it", [f"{n}.1.2 Pezzo" for n in range(9)])
    assert not list(edition_pairs([one, other]))


@pytest.mark.parametrize("machine", ["ares-200", "ares-250"])
def test_example_manuals_meet_by_heading_number(machine: str):
    found = {document.path: document for document in read_folder(ROOT / "examples" / "manuals")[0]}
    editions = [
        Edition(language, [d.text[s.start : s.end] for s in d.sections])
        for language, d in ((code, found[f"{machine}-{code}.json"]) for code in ("en", "it"))
    ]
    pairs = list(edition_pairs(editions))
    assert len(pairs) == len(editions[0].sections)
    numbers = [[_NUMBER.match(text) for text in pair] for pair in pairs]
    met = [(one[1], other[1]) for one, other in numbers if one and other]
    assert len(met) > 40
    assert all(one == other for one, other in met)
