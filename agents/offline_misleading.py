"""The offline generator of false premises: an answer's quantity is changed, and asked about.

`agents/offline.py` calls `mislead`. Only plain statements are turned into such a question.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from agents.generator import Misleading
from agents.offline_phrases import phrases_of
from agents.offline_reading import Prompt
from agents.offline_wording import Wording
from checks.facts import Number, numbers, same_fact

_NONE = Misleading(text="", premise="")
_LONGEST = 200
_LONGEST_SYMBOL = 3
_DIGITS = "23456789"
_NOUN = re.compile(r" [^\W\d_]{3,}")
_FIRST_DIGIT = re.compile(r"[1-9]")
_NO_STATEMENT = re.compile(r"[:;\n]|[.!?]\s|\d ?(?:[–-]|\.\.) ?\d")


def mislead(prompt: Prompt) -> Misleading:
    """Ask why the answer's first quantity is another than it is."""
    phrases, answer = phrases_of(prompt.language), prompt.answer.strip()
    statement = answer.removesuffix(".")
    first = statement.split(" ", 1)[0]
    if (
        len(answer) > _LONGEST
        or _NO_STATEMENT.search(statement)
        or not re.fullmatch(phrases.stating, first)
        or prompt.revising
    ):
        return _NONE
    for number in numbers(statement, prompt.language):
        if _is_asked(number, prompt) or _is_singular(number):
            continue
        if other := _other(number, prompt):
            # A bare number says with its noun what is wrong.
            noun = _NOUN.match(statement, number.end)
            if not number.unit and not noun:
                continue
            premise = other if number.unit or noun is None else other + noun[0]
            wrong = statement[: number.start] + other + statement[number.end :]
            for text in _questions(wrong, prompt):
                if premise in text:
                    return Misleading(text=text, premise=premise)
    return _NONE


def _questions(statement: str, prompt: Prompt) -> Iterator[str]:
    """Yield questions that take the statement for granted, their forms in a drawn order."""
    phrases = phrases_of(prompt.language)
    clause = statement[:1].lower() + statement[1:]
    first = _drawn(prompt, statement) % len(phrases.misleads)
    for form in (*phrases.misleads[first:], *phrases.misleads[:first]):
        if match := phrases.pattern(form.match).fullmatch(clause):
            slots = {"clause": clause, **match.groupdict("")}
            slots["base"] = phrases.base(slots.get("verb", ""))
            yield from Wording(phrases, prompt.machine).forms(form.ask, slots)


def _drawn(prompt: Prompt, salt: str) -> int:
    return hashlib.sha256(f"{prompt.question}\n{salt}".encode()).digest()[0]


def _is_asked(number: Number, prompt: Prompt) -> bool:
    """Say whether a number is a code, or one that the question or the machine's name has."""
    known = numbers(f"{prompt.question} {prompt.machine}", prompt.language)
    return number.is_code or any(each.value == number.value for each in known)


def _is_singular(number: Number) -> bool:
    """Say whether a number's noun would have to change with it, as in "1 month"."""
    return number.value == "1" and len(number.unit) > _LONGEST_SYMBOL


def _other(number: Number, prompt: Prompt) -> str:
    """Return the quantity with another first digit, so that the window does not hold it."""
    drawn = _drawn(prompt, number.text)
    known = [
        each
        for text in (prompt.question, prompt.answer, *(part.text for part in prompt.parts))
        for each in numbers(text, prompt.language)
    ]
    for turn in range(len(_DIGITS)):
        digit = _DIGITS[(drawn + turn) % len(_DIGITS)]
        changed = _FIRST_DIGIT.sub(digit, number.text, count=1)
        found = numbers(changed, prompt.language)
        if len(found) == 1 and not any(same_fact(found[0], each) for each in known):
            return changed
    return ""
