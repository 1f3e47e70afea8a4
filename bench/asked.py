"""Questions about the places in which siblings' manuals differ, and what answers them.

`bench.unruly` asks them in the manuals' languages, with words of the changed sentence around what
is changed; where the offline model has a question of its own about the sentence, it is asked too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.offline_questions import facts
from agents.offline_reading import Prompt
from bench.changes import states
from bench.lexicon import lexicons
from bench.twins import SECTION, Change, Twins
from tools.language import stop_words

_GAP = "___"
_BEFORE, _AFTER = 8, 4
_SOME = 6
_WORDS = re.compile(r"[^\W_](?:[\w'’.,-]*[^\W_])?")
_PLAIN = re.compile(r"[^\W_]+")
_EDGE = re.compile(r"^[\s|>*•-]*(?:\d{1,2}[.)] )?|[\s|]*$")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a change, for one machine, and the sentence of its manual that answers."""

    change: Change
    text: str
    quote: str


def questions(prompt: Prompt, twins: Twins, machine: int) -> Iterator[Asked]:
    """Yield questions about the changed places that a window shows, a few for each."""
    folded = " ".join(" ".join(part.text for part in prompt.parts).split())
    known = lexicons().get(prompt.language) or lexicons()["en"]
    for change in twins.changes:
        quote = change.sentences[machine].strip()
        if not quote or " ".join(quote.split()) not in folded:
            continue
        for fact in _facts(prompt, quote):
            yield Asked(change, fact, quote)
        name = twins.machines[machine].name
        said = " ".join(_EDGE.sub("", quote).replace(name, " ").split())
        gap = "" if change.kind in (SECTION, "not") else _gap(said, change.values[machine])
        if gap:
            yield Asked(change, known.gap.format(machine=name, text=gap), quote)
        yield Asked(
            change, known.about.format(machine=name, text=_some(said, change, prompt)), quote
        )


def bare(question: str, twins: Twins) -> str:
    """Return the words of a question without the names of machines and family."""
    for name in (*(each.name for each in twins.machines), twins.machines[0].family):
        question = question.replace(name, " ")
    return " ".join(_PLAIN.findall(question.casefold()))


def told(quote: str) -> str:
    """Return a sentence, item or table row as an answer states it."""
    return re.sub(r"\s*\|\s*", ", ", " ".join(_EDGE.sub("", quote).split())).rstrip(",;: ")


def _facts(prompt: Prompt, quote: str) -> Iterator[str]:
    for part in prompt.parts:
        for fact in facts(part.text, part.section, prompt.language, prompt.machine):
            if fact.sure and quote in fact.quote:
                yield fact.questions[0]
                return


def _gap(said: str, value: str) -> str:
    """Return the words around the value, which is left out, and no bare number."""
    before, found, after = said.partition(value)
    left, right = (
        [word for word in _WORDS.findall(text) if any(map(str.isalpha, word))]
        for text in (before, after)
    )
    if not found or len(left) + len(right) < _SOME // 2:
        return ""
    return " ".join((*left[-_BEFORE:], _GAP, *right[:_AFTER]))


def _some(said: str, change: Change, prompt: Prompt) -> str:
    """Return some of the sentence's content words, none of those that are changed."""
    stop = stop_words(prompt.language)
    words = [
        word
        for word in _WORDS.findall(said)
        if word.casefold() not in stop
        and any(map(str.isalpha, word))
        and not any(states(word, value) for value in change.values)
    ]
    return " ".join(words[:_SOME])


def sentence_in(quote: str, passages: Sequence[str]) -> tuple[int, str] | None:
    """Return which passage holds a sentence, and how it is written there."""
    spelt = re.compile(r"\s+".join(map(re.escape, quote.split())))
    found = ((at, spelt.search(text)) for at, text in enumerate(passages))
    return next(((at, match.group()) for at, match in found if match), None)
