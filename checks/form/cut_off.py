"""Cut off: whether a question or an answer breaks off before its end.

Short answers need no closing mark ("12 Nm", "P4", "Ogni 500 ore"); what counts is an open bracket
or quote, an end that promises more, and a last sentence without the mark that those before have.
`form` asks for `cut_off` on questions and answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from checks.words import word_set

_CODE = re.compile(r"```.*?```|~~~.*?~~~|`[^`\n]+`", re.DOTALL)
_QUOTED_MARK = re.compile(r"""(?<!\w)["“”'‘’«»„`]\s?[()\[\]{}"“”«»„`]\s?["“”'‘’«»„`](?!\w)""")
_OPENING, _CLOSING = "([{（［【「『〔《", ")]}）］】」』〕》"
_QUOTE = re.compile("[\"“”„«»`']")
_STRAIGHT_OPENS = re.compile(r'(?<!\d)"(?=\S)')
_MARKS = "*_~ \t"
_END = re.compile(r"[.!?。！？؟۔।…։]$")
_ELLIPSIS = re.compile(r"(?:…|\.{2,})$")
_BLANK = re.compile(r"(?:…|\.{3,}|_{2,})\s*[?？؟]$")
_PATH = re.compile(r"\s[>→›»/|]\s|->|>>")
_SERIES = re.compile(r"[,;、]\s*(?:\S*\d\S*\s*[,;、]?|\S+\s*[,;、])?\s*$")
_NAME_BEFORE = re.compile(r"(?<=[\w,] )[A-ZÀ-Þ][\w-]*(?:\s\w+)?\s?$")
_PROMISE = re.compile(r"[,;(\[{&，、；（]$|\w[-‐]$|\s[-–—/>→›]$|(?<!\b[A-Z])[:：]$")
_MARKER = re.compile(r"(?:[-*•]|\(?\d{1,2}[.)])")
_LAST_MARKER = re.compile(r"[.!?:;]\s+\(?(\d{1,2})[.)]$")
_LINE_MARK = re.compile(r"\s*(?:[-*•+]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s")
_SENTENCE = re.compile(r"(?<=[^\W\d_]{2}[.!?])\s+(?=[^\Wa-z_])")
_LAST_WORD = re.compile(r"(?<![\w'’./-])([^\W\d_]+)[.?!]?$")
_ELIDED = re.compile(r"(?<![\w'’])\w{1,6}['’]$")
_PLAIN_END = re.compile(r"(?<!\d)(?<!\d\s)\b[a-zà-ÿ]+$")
_LEAST_WORDS = 4


def cut_off(text: str, language: str, *, known: str = "") -> str | None:
    """Return the words at which the text breaks off, None where it is whole.

    `known` is what the text was made from: a last word that only begins one of its words is half.
    """
    prose = _CODE.sub("0", text).strip()
    lines = [line.strip() for line in prose.splitlines() if line.strip()]
    if not lines:
        return None
    is_cut = (
        _is_open(prose)
        or _promises_more(lines[-1], language)
        or _ends_in_function_word(lines[-1], language)
        or _lost_its_mark(lines[-1])
        or _is_half_word(prose, known)
    )
    return " ".join(text.split()[-_LEAST_WORDS:]) if is_cut else None


def _is_open(text: str) -> bool:
    """Say whether a bracket or a quote is never closed; those closed twice, as in "a)", may be."""
    text = _QUOTED_MARK.sub(" ", text)
    depth = 0
    for char in text:
        if char in _OPENING:
            depth += 1
        elif char in _CLOSING and depth:
            depth -= 1
    return depth > 0 or any(_open_quotes(text))


def _open_quotes(text: str) -> Iterator[str]:
    """Yield the quotes that are open at the end; after a digit the straight one is an inch."""
    is_open = dict.fromkeys('"“„«`', False)
    for match in _QUOTE.finditer(text):
        place, char = match.start(), match.group()
        if char == '"':
            is_open['"'] = not is_open['"'] and bool(_STRAIGHT_OPENS.match(text, place))
        elif char == "`":
            is_open["`"] = not is_open["`"]
        elif char in "“”":
            low = is_open["„"]
            is_open["„"] = False
            is_open["“"] = char == "“" and not low
        elif char in "„«":
            is_open[char] = True
        elif char == "»":
            is_open["«"] = False
        elif char == "'" and is_open["`"]:
            is_open["`"] = False
    yield from (char for char, still in is_open.items() if still)


def _promises_more(line: str, language: str) -> bool:
    """Say whether the line ends in a comma, a colon, a dash, a bare list mark or an ellipsis."""
    if _MARKER.fullmatch(line):
        return True
    if line.startswith("|"):
        return not line.endswith("|")
    line = line.rstrip(_MARKS) if not line.endswith(("**", "__")) else line
    if _BLANK.search(line):
        return True
    if found := _ELLIPSIS.search(line):
        return not _is_named(line[: found.start()], language)
    return bool(_PROMISE.search(line)) or _ends_in_marker(line)


def _ends_in_marker(line: str) -> bool:
    """Say whether the line counts its steps and ends in a number without one: "1. … 2. … 3."."""
    found = _LAST_MARKER.search(line)
    return (
        found is not None and re.search(rf"(?<!\S)\(?{int(found[1]) - 1}[.)]\s", line) is not None
    )


def _is_named(before: str, language: str) -> bool:
    """Say whether an ellipsis belongs to a menu's name or to a series: "Save as…", "G54, G55…"."""
    sentence = _SENTENCE.split(before)[-1]
    if _PATH.search(sentence) or _SERIES.search(sentence):
        return True
    # German writes every noun with a capital.
    return language != "de" and bool(_NAME_BEFORE.search(sentence))


def _ends_in_function_word(line: str, language: str) -> bool:
    ended = bool(_END.search(line))
    if not ended and _ELIDED.search(line) and not re.search(r"(?<!\w)['‘’]\w", line):
        return True
    found = _LAST_WORD.search(line)
    if found is None or len(line.split()) < 2:
        return False
    word = found.group(1)
    if ended and len(word) < 2:
        return False
    kind = "unfinished_question" if ended else "unfinished"
    return word.islower() and word in word_set(kind, language)


def _lost_its_mark(line: str) -> bool:
    """Say whether only the last of the line's sentences has no mark at its end."""
    *before, last = _SENTENCE.split(line)
    return (
        bool(before)
        and len(before[-1].split()) >= _LEAST_WORDS
        and len(last.split()) >= _LEAST_WORDS
        and not _LINE_MARK.match(last)
        and not _PATH.search(last)
        and bool(_PLAIN_END.search(last))
    )


def _is_half_word(text: str, known: str) -> bool:
    found = re.search(r"(?<![\w'’./-])[^\W\d_]{2,}$", text)
    if not known or found is None or " " not in text:
        return False
    word = re.escape(found.group())
    if re.search(rf"(?<![^\W_]){word}(?![^\W_])", known, re.IGNORECASE):
        return False
    return bool(re.search(rf"(?<![^\W_]){word}[^\W\d_]{{3,}}", known))
