"""Verbatim: what an answer gives to be typed must stand in its evidence letter by letter.

Code between ticks, the lines of a listing, options of a command, paths and globs: `judging` asks
for what of these does not; and whether an answer is nothing but sentences of its evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.findings import Finding
from checks.quotes import locate

_LISTING = re.compile(r"^[ \t]*```[^\n]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
_TICKED = re.compile(r"(?<!`)(`{1,2})(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_QUOTED = re.compile(r"[\"“”„«]([^\"“”„«»\n]{1,60})[\"“”»]")
_LIKE_CODE = re.compile(r"(?:^|\s)--?[A-Za-z]|[\w.]/\w|\w_\w|[*$\\={}]")
_OPTION = re.compile(r"(?<![\w-])(?:--[A-Za-z][\w*-]*|-[A-Za-z]\w{0,2}(?![\w-]))")
_PATH = re.compile(
    r"(?<!\d )(?<![^\s(\"“'`\[|])(?:~|\.{1,2})?/(?=[A-Za-z._*])"
    r"(?:[\w.+*-]+/)*[\w+*-](?:[\w.+*-]*[\w+*-])?"
)
_SUFFIX = re.compile(r"(?<![^\s(\"“'`])\*?\.[A-Za-z]\w*")
_MARK = r"(?:\A|\n)[ \t]*(?:[-*•|#]|\d{1,2}[.)][ \t])"
# A line may go on from the one above, and "Tür öffnen" from "niemals die".
_BEGINS = re.compile(rf"(?:\A|\n[ \t]*\n|\w\w[.!?][ \t\n]+|{_MARK})[ \t]*\Z")
_ENDS = re.compile(rf"[.!?]|\s*\Z|\n[ \t]*\n|{_MARK}")
_REACH = 12
_GOES_ON = re.compile(r"[*?\\]|\s+\*(?!\*)")


def stands_whole(answer: str, text: str) -> bool:
    """Say whether the answer is whole sentences or lines of a text, as they stand: all is true."""
    at = text.find(answer) if answer and not answer[0].islower() else -1
    return (
        at >= 0
        and bool(_BEGINS.search(text[max(0, at - _REACH) : at]))
        and (answer[-1] in ".!?" or bool(_ENDS.match(text, at + len(answer))))
    )


def not_verbatim(answer: str, evidence: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each literal of the answer that no evidence holds as it is."""
    for literal in dict.fromkeys(_literals(answer, evidence)):
        if not any(_stands(literal, text) for text in evidence):
            sentence = f"The cited passages do not hold “{literal}” letter by letter."
            yield Finding("not_verbatim", sentence, literal)


def _literals(answer: str, evidence: Sequence[str]) -> Iterator[str]:
    for listing in _LISTING.findall(answer):
        yield from filter(None, map(str.strip, listing.splitlines()))
    prose = _LISTING.sub(" ", answer)
    yield from (match[2].strip() for match in _TICKED.finditer(prose))
    prose = _TICKED.sub(" ", prose)
    quoted = (match[1].strip() for match in _QUOTED.finditer(prose))
    yield from (text for text in quoted if _LIKE_CODE.search(text))
    prose = _QUOTED.sub(" ", prose)
    # A dash before a word is an option only where options are spoken of.
    if any(_OPTION.search(text) for text in evidence):
        yield from _OPTION.findall(prose)
    yield from _PATH.findall(prose)
    yield from _SUFFIX.findall(_PATH.sub(" ", prose))


def _stands(literal: str, text: str) -> bool:
    """Say whether the literal is there whole: no sign before or after it that belongs to it."""
    if literal.isalpha():
        return bool(locate(literal.casefold(), text.casefold()))
    return any(
        text[start - 1 : start] != "*" and not _GOES_ON.match(text, end)
        for start, end in locate(literal, text)
    )
