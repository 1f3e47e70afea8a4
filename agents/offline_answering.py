"""The offline answerer: searches with the question's words and answers by quoting what it read.

A passage answers a question when reading it by the same rules gives that question; failing that,
when one of its sentences holds nearly all words of the question. `agents/offline.py` calls it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from agents.answerer import Answer, Citation
from agents.offline_facts import Fact
from agents.offline_phrases import phrases_of
from agents.offline_questions import facts
from agents.offline_reading import Prompt, Shown
from agents.offline_text import plain, units
from tools.language import stems, stop_words

CLOSING = "The search is done."
_LEAST_SHARE = 0.9
_LEAST_STEMS = 4
_WORD = re.compile(r"`[^`]+`|[^\s?¿!¡,;:()«»“”„\"`'’]+")
_RARE = re.compile(r"[\d_`./-]|[a-z][A-Z]|^[A-Z]{2,}")
_RAREST = 4


def answer(prompt: Prompt) -> Answer:
    """Answer the question from the passages shown, or abstain."""
    found = _exact(prompt) or _nearest(prompt)
    if found is None:
        phrases = phrases_of(prompt.language)
        missing = phrases.say["missing"].format(question=prompt.question)
        return Answer(abstained=True, text=phrases.say["abstain"], citations=[], missing=missing)
    text, citation = found
    return Answer(abstained=False, text=text, citations=[citation], missing="")


def next_query(prompt: Prompt, searches: int) -> str:
    """Return what to search for after so many searches; empty when it is time to answer."""
    words = _content_words(prompt)
    if searches == 0:
        return " ".join(words) or prompt.question
    if searches > 1 or _exact(prompt):
        return ""
    rare = [word for word in words if _RARE.search(word)] or sorted(words, key=len, reverse=True)
    return " ".join(rare[:_RAREST])


@lru_cache(maxsize=16)
def asking_stems(language: str) -> frozenset[str]:
    """Return the stems of the words that ask or say without naming a subject."""
    phrases = phrases_of(language)
    forms = [form for rule in phrases.rules for form in rule.ask]
    forms += [form for column in phrases.columns for form in column.ask]
    forms += [form for steps in phrases.steps for form in steps.ask]
    forms += [*phrases.term, *phrases.quantities.values(), phrases.value]
    forms += [each.say for each in (*phrases.rules, *phrases.columns)]
    forms += [each.use for each in (*phrases.on_machine, *phrases.of_machine, *phrases.articles)]
    literal = re.sub(r"\{\w+\}", " ", " ".join(forms))
    return frozenset(stems(literal, language))


def subject_stems(question: str, language: str, machine: str) -> list[str]:
    """Return the stems of a question that name what it is about, the machine's name left out."""
    passing = asking_stems(language) | frozenset(stems(machine, language))
    return [stem for stem in stems(question, language) if stem not in passing]


def rivals(prompt: Prompt, passages: Sequence[Shown]) -> list[tuple[Shown, Fact]]:
    """Return the statements of the passages that answer the question, one for each wording."""
    found: dict[str, tuple[Shown, Fact]] = {}
    for passage in passages:
        for fact in facts(passage.text, passage.section, prompt.language, prompt.machine):
            if prompt.question.casefold() in (each.casefold() for each in fact.questions):
                found.setdefault(plain(fact.answer), (passage, fact))
    return list(found.values())


def _exact(prompt: Prompt) -> tuple[str, Citation] | None:
    found = rivals(prompt, prompt.passages)
    whole = [
        (passage, fact)
        for passage, fact in found
        if not any(
            fact.answer != other.answer and fact.answer in other.answer for _, other in found
        )
    ]
    if not whole:
        return None
    passage, fact = whole[0]
    return fact.answer, Citation(passage_id=passage.id, quote=fact.quote)


def _nearest(prompt: Prompt) -> tuple[str, Citation] | None:
    wanted = set(subject_stems(prompt.question, prompt.language, prompt.machine))
    if len(wanted) < _LEAST_STEMS:
        return None
    best, share = None, _LEAST_SHARE
    for passage, quote, text in _statements(prompt.passages):
        held = stems(text, prompt.language)
        found = len(wanted.intersection(held)) / len(wanted)
        if found > share or (best is None and found == share):
            best, share = (text, Citation(passage_id=passage.id, quote=quote)), found
    return best


def _statements(passages: Sequence[Shown]) -> Iterator[tuple[Shown, str, str]]:
    for passage in passages:
        for unit in units(passage.text, passage.section):
            if unit.form == "sentence" and unit.plain.endswith("."):
                yield passage, unit.quote, unit.plain


def _content_words(prompt: Prompt) -> list[str]:
    stop = stop_words(prompt.language)
    asking = asking_stems(prompt.language)
    machine = prompt.machine.lower().split()
    words = [word.strip(".`'’") for word in _WORD.findall(prompt.question)]
    return [
        word
        for word in words
        if word.lower() not in stop
        and word.lower() not in machine
        and not asking.issuperset(stems(word, prompt.language))
    ]
