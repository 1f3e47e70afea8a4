"""HTML: headings, paragraphs, lists, tables and listings of a page, without its navigation."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from bs4 import BeautifulSoup, ParserRejectedMarkup, XMLParsedAsHTMLWarning
from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag

from tools.blocks import (
    Block,
    DocumentError,
    Draft,
    DraftPage,
    code,
    heading,
    item,
    one_line,
    paragraph,
    table,
)
from tools.decode import read_text_file

_DROPPED_TAG = re.compile(
    "script|style|noscript|template|nav|footer|form|button|select|svg|iframe|head|object|video"
)
_DROPPED_NAME = re.compile(
    "navheader|navfooter|toc|docnav|navigation|navbar|nav|breadcrumbs?|banner|cookie|skip-link|"
    "(?:site-|page-)?footer|site-header|list-of-(?:tables|figures|examples)|headerlink",
    re.IGNORECASE,
)
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_BLOCK_TAG = re.compile(
    "h[1-6]|address|article|aside|blockquote|body|caption|center|dd|details|dialog|div|dl|dt|"
    "fieldset|figcaption|figure|header|hr|li|main|ol|p|pre|section|summary|table|ul"
)
_SUPERSCRIPTS = str.maketrans("0123456789+-n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ")
_NOTE_MARK = re.compile(r"\[\w{1,3}\]|[*†‡]")
_SUPERSCRIPT = re.compile(r"[0-9+\-n]{1,3}")


def read_html(path: Path) -> Draft:
    """Return the page as an unpaged draft, titled by its `<title>`."""
    soup = _parse(read_text_file(path))
    title = one_line(soup.title.get_text()) if soup.title else None
    metadata = {
        str(meta["name"]): one_line(str(meta["content"]))
        for meta in soup.find_all("meta", attrs={"name": True, "content": True})
    }
    blocks = list(_blocks_in(_main_part(soup)))
    return Draft([DraftPage(1, blocks)], paged=False, title=title or None, metadata=metadata)


def html_blocks(markup: str) -> list[Block]:
    """Return the blocks of a piece of HTML, as Markdown files hold them."""
    return list(_blocks_in(_main_part(_parse(markup))))


def superscript(text: str) -> str:
    """Return what stands raised, as Unicode where it can (mm²); a note's mark is left out."""
    if _NOTE_MARK.fullmatch(text):
        return ""
    return text.translate(_SUPERSCRIPTS) if _SUPERSCRIPT.fullmatch(text) else text


def _parse(markup: str) -> BeautifulSoup:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        try:
            return BeautifulSoup(markup, "lxml")
        except ParserRejectedMarkup as error:
            raise DocumentError("The file is not HTML: give it its true suffix.") from error


def _main_part(soup: BeautifulSoup) -> Tag:
    for tag in soup.find_all(_is_dropped):
        tag.decompose()
    return soup.body or soup


def _is_dropped(tag: Tag) -> bool:
    if _DROPPED_TAG.fullmatch(tag.name) or tag.get("role") in (
        "navigation",
        "search",
        "contentinfo",
    ):
        return True
    if tag.name == "header" and tag.find(_HEADINGS) is None:
        return True
    if tag.name in ("html", "body"):
        return False
    names = [*tag.get_attribute_list("class"), tag.get("id")]
    return any(_DROPPED_NAME.fullmatch(str(name)) for name in names if name)


def _blocks_in(parent: Tag, depth: int = 0) -> Iterator[Block]:
    """Yield the blocks under the tag; text between block tags becomes paragraphs."""
    inline: list[PageElement] = []
    for child in parent.children:
        if isinstance(child, Tag) and _holds_blocks(child):
            yield from _flush(inline)
            inline = []
            yield from _block(child, depth)
        else:
            inline.append(child)
    yield from _flush(inline)


def _holds_blocks(tag: Tag) -> bool:
    return _is_block(tag) or tag.find(_is_block) is not None


def _is_block(tag: Tag) -> bool:
    return _BLOCK_TAG.fullmatch(tag.name) is not None


def _flush(inline: Iterable[PageElement]) -> Iterator[Block]:
    yield from paragraph("".join(_inline(each) for each in inline))


def _block(tag: Tag, depth: int) -> Iterator[Block]:
    if tag.name in _HEADINGS:
        yield from heading(_inline(tag), int(tag.name[1]))
    elif tag.name == "pre":
        yield from code(tag.get_text())
    elif tag.name in ("ul", "ol"):
        yield from _list(tag, depth)
    elif tag.name == "dl":
        yield from _definitions(tag, depth)
    elif tag.name == "table":
        yield from _table(tag, depth)
    else:
        yield from _blocks_in(tag, depth)


def _list(tag: Tag, depth: int) -> Iterator[Block]:
    start = str(tag.get("start") or "1")
    number = int(start) if start.isdecimal() else 1
    for entry in tag.find_all("li", recursive=False):
        yield from _item("", entry, depth, number if tag.name == "ol" else None)
        number += 1


def _item(lead: str, entry: Tag, depth: int, number: int | None = None) -> Iterator[Block]:
    inner = list(_blocks_in(entry, depth + 1))
    if inner and inner[0].kind == "paragraph":
        lead += inner.pop(0).text
    yield from item(lead, depth=depth, number=number)
    yield from inner


def _definitions(tag: Tag, depth: int) -> Iterator[Block]:
    terms: list[str] = []
    for entry in tag.find_all(("dt", "dd")):
        if entry.find_parent("dl") is not tag:
            continue
        if entry.name == "dt":
            terms.append(one_line(_inline(entry)))
        else:
            lead = ", ".join(term for term in terms if term).removesuffix(":")
            terms = []
            yield from _item(f"{lead}: " if lead else "", entry, depth)


def _table(tag: Tag, depth: int) -> Iterator[Block]:
    caption = tag.find("caption")
    if caption is not None:
        yield from paragraph(_inline(caption))
    if _is_layout(tag):
        for cell in _cells(tag):
            yield from _blocks_in(cell, depth)
    else:
        grid = _grid(tag)
        yield from table(grid, headed=len(grid[0]) != 2 or tag.find("th") is not None)


def _cells(tag: Tag) -> list[Tag]:
    return [cell for cell in tag.find_all(("td", "th")) if cell.find_parent("table") is tag]


def _is_layout(tag: Tag) -> bool:
    """Tell whether the table only places things: one column, listings or tables inside."""
    if tag.find(("table", "pre")) is not None or tag.get("role") == "presentation":
        return True
    filled = [[bool(one_line(cell)) for cell in row] for row in _grid(tag)]
    columns = [any(column) for column in zip(*filled, strict=True)]
    return sum(columns) < 2 or len(filled) < 2


def _grid(tag: Tag) -> list[list[str]]:
    """Return the cells with spans repeated, so that each row says everything."""
    rows: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}
    for line in tag.find_all("tr"):
        if line.find_parent("table") is not tag:
            continue
        row: list[str] = []
        for cell in line.find_all(("td", "th"), recursive=False):
            _hang(row, hanging)
            text = one_line(_inline(cell))
            for _ in range(_span(cell, "colspan")):
                if (down := _span(cell, "rowspan")) > 1:
                    hanging[len(row)] = (down - 1, text)
                row.append(text)
        _hang(row, hanging)
        rows.append(row)
    width = max((len(row) for row in rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _hang(row: list[str], hanging: dict[int, tuple[int, str]]) -> None:
    while len(row) in hanging:
        left, text = hanging.pop(len(row))
        if left > 1:
            hanging[len(row)] = (left - 1, text)
        row.append(text)


def _span(cell: Tag, name: str) -> int:
    value = str(cell.get(name) or "1")
    return min(int(value), 50) if value.isdecimal() and value != "0" else 1


def _inline(element: PageElement) -> str:
    """Return the text of inline markup; breaks and blocks inside become blanks."""
    if isinstance(element, NavigableString):
        hidden = isinstance(element, (Comment, PreformattedString))
        return "" if hidden else str(element)
    if not isinstance(element, Tag) or element.name == "img":
        return ""
    if element.name in ("br", "hr"):
        return " "
    inner = "".join(_inline(child) for child in element.children)
    if element.name == "sup":
        return superscript(inner.strip())
    return f" {inner} " if _is_block(element) else inner
