"""PDF lines: words, their places and fonts, and the lines they make, for the PDF reader.

Places are in points from the upper left corner of the page as it is shown, rotation undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Self

_WIDE_GAP = 1.6


@dataclass(frozen=True, slots=True)
class Box:
    """A place on a page; `top` and `bottom` count downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, boxes: Sequence[Box]) -> Self:
        """Return the smallest box that holds all of them."""
        return cls(
            min(box.left for box in boxes),
            min(box.top for box in boxes),
            max(box.right for box in boxes),
            max(box.bottom for box in boxes),
        )

    @property
    def width(self) -> float:
        """Its extent from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Its extent from top to bottom."""
        return self.bottom - self.top

    def holds(self, x: float, y: float) -> bool:
        """Tell whether the point lies in the box."""
        return self.left <= x <= self.right and self.top <= y <= self.bottom


@dataclass(frozen=True, slots=True)
class Font:
    """The look of a character: size in points, the font's name, typewriter or not, bold or not."""

    size: float
    name: str
    mono: bool
    bold: bool


@dataclass(frozen=True, slots=True)
class Word:
    """Characters without a blank between them."""

    text: str
    box: Box
    font: Font

    @property
    def middle(self) -> float:
        """The height of the word's middle."""
        return (self.box.top + self.box.bottom) / 2


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line of words, left to right."""

    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The words with a blank between them."""
        return " ".join(word.text for word in self.words)

    @property
    def box(self) -> Box:
        """The place of all words; the top is the usual one, so that raised signs do not count."""
        boxes = [word.box for word in self.words]
        return Box(
            boxes[0].left,
            median(box.top for box in boxes),
            max(box.right for box in boxes),
            median(box.bottom for box in boxes),
        )

    @property
    def size(self) -> float:
        """The usual font size."""
        return median(word.font.size for word in self.words)

    @property
    def mono(self) -> bool:
        """Whether every word is in a typewriter font, as a listing is."""
        return all(word.font.mono for word in self.words)

    @property
    def bold(self) -> bool:
        """Whether every word is bold, as a heading is."""
        return all(word.font.bold for word in self.words)

    @property
    def fonts(self) -> set[str]:
        """The names of its fonts."""
        return {word.font.name for word in self.words}

    def parts(self) -> list[Line]:
        """Return the pieces of the line that wide gaps set apart."""
        pieces: list[list[Word]] = [[self.words[0]]]
        for word in self.words[1:]:
            if word.box.left - pieces[-1][-1].box.right > _WIDE_GAP * word.font.size:
                pieces.append([])
            pieces[-1].append(word)
        return [Line(tuple(piece)) for piece in pieces]


def rows_of(words: Iterable[Word]) -> list[Line]:
    """Return the words as the lines one sees, whatever their order in the file."""
    lines: list[list[Word]] = []
    for word in sorted(words, key=lambda word: (word.middle, word.box.left)):
        if lines and word.middle - lines[-1][0].middle < word.font.size / 2:
            lines[-1].append(word)
        else:
            lines.append([word])
    return [Line(tuple(sorted(line, key=lambda word: word.box.left))) for line in lines]
