"""What a sentence of a manual can be changed to say instead: a value, a word, a menu path, a "not".

`bench.twins` writes the manuals of siblings that differ in such changes. Sentences and values are
read in this module's own way.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.lexicon import lexicons

_BREAK = re.compile(
    r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*•|#>]|\d{1,2}[.)])[ \t])|\|[ \t]*\n"
    r"|(?<=[.!?;:])\s+(?=[^\Wa-z\d_])"
)
_VALUE = re.compile(r"(?<![\w.,:/#_=-])[1-9]\d{0,4}(?:[.,]\d{1,2})?(?=[ \t%°]|[.;,)]?(?:\s|$))")
_WORD = re.compile(r"[^\W\d_]{3,}")
_TERM = re.compile(r"(?<![\w.:/'’-])[^\W\d_]{6,}(?=[ ,;.:)]|$)(?![./-]\w)")
_STEP = r"[A-ZÀ-Ý\d][\w-]*(?: [A-ZÀ-Ý\d][\w-]*)*"
_MENU = re.compile(rf"{_STEP}(?: ?[>→›»▸] ?{_STEP})* ?[>→›»▸] ?({_STEP})")
_LISTED = re.compile(r"\s*(?:[-*•>]|\d{1,2}[.)])?\s*")
_MARKUP = re.compile(r"[\[\]*<{}]|https?:|```|^\s*#|(?:\. ?){4}")
_LEAST_WORDS = 3
_NEAR = 1500
_LONGEST = 400
_ENDING = 2


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, list item or table row that stands once in its text, and where."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """A place in a text, what stands there, and what can stand there instead, most wanted first."""

    sentence: Sentence
    start: int
    old: str
    new: tuple[str, ...]


def sentences(text: str) -> Iterator[Sentence]:
    """Yield the sentences of a text that stand once in it, have words, and are no markup."""
    edges = [0, *(place for found in _BREAK.finditer(text) for place in found.span()), len(text)]
    known = " ".join(text.split())
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        said = text[start:end]
        if _MARKUP.search(said) or end - start > _LONGEST:
            continue
        if len(_WORD.findall(said)) >= _LEAST_WORDS and known.count(" ".join(said.split())) == 1:
            yield Sentence(start, end, said)


def other_number(
    text: str, sentence: Sentence, language: str, draw: random.Random
) -> Option | None:
    """Change the first digit of the sentence's first value."""
    marked = _LISTED.match(sentence.text)
    found = _VALUE.search(sentence.text, marked.end() if marked else 0)
    if found is None:
        return None
    digits = [digit for digit in "123456789" if digit != found[0][0]]
    draw.shuffle(digits)
    new = [digit + found[0][1:] for digit in digits]
    return _option(text, sentence, found.start(), found[0], new)


def other_word(text: str, sentence: Sentence, language: str, draw: random.Random) -> Option | None:
    """Put another long word of the manual, with the same ending, for a long word."""
    places = [
        found
        for found in _TERM.finditer(sentence.text)
        if found.start() > len(sentence.text) - len(sentence.text.lstrip())
        and sentence.text.count(found[0]) == 1
        and found[0].islower() is (language != "de")
    ]
    if not places:
        return None
    found = max(places, key=lambda each: (len(each[0]), each.start()))
    like = {
        word
        for word in _TERM.findall(text)
        if word[-_ENDING:] == found[0][-_ENDING:]
        and word[:3] != found[0][:3]
        and word[0].islower() == found[0][0].islower()
        and not word.isupper()
    }
    new = sorted(like)
    draw.shuffle(new)
    return _option(text, sentence, found.start(), found[0], new)


def other_menu(text: str, sentence: Sentence, language: str, draw: random.Random) -> Option | None:
    """Put the last step of another menu path for that of the sentence's path."""
    found = _MENU.search(sentence.text)
    if found is None:
        return None
    new = sorted({last for last in _MENU.findall(text) if last != found[1]})
    draw.shuffle(new)
    return _option(text, sentence, found.start(1), found[1], new)


def negated(text: str, sentence: Sentence, language: str, draw: random.Random) -> Option | None:
    """Put a "not" into a sentence that has none; what is changed is the verb and the word after."""
    words = lexicons().get(language)
    if words is None or "|" in sentence.text:
        return None
    if re.search(words.negation, sentence.text, re.IGNORECASE):
        return None
    for pattern, new in words.added:
        if found := re.search(pattern, sentence.text):
            after = re.match(r"\W*\w+", sentence.text[found.end() :])
            rest = after[0] if after else ""
            return Option(sentence, sentence.start + found.start(), found[0] + rest, (
                found.expand(new) + rest,
            ))  # fmt: skip
    return None


KINDS: Mapping[str, Callable[[str, Sentence, str, random.Random], Option | None]] = {
    "number": other_number,
    "word": other_word,
    "not": negated,
    "menu": other_menu,
}


def _option(text: str, sentence: Sentence, at: int, old: str, new: Sequence[str]) -> Option | None:
    """Return what can stand there instead and stands nowhere near, None when there is nothing."""
    start = sentence.start + at
    near = text[max(0, start - _NEAR) : start + _NEAR]
    free = tuple(each for each in new if not states(each, near))
    return Option(sentence, start, old, free) if free else None


def states(value: str, text: str) -> bool:
    """Say whether a text holds a value or words, and not only as part of another."""
    spelt = r"\s+".join(map(re.escape, value.split()))
    return re.search(rf"(?<![\w.,]){spelt}(?![.,]?\d|\w)", text) is not None
