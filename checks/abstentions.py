"""Abstentions: whether a row is right to say that its passages do not hold what it is asked for.

The graph derives such rows from accepted ones and decides with these, before any model is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from checks.assertions import Excerpt, assertions
from checks.distractors.compared import share
from checks.distractors.support import Answered, gives_other_values, supports
from checks.facts import Number, numbers, same_fact
from checks.findings import Finding
from checks.names import without_names
from checks.quotes import locate
from checks.words import content_stems

_NAMED = 0.7
_LETTER = re.compile(r"[^\W\d_]|[%°]")
_SAME_SUBJECT = 0.5
_NEARLY_ALL = 0.75


def supporting(passages: Sequence[str], asked: Answered) -> list[Finding]:
    """Return why the passages may support the answer, which the row says they do not hold."""
    return [finding for text in passages if (finding := supports(text, asked))]


def speaks_of(passage: str, section: tuple[str, ...], asked: Answered) -> Finding | None:
    """Return the sentence that holds nearly all words of the question, with what leads it in.

    It may answer in other words and with other values than the answer that is known. The names of
    the machine are not looked for; `section` is the heading path of the passage.
    """
    language = asked.language
    words = set(content_stems(without_names(asked.question, asked.names), language))
    headed = "\n".join((*section, passage))
    if not words or share(words, set(content_stems(headed, language))) < _NEARLY_ALL:
        return None
    for told in assertions(Excerpt(section, passage, (), language)):
        if (
            share(words, set(content_stems(f"{told.context}\n{told.text}", language)))
            >= _NEARLY_ALL
        ):
            return Finding("speaks_of_it", "A passage may answer in other words.", told.text)
    return None


def misses_nearly(passage: str, asked: Answered, oracles: Sequence[str] = ()) -> bool:
    """Say whether a sibling's passage says what a cited one says, but with other values.

    What the cited passages hold of the question, in a heading perhaps, it must hold too.
    """
    if not gives_other_values(passage, asked) or supports(passage, asked):
        return False
    words = set(content_stems(without_names(asked.question, asked.names), asked.language))
    told = words.intersection(content_stems("\n".join(oracles), asked.language))
    return told <= set(content_stems(passage, asked.language))


def abstention_findings(abstention: str, question: str, asked: Answered) -> list[Finding]:
    """Return what is wrong with an abstention: it names nothing, or gives the true answer away."""
    return [
        *_names_nothing(abstention, question, asked.language),
        *_gives_away(abstention, question, asked, "gives_answer_away"),
    ]


def premise_findings(question: str, premise: str, asked: Answered, window: str) -> list[Finding]:
    """Return what is wrong with a question that shall take something wrong for granted.

    `asked` is the question that it was made from, with its answer; `premise` the wrong words.
    """
    if not premise.strip() or not locate(premise, question):
        sentence = "The premise does not stand in the question, character for character."
        return [Finding("premise_missing", sentence, premise)]
    if not _LETTER.search(premise):
        return [Finding("premise_bare", "A bare number names nothing; say of what.", premise)]
    language = asked.language
    findings = list(_gives_away(question, premise, asked, "holds_answer"))
    if holds_premise(window, premise, language):
        findings.append(Finding("premise_holds", "The window holds the premise.", premise))
    kinds = {number.key[1] for number in numbers(asked.answer, language)}
    wrong = numbers(premise, language)
    if wrong and not any(number.key[1] in kinds for number in wrong):
        sentence = "The answer gives no value of the kind that the premise gives."
        findings.append(Finding("premise_unopposed", sentence, premise))
    if _share(asked.question, question, language) < _SAME_SUBJECT:
        sentence = "The question is not about the subject of the one it is made from."
        findings.append(Finding("premise_elsewhere", sentence, question))
    return findings


@lru_cache(maxsize=2**17)
def has_value(question: str, answer: str, language: str) -> bool:
    """Say whether an answer gives a value that its question does not, so that it can be wrong.

    Every row is asked about in every round.
    """
    known = numbers(question, language)
    return any(not _holds_any(known, [number]) for number in numbers(answer, language))


def holds_premise(passage: str, premise: str, language: str) -> bool:
    """Say whether a passage holds one of the premise's values, or where it has none, its words."""
    wrong = numbers(premise, language)
    if wrong:
        return _holds_any(numbers(passage, language), wrong)
    return set(content_stems(premise, language)) <= set(content_stems(passage, language))


def _names_nothing(abstention: str, question: str, language: str) -> Iterator[Finding]:
    if _share(question, abstention, language) < _NAMED:
        sentence = "The answer does not name what the passages do not say."
        yield Finding("names_nothing", sentence, abstention)


def _gives_away(text: str, known: str, asked: Answered, code: str) -> Iterator[Finding]:
    """Find values of the true answer in a text, those aside that are `known` to the reader."""
    own = [*numbers(known, asked.language), *numbers(asked.question, asked.language)]
    facts = [n for n in numbers(asked.answer, asked.language) if not _holds_any(own, [n])]
    said = numbers(text, asked.language)
    for fact in facts:
        if _holds_any(said, [fact]):
            yield Finding(code, f"It gives the true value, “{fact.text}”.", fact.text)


def _holds_any(held: Sequence[Number], wanted: Sequence[Number]) -> bool:
    return any(same_fact(a, b) for a in held for b in wanted)


def _share(wanted: str, said: str, language: str) -> float:
    stems = set(content_stems(wanted, language))
    return len(stems.intersection(content_stems(said, language))) / len(stems) if stems else 1.0
