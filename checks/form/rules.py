"""Form: whether a question and an answer are well made, before any model judges them.

The graph's `inspect` asks for `question_findings`, its `verify` for `answer_findings`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.findings import Finding
from checks.form.cut_off import cut_off
from checks.form.echoes import adds_nothing, given_away
from checks.form.leaked import is_placeholder, leak
from checks.form.said import said
from checks.form.statements import is_bare, is_title
from checks.names import mentioned, unknown_names, without_names
from checks.quotes import locate
from checks.words import content_stems
from tools.language import differs

_QUESTION_MARKS = frozenset("?？؟")
_LEAST_WORDS = 3
_LEAST_BYTES = 10
_LONG_STEM = 4
_WORD = re.compile(r"[^\W_]+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LONG_SENTENCE = 8
_AROUND = 40


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
    if is_placeholder(question):
        return [Finding("empty", "There is no question.")]
    own = [*([machine] if machine else []), *also_named]
    names = [*own, *other_machines]
    return [
        *_shape(question, language),
        *_whole(question, language, known=window),
        *_quote(quote, window),
        *_subject(without_names(question, names), language, window),
        *_given_away(without_names(question, names), without_names(quote, names), language),
        *_machines(question, own, other_machines),
        *_machine_missing(question, own),
    ]


def answer_findings(
    answer: str,
    *,
    question: str,
    cited: Sequence[str],
    language: str,
    machine: str | None,
    other_machines: Sequence[str],
    also_named: Sequence[str] = (),
    abstains: bool = False,
) -> list[Finding]:
    """Return what is wrong with an answer to a question, its facts aside.

    One that abstains may speak of the passages, and repeat the question that they do not answer.
    """
    if is_placeholder(answer):
        return [Finding("empty", "There is no answer.")]
    own = [*([machine] if machine else []), *also_named]
    whole = _whole(answer, language, known="\n".join([question, *cited]), abstains=abstains)
    found = [*_language(answer, language), *whole, *_machines(answer, own, other_machines)]
    if abstains:
        return found
    return [
        *found,
        *_points(answer, ("deictic",), language),
        *_echo(answer, question, machine, language),
    ]


def _shape(question: str, language: str) -> Iterator[Finding]:
    if not _QUESTION_MARKS & set(question):
        yield Finding("not_a_question", "The question has no question mark.", question)
    # Bytes, because an ideograph says as much as three letters.
    size = len("".join(_WORD.findall(question)).encode(errors="replace"))
    if size < _LEAST_BYTES or (question.isascii() and len(question.split()) < _LEAST_WORDS):
        yield Finding("too_short", "The question is too short to be understood alone.", question)
    yield from _language(question, language)


def _language(text: str, language: str) -> Iterator[Finding]:
    sentences = _SENTENCE.split(text)
    long = (each for each in sentences[1:] and sentences if len(each.split()) >= _LONG_SENTENCE)
    if differs(text, language) or any(differs(each, language) for each in long):
        yield Finding("wrong_language", f"The text is not in the language “{language}”.", text)


def _whole(text: str, language: str, *, known: str, abstains: bool = False) -> Iterator[Finding]:
    """Find what is of a prompt and not of the text, and an end that is none."""
    if leaked := leak(text, "" if abstains else language, known=known):
        sentence = f"“{leaked}” belongs to a prompt or a chat, not into the text."
        yield Finding("leaked_instructions", sentence, leaked)
    elif end := cut_off(text, language, known=known):
        yield Finding("cut_off", f"The text breaks off at “{end}”.", end)


def _quote(quote: str, window: str) -> Iterator[Finding]:
    spans = _places(quote, window)
    if not spans:
        sentence = "The quote does not stand in the window, character for character."
        yield Finding("quote_not_found", sentence, quote)
    if is_bare(quote) or (spans and all(is_title(window, *span) for span in spans)):
        sentence = "The quote is a heading or a fragment that states nothing."
        yield Finding("bare_heading", sentence, quote)


def _places(quote: str, window: str) -> list[tuple[int, int]]:
    """Return where the quote stands; the first place will do where it is plainly no title."""
    at = window.find(quote) if quote.strip() else -1
    around = window[max(0, at - _AROUND) : at + len(quote) + _AROUND] if at >= 0 else ""
    # To fold a whole window costs more than all else that is asked of a question.
    if locate(quote, around) and not is_title(window, at, at + len(quote)):
        return [(at, at + len(quote))]
    return locate(quote, window)


def _subject(question: str, language: str, window: str) -> Iterator[Finding]:
    yield from _points(question, ("deictic", "pointers"), language)
    if not _knows(window, content_stems(question, language), language):
        sentence = "The question names no subject that its window knows."
        yield Finding("no_subject", sentence, question)


def _knows(window: str, subjects: Sequence[str], language: str) -> bool:
    # Most stems begin a word of the window as they are, and stemming a window takes a while.
    folded = window.casefold()
    if any(_begins_word(stem, folded) for stem in subjects if len(stem) >= _LONG_STEM):
        return True
    return not set(subjects).isdisjoint(content_stems(window, language))


def _begins_word(stem: str, text: str) -> bool:
    at = text.find(stem)
    while at > 0 and text[at - 1].isalnum():
        at = text.find(stem, at + 1)
    return at >= 0


def _points(text: str, kinds: Sequence[str], language: str) -> Iterator[Finding]:
    if match := next((found for kind in kinds if (found := said(kind, text, language))), None):
        sentence = "The text points at its page; a reader sees no page."
        yield Finding("points_at_page", sentence, match.group())


def _given_away(question: str, quote: str, language: str) -> Iterator[Finding]:
    if given_away(question, quote, language):
        yield Finding("holds_answer", "The question holds what it asks for.", question)


def _echo(answer: str, question: str, machine: str | None, language: str) -> Iterator[Finding]:
    # The machine's name says nothing new, its code or an alias may be what is asked for.
    said = without_names(answer, [machine]) if machine and machine in question else answer
    if adds_nothing(said, question, language):
        yield Finding("repeats_question", "The answer only repeats the question.", answer)


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
