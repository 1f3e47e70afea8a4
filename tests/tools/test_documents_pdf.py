# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
import ctypes
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import pypdfium2 as pdfium
import pypdfium2.raw as raw
import pytest

from tools.documents import Document, Unreadable, read_folder

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "linuxcnc"
HIGH, LEFT, STEP = 800, 60, 14

Piece = tuple[float, float, str] | tuple[float, float, str, float, str]
Ruler = tuple[float, float, float, float]


def print_pdf(
    path: Path, pages: Iterable[Sequence[Piece]], rules: dict[int, list[Ruler]] | None = None
) -> None:
    """Write a PDF; a piece is (x, y from the top, text, size, font), a rule two points."""
    pdf = pdfium.PdfDocument.new()
    for number, pieces in enumerate(pages, start=1):
        page = pdf.new_page(600, HIGH)
        for piece in pieces:
            x, y, text, size, font = (*piece, 10.0, "Helvetica")[:5] if len(piece) == 3 else piece
            thing = raw.FPDFPageObj_NewTextObj(pdf, font.encode(), size)
            wide = (text + "\0").encode("utf-16-le")
            raw.FPDFText_SetText(
                thing, ctypes.cast(ctypes.create_string_buffer(wide), raw.FPDF_WIDESTRING)
            )
            raw.FPDFPageObj_Transform(thing, 1, 0, 0, 1, x, HIGH - y)
            raw.FPDFPage_InsertObject(page, thing)
        for x0, y0, x1, y1 in (rules or {}).get(number, []):
            line = raw.FPDFPageObj_CreateNewPath(x0, HIGH - y0)
            raw.FPDFPath_LineTo(line, x1, HIGH - y1)
            raw.FPDFPath_SetDrawMode(line, raw.FPDF_FILLMODE_NONE, True)
            raw.FPDFPage_InsertObject(page, line)
        raw.FPDFPage_GenerateContent(page)
    pdf.save(path)


def lines(*texts: str, top: float = 100) -> list[Piece]:
    return [(LEFT, top + STEP * at, text) for at, text in enumerate(texts)]


def read(folder: Path) -> tuple[Document, list[Unreadable]]:
    documents, unreadable = read_folder(folder)
    return documents[0], unreadable


def page_text(document: Document, number: int) -> str:
    page = document.pages[number - 1]
    return document.text[page.start : page.end].strip()


def grid(lefts: list[float], tops: list[float]) -> list[Ruler]:
    across = [(lefts[0], top, lefts[-1], top) for top in tops]
    return across + [(left, tops[0], left, tops[-1]) for left in lefts]


def test_lines_join_to_paragraphs(tmp_path: Path):
    texts = (
        "The pump of the machine is switched on and the operator waits until the pres-",
        "sure has risen to 6 bar. A self-",
        "locking nut is never used twice, and no self-locking nut is oiled at all here.",
    )
    print_pdf(tmp_path / "a.pdf", [[*lines(*texts), *lines("Then close it.", top=170)]])
    document, unreadable = read(tmp_path)
    assert unreadable == []
    assert document.text == (
        "The pump of the machine is switched on and the operator waits until the pressure has "
        "risen to 6 bar. A self-locking nut is never used twice, and no self-locking nut is oiled "
        "at all here.\n\nThen close it.\n"
    )


def test_sentence_goes_on_over_pages(tmp_path: Path):
    texts = ("The nut is tightened to", "exactly 25 Nm and never oiled.", "Stop it.")
    pages = [lines(text) for text in texts]
    print_pdf(tmp_path / "a.pdf", pages)
    document, _ = read(tmp_path)
    assert document.text == ("The nut is tightened to exactly 25 Nm and never oiled.\n\nStop it.\n")
    assert page_text(document, 2) == "exactly 25 Nm and never oiled."


def test_word_parted_by_page_end(tmp_path: Path):
    print_pdf(tmp_path / "a.pdf", [lines("The valve commu-"), lines("nicates at 9600 baud.")])
    document, _ = read(tmp_path)
    assert document.text == "The valve communicates at 9600 baud.\n"
    assert page_text(document, 2) == "at 9600 baud."


def test_running_headers_are_left_out(tmp_path: Path):
    pages = [
        [
            (LEFT, 30, f"Manual Ares, edition 3, page {n}"),
            *lines(f"Set {n} bar."),
            (300, 780, f"{n} / 4"),
        ]
        for n in range(1, 5)
    ]
    print_pdf(tmp_path / "a.pdf", pages)
    document, _ = read(tmp_path)
    assert document.text == "Set 1 bar.\n\nSet 2 bar.\n\nSet 3 bar.\n\nSet 4 bar.\n"


def test_headings_by_size_and_number(tmp_path: Path):
    page = [
        (LEFT, 100, "2 Care", 18.0, "Helvetica-Bold"),
        (LEFT, 140, "2.1 Oil", 12.0, "Helvetica-Bold"),
        *lines("The oil of the gearbox is changed every 500 hours.", top=170),
        (LEFT, 220, "2.2 Air", 12.0, "Helvetica-Bold"),
        *lines("The filter is blown out every 50 hours of operation.", top=250),
    ]
    print_pdf(tmp_path / "a.pdf", [page])
    document, _ = read(tmp_path)
    paths = [section.path for section in document.sections]
    assert paths == [("2 Care",), ("2 Care", "2.1 Oil"), ("2 Care", "2.2 Air")]


def test_lists_and_listings_keep_lines(tmp_path: Path):
    page = [
        *lines("1. Close the valve.", "2. Open the drain."),
        (LEFT, 150, "[AXIS]", 9.0, "Courier"),
        (LEFT + 22, 161, "MAX = 5", 9.0, "Courier"),
    ]
    print_pdf(tmp_path / "a.pdf", [page])
    document, _ = read(tmp_path)
    assert document.text == (
        "1. Close the valve.\n2. Open the drain.\n\n```\n[AXIS]\n    MAX = 5\n```\n"
    )


def test_ruled_table_keeps_its_cells(tmp_path: Path):
    page: list[Piece] = [
        *lines("Torques of the jaws:", top=80),
        (65, 115, "Part", 10.0, "Helvetica-Bold"),
        (205, 115, "Torque", 10.0, "Helvetica-Bold"),
        (65, 135, "Front"),
        (65, 147, "jaw"),
        (205, 135, "25 Nm"),
        (65, 165, "Knife"),
        (205, 165, "9 Nm"),
    ]
    print_pdf(tmp_path / "a.pdf", [page], {1: grid([60, 200, 340], [100, 120, 150, 170])})
    document, unreadable = read(tmp_path)
    assert unreadable == []
    assert document.text.endswith(
        "| Part | Torque |\n| --- | --- |\n| Front jaw | 25 Nm |\n| Knife | 9 Nm |\n"
    )


def test_table_cut_by_page_end(tmp_path: Path):
    page: list[Piece] = [(65, 115, "a"), (125, 115, "b"), (65, 135, "1"), (125, 135, "2")]
    rules = grid([60, 120, 180], [100, 120, 140])[:2] + grid([60, 120, 180], [100, 120, 140])[3:]
    print_pdf(tmp_path / "a.pdf", [page], {1: rules})
    assert "| 1 | 2 |" in read(tmp_path)[0].text


def test_columns_without_rules_are_read(tmp_path: Path):
    rows = [("Part", "Torque", "Tool"), ("Jaw", "25 Nm", "T40"), ("Knife", "9 Nm", "T20")]
    page = [
        (60 + 140 * column, 100 + STEP * row, text)
        for row, cells in enumerate(rows)
        for column, text in enumerate(cells)
    ]
    print_pdf(tmp_path / "a.pdf", [page])
    document, unreadable = read(tmp_path)
    assert unreadable == []
    assert document.text.splitlines()[2:] == ["| Jaw | 25 Nm | T40 |", "| Knife | 9 Nm | T20 |"]


def test_unsure_table_is_listed(tmp_path: Path):
    page: list[Piece] = [
        *[(60.0, 100.0, "Part"), (200.0, 100.0, "Torque"), (340.0, 100.0, "Tool")],
        *[(60.0, 114.0, "Jaw and its long holder"), (260.0, 114.0, "25 Nm")],
        *[(60.0, 128.0, "Knife"), (200.0, 128.0, "9 Nm"), (320.0, 128.0, "T20")],
        *[(340.0, 142.0, "or T25")],
    ]
    print_pdf(tmp_path / "a.pdf", [page, lines("Set 5 bar.")])
    document, unreadable = read(tmp_path)
    assert [page.problem is None for page in document.pages] == [False, True]
    assert [(line.page, "table" in line.reason) for line in unreadable] == [(1, True)]


def test_contents_and_bare_pages_listed(tmp_path: Path):
    contents = lines(*[f"{n} Chapter {'. ' * 20} {n + 3}" for n in range(1, 9)])
    print_pdf(tmp_path / "a.pdf", [contents, [], lines("Set 5 bar.")])
    document, unreadable = read(tmp_path)
    reasons = [(line.page, line.reason) for line in unreadable]
    assert reasons == [(1, "table of contents"), (2, "no text layer")]
    assert document.pages[2].problem is None


@pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
def test_cut_file_is_refused(tmp_path: Path, share: float):
    print_pdf(tmp_path / "a.pdf", [lines("Set 5 bar.")])
    whole = (tmp_path / "a.pdf").read_bytes()
    (tmp_path / "a.pdf").write_bytes(whole[: int(share * len(whole))])
    documents, unreadable = read_folder(tmp_path)
    assert documents == []
    assert "cut off" in unreadable[0].reason


def test_locked_file_is_refused(tmp_path: Path):
    print_pdf(tmp_path / "a.pdf", [lines("Set 5 bar.")])
    whole = (tmp_path / "a.pdf").read_bytes()
    lock = b"/Encrypt<</Filter/Standard/V 1/R 2/P -1/O<%s>/U<%s>>>/ID[<00><00>]" % (
        b"41" * 32,
        b"42" * 32,
    )
    (tmp_path / "a.pdf").write_bytes(re.sub(rb"trailer\s*<<", b"trailer<<" + lock, whole))
    documents, unreadable = read_folder(tmp_path)
    assert documents == []
    assert "encrypted" in unreadable[0].reason


def test_real_timing_table_is_read():
    if not CORPUS.is_dir():
        pytest.skip("the LinuxCNC manuals are not in this checkout")
    documents, _ = read_folder(CORPUS)
    rows = re.findall(r"^\|.*\|$", documents[-1].text, re.MULTILINE)
    timings = [row for row in rows if re.search(r"\| \d+ \| \d+ \| \d+ \| \d+ \|", row)]
    assert len(timings) > 40
    assert len({row.count("|") for row in timings}) == 1
