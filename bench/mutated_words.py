"""Mutations of words: negations, limits, and small numbers written as words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from random import Random

from bench.lexicon import Lexicon, lexicons
from bench.mutants import Change, Mutation
from bench.quantities import Digits
from bench.truths import Truth


def _lexicon(truth: Truth) -> Lexicon | None:
    return lexicons().get(truth.language)


def negation_dropped(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Take a negation out, where the sentence then says the contrary."""
    words = _lexicon(truth)
    if words is None or re.search(words.kept, truth.text, re.IGNORECASE):
        return
    seen: set[int] = set()
    for pattern, new in words.dropped:
        for found in re.finditer(pattern, truth.text, re.IGNORECASE):
            if seen.isdisjoint(range(found.start(), found.end())):
                seen.update(range(found.start(), found.end()))
                yield [Change(found.start(), found.end(), found.expand(new))]


def negation_added(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Put a negation into a sentence that has none."""
    words = _lexicon(truth)
    if words is None or re.search(words.negation, truth.text, re.IGNORECASE):
        return
    for pattern, new in words.added:
        if found := re.search(pattern, truth.text, re.IGNORECASE):
            yield [Change(found.start(), found.end(), found.expand(new))]
            return


def limit_turned(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Make a lower limit of an upper one before a number, or the other way round."""
    words = _lexicon(truth)
    for one, two in words.limits if words else []:
        for old, new in ((one, two), (two, one)):
            near = rf"(?<!\w){old}(?!\w)(?=\W+(?:[^\W\d_]+\W+)?\d)"
            for found in re.finditer(near, truth.text, re.IGNORECASE):
                yield [Change(*found.span(), new)]


def number_word_changed(
    truth: Truth, digits: Sequence[Digits], random: Random
) -> Iterator[Sequence[Change]]:
    """Put another small number word for one."""
    words = _lexicon(truth)
    if words is None:
        return
    for found in re.finditer(rf"(?<![\w-])(?:{'|'.join(words.numbers)})(?![\w-])", truth.text):
        new = random.choice([word for word in words.numbers if word != found[0]])
        yield [Change(found.start(), found.end(), new)]


WORD_MUTATIONS: dict[str, Mutation] = {
    "negation dropped": negation_dropped,
    "negation added": negation_added,
    "limit turned": limit_turned,
    "number word changed": number_word_changed,
}
