"""From statements to questions by rule: what the offline generator may ask about a text.

`facts` reads a text and returns, for every statement that a rule fits, the questions it answers
and the answer in the words of the text. The answerer reads passages with the same function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from agents.offline_facts import Fact
from agents.offline_phrases import Phrases, Rule, phrases_of
from agents.offline_tables import row_facts
from agents.offline_text import Unit, heading_of, units
from agents.offline_wording import ODD, Wording
from tools.language import differs

_LONGEST = 320
_LONGEST_STEPS = 1500
_LEAST_STEPS = 3
_ASKED = ("subj", "clause", "cond", "act", "deed")


@lru_cache(maxsize=4096)
def facts(text: str, section: tuple[str, ...], language: str, machine: str) -> tuple[Fact, ...]:
    """Return what may be asked about a text, in order: a fact for each statement or table cell."""
    reader = _Reader(phrases_of(language), language, machine, text)
    return tuple(fact for unit in units(text, section) for fact in reader.read(unit))


class _Reader:
    def __init__(self, phrases: Phrases, language: str, machine: str, text: str) -> None:
        self.phrases, self.language, self.machine = phrases, language, machine
        self.common = frozenset(re.findall(r"(?<![\w-])[a-zà-ÿ][a-zà-ÿ'’-]+(?![\w-])", text))
        self.names = frozenset(re.findall(r"(?<=[a-zà-ÿ,] )[A-ZÀ-Ý][\w'’-]+", text))
        self.wording = Wording(phrases, machine)

    def read(self, unit: Unit) -> Iterator[Fact]:
        if any(re.search(self.phrases.dull_sections, heading) for heading in unit.section):
            return
        if unit.form == "row":
            yield from row_facts(unit, self.wording)
        elif unit.form == "steps":
            yield from self._steps(unit)
        elif unit.form == "term":
            yield from self._term(unit)
        else:
            yield from self._sentence(unit)

    def _sentence(self, unit: Unit) -> Iterator[Fact]:
        text = self._said(unit)
        if not 20 <= len(unit.quote) <= _LONGEST or self._is_vague(text):
            return
        for rule in sorted(self.phrases.rules, key=lambda rule: rule.worth):
            match = self.phrases.pattern(rule.match).match(text)
            if not match or self._is_thin(rule, match) or self._is_generic(match):
                continue
            questions = self.wording.forms(rule.ask, self._slots(match))
            if questions and not differs(text, self.language):
                yield self._fact(unit, rule, match, questions)
                return

    def _is_thin(self, rule: Rule, match: re.Match[str]) -> bool:
        """Say whether the subject could be anything outside its page."""
        subject = match.groupdict().get("subj") or ""
        if self.machine:
            is_machine = any(re.fullmatch(w.match, subject) for w in self.phrases.machine_words)
            return rule.specific and is_machine
        is_plain = rule.specific and re.fullmatch(self.phrases.thin, subject)
        return bool(is_plain or (rule.named and not re.search(self.phrases.named, subject)))

    def _fact(
        self, unit: Unit, rule: Rule, match: re.Match[str], questions: tuple[str, ...]
    ) -> Fact:
        answer = rule.say.format(text=self._said(unit))
        sure = not self._is_unsure(match.groupdict().get("subj") or "")
        return Fact(
            unit.quote, questions, answer, rule.kind, "easy", rule.name, rule.worth, sure=sure
        )

    def _said(self, unit: Unit) -> str:
        """Return the statement without the words that label it or tie it to the one before."""
        return _stripped(self.phrases.leading, _stripped(self.phrases.label, unit.plain))

    def _is_generic(self, match: re.Match[str]) -> bool:
        """Say whether too few words that the question takes from the statement are specific.

        A condition takes two of them; where no machine is named, what to do takes two as well.
        """
        slots = {name: words for name, words in match.groupdict().items() if words}
        asked = " ".join(slots.get(name, "") for name in _ASKED)
        words = re.findall(r"[^\W_][\w'’-]+", asked)
        generic = self.phrases.pattern(self.phrases.generic)
        special = sum(not generic.fullmatch(word.lower()) for word in words)
        is_told = "cond" in slots or (not self.machine and "act" in slots)
        return bool(asked.strip()) and special < 1 + is_told

    def _is_vague(self, text: str) -> bool:
        return bool(
            re.search(self.phrases.vague, text)
            or re.search(self.phrases.leaning, text)
            or ODD.search(re.sub(r"`[^`]*`", "", text))
            or text.count("(") != text.count(")")
            or text[-1:] not in (".", "!")
        )

    def _slots(self, match: re.Match[str]) -> dict[str, str]:
        slots = {name: value or "" for name, value in match.groupdict().items()}
        for name in ("subj", "clause", "when", "prep", "deed"):
            if name in slots:
                slots[name] = self._lower(slots[name], always=name not in ("subj", "clause"))
        if "verb" in slots:
            slots["base"] = self.phrases.base(slots["verb"])
        if "unit" in slots:
            slots["quantity"] = self._quantity(slots["unit"], slots.get("subj", ""))
        return slots

    def _quantity(self, unit: str, subject: str) -> str:
        """Return what is measured in the unit, or "value" where the subject says so already."""
        nouns = self.phrases.quantities.items()
        noun = next((noun for units, noun in nouns if re.fullmatch(units, unit)), "")
        return self.phrases.value if noun in subject.lower() else noun

    def _lower(self, words: str, *, always: bool = False) -> str:
        """Return the words as they stand inside a sentence: names keep their capital."""
        first = words.split(" ", 1)[0]
        if always or self._is_lowered(first) or self._is_common(first):
            return words[:1].lower() + words[1:]
        return words

    def _is_lowered(self, word: str) -> bool:
        return bool(re.fullmatch(self.phrases.lowered, word))

    def _is_common(self, word: str) -> bool:
        known = word.lower() in self.common and word not in self.names
        return self.phrases.lowers_nouns and known and not re.search(r"[A-Z\d]", word[1:])

    def _is_unsure(self, subject: str) -> bool:
        """Say whether it cannot be known if the subject's capital is a name's."""
        first = subject.split(" ", 1)[0]
        plain = re.fullmatch(r"[A-ZÀ-Ý][a-zà-ÿ'’-]+", first)
        known = self._is_lowered(first) or first in self.names or first.lower() in self.common
        return bool(self.phrases.lowers_nouns and plain and not known)

    def _steps(self, unit: Unit) -> Iterator[Fact]:
        heading = heading_of(unit)
        if re.search(self.phrases.dull_headings, heading) or len(unit.quote) > _LONGEST_STEPS:
            return
        is_action = self.phrases.pattern(self.phrases.action).search(heading)
        if not (self.machine or (is_action and len(heading.split()) > 1)):
            return
        orders = sum(bool(self.phrases.pattern(self.phrases.step).search(s)) for s in unit.cells)
        if orders < 0.6 * len(unit.cells) or differs(f"{heading}. {unit.plain}", self.language):
            return
        if questions := self._how(heading) if len(unit.cells) >= _LEAST_STEPS else ():
            yield Fact(unit.quote, questions, unit.quote, "procedure", "medium", "steps", 13)

    def _how(self, heading: str) -> tuple[str, ...]:
        """Return how a heading's steps are asked for, with the first form that fits it well."""
        for form in self.phrases.steps:
            if match := self.phrases.pattern(form.match).match(heading):
                named = match.groupdict().get("named") or heading
                slots = {
                    "heading": heading,
                    "lower": self.wording.small(heading),
                    "the_named": self.wording.with_article(named, ""),
                    **match.groupdict(""),
                }
                if questions := self.wording.forms(form.ask, slots):
                    return questions
        return ()

    def _term(self, unit: Unit) -> Iterator[Fact]:
        term, meaning = unit.cells
        first = meaning.split(" ", 1)[0]
        if re.search(self.phrases.dull_headings, term) or not self._is_lowered(first):
            return
        if (
            not meaning.endswith(".")
            or differs(meaning, self.language)
            or len(meaning) < 25
            or ODD.search(meaning)
        ):
            return
        questions = self.wording.forms(self.phrases.term, {"term": term})
        if questions:
            answer = self.phrases.say_term.format(term=term, meaning=meaning)
            yield Fact(unit.quote, questions, answer, "meaning", "easy", "term", 24)


def _stripped(pattern: str, text: str) -> str:
    rest = re.sub(pattern, "", text)
    return rest if rest == text else rest[:1].upper() + rest[1:]
