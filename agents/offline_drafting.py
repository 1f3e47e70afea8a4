"""The offline generator: chooses a fact of the window and asks about it; sometimes it drafts badly.

About one first draft in ten is honestly bad, as real models' are, so that revising and dropping
happen in every run. `agents/offline.py` calls `draft`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

from agents.generator import Question
from agents.offline_facts import Fact
from agents.offline_phrases import phrases_of
from agents.offline_questions import facts
from agents.offline_reading import Prompt
from checks.form import question_findings

_BAD_ONE_IN = 10
_HOPELESS_ONE_IN = 30
_TURN = 8
_CHOICES = 3
_NEARLY = 8
_NOTHING = Question(quote="", text="", kind="value", difficulty="easy")


def draft(prompt: Prompt) -> Question:
    """Write a question about the window, or a better one after objections."""
    if prompt.again:
        return _again(prompt)
    fact = _choose(prompt)
    if fact is None:
        return _NOTHING
    drawn = _draw(prompt, len(prompt.asked))
    if drawn % _HOPELESS_ONE_IN == 0 or (drawn % _BAD_ONE_IN == 0 and not prompt.revising):
        return _bad(prompt, fact, drawn)
    return Question(
        quote=fact.quote, text=_form(prompt, fact), kind=fact.kind, difficulty=fact.difficulty
    )


def _again(prompt: Prompt) -> Question:
    """Ask what was asked about a sibling, where a statement of the window gives that question."""
    for fact in _facts(prompt):
        if prompt.again in fact.questions and not prompt.revising:
            return Question(
                quote=fact.quote, text=prompt.again, kind=fact.kind, difficulty=fact.difficulty
            )
    return _NOTHING


def _facts(prompt: Prompt) -> list[Fact]:
    return [
        fact
        for part in prompt.parts
        for fact in facts(part.text, part.section, prompt.language, prompt.machine)
    ]


def _choose(prompt: Prompt) -> Fact | None:
    """Return one of the best sound facts not yet asked about, taking their families in turn."""
    asked = {*prompt.asked, prompt.draft} if prompt.revising else set(prompt.asked)
    found = _facts(prompt)
    families = Counter(fact.family for fact in found if asked.intersection(fact.questions))
    left = [fact for fact in found if not asked.intersection(fact.questions)]
    left.sort(key=lambda fact: fact.worth + _TURN * families[fact.family])
    best = _best(fact for fact in left if _is_sound(prompt, fact, found))
    return best[_draw(prompt, f"choice {len(asked)}") % len(best)] if best else None


def _best(ranked: Iterable[Fact]) -> list[Fact]:
    """Return the first facts of different kinds that are nearly worth as much as the very first."""
    best: list[Fact] = []
    for fact in ranked:
        if len(best) == _CHOICES or (best and fact.worth > best[0].worth + _NEARLY):
            break
        if all(fact.kind != other.kind for other in best):
            best.append(fact)
    return best


def _is_sound(prompt: Prompt, fact: Fact, others: list[Fact]) -> bool:
    """Say whether the question would pass the checks, and nothing else in the window answers it."""
    window = "\n".join(part.text for part in prompt.parts)
    question = _form(prompt, fact)
    rivals = (other for other in others if question in other.questions)
    return (
        fact.sure
        and all(other.answer == fact.answer for other in rivals)
        and not question_findings(
            question,
            language=prompt.language,
            quote=fact.quote,
            window=window,
            machine=prompt.machine or None,
            other_machines=(),
        )
    )


def _form(prompt: Prompt, fact: Fact) -> str:
    return fact.questions[_draw(prompt, fact.quote) % len(fact.questions)]


def _bad(prompt: Prompt, fact: Fact, drawn: int) -> Question:
    phrases = phrases_of(prompt.language)
    form = phrases.bare[drawn // _BAD_ONE_IN % len(phrases.bare)]
    headings = next((part.section for part in prompt.parts if part.section), ("",))
    text = form.format(heading=headings[-1])
    return Question(quote=fact.quote, text=text, kind=fact.kind, difficulty=fact.difficulty)


def _draw(prompt: Prompt, salt: object) -> int:
    window = "\n".join(part.text for part in prompt.parts)
    return int.from_bytes(hashlib.sha256(f"{salt}\n{window}".encode()).digest()[:6], "big")
