"""JSON pages: a page to each key, string or object, in numeric order, Markdown inside."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import cast

from tools.blocks import DocumentError, Draft, DraftPage
from tools.decode import read_text_file
from tools.read_markdown import markdown_blocks

_NUMBER = re.compile(r"\d{1,9}")
_SHAPES = (
    'Write it as {"page_1": "…"}, as a list of strings, or as a list of {"page": 1, "text": "…"}.'
)


def read_json(path: Path) -> Draft:
    """Return the pages of a `.json` file."""
    try:
        content: object = json.loads(read_text_file(path), strict=False)
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
            lines += [json.loads(line, strict=False)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            raise DocumentError(f"Line {number} is not JSON: export the file again.") from error
    return _draft(_pages(lines))


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
        numbers = _NUMBER.findall(key)
        if len(numbers) != 1 or not isinstance(value, str):
            raise DocumentError(f"The key {key[:40]!r} is not a page with text. {_SHAPES}")
        pages.append((int(numbers[0]), value))
    return pages


def _from_list(content: list[object]) -> list[tuple[int, str]]:
    pages: list[tuple[int, str]] = []
    for place, value in enumerate(content, start=1):
        if isinstance(value, str):
            pages.append((place, value))
            continue
        entry = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        number, text = entry.get("page", place), entry.get("text")
        if isinstance(number, str) and number.strip().isdecimal():
            number = int(number)
        if not isinstance(number, int) or isinstance(number, bool) or not isinstance(text, str):
            raise DocumentError(f"Entry {place} is not a page with text. {_SHAPES}")
        pages.append((number, text))
    return pages
