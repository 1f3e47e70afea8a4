"""The phrases of one language: rules that turn statements into questions, and sentences to say.

They are data, `phrases/LANGUAGE.yaml`; a rule is a pattern over one statement and the forms its
question may take. In patterns `%name%` stands for the macro of that name.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

HERE = Path(__file__).parent / "phrases"
_NO_COMMA = re.compile(r"\[\^(?![^\]]*\\d)[^\]]*,[^\]]*\]")
LANGUAGES = tuple(sorted(path.stem for path in HERE.glob("*.yaml")))


class _Read(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Read):
    """A pattern over a whole statement, its questions and answer; lower `worth` is asked first.

    Where no machine is named, a `specific` rule wants a subject of more than one plain noun ("the
    sensor"), a `named` one a subject that holds a name or an indefinite article.
    """

    name: str
    kind: Literal["value", "procedure", "warning", "meaning"]
    worth: int
    match: str
    ask: tuple[str, ...]
    say: str = "{text}"
    specific: bool = False
    named: bool = False


class Form(_Read):
    """A pattern over words, and the questions that are made of its groups."""

    match: str
    ask: tuple[str, ...]


class Column(_Read):
    """What is asked about a table's column whose heading matches.

    `row` restricts the heading of the first column, `cell` what the cell says, `machine` the rule
    to manuals of a machine; `short` asks about cells of few letters in every manual.
    """

    match: str
    row: str = ""
    cell: str = ""
    machine: bool = False
    kind: Literal["value", "procedure", "warning", "meaning"] = "value"
    worth: int = 22
    short: bool = False
    ask: tuple[str, ...]
    say: str


class Words(_Read):
    """A pattern and what takes the place of its words; `machine`: in manuals of a machine only.

    `head` restricts a row's label to columns with such a heading.
    """

    match: str
    use: str
    head: str = ""
    machine: bool = False


class Phrases(_Read):
    """One language's phrases."""

    macros: dict[str, str]
    quantities: dict[str, str]
    value: str
    lowers_nouns: bool
    lowered: str
    stating: str
    label: str
    leading: str
    vague: str
    leaning: str
    generic: str
    thin: str
    named: str
    vague_slot: str
    bases: dict[str, str] = Field(default_factory=dict[str, str])
    rules: tuple[Rule, ...]
    columns: tuple[Column, ...]
    counted: str
    dull_columns: str
    dull_rows: str
    articles: tuple[Words, ...]
    term: tuple[str, ...]
    say_term: str
    steps: tuple[Form, ...]
    step: str
    action: str
    dull_sections: str
    dull_headings: str
    on_machine: tuple[Words, ...]
    of_machine: tuple[Words, ...]
    machine_words: tuple[Words, ...]
    polish: tuple[Words, ...] = ()
    machine_first: str = ""
    bare: tuple[str, ...]
    misleads: tuple[Form, ...]
    say: dict[str, str]

    def pattern(self, source: str) -> re.Pattern[str]:
        """Return a pattern of these phrases with its macros filled in.

        Where it stops at a comma, it goes on through the one inside a number.
        """
        units = "|".join(self.quantities)
        return _compiled(_filled(source, (("unit", f"(?:{units})"), *self.macros.items())))

    def base(self, verb: str) -> str:
        """Return a verb as it stands after an auxiliary."""
        return self.bases.get(verb, verb.removesuffix("s"))

    def name_machine(self, words: tuple[Words, ...], machine: str) -> str:
        """Return the machine's name with the preposition that fits it; empty without a machine."""
        if not machine:
            return ""
        return next(w.use for w in words if re.search(w.match, machine)).format(machine=machine)


@cache
def phrases_of(language: str) -> Phrases:
    """Return the phrases of a language; a language without its own is answered in English."""
    chosen = language if language in LANGUAGES else "en"
    text = (HERE / f"{chosen}.yaml").read_text(encoding="utf-8")
    return Phrases.model_validate(yaml.safe_load(text))


@cache
def _filled(source: str, macros: tuple[tuple[str, str], ...]) -> str:
    for name, body in reversed(macros):
        source = source.replace(f"%{name}%", body)
    return source


@cache
def _compiled(source: str) -> re.Pattern[str]:
    return re.compile(_NO_COMMA.sub(r"(?:\g<0>|(?<=\\d),(?=\\d))", source))
