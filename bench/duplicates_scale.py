"""How near-duplicates grow with rows: `python -m bench.duplicates --scale 100000` calls this."""

from __future__ import annotations

import random
import resource
import time
from dataclasses import dataclass

from checks.duplicates import Asked, near_duplicates

_PARTS = (
    "pump",
    "valve",
    "screw",
    "bearing",
    "belt",
    "filter",
    "guide",
    "motor",
    "sensor",
    "door",
    "lamp",
    "hose",
    "seal",
    "shaft",
)
_KINDS = (
    "main",
    "upper",
    "lower",
    "left",
    "right",
    "front",
    "rear",
    "inner",
    "outer",
    "hydraulic",
    "electric",
    "spare",
)
_VERBS = (
    "check",
    "clean",
    "replace",
    "grease",
    "tighten",
    "adjust",
    "remove",
    "test",
    "inspect",
    "align",
)
_UNITS = ("Nm", "bar", "mm", "h", "°C", "kg", "l", "V")
_ASKED = (
    ("How often must the {p} be {v}ed?", "At what interval should I {v} the {p}?"),
    ("Which value has the {p} after you {v} it?", "What do I set the {p} to once {v}ed?"),
    ("Why is it important to {v} the {p}?", "For what reason should one {v} the {p}?"),
    ("How do I {v} the {p}?", "What is the procedure to {v} the {p}?"),
)


@dataclass(frozen=True, slots=True)
class Passage:
    """An invented passage: its text, and what may be asked of it, in two wordings each."""

    text: str
    asked: tuple[tuple[tuple[str, str], str], ...]


def synthetic_passage(chosen: random.Random, number: int) -> Passage:
    """Return an invented passage with four questions and their answers."""
    machine = chosen.randrange(10, 99)
    part = f"{chosen.choice(_KINDS)} {chosen.choice(_PARTS)} {number:x}"
    verb, unit = chosen.choice(_VERBS), chosen.choice(_UNITS)
    value = chosen.randrange(1, 900)
    other, days = chosen.choice(_PARTS), value % 9 + 2
    text = (
        f"On the machine M{machine} {verb} the {part} every {value} hours, switched off and "
        f"seen from the side of the {other}. Set it to {value % 70} {unit} afterwards. "
        f"A {part} in poor condition damages the {other} in {days} days."
    )
    answers = (
        f"Every {value} hours.",
        f"{value % 70} {unit}.",
        f"In poor condition it damages the {other} in {days} days.",
        f"Switched off and seen from the side of the {other}.",
    )
    said = [(one.format(p=part, v=verb), again.format(p=part, v=verb)) for one, again in _ASKED]
    return Passage(text, tuple(zip(said, answers, strict=True)))


def synthetic_rows(count: int) -> list[Asked]:
    """Return invented rows: up to four questions on a passage, a tenth of them asked again."""
    chosen = random.Random(count)
    rows: list[Asked] = []
    while len(rows) < count:
        passage = synthetic_passage(chosen, len(rows))
        for (first, again), answer in passage.asked:
            for question in (first, again)[: 1 + (chosen.random() < 0.1)]:
                rows.append(Asked(f"r{len(rows)}", question, (passage.text,), answer, "en"))
    return rows[:count]


def measure(count: int) -> tuple[float, float, int]:
    """Return seconds, seconds of CPU, and how many near-duplicates were found among the rows."""
    rows = synthetic_rows(count)
    started, worked = time.perf_counter(), time.process_time()
    found = near_duplicates(rows)
    return time.perf_counter() - started, time.process_time() - worked, len(found)


def peak_megabytes() -> float:
    """Return the most memory that this process held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
