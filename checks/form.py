"""Form: whether a question and an answer are well made, before any model judges them.

The graph's `inspect` asks for `question_findings`, its `verify` for `answer_findings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.facts import Number, numbers
from checks.findings import Finding
from checks.names import mentioned, unknown_names, without_names
from checks.quotes import locate
from checks.statements import is_bare, is_title
from checks.words import content_stems, pattern
from tools.language import differs

_QUESTION_MARKS = frozenset("?？؟")
_LEAST_WORDS = 3
_LEAST_BYTES = 10
_LAST_WORD = re.compile(r"\w+ $")
_LONG_STEM = 4
_WORD = re.compile(r"[^\W_]+")


def question_findings(
    question: str,
    *,
    language: str,
    quote: str,
    window: str,
    machine: str | None,
    other_machines: Sequence[str],
    also_named: Sequence[str] = (),
) -> list[Finding]:
    """Return what is wrong with a question that rests on a quote of its window.

    `also_named` is what may stand for the machine's name: its aliases, its family.
    """
    if not question.strip():
        return [Finding("empty", "There is no question.")]
    own = [*([machine] if machine else []), *also_named]
    names = [*own, *other_machines]
    return [
        *_shape(question, language),
        *_quote(quote, window),
        *_subject(without_names(question, names), language, window),
        *_given_away(without_names(question, names), without_names(quote, names), language),
        *_machines(question, own, other_machines),
        *_machine_missing(question, own),
    ]


def answer_findings(
    answer: str,
    *,
    language: str,
    machine: str | None,
    other_machines: Sequence[str],
    also_named: Sequence[str] = (),
) -> list[Finding]:
    """Return what is wrong with an answer, its facts aside."""
    if not answer.strip():
        return [Finding("empty", "There is no answer.")]
    own = [*([machine] if machine else []), *also_named]
    return [*_language(answer, language), *_machines(answer, own, other_machines)]


def _shape(question: str, language: str) -> Iterator[Finding]:
    if not _QUESTION_MARKS & set(question):
        yield Finding("not_a_question", "The question has no question mark.", question)
    # Bytes, because an ideograph says as much as three letters.
    size = len("".join(_WORD.findall(question)).encode(errors="replace"))
    if size < _LEAST_BYTES or (question.isascii() and len(question.split()) < _LEAST_WORDS):
        yield Finding("too_short", "The question is too short to be understood alone.", question)
    yield from _language(question, language)


def _language(text: str, language: str) -> Iterator[Finding]:
    if differs(text, language):
        yield Finding("wrong_language", f"The text is not in the language “{language}”.", text)


def _quote(quote: str, window: str) -> Iterator[Finding]:
    spans = locate(quote, window)
    if not spans:
        sentence = "The quote does not stand in the window, character for character."
        yield Finding("quote_not_found", sentence, quote)
    if is_bare(quote) or (spans and all(is_title(window, *span) for span in spans)):
        sentence = "The quote is a heading or a fragment that states nothing."
        yield Finding("bare_heading", sentence, quote)


def _subject(question: str, language: str, window: str) -> Iterator[Finding]:
    points = pattern("pointers", language)
    if points and (match := points.search(question)):
        sentence = "The question points at its page; a reader sees no page."
        yield Finding("points_at_page", sentence, match.group())
    if not _knows(window, content_stems(question, language), language):
        sentence = "The question names no subject that its window knows."
        yield Finding("no_subject", sentence, question)


def _knows(window: str, subjects: Sequence[str], language: str) -> bool:
    # Most stems begin a word of the window as they are, and stemming a window takes a while.
    folded = window.casefold()
    starts = (rf"(?<![^\W_]){re.escape(stem)}" for stem in subjects if len(stem) >= _LONG_STEM)
    if any(re.search(start, folded) for start in starts):
        return True
    return not set(subjects).isdisjoint(content_stems(window, language))


def _given_away(question: str, quote: str, language: str) -> Iterator[Finding]:
    """Find the values of the quote in the question; a code may be what is asked about."""
    values = {
        number.value
        for number in numbers(quote, language)
        if not (number.is_code or _is_named(number, quote, question))
    }
    if values and values <= {number.value for number in numbers(question, language)}:
        yield Finding("holds_answer", "The question holds the values it asks for.", question)


def _is_named(number: Number, quote: str, question: str) -> bool:
    """Say whether the number ends a proper name that the question has too."""
    before = _LAST_WORD.search(quote, 0, number.start)
    if number.unit or before is None or not before.group()[0].isupper():
        return False
    return before.group() + number.text in question


def _machines(text: str, own: Sequence[str], others: Sequence[str]) -> Iterator[Finding]:
    for name in mentioned(text, [*own, *others]):
        if name not in own:
            yield Finding("wrong_machine", f"The text names another machine, “{name}”.", name)
    for match in unknown_names(text, [*own, *others]):
        sentence = f"“{match.group()}” is none of the known machines."
        yield Finding("unknown_machine", sentence, match.group())


def _machine_missing(question: str, own: Sequence[str]) -> Iterator[Finding]:
    if own and not mentioned(question, own):
        yield Finding("machine_missing", f"The question does not name “{own[0]}”.", own[0])
