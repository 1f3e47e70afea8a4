"""Plants: documents that give a labelled answer again in other words, or another one in its words.

`bench.distractors` adds them to the folder's manuals; a rewording that is chosen as a distractor of
its own question is poison, whatever it looks like, and so is a counterfactual unless the question
names its machine and the plant is another's.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from bench.questions import Folder, Question
from bench.stated import all_in, converted, values
from tools.machines import Machine
from tools.passages import Passage

Rewording = Literal["reordered", "reworded", "converted"]
REWORDINGS: Sequence[Rewording] = ("reordered", "reworded", "converted")

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PROSE = re.compile(r"[^\W\d_][^|#]{20,160}[.]$")
_STEP = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+")
_WORDS: dict[str, dict[str, str]] = {
    "en": {
        "before": "prior to", "must": "has to", "with": "using", "every": "each", "if": "in case",
        "then": "after that", "when": "as soon as", "can": "is able to", "to": "in order to",
        "also": "as well", "from": "out of", "and": "as well as", "the": "this", "a": "one",
    },
    "it": {
        "prima": "anteriormente", "deve": "dovrà", "con": "mediante", "ogni": "ciascun",
        "se": "qualora", "poi": "dopodiché", "quando": "allorché", "anche": "pure",
        "per": "allo scopo di", "e": "nonché", "non": "mai",
    },
    "de": {
        "muss": "soll", "mit": "mittels", "jede": "jegliche", "wenn": "falls", "dann": "danach",
        "auch": "ebenfalls", "und": "sowie", "vor": "zeitlich vor", "kann": "vermag",
    },
    "es": {
        "antes": "previamente", "debe": "tiene que", "con": "mediante", "cada": "todo",
        "si": "en caso de que", "luego": "después", "cuando": "en cuanto", "y": "así como",
    },
    "fr": {
        "avant": "préalablement à", "doit": "devra", "avec": "au moyen de", "chaque": "tout",
        "si": "au cas où", "puis": "ensuite", "quand": "dès que", "et": "ainsi que",
    },
}  # fmt: skip


def plant(question: Question, number: int, manuals: Folder, seed: str) -> Passage:
    """Return a passage of a document of its own that gives the question's answer in other words.

    Its sentences stand between two from elsewhere. It is lent to a sibling of the question's
    machine where there is one.
    """
    chosen = random.Random(seed)
    oracle = question.oracles[0]
    others = [p.text for p in manuals.passages if p.language == oracle.language]
    before, after = (_first_sentence(text) for text in chosen.choices(others, k=2))
    how = REWORDINGS[number % len(REWORDINGS)]
    text = f"{before}\n\n{reword(question.quote, how, oracle.language, chosen)}\n\n{after}"
    return _planted(oracle, f"plant-{number}", text, _sibling(oracle.machine, manuals.machines))


def counterfactual(question: Question, number: int, manuals: Folder, seed: str) -> Passage | None:
    """Return the question's passage with one of the answer's values changed; None without one.

    It is lent to no machine, the question's own or a sibling in turn.
    """
    chosen = random.Random(seed)
    oracle, known = question.oracles[0], values(question.text)
    wanted = values(question.labelled.answer)
    told = [
        value
        for value in values(question.quote)
        if all_in([value], wanted) and not all_in([value], known)
    ]
    if not told:
        return None
    value = chosen.choice(told)
    start, end = value.start, value.start + len(value.literal)
    changed = _changed(question.quote[start:end], chosen)
    quote = f"{question.quote[:start]}{changed}{question.quote[end:]}"
    text = oracle.text.replace(question.quote, quote) if question.quote in oracle.text else quote
    machine = (None, oracle.machine, _sibling(oracle.machine, manuals.machines))[number % 3]
    return _planted(oracle, f"counterfactual-{number}", text, machine)


def _changed(literal: str, chosen: random.Random) -> str:
    """Return the number or code with another first digit that is no zero."""
    at = next((at for at, char in enumerate(literal) if char in "123456789"), None)
    if at is None:
        return literal.replace("0", "7", 1)
    other = chosen.choice([digit for digit in "123456789" if digit != literal[at]])
    return f"{literal[:at]}{other}{literal[at + 1 :]}"


def _planted(oracle: Passage, name: str, text: str, machine: str | None) -> Passage:
    """Return the text as the only passage of a document of its own."""
    return replace(
        oracle,
        id=name,
        document_id=name,
        document=f"{name}.md",
        start=0,
        end=len(text),
        text=text,
        machine=machine,
    )


def _first_sentence(text: str) -> str:
    sentences = [part for part in _SENTENCE.split(text) if _PROSE.match(part)]
    return sentences[0] if sentences else ""


def _sibling(code: str | None, machines: Sequence[Machine]) -> str | None:
    family = next((machine.family for machine in machines if machine.code == code), None)
    siblings = [m.code for m in machines if family and m.family == family and m.code != code]
    return siblings[0] if siblings else None


def reword(span: str, how: Rewording, language: str, chosen: random.Random) -> str:
    """Return the span in another order, always, and in other words or units where so asked."""
    sentences = [_STEP.sub("", part).strip() for part in _SENTENCE.split(span) if part.strip()]
    chosen.shuffle(sentences)
    text = " ".join(map(_turned, sentences))
    if how == "reworded":
        return _in_other_words(text, language)
    return converted(text) if how == "converted" else text


def _turned(sentence: str) -> str:
    """Return the sentence with its first clause last."""
    end = sentence[-1] if sentence[-1] in ".!?" else "."
    first, comma, rest = sentence.rstrip(".!?").partition(", ")
    turned = f"{rest[:1].upper()}{rest[1:]}, {first[:1].lower()}{first[1:]}{end}"
    return turned if comma else sentence


def _in_other_words(text: str, language: str) -> str:
    others = _WORDS.get(language, {})
    return re.sub(r"[^\W\d_]+", lambda word: others.get(word[0], word[0]), text)
