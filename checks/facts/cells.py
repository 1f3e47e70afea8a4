"""Cells: whether an answer that names a table's row, or a column of it, tells what stands there.

A cell is told by most of the words that it has and the named one has not; numbers are told by
`judging`, which asks here for the words. What a row says may not be denied of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from checks.facts.polarity_words import polarity_words
from checks.facts.readings import Token, Unit, read
from checks.facts.tables import Line, Words, counted, named, tables
from checks.findings import Finding

_TOLD = 0.7
_NOT_TOLD = 0.5
_SHORT = 4
"""Up to how many sentences an answer is read as one statement."""


def misplaced(answer: str, evidence: Sequence[str], language: str) -> Iterator[tuple[int, Finding]]:
    """Yield what the answer tells of a row or column and the evidence has in another, if so."""
    held = [tables(text, language) for text in evidence if "|" in text]
    every = [lines for each in held for lines in each.tables]
    if not every:
        return
    prose = [words for each in held for words in each.prose]
    units = read(answer, language).units
    each = [counted(unit.tokens) for unit in units]
    for index, (unit, said) in enumerate(zip(units, each, strict=True)):
        denied = (_denied(unit, said, lines, language) for lines in every)
        if word := next(filter(None, denied), ""):
            sentence = f"The answer says “{word}” of what a row of the cited table says."
            yield index, Finding("wrong_polarity", sentence, word)
        if told := next(
            filter(None, (_told_alone(unit, said, lines, prose) for lines in every)), None
        ):
            words = _written(told, [unit])
            sentence = f"“{words}” is another row's in the cited table."
            yield index, Finding("wrong_subject", sentence, words)
    whole = sum(each, Counter[str]()) if len(each) <= _SHORT else Counter[str]()
    for index, said in enumerate([*each, whole]):
        told = next(filter(None, (_misplaced(said, lines, whole, prose) for lines in every)), None)
        if told:
            words = _written(told, units)
            sentence = f"“{words}” stands elsewhere in the cited table than the answer says."
            yield min(index, len(units) - 1), Finding("wrong_subject", sentence, words)
            return


def _written(names: Words, units: Sequence[Unit]) -> str:
    """Return the words that have these names as the answer has them."""
    tokens = (token for unit in units for token in unit.tokens)
    return " ".join(dict.fromkeys(token.word for token in tokens if token.name in names))


def _told_alone(
    unit: Unit, said: Counter[str], lines: Sequence[Line], prose: Sequence[Words]
) -> Words:
    """Return another row's cell, where a sentence tells that and no more of the one row it names.

    It is held against the cell of the same column, whose head the sentence has to name as well.
    """
    meant = named(said, lines)
    if len(meant) != 1:
        return Words()
    line, content = meant[0], Words(token.name for token in unit.tokens if not token.is_stop)
    if any(other.row.label and other.row.label <= content for other in lines if other != line):
        return Words()
    for cell in line.cells:
        head = Words(line.row.heads[cell] if cell < len(line.row.heads) else ())
        told = content - line.row.label - head
        if not (told and head <= content) or told <= line.words:
            continue
        if any(told <= text and _is_any([line.row.label], text) for text in prose):
            continue
        if any(told <= other.cells.get(cell, Words()) for other in lines):
            return told
    return Words()


def _misplaced(
    said: Counter[str],
    lines: Sequence[Line],
    whole: Counter[str],
    prose: Sequence[Words],
) -> Words:
    """Return the words of another cell that the answer tells of what it names; none if right."""
    meant = named(said, lines)
    if not meant:
        return Words()
    words = Words(said)
    heard = Words().union(*(line.row.label for line in lines if line.row.label <= words))
    known = [*meant, *named(whole, lines)]
    labels = [line.row.label for line in known]
    others = [line for line in lines if line.row.label not in labels]
    told = (_told(words, line, known, heard, prose) for line in others)
    columns = (_told_of_column(words, line) for line in meant)
    return next(filter(None, [*told, *columns]), Words())


def _told(
    said: Words, line: Line, meant: Sequence[Line], heard: Words, prose: Sequence[Words]
) -> Words:
    """Return the words of a row that is not named, where one of its cells is told.

    The labels that are heard may be those of rows which another cell refers to.
    """
    known = heard.union(*(each.words for each in meant), *line.row.heads)
    labels = [each.row.label for each in meant]
    for cell, words in line.cells.items():
        told = _most(words - known, said)
        # A cell may speak of other rows: "see M501".
        if any(label <= words for label in labels):
            continue
        enough = 1 if words <= said else _NOT_TOLD
        if not told or any(_share(each.cells.get(cell, Words()), said) >= enough for each in meant):
            continue
        if not any(told <= text and _is_any(labels, text) for text in prose):
            return told
    return Words()


def _told_of_column(said: Words, line: Line) -> Words:
    """Return the words of a cell whose column is not named, where another column of it is."""
    heads = dict(enumerate(map(Words, line.row.heads)))
    meant = [cell for cell, head in heads.items() if cell and head and head <= said]
    meant = [cell for cell in meant if not any(heads[cell] < heads[other] for other in meant)]
    own = [line.cells.get(cell, Words()) for cell in meant]
    if not any(own) or any(words and words <= said for words in own):
        return Words()
    known = line.row.label.union(*own, *line.row.heads)
    others = (words - known for cell, words in line.cells.items() if cell not in meant)
    return next(filter(None, (_most(words, said) for words in others)), Words())


def _most(words: Words, said: Words) -> Words:
    """Return which of a cell's words are said, if most of them are; none where none is a word."""
    told = words & said
    is_said = len(told) >= _TOLD * len(words) and any(name[0] != "#" for name in words)
    return told if is_said else Words()


def _share(words: Words, said: Words) -> float:
    return len(words & said) / len(words) if words else 0.0


def _is_any(labels: Sequence[Words], text: Words) -> bool:
    return any(2 * len(label & text) >= len(label) for label in labels)


def _denied(unit: Unit, said: Counter[str], lines: Sequence[Line], language: str) -> str:
    """Return the word by which a sentence denies of the one row it names what stands in it."""
    negation = polarity_words("negations", language)
    at = next((i for i, token in enumerate(unit.tokens) if negation.fullmatch(token.word)), 0)
    meant = named(said, lines) if at else ()
    if len(meant) != 1 or meant[0].is_denied:
        return ""
    here, after = unit.tokens[at], unit.tokens[at + 1 :]
    before = {token.name for token in unit.tokens[:at] if token.clause == here.clause}
    is_of_row = not before.isdisjoint(meant[0].label)
    return here.word if is_of_row and _opens_cell(after, meant[0]) else ""


def _opens_cell(after: Sequence[Token], line: Line) -> bool:
    """Say whether the words are a cell's, but for one before: "(is not) described as …"."""
    content = [token for token in after if not token.is_stop]
    if content and content[0].fact >= 0:
        facts = [index for index, token in enumerate(after) if token.fact >= 0]
        return facts[-1] - facts[0] < len(facts)
    rest = content if content and content[0].name in line.words else content[1:]
    said = Words(token.name for token in rest)
    opened = [words for words in line.cells.values() if rest and rest[0].name in words]
    return any(words <= said or said <= words for words in opened)
