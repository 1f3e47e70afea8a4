"""Passages: spans that equal their text, in one section, of about one size."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.documents import Document, Page, Section, read_folder
from tools.passages import split

ROOT = Path(__file__).parents[2]
FOLDERS = [ROOT / "examples" / "manuals", *sorted((ROOT.parent / "shared" / "corpus").glob("*/"))]

SENTENCE = st.sampled_from(
    [
        "Tighten the four screws of the guard to 12 Nm.",
        "Do not open the guard while the belt moves!",
        "La pressione di esercizio è di 6 bar; controllarla ogni giorno.",
        "Checks",
        "Proceed as follows:",
        "E214 E215 E216",
    ]
)
PARAGRAPH = st.lists(SENTENCE, min_size=1, max_size=40).map(" ".join)
ITEMS = st.lists(SENTENCE, min_size=1, max_size=12).map(
    lambda lines: "\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1))
)
TABLE = st.integers(1, 60).map(
    lambda rows: "\n".join(f"| Screw {row} | M{row} | {row} Nm |" for row in range(rows))
)
BODY = st.lists(st.one_of(PARAGRAPH, ITEMS, TABLE, st.text(max_size=300)), max_size=5)


def document(bodies: list[list[str]], problem: str | None = None) -> Document:
    """Make a document with a section and a page for each body; `problem` marks the second page."""
    text, sections, pages = "", [], []
    for number, body in enumerate(bodies, start=1):
        start = len(text)
        blocks = [block.replace("#", "") for block in body]
        text += "\n\n".join([f"## Part {number}", *blocks]) + "\n\n"
        sections.append(Section((f"Part {number}",), start, len(text)))
        pages.append(Page(number, start, len(text), "en", problem if number == 2 else None))
    return Document("d", "d.md", "0", "D", text, tuple(pages), tuple(sections), paged=True)


@given(st.lists(BODY, max_size=4), st.integers(40, 900))
def test_spans_equal_their_text(bodies: list[list[str]], size: int) -> None:
    source = document(bodies)
    passages = split(source, size=size)
    assert all(p.text == source.text[p.start : p.end] and p.text.strip() for p in passages)
    assert all(len(p.text) <= 2 * size for p in passages)
    assert all(above.end <= below.start for above, below in pairwise(passages))
    assert len({p.id for p in passages}) == len(passages)


@given(st.lists(BODY, max_size=4), st.integers(40, 900))
def test_no_word_below_a_heading_is_lost(bodies: list[list[str]], size: int) -> None:
    source = document(bodies)
    kept = bytearray(len(source.text))
    for passage in split(source, size=size):
        kept[passage.start : passage.end] = b"\1" * len(passage.text)
    lost = "".join(c for c, is_kept in zip(source.text, kept, strict=True) if not is_kept)
    assert not re.findall(r"[^\W\d_]{2,}", re.sub(r"## Part \d+", "", lost))


@given(st.lists(BODY, min_size=2, max_size=4))
def test_passages_stay_in_their_section(bodies: list[list[str]]) -> None:
    source = document(bodies)
    for passage in split(source):
        [section] = [s for s in source.sections if s.start <= passage.start < s.end]
        assert (passage.end <= section.end, passage.section) == (True, section.path)


def test_heading_belongs_to_passage_below() -> None:
    text = "# Care\n\n## Oil\n\nChange the oil.\n\n## Filters\n\n# End\n"
    starts = [0, 8, text.index("## F"), text.index("# End"), len(text)]
    paths = [("Care",), ("Care", "Oil"), ("Care", "Filters"), ("End",)]
    sections = tuple(
        Section(path, start, end)
        for path, (start, end) in zip(paths, pairwise(starts), strict=True)
    )
    source = Document("d", "d.md", "0", "D", text, (Page(1, 0, len(text), "en"),), sections, True)
    [passage] = split(source)
    assert passage.text == "# Care\n\n## Oil\n\nChange the oil."
    assert passage.section == ("Care", "Oil")


def test_table_is_kept_whole_or_cut_between_rows() -> None:
    rows = [f"| Screw {row} | M{row} | {row} Nm |" for row in range(40)]
    [whole] = split(document([["\n".join(rows)]]), size=600)
    assert whole.text.endswith(rows[-1])
    parts = split(document([["\n".join(rows)]]), size=200)
    lines = [line for part in parts for line in part.text.split("\n")]
    assert len(parts) > 1
    assert lines[2:] == rows


def test_label_stays_with_what_follows() -> None:
    first, last = "The belt runs. " * 12, "Stop the belt before opening the guard. " * 4
    _, second = split(document([[first.strip(), "Note", last.strip()]]), size=220)
    assert second.text.startswith("Note\n\nStop")


def test_long_paragraph_is_cut_at_sentence_ends() -> None:
    passages = split(document([["Tighten the screws. " * 100]]), size=300)
    assert len(passages) > 5
    assert all(p.text.endswith("screws.") for p in passages)


def test_pages_with_a_problem_are_left_out() -> None:
    bodies = [["Keep this line."], ["Leave this line."], ["Keep that line."]]
    passages = split(document(bodies, problem="The table cannot be read."))
    assert [p.pages for p in passages] == [(1, 1), (3, 3)]


def test_unsure_page_lends_no_language() -> None:
    text = "Die Schrauben der Haube werden mit einem Drehmoment von 12 Nm angezogen."
    page = Page(1, 0, len(text), "")
    source = Document("d", "d.txt", "0", "D", text, (page,), (Section((), 0, len(text)),), False)
    assert [p.language for p in split(source)] == ["de"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_real_manuals_keep_their_spans(folder: Path) -> None:
    documents, _ = read_folder(folder)
    passages = [(d, p) for d in documents for p in split(d)]
    assert passages
    assert all(p.text == d.text[p.start : p.end] for d, p in passages)
    pages = [page for d in documents for page in d.pages if page.problem is None]
    readable = sum(page.end - page.start for page in pages)
    assert sum(len(p.text) for _, p in passages) > 0.95 * readable


def test_shared_corpus_is_there() -> None:
    if len(FOLDERS) == 1:
        pytest.skip("the shared corpus is not beside this checkout")
    assert len(FOLDERS) > 3
