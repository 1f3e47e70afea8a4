"""Windows and candidates: deterministic, complete, and never the same window twice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.brief import Brief, Windows
from graph.plan import next_candidates, windows
from tools.documents import Document, Page, Section

LENGTH = 300


def document(pages: int, name: str = "a", machine: str | None = None, **changes: str) -> Document:
    text = "".join(changes.get(f"p{n}", f"{name} {n} ".ljust(LENGTH, "x")) for n in range(pages))
    spans = tuple(
        Page(n + 1, n * LENGTH, (n + 1) * LENGTH, "en", changes.get(f"problem{n}"))
        for n in range(pages)
    )
    sections = (Section(("A",), 0, len(text) // 2), Section(("B",), len(text) // 2, len(text)))
    return Document(name, f"{name}.md", "0", name, text, spans, sections, True, {}, machine)


def test_windows_hold_consecutive_pages():
    found = windows([document(5)], Brief(windows=Windows(input_pages=2)))
    assert sorted(window.pages for window in found) == [(1, 2), (3, 4), (5, 5)]


def test_page_with_a_problem_is_in_no_window():
    found = windows([document(5, problem2="no text layer")], Brief())
    assert sorted(window.pages for window in found) == [(1, 2), (4, 5)]


def test_brief_languages_select_pages():
    mixed = document(4)
    pages = tuple(replace(p, language="de") if p.number > 2 else p for p in mixed.pages)
    mixed = replace(mixed, pages=pages)
    assert {w.language for w in windows([mixed], Brief(languages=["de"]))} == {"de"}
    assert {w.language for w in windows([mixed], Brief())} == {"de", "en"}


def test_equal_windows_of_one_machine_are_one():
    twins = [document(2, "a", "M1"), replace(document(2, "a", "M1"), id="b", path="b.md")]
    assert len(windows(twins, Brief())) == 1
    siblings = [document(2, "a", "M1"), replace(document(2, "a", "M2"), id="b", path="b.md")]
    assert len(windows(siblings, Brief())) == 2


@pytest.mark.parametrize("unit", ["pages", "sections", "chunks"])
def test_every_unit_covers_the_text(unit):
    one = document(6)
    found = windows([one], Brief(windows=Windows(unit=unit, size=500, step=400)))
    covered = {at for window in found for at in range(window.start, window.end)}
    assert covered == set(range(len(one.text)))


@given(seed=st.integers(0, 50), pages=st.integers(1, 12))
def test_windows_depend_on_the_seed_alone(seed, pages):
    given_ = [document(pages, "a"), document(pages, "b")]
    first = windows(given_, Brief(seed=seed))
    assert first == windows(list(reversed(given_)), Brief(seed=seed))
    assert len({window.id for window in first}) == len(first)


def test_least_asked_windows_come_first():
    known = windows([document(6)], Brief())
    asked = {known[0].id: 1, known[1].id: 2}
    chosen = next_candidates(
        known, round_=2, missing=2, rate=1.0, most=9, asked=asked, exhausted=set()
    )
    assert [c.window.id for c in chosen] == [known[2].id, known[0].id]


def test_exhausted_windows_and_limits_are_kept():
    known = windows([document(6)], Brief())
    left = {known[0].id, known[1].id}
    chosen = next_candidates(
        known, round_=1, missing=9, rate=None, most=9, asked={}, exhausted=left
    )
    assert [c.window.id for c in chosen] == [known[2].id]
    assert not next_candidates(
        known, round_=1, missing=9, rate=None, most=0, asked={}, exhausted=set()
    )


def test_candidate_ids_differ_by_round():
    known = windows([document(2)], Brief())
    ids = {
        next_candidates(known, round_=n, missing=1, rate=1.0, most=1, asked={}, exhausted=set())[
            0
        ].id
        for n in (1, 2, 3)
    }
    assert len(ids) == 3
