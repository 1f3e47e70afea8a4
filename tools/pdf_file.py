# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
"""PDF file: what PDFium finds in a file, as plain values: lines, rules, bookmarks, metadata.

The only module that speaks to PDFium, whose bindings carry no types. Called by `read_pdf`.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from tools.blocks import DocumentError, one_line
from tools.pdf_lines import Box, Font, Line, Word

_TAIL = 4096
_HYPHENS = "\x02\ufffe"
_MONO = ("mono", "courier", "consol", "typewriter", "cmtt", "code")
_BOLD = ("bold", "black", "heavy", "demi")
_MOST_RULES = 4000
_THIN = 1.5
_SHORTEST_RULE = 6.0

_Place = Callable[[float, float, float, float], Box]
_Sign = tuple[str, Box, Font]
_Point = tuple[float, float]


@dataclass(slots=True)
class PrintedPage:
    """A page: its lines in the order of the file, and the straight rules drawn on it."""

    number: int
    height: float
    lines: list[Line]
    rules: list[Box]
    damaged: bool = False


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of the file's outline, `level` from 1."""

    page: int
    level: int
    title: str


@dataclass(frozen=True, slots=True)
class PrintedFile:
    """A whole file."""

    pages: list[PrintedPage]
    bookmarks: list[Bookmark]
    metadata: dict[str, str]


def read_file(path: Path) -> PrintedFile:
    """Return what the file holds; raises DocumentError when it is locked or damaged."""
    pdf = _open(path)
    try:
        pages = [_page(pdf, index) for index in range(len(pdf))]
        metadata = pdf.get_metadata_dict(skip_empty=True)
        return PrintedFile(
            pages,
            list(_bookmarks(pdf)),
            {str(key).lower(): one_line(str(value)) for key, value in metadata.items()},
        )
    finally:
        pdf.close()


def _open(path: Path) -> pdfium.PdfDocument:
    damaged = "The PDF is damaged or cut off: copy or export it again."
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _TAIL), os.SEEK_END)
        if b"%%EOF" not in file.read():
            raise DocumentError(damaged)
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code == raw.FPDF_ERR_PASSWORD:
            raise DocumentError("The PDF is encrypted: save it without a password.") from error
        raise DocumentError(damaged) from error


def _bookmarks(pdf: pdfium.PdfDocument) -> Iterator[Bookmark]:
    for mark in pdf.get_toc(max_depth=6):
        place = mark.get_dest()
        index = None if place is None else place.get_index()
        if index is not None:
            yield Bookmark(index + 1, mark.level + 1, mark.get_title())


def _page(pdf: pdfium.PdfDocument, index: int) -> PrintedPage:
    try:
        page = pdf[index]
        textpage = page.get_textpage()
    except pdfium.PdfiumError:
        return PrintedPage(index + 1, 0.0, [], [], damaged=True)
    place = _upright(page)
    lines = [_words(signs) for signs in _sign_lines(textpage, place)]
    printed = PrintedPage(
        index + 1,
        page.get_height(),
        [Line(tuple(words)) for words in lines if words],
        list(_rules(page, place)),
    )
    textpage.close()
    page.close()
    return printed


def _upright(page: pdfium.PdfPage) -> _Place:
    """Return what maps a rectangle of the file (left, bottom, right, top) to the page as shown."""
    x0, y0, x1, y1 = cast("tuple[float, float, float, float]", page.get_cropbox())
    rotation = page.get_rotation()

    def place(left: float, bottom: float, right: float, top: float) -> Box:
        if rotation == 90:
            return Box(bottom - y0, left - x0, top - y0, right - x0)
        if rotation == 180:
            return Box(x1 - right, bottom - y0, x1 - left, top - y0)
        if rotation == 270:
            return Box(y1 - top, x1 - right, y1 - bottom, x1 - left)
        return Box(left - x0, y1 - top, right - x0, y1 - bottom)

    return place


def _sign_lines(textpage: pdfium.PdfTextPage, place: _Place) -> Iterator[list[_Sign]]:
    fonts: dict[int, Font] = {}
    line: list[_Sign] = []
    box = raw.FS_RECTF()
    for index in range(textpage.count_chars()):
        sign = chr(raw.FPDFText_GetUnicode(textpage, index))
        parted = sign in _HYPHENS
        if sign != "\n" and raw.FPDFText_GetLooseCharBox(textpage, index, box):
            where = place(box.left, box.bottom, box.right, box.top)
            line.append(("-" if parted else sign, where, _font(textpage, index, fonts)))
        if sign == "\n" or parted:
            yield line
            line = []
    yield line


def _font(textpage: pdfium.PdfTextPage, index: int, fonts: dict[int, Font]) -> Font:
    thing = raw.FPDFText_GetTextObject(textpage, index)
    key = ctypes.cast(thing, ctypes.c_void_p).value or 0
    if key not in fonts:
        name = ctypes.create_string_buffer(128)
        raw.FPDFFont_GetBaseFontName(raw.FPDFTextObj_GetFont(thing), name, 128)
        lowered = name.value.decode("latin-1").lower()
        fonts[key] = Font(
            raw.FPDFText_GetFontSize(textpage, index),
            lowered,
            any(word in lowered for word in _MONO),
            any(word in lowered for word in _BOLD),
        )
    return fonts[key]


def _words(signs: list[_Sign]) -> list[Word]:
    words: list[Word] = []
    run: list[_Sign] = []
    for sign in signs:
        if not sign[0].isspace():
            run.append(sign)
        elif run:
            words.append(_word(run))
            run = []
    return [*words, _word(run)] if run else words


def _word(run: list[_Sign]) -> Word:
    text = "".join(sign for sign, _, _ in run)
    return Word(text, Box.around([box for _, box, _ in run]), run[0][2])


def _rules(page: pdfium.PdfPage, place: _Place) -> Iterator[Box]:
    """Yield the page's rules; a drawing with thousands of them has no tables and yields none."""
    rules: list[Box] = []
    for thing in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH], max_depth=1):
        for (x0, y0), (x1, y1) in _segments(thing):
            box = place(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
            if min(box.width, box.height) <= _THIN and max(box.width, box.height) > _SHORTEST_RULE:
                rules.append(box)
        if len(rules) > _MOST_RULES:
            return
    yield from rules


def _segments(thing: pdfium.PdfObject) -> Iterator[tuple[_Point, _Point]]:
    matrix = thing.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    start = last = (0.0, 0.0)
    for index in range(min(raw.FPDFPath_CountSegments(thing), _MOST_RULES)):
        segment = raw.FPDFPath_GetPathSegment(thing, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        point = matrix.on_point(x.value, y.value)
        kind = raw.FPDFPathSegment_GetType(segment)
        if kind == raw.FPDF_SEGMENT_MOVETO:
            start = point
        elif kind == raw.FPDF_SEGMENT_LINETO:
            yield last, point
        if raw.FPDFPathSegment_GetClose(segment):
            yield point, start
        last = point
