"""JSON pages: a page to each key, string or object, in numeric order, Markdown inside."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import cast

from tools.blocks import DocumentError, Draft, DraftPage
from tools.decode import read_text_file
from tools.read_markdown import markdown_blocks

_HIGHEST_PAGE = 999_999_999
_NUMBER = re.compile(r"\d{1,9}")
_SHAPES = (
    'Write it as {"page_1": "…"}, as a list of strings, or as a list of {"page": 1, "text": "…"}.'
)


def read_json(path: Path) -> Draft:
    """Return the pages of a `.json` file."""
    try:
        content = _parsed(read_text_file(path))
    except ValueError as error:
        raise DocumentError(f"The file is not JSON ({error}): export it again.") from error
    except RecursionError as error:
        raise DocumentError(f"The file nests too deep to hold pages. {_SHAPES}") from error
    return _draft(_pages(content))


def read_json_lines(path: Path) -> Draft:
    """Return the pages of a `.jsonl` file, one to a line."""
    lines: list[object] = []
    for number, line in enumerate(read_text_file(path).split("\n"), start=1):
        try:
            lines += [_parsed(line)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"Line {number} is not JSON: export the file again.") from error
    return _draft(_pages(lines))


def _parsed(text: str) -> object:
    return json.loads(text, strict=False, object_pairs_hook=_once_each)


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the pairs as an object; where a key comes twice, JSON would keep the last alone."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise DocumentError("A key comes twice in one object: number each page once.")
    return content


def _draft(pages: list[tuple[int, str]]) -> Draft:
    drafts = [
        DraftPage(number, markdown_blocks(text), None if text.strip() else "empty page")
        for number, text in pages
    ]
    return Draft(drafts, paged=True)


def _pages(content: object) -> list[tuple[int, str]]:
    if isinstance(content, dict):
        pages = _from_keys(cast("dict[str, object]", content))
    elif isinstance(content, list):
        pages = _from_list(cast("list[object]", content))
    else:
        raise DocumentError(f"The file holds no pages. {_SHAPES}")
    numbers = [number for number, _ in pages]
    if not all(0 <= number <= _HIGHEST_PAGE for number in numbers):
        raise DocumentError("A page's number is below 0 or too high: number the pages from 1 on.")
    if len(set(numbers)) < len(numbers):
        raise DocumentError("Two pages have the same number: number them once each.")
    if not any(text.strip() for _, text in pages):
        raise DocumentError("Every page is empty: export the file again or remove it.")
    return sorted(pages)


def _from_keys(content: dict[str, object]) -> list[tuple[int, str]]:
    inner = content.get("pages")
    if isinstance(inner, (dict, list)):
        return _pages(cast("object", inner))
    pages: list[tuple[int, str]] = []
    for key, value in content.items():
        numbers, value = _NUMBER.findall(key), _text(value)
        if len(numbers) != 1 or value is None:
            raise DocumentError(f"The key {key[:40]!r} is not a page with text. {_SHAPES}")
        pages.append((int(numbers[0]), value))
    return pages


def _from_list(content: list[object]) -> list[tuple[int, str]]:
    pages: list[tuple[int, str]] = []
    for place, value in enumerate(content, start=1):
        entry = cast("dict[str, object]", value) if isinstance(value, dict) else {"text": value}
        number, text = entry.get("page", place), _text(entry.get("text", ...))
        if isinstance(number, str) and number.strip().isdecimal():
            number = int(number)
        if not isinstance(number, int) or isinstance(number, bool) or text is None:
            raise DocumentError(f"Entry {place} is not a page with text. {_SHAPES}")
        pages.append((number, text))
    return pages


def _text(value: object) -> str | None:
    """Return a page's text, empty where the page is null, None where the value is no text."""
    return "" if value is None else value if isinstance(value, str) else None
