"""Quotes: where the words that an answer cites stand in their source, character for character.

White space, hyphenation at line ends, ligatures, typographic quotes and dashes and the Unicode form
may differ; a letter or a digit may not. Called by the graph's checks and by the export.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from checks.words import content_stems

_BREAK = "\0"
_ZERO_WIDTH = r"\x00\u00ad\u200b-\u200d\u2060\ufeff"
_SPECIAL = re.compile(
    r"(?P<hyphen>(?<=[^\W\d_])[-\u2010\u00ad][ \t]*\r?\n\s*(?=[^\W\d_]))"
    rf"|(?P<space>(?:\s[{_ZERO_WIDTH}]*){{2,}}|[^\S ])"
    rf"|(?P<nothing>[{_ZERO_WIDTH}]+)"
    r"|(?P<other>[^\x00-\x7f][\u0300-\u036f]*|[\x00-\x7f][\u0300-\u036f]+)"
)
_MARK = re.compile(r"[\u0300-\u036f]")
# The same where no letter has a mark: what begins with a set of characters is looked for fastest,
# and no form of À to ÿ is another.
_SPECIAL_UNMARKED = re.compile(
    r"[^!-,.-~À-ÿ](?:(?P<hyphen>(?<=[^\W\d_][-\u2010\u00ad])[ \t]*\r?\n\s*(?=[^\W\d_]))"
    rf"|(?P<space>(?<=\s)[{_ZERO_WIDTH}]*(?:\s[{_ZERO_WIDTH}]*)+|(?<=[^\S ]))"
    rf"|(?P<nothing>(?<=[{_ZERO_WIDTH}])[{_ZERO_WIDTH}]*)"
    r"|(?P<other>(?<=[^\x00-\x7f])))"
)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys("“”„‟«»″", '"'),
        **dict.fromkeys("‘’‚‛‹›′´`", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
    }
)
_FIRST_IDEOGRAPH = "\u2e80"
_BEFORE = 300


class _Folded:
    """A text as it is compared, and where each of its characters comes from."""

    def __init__(self, text: str) -> None:
        self._pieces: list[str] = []
        self._length = 0
        self._at: list[int] = []
        self._spans: list[tuple[int, int]] = []
        done = 0
        special = _SPECIAL if _MARK.search(text) else _SPECIAL_UNMARKED
        for match in special.finditer(text):
            start, end = match.span()
            self._add(text[done:start].replace("`", "'"), done, start)
            self._add(_folded_piece(match, before=text[start - 1 : start]), start, end)
            done = end
        self._add(text[done:].replace("`", "'"), done, len(text))
        self.text = "".join(self._pieces)

    def _add(self, piece: str, start: int, end: int) -> None:
        if piece:
            self._pieces.append(piece)
            self._at.append(self._length)
            self._spans.append((start, end))
            self._length += len(piece)

    def source(self, at: int) -> tuple[int, int]:
        """Return the span of the original that the character comes from."""
        index = bisect_right(self._at, at) - 1
        start, end = self._spans[index]
        if len(self._pieces[index]) == end - start:
            start += at - self._at[index]
            return start, start + 1
        return start, end


def locate(quote: str, text: str) -> list[tuple[int, int]]:
    """Return every span of `text` where the quote stands; none when a letter or digit differs."""
    wanted = _Folded(quote).text.strip()
    if not wanted:
        return []
    folded = _Folded(text)
    return [
        (folded.source(start)[0], folded.source(end - 1)[1])
        for start, end in _places(wanted, folded.text)
        if _stands_alone(folded.text, start, end)
    ]


def likeliest(
    spans: Sequence[tuple[int, int]], text: str, about: str, language: str
) -> tuple[int, int]:
    """Return the span that is meant where a quote stands several times: the one among such words.

    The words of the span's own lines decide, then those before them; of equals, the first.
    """
    if len(spans) == 1:
        return spans[0]
    wanted = set(content_stems(about, language))

    def nearness(span: tuple[int, int]) -> tuple[int, int]:
        first, last = text.rfind("\n", 0, span[0]) + 1, text.find("\n", span[1])
        line, before = text[first : last if last >= 0 else None], text[:first][-_BEFORE:]
        own, above = (set(content_stems(part, language)) for part in (line, before))
        return len(own & wanted), len(above & wanted)

    return max(spans, key=nearness)


def _places(wanted: str, text: str) -> Iterator[tuple[int, int]]:
    if _BREAK in text or _BREAK in wanted:
        for match in re.finditer(_with_breaks(wanted), text):
            yield match.span()
        return
    start = text.find(wanted)
    while start >= 0:
        yield start, start + len(wanted)
        start = text.find(wanted, start + len(wanted))


def _with_breaks(wanted: str) -> str:
    """Return a pattern for the quote whose words, and their hyphens, may be broken at line ends."""
    pattern: list[str] = []
    for before, char in zip(" " + wanted, wanted, strict=False):
        if char == _BREAK:
            pattern.append(f"[-{_BREAK}]?")
        elif char == "-":
            pattern.append(f"[-{_BREAK}]")
        else:
            broken = f"{_BREAK}?" if before.isalpha() and char.isalpha() else ""
            pattern.append(broken + re.escape(char))
    return "".join(pattern)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether the span cuts no word and no number: "5 mm" does not stand in "2.5 mm"."""
    before, after = text[max(0, start - 2) : start], text[end : end + 2]
    return not (_continues(before[::-1], text[start]) or _continues(after, text[end - 1]))


def _continues(outside: str, edge: str) -> bool:
    if not outside or not edge.isalnum() or edge >= _FIRST_IDEOGRAPH:
        return False
    if outside[0].isalnum():
        return outside[0] < _FIRST_IDEOGRAPH
    return edge.isdigit() and outside[0] in ".," and outside[1:].isdigit()


def _folded_piece(match: re.Match[str], *, before: str) -> str:
    if match.lastgroup == "hyphen":
        return _BREAK
    if match.lastgroup == "nothing":
        return ""
    if match.lastgroup == "space":
        return " "
    return _plain(match.group(), after_digit=before.isdigit())


@lru_cache(maxsize=4096)
def _plain(char: str, *, after_digit: bool) -> str:
    """Return how a character, with its marks, is compared."""
    plain = unicodedata.normalize("NFC", char).translate(_PLAIN)
    kind = unicodedata.decomposition(plain[0]).partition(" ")[0]
    # "10²" is not "102", while the NFKC form makes them equal.
    if kind == "<fraction>" or (kind in ("<super>", "<sub>") and after_digit):
        return plain
    return unicodedata.normalize("NFKC", plain)
