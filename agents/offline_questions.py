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
from tools.language import differs

_LONGEST = 320
_LEAST_CELL = 12
_WORDS = range(3, 34)
_ODD = re.compile(
    r"[|{}\\<>~^�]|(?<!\w)=|=(?!\w)|\.\.\.|…|https?:|www\.|::|\w\(\)|\[[^\]]*$|,$|--(?!\w)|\s-\s"
)
_DANGLING = re.compile(
    r"(?i)\b(?:y|o|e|u|and|or|und|oder|ed|et|ou|the|an?|of|to|de|del|des|di|da|el|los|las|il|lo|le|"
    r"der|die|das|que|that|which|che|dass|not|if|si|se|is|are|with|con|mit|when|"
    r"while|cuando|quando|wenn|directly|only|solo)\?$"
)
_BLANK_VALUE = re.compile(r"\s*(?:\(#\))?[:\s]*[-–—]{2,}.*$")
_SPACES = re.compile(r"\s+")


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
        self.on = phrases.name_machine(phrases.on_machine, machine)
        self.of = phrases.name_machine(phrases.of_machine, machine)

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
        text = _stripped(self.phrases.leading, _stripped(self.phrases.label, unit.plain))
        if not 20 <= len(unit.quote) <= _LONGEST or self._is_vague(text):
            return
        for rule in sorted(self.phrases.rules, key=lambda rule: rule.worth):
            match = self.phrases.pattern(rule.match).match(text)
            if not match or (rule.specific and self._is_thin(match)):
                continue
            questions = self._forms(rule.ask, self._slots(match))
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
        said = _stripped(self.phrases.label, unit.plain)
        answer = rule.say.format(text=said)
        sure = not self._is_unsure(match.groupdict().get("subj") or "")
        return Fact(
            unit.quote, questions, answer, rule.kind, "easy", rule.name, rule.worth, sure=sure
        )

    def _is_vague(self, text: str) -> bool:
        return bool(
            re.search(self.phrases.vague, text)
            or _ODD.search(re.sub(r"`[^`]*`", "", text))
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
        if re.search(self.phrases.dull_rows, row):
            return
        for column, cell in list(zip(unit.header, unit.cells, strict=True))[1:]:
            if re.search(self.phrases.dull_columns, column) or not re.search(r"\w", cell):
                continue
            if not self.machine and len(cell) < _LEAST_CELL:
                continue
            if self.machine and self.machine in cell:
                continue
            rules = (
                each
                for each in self.phrases.columns
                if re.search(each.match, column)
                and re.search(each.row, head)
                and (self.machine or not each.machine)
            )
            if asked := next(rules, None):
                yield from self._cell(unit, asked, head, row, column, cell)

    def _cell(
        self, unit: Unit, asked: Column, head: str, row: str, column: str, cell: str
    ) -> Iterator[Fact]:
        unit_cell = unit.cells[2] if len(unit.header) == 3 and self._is_unit(unit.header[2]) else ""
        bracket = re.fullmatch(r"(.*?) *\(([^()]{1,8})\)", column)
        slots = {
            "head": _small(head),
            "Head": head,
            "row": row,
            "Row": row,
            "the_row": self._with_article(row, head),
            "column": _small(bracket.group(1) if bracket else column),
            "measure": _small(column),
            "cell": f"{cell} {unit_cell}".strip(),
            "colon": ":" if re.match(r"[A-ZÀ-Ý][a-zà-ÿ]", cell) else "",
            "heading": _heading(unit),
            "of": self.of,
            "on": self.on,
        }
        slots["The_row"] = slots["the_row"][:1].upper() + slots["the_row"][1:]
        questions = self._forms(asked.ask, slots)
        if questions:
            answer = self._polished(asked.say.format(**slots)).replace("..", ".")
            worth = 10 if self.machine and re.search(r"\d", cell) else 22
            yield Fact(unit.quote, questions, answer, asked.kind, "medium", "column", worth)

    def _is_unit(self, header: str) -> bool:
        return bool(re.match(r"(?i)(?:unit|unità|unidad|einheit|unité)", header))

    def _with_article(self, row: str, head: str) -> str:
        words = next(
            words
            for words in self.phrases.articles
            if re.search(words.match, row) and (self.machine or not words.machine)
        )
        return words.use.format(row=row, lower=_small(row), head=_small(head))

    def _steps(self, unit: Unit) -> Iterator[Fact]:
        heading = _heading(unit)
        if not heading or re.search(self.phrases.dull_headings, heading) or len(unit.quote) > 1500:
            return
        if not self.machine and len(heading.split()) < 2:
            return
        orders = sum(bool(self.phrases.pattern(self.phrases.step).search(s)) for s in unit.cells)
        if orders < 0.6 * len(unit.cells) or differs(f"{heading}. {unit.plain}", self.language):
            return
        questions = self._forms(self.phrases.steps, {"heading": heading})
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
            or _ODD.search(meaning)
        ):
            return
        questions = self._forms(self.phrases.term, {"term": term})
        if questions:
            answer = self.phrases.say_term.format(term=term, meaning=meaning)
            yield Fact(unit.quote, questions, answer, "meaning", "easy", "term", 24)

    def _forms(self, forms: tuple[str, ...], slots: dict[str, str]) -> tuple[str, ...]:
        made = (self._question(form, slots) for form in forms)
        return tuple(each for each in made if _is_sound(each, self.phrases.vague_slot))

    def _question(self, form: str, slots: dict[str, str]) -> str:
        text = form.format(**{"on": "", "of": "", **slots})
        for words in self.phrases.machine_words if self.machine else ():
            text = re.sub(words.match, words.use.format(machine=self.machine), text)
        if self.machine and self.machine not in text:
            text = form.format(**{"on": self.on, "of": self.of, **slots})
        text = _SPACES.sub(" ", self._polished(text)).replace(" ?", "?").replace(" ,", ",").strip()
        opening = "¿" if text.startswith("¿") else ""
        text = text.removeprefix("¿")
        return opening + text[:1].upper() + text[1:]

    def _polished(self, text: str) -> str:
        """Return the text with the elisions of its language."""
        for words in self.phrases.polish:
            text = re.sub(words.match, words.use, text)
        return text


def _heading(unit: Unit) -> str:
    return re.sub(r"^[\d.]+\s+", "", unit.section[-1]) if unit.section else ""


def _small(words: str) -> str:
    return words[:1].lower() + words[1:] if not re.match(r"[A-ZÄÖÜ]{2}|\w*\d|\w-", words) else words


def _stripped(pattern: str, text: str) -> str:
    rest = re.sub(pattern, "", text)
    return rest if rest == text else rest[:1].upper() + rest[1:]


def _is_sound(question: str, vague: str) -> bool:
    pairs = all(question.count(a) == question.count(b) for a, b in ("()", "[]", "«»"))
    ticks = question.count("`") % 2 == 0 and question.count('"') % 2 == 0
    bare = re.sub(r"`[^`]*`", "", question)
    return (
        len(question.split()) in _WORDS
        and pairs
        and ticks
        and not _ODD.search(bare)
        and not (re.search(vague, bare) or _DANGLING.search(bare))
    )
