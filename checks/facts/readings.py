"""Readings: a text as words and facts in its sentences, list items and table rows.

`read` is cached, since one passage is cited by many answers; `bindings` and `polarity` compare the
readings of an answer and of its evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from checks.facts.literals import list_marks, read_all
from checks.facts.quantities import Number
from checks.facts.units import units_in_headers, units_of_cell
from tools.language import stem, stop_words

_PIECE = re.compile(
    r"(?P<word>[^\W\d_]+(?:(?<=n)['’]t\b)?)|(?P<cell>\|)|(?P<end>[.!?]+(?=[\s\"»”)*\]]|$)|;(?=\s))"
    r"|(?P<clause>[,;:()\[\]–—>→]|\s-\s)"
)
_LABEL = r"[A-ZÀ-ÖØ-Þ][^\n:.;!?|]{0,40}:[ \t]"
# A long line that ends no sentence goes on, but in no item, row or labelled line.
_WRAP = rf"(?<=[^\n|]{{44}}[^\n.:;!?|])\n[ \t]*(?=[^\W_])(?!\d{{1,2}}[.)][ \t]|{_LABEL})"
_LINE = re.compile(rf"(?:[^\n]|{_WRAP})+|\n[ \t]*(?=\n)")
_HEADING = re.compile(r"[ \t]*#{1,6}[ \t]")
_ITEM = re.compile(r"[ \t]*(?:[-*•>][ \t]|\(?\d{1,2}[.)][ \t])")
_RULE = re.compile(r"[ \t]*\|?[-:| \t]*-{2,}[-:| \t]*")
_CHAINED = re.compile(r"\s*[x×]\s*")
_SHORTENED = {"ca": "can", "wo": "will", "sha": "shall"}
_BREAK = 2.0
_STOP = 0.5


class Token(NamedTuple):
    """A word's stem, or the fact with an index in its reading's `numbers` (-1 for a word).

    `at` grows with each word, and faster across a comma or the edge of a cell.
    """

    name: str
    word: str
    at: float
    clause: int
    cell: int
    is_stop: bool = False
    fact: int = -1


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, a list item or a table row; `above` are the words that it hangs on.

    `heads` are, for each cell of a row, the words of its column's header; `below` are, for each
    cell of a header, the words of its column and of their rows' labels. `table` counts the tables
    of a text, -1 outside one.
    """

    tokens: tuple[Token, ...]
    above: tuple[str, ...] = ()
    table: int = -1
    heads: tuple[tuple[str, ...], ...] = ()
    below: dict[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]])

    @property
    def is_row(self) -> bool:
        """Say whether this is the row of a table."""
        return self.table >= 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A text's units in order, its numbers, and for each number the units that it may be in."""

    text: str
    units: tuple[Unit, ...]
    numbers: tuple[Number, ...]
    measured: tuple[frozenset[str], ...]
    marks: frozenset[int]
    chains: tuple[int, ...]


@lru_cache(maxsize=1024)
def read(text: str, language: str) -> Reading:
    """Return the reading of a text."""
    return _Reader(text, language).reading()


class _Reader:
    """Reads a text line by line: what a line hangs on is in what stood above it."""

    def __init__(self, text: str, language: str) -> None:
        self.text, self.language = text, language
        self.numbers = read_all(text, language)
        self.units: list[Unit] = []
        self.measured: dict[int, frozenset[str]] = {}
        self.fact = self.clause = self.table = 0
        self.in_table = False
        self.headings: tuple[str, ...] = ()
        self.intro: tuple[str, ...] = ()
        self.heads: tuple[tuple[str, ...], ...] = ()
        self.head_units: list[frozenset[str]] = []
        self.row_units: list[frozenset[str]] = []
        self.header: dict[int, tuple[str, ...]] = {}

    def reading(self) -> Reading:
        for line in _LINE.finditer(self.text):
            self._line(line.group(), *line.span())
        are_all_measured = len(self.measured) == len(self.numbers)
        anywhere = frozenset[str]() if are_all_measured else units_in_headers(self.text)
        marks = list_marks(self.text)
        return Reading(
            self.text,
            tuple(self.units),
            self.numbers,
            tuple(self.measured.get(i, anywhere) for i in range(len(self.numbers))),
            frozenset(
                i
                for i, number in enumerate(self.numbers)
                if any(start <= number.start and number.end <= end for start, end in marks)
            ),
            tuple(_chains(self.numbers, self.text)),
        )

    def _line(self, line: str, start: int, end: int) -> None:
        is_row = line.lstrip().startswith("|")
        if not is_row and self.in_table:
            self.heads, self.head_units = (), []
            self.table += 1
        self.in_table = is_row
        if not line.strip():
            return
        if is_row:
            self._row(line, start, end)
        elif _HEADING.match(line):
            self.headings, self.intro = self._sentences(start, end, ()), ()
        elif _ITEM.match(line):
            self._sentences(start, end, self.headings + self.intro)
        else:
            self.intro = self._sentences(start, end, self.headings)

    def _sentences(self, start: int, end: int, above: tuple[str, ...]) -> tuple[str, ...]:
        """Add the units of a line, each with the one before; return the last one's words."""
        before: tuple[str, ...] = ()
        for tokens in self._tokens(start, end):
            self.units.append(Unit(tokens, above + before))
            before = _content(tokens)
        return before

    def _row(self, line: str, start: int, end: int) -> None:
        if _RULE.fullmatch(line):
            self._take_header()
            return
        tokens = tuple(token for unit in self._tokens(start, end) for token in unit)
        cells = line.strip().strip("|").split("|")
        self.row_units = [units_of_cell(cell.strip()) for cell in cells]
        found = frozenset[str]().union(*self.row_units)
        for token in tokens:
            head = self.head_units[token.cell : token.cell + 1]
            if token.fact >= 0 and (self.heads or found):
                self.measured[token.fact] = found.union(*head)
        above = self.headings + self.intro
        self.units.append(Unit(tokens, above, self.table, self.heads))
        if self.heads:
            label = _content(token for token in tokens if token.cell == 0)
            for cell in {token.cell for token in tokens} - {0}:
                column = _content(token for token in tokens if token.cell == cell)
                self.header[cell] = self.header.get(cell, ()) + label + column

    def _take_header(self) -> None:
        """Make the row just read the header of those that follow."""
        if not (self.units and self.units[-1].is_row):
            return
        tokens = self.units[-1].tokens
        size = max((token.cell for token in tokens), default=-1) + 1
        self.heads = tuple(_content(t for t in tokens if t.cell == cell) for cell in range(size))
        self.head_units = self.row_units
        self.header = self.units[-1].below

    def _tokens(self, start: int, end: int) -> Iterator[tuple[Token, ...]]:
        """Yield the tokens of each sentence between two offsets, the facts among them."""
        tokens: list[Token] = []
        at, cell, skip, next_fact = 0.0, -1, start, self._next_fact()
        self.clause += 1
        for piece in _PIECE.finditer(self.text, start, end):
            begin, kind = piece.start(), piece.lastgroup
            while next_fact <= begin:
                at += 1
                tokens.append(self._fact_token(at, cell))
                skip = self.numbers[self.fact].end
                self.fact += 1
                next_fact = self._next_fact()
            if begin < skip:
                continue
            if kind == "word":
                for name, word, is_stop in _parted(piece.group(), self.language):
                    at += _STOP if is_stop else 1
                    tokens.append(Token(name, word, at, self.clause, cell, is_stop))
                continue
            self.clause += 1
            at += _BREAK
            cell += kind == "cell"
            if kind == "end" and tokens:
                yield tuple(tokens)
                tokens, at = [], 0.0
        while self._next_fact() <= end:
            at += 1
            tokens.append(self._fact_token(at, cell))
            self.fact += 1
        if tokens:
            yield tuple(tokens)

    def _next_fact(self) -> float:
        """Return where the next number begins."""
        return self.numbers[self.fact].start if self.fact < len(self.numbers) else math.inf

    def _fact_token(self, at: float, cell: int) -> Token:
        number = self.numbers[self.fact]
        return Token(name_of_number(number), number.text, at, self.clause, cell, fact=self.fact)


def _chains(numbers: Sequence[Number], text: str) -> Iterator[int]:
    """Yield for each number which of them begins its chain: "3 x 4 x 5 mm"."""
    first = 0
    for index, number in enumerate(numbers):
        if not index or not _CHAINED.fullmatch(text, numbers[index - 1].end, number.start):
            first = index
        yield first


@lru_cache(maxsize=20_000)
def _parted(word: str, language: str) -> tuple[tuple[str, str, bool], ...]:
    """Return name, lower case, and whether it is a stop word; of "doesn't" for "does" and "not"."""
    folded = word.lower()
    parts = (word,)
    if folded.endswith(("n't", "n’t")):
        parts = (_SHORTENED.get(folded[:-3], word[:-3]), "not")
    stop = stop_words(language)
    return tuple(
        (part, part, True) if part in stop else (stem(part, language), part, False)
        for part in map(str.lower, parts)
    )


def name_of(word: str, language: str) -> str:
    """Return the name that a token of the word has."""
    return _parted(word, language)[0][0]


def name_of_number(number: Number) -> str:
    """Return the name that the token of a number has."""
    return f"#{' '.join(number.key)}"


def _content(tokens: Iterable[Token]) -> tuple[str, ...]:
    return tuple(token.name for token in tokens if not token.is_stop)
