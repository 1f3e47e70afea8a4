"""From statements to questions by rule: what the offline generator may ask about a text.

`facts` reads a text and returns, for every statement that a rule fits, the questions it answers
and the answer in the words of the text. The answerer reads passages with the same function.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from agents.generator import Difficulty, Kind
from agents.offline_phrases import Column, Phrases, Rule, phrases_of
from agents.offline_text import Unit, units
from agents.offline_wording import ODD, Wording, small
from tools.language import differs

_LONGEST = 320
_LEAST_CELL = 12
_LEAST_CELL_WORDS = 4
_BLANK_VALUE = re.compile(r"\s*(?:\(#\))?[:\s]*[-–—]{2,}.*$")
_ASKED = ("subj", "clause", "cond", "act", "deed")
_MEASURE = re.compile(r"[±<>≤≥]?\d[\d.,]*(?: ?[–-] ?\d[\d.,]*)?")
_NAMED_UNIT = re.compile(r"(.*?) *\(([^()]{1,8})\)")


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement that can be asked about: its words, its questions and its answer.

    `family` is the rule that found it, a lower `worth` is asked first; not `sure` means that the
    text does not tell whether the subject's capital letter is a name's.
    """

    quote: str
    questions: tuple[str, ...]
    answer: str
    kind: Kind
    difficulty: Difficulty
    family: str
    worth: int
    sure: bool = True


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
            yield from self._row(unit)
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
            if not match or (rule.specific and self._is_thin(match)):
                continue
            if self._is_generic(match):
                continue
            questions = self.wording.forms(rule.ask, self._slots(match))
            if questions and not differs(text, self.language):
                yield self._fact(unit, rule, match, questions)
                return

    def _is_thin(self, match: re.Match[str]) -> bool:
        """Say whether the subject is one plain noun, which could be anything outside its page."""
        subject = match.groupdict().get("subj") or ""
        is_machine = any(re.fullmatch(w.match, subject) for w in self.phrases.machine_words)
        is_plain = re.fullmatch(self.phrases.thin, subject) and not self.machine
        return bool(is_plain or (is_machine and self.machine))

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
        """Say whether no word that the question takes from the statement is specific."""
        asked = " ".join(match.groupdict().get(name) or "" for name in _ASKED)
        words = re.findall(r"[^\W_][\w'’-]+", asked)
        generic = self.phrases.pattern(self.phrases.generic)
        return bool(asked.strip()) and all(generic.fullmatch(word.lower()) for word in words)

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
            slots["base"] = self.phrases.bases.get(slots["verb"], slots["verb"].removesuffix("s"))
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

    def _row(self, unit: Unit) -> Iterator[Fact]:
        head, row = unit.header[0], _BLANK_VALUE.sub("", unit.cells[0])
        if re.search(self.phrases.dull_columns, head) or not re.search(r"\w", row):
            return
        if re.search(self.phrases.dull_rows, row) or (row.isdecimal() and "(" in head):
            return
        for column, cell in list(zip(unit.header, unit.cells, strict=True))[1:]:
            asked = None if self._is_dull(column, cell) else self._column(column, head)
            if asked and (self.machine or asked.short or _says_enough(cell)):
                yield from self._cell(unit, asked, head, row, column, cell)

    def _is_dull(self, column: str, cell: str) -> bool:
        return bool(
            re.search(self.phrases.dull_columns, column)
            or not re.search(r"\w", cell)
            or re.search(self.phrases.leaning, cell)
            or re.search(self.phrases.vague, cell)
            or " * " in cell
            or (self.machine and self.machine in cell)
        )

    def _column(self, column: str, head: str) -> Column | None:
        rules = (
            each
            for each in self.phrases.columns
            if re.search(each.match, column)
            and re.search(each.row, head)
            and (self.machine or not each.machine)
        )
        return next(rules, None)

    def _cell(
        self, unit: Unit, asked: Column, head: str, row: str, column: str, cell: str
    ) -> Iterator[Fact]:
        slots = self._cell_slots(unit, head, row, column, cell)
        questions = self.wording.forms(asked.ask, slots)
        if questions:
            answer = self.wording.polished(asked.say.format(**slots))
            answer = re.sub(r"\.\.$", ".", answer)
            if asked.say.startswith("{The") or not answer.startswith(row):
                answer = answer[:1].upper() + answer[1:]
            worth = 10 if self.machine and re.search(r"\d", cell) else asked.worth
            yield Fact(unit.quote, questions, answer, asked.kind, "medium", "column", worth)

    def _cell_slots(
        self, unit: Unit, head: str, row: str, column: str, cell: str
    ) -> dict[str, str]:
        """Return what a column's forms may name, a bare number with its unit."""
        name, measure = column, ""
        bracket = _NAMED_UNIT.fullmatch(column)
        if bracket and self.phrases.pattern("%unit%").fullmatch(bracket[2]):
            name, measure = bracket.groups()
        if len(unit.header) == 3 and self._is_unit(unit.header[2]):
            measure = unit.cells[2]
        is_bare = bool(_MEASURE.fullmatch(cell))
        the_row, the_column = (
            self.wording.with_article(row, head),
            self.wording.with_article(name, ""),
        )
        return {
            "head": small(head),
            "the_head": self.wording.with_article(head, ""),
            "Head": head,
            "row": row,
            "second": unit.cells[1],
            "the_row": the_row,
            "The_row": the_row[:1].upper() + the_row[1:],
            "column": small(name),
            "the_column": the_column,
            "The_column": the_column[:1].upper() + the_column[1:],
            "cell": f"{cell} {measure}".strip() if is_bare or name == column else cell,
            "colon": ":" if re.match(r"[A-ZÀ-Ý][a-zà-ÿ]", cell) else "",
            "heading": _heading(unit),
            "of": self.wording.of,
            "on": self.wording.on,
        }

    def _is_unit(self, header: str) -> bool:
        return bool(re.match(r"(?i)(?:unit|unità|unidad|einheit|unité)", header))

    def _steps(self, unit: Unit) -> Iterator[Fact]:
        heading = _heading(unit)
        if not heading or re.search(self.phrases.dull_headings, heading) or len(unit.quote) > 1500:
            return
        if not self.machine and len(heading.split()) < 2:
            return
        orders = sum(bool(self.phrases.pattern(self.phrases.step).search(s)) for s in unit.cells)
        if orders < 0.6 * len(unit.cells) or differs(f"{heading}. {unit.plain}", self.language):
            return
        questions = self.wording.forms(self.phrases.steps, {"heading": heading})
        if questions:
            yield Fact(unit.quote, questions, unit.quote, "procedure", "medium", "steps", 13)

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


def _heading(unit: Unit) -> str:
    return re.sub(r"^[\d.]+\s+", "", unit.section[-1]) if unit.section else ""


def _says_enough(cell: str) -> bool:
    return len(cell) >= _LEAST_CELL and len(cell.split()) >= _LEAST_CELL_WORDS


def _stripped(pattern: str, text: str) -> str:
    rest = re.sub(pattern, "", text)
    return rest if rest == text else rest[:1].upper() + rest[1:]
