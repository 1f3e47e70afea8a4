"""What tests of mutants share: a sentence mutated or said otherwise, two sibling manuals."""

from fractions import Fraction
from pathlib import Path
from random import Random

from bench.answers import MUTATIONS
from bench.mutants import mutant
from bench.paraphrases import paraphrases
from bench.quantities import digits_in
from bench.truths import Truth


def truth(text: str, language: str = "en", *evidence: str) -> Truth:
    return Truth(text, "sentence", language, "a.md", evidence or (text,))


def made(kind: str, text: str, language: str = "en", seed: int = 0) -> list[str]:
    said = truth(text, language)
    found = MUTATIONS[kind](said, digits_in(text, language), Random(seed))
    return [mutant(kind, said, changes).text for changes in found]


def said_otherwise(kind: str, text: str, language: str = "en") -> list[str]:
    said = truth(text, language)
    found = paraphrases(said, digits_in(text, language), Random(0))
    return [each.text for each in found if each.kind == kind]


def numbers(text: str, language: str) -> list[tuple[Fraction, str]]:
    return [(d.value, d.unit) for d in digits_in(text, language) if d.kind == "number"]


def folder_of_siblings(root: Path) -> Path:
    manual = (
        "# Pompa {name}\n\nLa pompa {name} contiene {oil} litri di olio. "
        "Serrare le viti del coperchio a {torque} Nm in due passate. "
        "Non aprire mai la valvola prima di 10 minuti.\n\n"
        "Aprire Menu > Assistenza > Ore della pompa {name} ogni 500 ore.\n\n"
        "| Parametro | Valore | Unità |\n| --- | --- | --- |\n"
        "| Massa | {mass} | kg |\n| Potenza | {power} | kW |\n\n"
        "```\nset 99 77\n```\n"
    )
    one = {"name": "Nilo 30", "oil": "1,5", "torque": "25", "mass": "120", "power": "4"}
    two = {"name": "Nilo 40", "oil": "2,5", "torque": "30", "mass": "150", "power": "5,5"}
    for values in (one, two):
        (root / f"{values['name']}.md").write_text(manual.format(**values), "utf-8")
    return root
