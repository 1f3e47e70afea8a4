"""Counts the distinct sentences with a digit in a folder of manuals: what there is to ask about.

`python -m bench.sentences DIR` prints one JSON line. It reads files its own, simple way, so that
its count does not depend on what it is compared with.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[^\Wa-z_])|\n\s*\n|\n(?=\s*(?:[-*•|#]|\d+[.)]\s))")
_MARK = re.compile(r"^\s*(?:[-*•#]+|\d+[.)])\s+")
_TABLE_ROW = re.compile(r"^.*\|.*$", re.MULTILINE)
_DIGIT = re.compile(r"\d")
_WORD = re.compile(r"[^\W\d_]{2,}")


def count_sentences(folder: Path) -> dict[str, int]:
    """Return how many files were read, and how many distinct sentences of theirs hold a digit."""
    found: set[str] = set()
    files = 0
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("."):
            texts = list(_texts(path))
            files += bool(texts)
            for text in texts:
                found.update(_sentences(text))
    return {"files": files, "sentences": len(found)}


def _sentences(text: str) -> Iterator[str]:
    rows = _TABLE_ROW.findall(text)
    for piece in [*rows, *_SENTENCE_END.split(_TABLE_ROW.sub("\n\n", text))]:
        sentence = " ".join(_MARK.sub("", piece).lower().split())
        if _DIGIT.search(sentence) and _WORD.search(sentence):
            yield sentence


def _texts(path: Path) -> Iterator[str]:
    match path.suffix.lower():
        case ".pdf":
            yield from _pdf_pages(path)
        case ".html" | ".htm":
            yield _html_text(path)
        case ".json":
            yield from _strings(json.loads(_read(path)))
        case ".jsonl":
            yield from _strings([json.loads(line) for line in _read(path).splitlines() if line])
        case ".md" | ".markdown" | ".txt":
            yield _read(path)
        case _:
            return


def _read(path: Path) -> str:
    return path.read_text("utf-8", errors="replace")


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in cast("dict[str, object]", value).values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in cast("list[object]", value):
            yield from _strings(inner)


def _html_text(path: Path) -> str:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(re.sub(r"<\?xml.*?\?>", "", _read(path)), "lxml")
    for tag in soup.find_all(["script", "style", "nav", "pre"]):
        tag.decompose()
    for row in soup.find_all("tr"):
        cells = [" ".join(cell.get_text().split()) for cell in row.find_all(["td", "th"])]
        row.string = "\n\n" + " | ".join(cells) + "\n\n"
    for tag in soup.find_all(["p", "div", "li", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"]):
        tag.append("\n\n")
    return soup.get_text()


def _pdf_pages(path: Path) -> Iterator[str]:
    from pypdfium2 import PdfDocument  # pyright: ignore[reportMissingTypeStubs]

    with PdfDocument(path) as pdf:
        for page in pdf:
            yield page.get_textpage().get_text_range().replace("\r\n", "\n")


def main() -> None:
    """Print the count for the folder named on the command line."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("Name one folder of manuals: python -m bench.sentences DIR")
    print(json.dumps(count_sentences(Path(sys.argv[1]))))


if __name__ == "__main__":
    main()
