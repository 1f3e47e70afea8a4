"""How the offline model words a question: forms filled in, articles, elisions, the machine's name.

`agents/offline_questions.py` finds the statements and calls this for their words.
"""

from __future__ import annotations

import re

from agents.offline_phrases import Phrases

_WORDS = range(3, 34)
ODD = re.compile(
    r"[|{}\\<>~^�]|(?<!\w)=|=(?!\w)|\.\.\.|…|https?:|www\.|::|\w\(\)|\[[^\]]*$|,$|--(?!\w)|\s-\s"
    r"|\s\.(?=\s|$)"
)
_DANGLING = re.compile(
    r"(?i)\b(?:y|o|e|u|and|or|und|oder|ed|et|ou|the|an?|of|to|de|del|des|di|da|el|los|las|il|lo|le|"
    r"der|die|das|que|that|which|che|dass|not|if|si|se|is|are|with|con|mit|when|"
    r"while|cuando|quando|wenn|directly|only|solo)\?$"
)
_SPACES = re.compile(r"\s+")
_TITLE_CASE = re.compile(r"[A-Z][a-z]+(?: [A-Z][a-z]+)+")


class Wording:
    """The words of one language about one machine, if there is one."""

    def __init__(self, phrases: Phrases, machine: str) -> None:
        self.phrases, self.machine = phrases, machine
        self.on = phrases.name_machine(phrases.on_machine, machine)
        self.of = phrases.name_machine(phrases.of_machine, machine)
        place = self.on.strip()
        self.front = f"{place[:1].upper()}{place[1:]}, " if place else ""

    def forms(self, forms: tuple[str, ...], slots: dict[str, str]) -> tuple[str, ...]:
        """Return the questions of the forms that read well, their slots filled in."""
        made = (self._question(form, slots) for form in forms)
        return tuple(each for each in made if self._is_sound(each))

    def _question(self, form: str, slots: dict[str, str]) -> str:
        text = form.format(**{"on": "", "of": "", **slots})
        for words in self.phrases.machine_words if self.machine else ():
            text = re.sub(words.match, words.use.format(machine=self.machine), text)
        if self.machine and self.machine not in text:
            text = self._with_machine(form, slots)
        text = _SPACES.sub(" ", self.polished(text)).replace(" ?", "?").replace(" ,", ",").strip()
        opening = "¿" if text.startswith("¿") else ""
        text = text.removeprefix("¿")
        return opening + text[:1].upper() + text[1:]

    def _with_machine(self, form: str, slots: dict[str, str]) -> str:
        """Return the question with the machine's name, in front where it would join a clause."""
        asked = form.format(**{"on": self.on, "of": self.of, **slots})
        body = asked.removesuffix(f"{self.on}?")
        first = self.phrases.machine_first
        if body == asked or not first or not re.search(first, body):
            return asked
        mark = "¿" if body.startswith("¿") else ""
        return f"{self.front}{mark}{_with_small_letter(body.removeprefix('¿'))}?"

    def _is_sound(self, question: str) -> bool:
        """Say whether a question reads well, whatever stands in front of it."""
        return _is_sound(question.removeprefix(self.front), self.phrases.vague_slot)

    def polished(self, text: str) -> str:
        """Return the text with the elisions of its language."""
        for words in self.phrases.polish:
            text = re.sub(words.match, words.use, text)
        return text

    def with_article(self, row: str, head: str) -> str:
        """Return a label with its article, or in quotes where the language is not sure of it."""
        words = next(
            words
            for words in self.phrases.articles
            if self.phrases.pattern(words.match).search(row)
            and self.phrases.pattern(words.head).search(head)
            and (self.machine or not words.machine)
        )
        the_head = self.with_article(head, "") if "{the_head}" in words.use else ""
        lower = self.small(row) if self.phrases.lowers_nouns else _with_small_letter(row)
        return words.use.format(row=row, lower=lower, head=self.small(head), the_head=the_head)

    def small(self, label: str) -> str:
        """Return a label in small letters, codes and nouns that are written large aside."""
        if not self.phrases.lowers_nouns:
            return label
        if _TITLE_CASE.fullmatch(label):
            return label.lower()
        return _with_small_letter(label)


def _with_small_letter(words: str) -> str:
    return words[:1].lower() + words[1:] if not re.match(r"[A-ZÄÖÜ]{2}|\w*\d|\w-", words) else words


def _is_sound(question: str, vague: str) -> bool:
    pairs = all(question.count(a) == question.count(b) for a, b in ("()", "[]", "«»"))
    ticks = question.count("`") % 2 == 0 and question.count('"') % 2 == 0
    bare = re.sub(r"`[^`]*`", "", question)
    return (
        len(question.split()) in _WORDS
        and pairs
        and ticks
        and not ODD.search(bare)
        and " — " not in bare
        and not (re.search(vague, bare) or _DANGLING.search(bare))
    )
