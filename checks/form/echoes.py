"""Echoes: questions that hold their answer, and answers that only give the question back.

`form` asks for `given_away` on questions and for `adds_nothing` on answers.
"""

from __future__ import annotations

import re

from checks.facts import Number, numbers
from checks.words import stem_set, word_set
from tools.language import stems, stop_words

_LAST_WORD = re.compile(r"\w+ $")
_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"[^\W\d_]+|[^\w\s]+")
_SIGN = re.compile(r"[^\w\s.,;:!?…¿¡'’\"“”„«»]")
_NAME = re.compile(r"(?:(?<=[^\W_] )|(?<=[«“\"*`]))[A-ZÀ-Þ][\w-]*")
_LEAST_STEMS = 3


def given_away(question: str, quote: str, language: str) -> bool:
    """Say whether the question holds all that its quote states: its values, or all its words."""
    values = {
        number.value
        for number in numbers(quote, language)
        if not (number.is_code or _is_named(number, quote, question))
    }
    said = set(stems(quote, language))
    if values:
        new = said - set(stems(question, language))
        # "What is done after 250 hours?" asks for what the words of its quote say.
        for_words = 2 * len(new) >= len(said) and _asks_openly(question, language)
        return not for_words and values <= {each.value for each in numbers(question, language)}
    return len(said) >= _LEAST_STEMS and adds_nothing(quote, question, language)


def adds_nothing(said: str, question: str, language: str) -> bool:
    """Say whether a text tells nothing that the question, no yes-or-no one, does not tell.

    Words such as "before" or "never" tell something although they are words of grammar, and a
    question that offers a choice may hold the answer.
    """
    asked, words = _words(question), _words(said)
    if not _asks_openly(question, language):
        return False
    if any(mark not in question for mark in _marks(said)):
        return False
    if (words - asked) & word_set("telling", language) or asked & word_set("choice", language):
        return False
    new = set(stems(said, language)) - set(stems(question, language))
    return bool(words) and new <= stem_set("hollow", language)


def _asks_openly(question: str, language: str) -> bool:
    """Say whether an interrogative begins the question or a clause: "To what …", "If so, why …"."""
    before = ""
    for word in _TOKEN.findall(question):
        opens = not before or not before[-1].isalnum() or before in stop_words(language)
        if opens and word.casefold() in word_set("interrogatives", language):
            return True
        before = word.casefold()
    return False


def _marks(text: str) -> set[str]:
    """Return the signs, and the words whose capital does not come from beginning a sentence."""
    return {*_SIGN.findall(text), *_NAME.findall(text)}


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _is_named(number: Number, quote: str, question: str) -> bool:
    """Say whether the number ends a proper name that the question has too."""
    before = _LAST_WORD.search(quote, 0, number.start)
    if number.unit or before is None or not before.group()[0].isupper():
        return False
    return before.group() + number.text in question
