"""How safe, hard and well placed the distractors are that a folder's questions would be given.

    python -m bench.distractors DIR QUESTIONS.jsonl [--k 4] [--seed 0] [--json]

Each line is {"question", "document", "start", "end"} and, if known, "answer"; without one the span
is the answer. `document` is a path relative to DIR; start and end count in its normalised text,
which a run leaves as RUN/documents/ID.txt (RUN/documents/documents.jsonl says which ID a path has),
and which `tools.documents.read_folder(DIR)` returns.

Plain top-k, the best possible (what a perfect screen would leave of it: beside copies of a manual
that is far less), and random passages stand beside the chosen ones. `bench.poison` judges, by code
that the screen never calls; `--json` also lists each context, for a judge of your own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, median
from typing import Any

from bench.contexts import ARMS, BEST, Arm, Context, context_of, indexed, repeated
from bench.distractor_table import table
from bench.intervals import wilson
from bench.plants import REWORDINGS, counterfactual, plant
from bench.poison import is_told_apart, poison
from bench.positions import uniformity
from bench.questions import Folder, Question, QuestionsError, read_manuals, read_questions
from bench.relations import families, is_right
from checks.distractors import Placed, arrange
from tools.documents import DocumentError
from tools.machines import MachineDirectoryError

_MOST_PLANTS = 300


@dataclass(slots=True)
class Tally:
    """What was counted of one way to take distractors."""

    passages: int = 0
    repeated: int = 0
    poisoned: Counter[str] = field(default_factory=Counter[str])
    poisoned_contexts: int = 0
    planted: Counter[str] = field(default_factory=Counter[str])
    counterfactual: int = 0
    scores: list[float] = field(default_factory=list[float])


@dataclass(slots=True)
class Measured:
    """The figures over all questions; `contexts` lists each context with its labels."""

    questions: int
    passages: int
    k: int
    arms: dict[Arm, Tally] = field(default_factory=lambda: {arm: Tally() for arm in ARMS})
    plants: Counter[str] = field(default_factory=Counter[str])
    counterfactuals: int = 0
    relations: Counter[str] = field(default_factory=Counter[str])
    wrong_labels: int = 0
    fewer: int = 0
    places: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    milliseconds: list[float] = field(default_factory=list[float])
    contexts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


async def measure(folder: Path, questions: Path, k: int, seed: int) -> Measured:
    """Return what the questions' distractors are like, from the manuals and with plants added.

    Raises:
        DocumentError, QuestionsError, MachineDirectoryError: the folder or a line is unusable.
    """
    manuals = await read_manuals(folder)
    asked = read_questions(questions, manuals)
    known = families(folder)
    measured = Measured(len(asked), len(manuals.passages), k)
    async with indexed(manuals.passages) as index:
        for question in _followed(asked, "questions"):
            seeded = f"{seed}\0{question.key}"
            context = await context_of(question, index, manuals, k=k, seed=seeded)
            _count(measured, question, context)
            _count_labels(measured, question, context, known)
            _place(measured, question, context, seeded)
    sample = random.Random(seed).sample(asked, min(_MOST_PLANTS, len(asked)))
    await _measure_plants(measured, sample, manuals, seed)
    await _measure_counterfactuals(measured, sample, manuals, seed)
    return measured


def _count(measured: Measured, question: Question, context: Context) -> None:
    for arm in ARMS:
        tally, taken = measured.arms[arm], context.taken[arm]
        how = [found for passage in taken if (found := poison(passage, question.labelled))]
        tally.passages += len(taken)
        tally.repeated += repeated(taken)
        tally.poisoned.update(how)
        tally.poisoned_contexts += bool(how)
        scores = [context.scores.get(passage.id, 0.0) for passage in taken]
        tally.scores.append(mean(scores or [0.0]))
    measured.fewer += len(context.placed) < measured.k
    measured.milliseconds.append(context.milliseconds)


def _count_labels(
    measured: Measured, question: Question, context: Context, known: dict[str, tuple[str, str]]
) -> None:
    for each in context.placed:
        measured.relations[each.relation] += 1
        measured.wrong_labels += not is_right(
            each.relation,
            each.passage,
            question.document,
            question.labelled,
            question.quote,
            known,
        )


def _place(measured: Measured, question: Question, context: Context, seed: str) -> None:
    """Note where the first oracle stands, and list the context."""
    shown = arrange(question.oracles, context.placed, seed=seed)
    places = [placed.passage for placed in shown]
    measured.places.append((places.index(question.oracles[0]), len(shown)))
    measured.contexts.append(
        {
            "question": question.text,
            "document": question.document,
            "start": question.start,
            "end": question.end,
            "context": [_listed(question, each, context) for each in shown],
        }
    )


def _listed(question: Question, placed: Placed, context: Context) -> dict[str, Any]:
    passage, is_oracle = placed.passage, placed.relation == "oracle"
    return {
        "document": passage.document,
        "start": passage.start,
        "end": passage.end,
        "relation": placed.relation,
        "score": context.scores.get(passage.id, 0.0),
        "poison": None if is_oracle else poison(passage, question.labelled),
    }


async def _measure_plants(
    measured: Measured, sample: Sequence[Question], manuals: Folder, seed: int
) -> None:
    """Count how often a plant is taken as a distractor of the question that it answers."""
    plants = [plant(each, at, manuals, f"{seed}\0{at}") for at, each in enumerate(sample)]
    grown = replace(manuals, passages=(*manuals.passages, *plants))
    async with indexed(grown.passages) as index:
        for at, question in enumerate(_followed(sample, "plants")):
            how = REWORDINGS[at % len(REWORDINGS)]
            measured.plants[how] += 1
            seeded = f"{seed}\0{question.key}"
            context = await context_of(question, index, grown, k=measured.k, seed=seeded)
            for arm in ARMS:
                measured.arms[arm].planted[how] += plants[at] in context.taken[arm]


async def _measure_counterfactuals(
    measured: Measured, sample: Sequence[Question], manuals: Folder, seed: int
) -> None:
    """Count how often another value is taken where nothing tells whose it is."""
    made = [
        (question, counterfactual(question, at, manuals, f"{seed}\0{at}"))
        for at, question in enumerate(sample)
    ]
    plants = {question.key: planted for question, planted in made if planted}
    grown = replace(manuals, passages=(*manuals.passages, *plants.values()))
    async with indexed(grown.passages) as index:
        for question in _followed([each for each in sample if each.key in plants], "values"):
            planted = plants[question.key]
            if is_told_apart(planted, question.labelled):
                continue
            measured.counterfactuals += 1
            seeded = f"{seed}\0{question.key}"
            context = await context_of(question, index, grown, k=measured.k, seed=seeded)
            for arm in ARMS:
                measured.arms[arm].counterfactual += planted in context.taken[arm]


def report(measured: Measured) -> dict[str, Any]:
    """Return the figures as plain values."""
    squared, freedom, p = uniformity(measured.places)
    top, best = (mean(measured.arms[arm].scores or [0.0]) for arm in ("top-k", BEST))
    labels = measured.relations.total()
    return {
        "questions": measured.questions,
        "passages": measured.passages,
        "k": measured.k,
        "fewer_than_k": measured.fewer,
        "arms": {arm: _arm(tally, measured, top, best) for arm, tally in measured.arms.items()},
        "positions": {"chi_squared": squared, "freedom": freedom, "p": p},
        "labels": {"right": labels - measured.wrong_labels, "of": labels, **measured.relations},
        "milliseconds": median(measured.milliseconds or [0.0]),
        "contexts": measured.contexts,
    }


def _arm(tally: Tally, measured: Measured, top: float, best: float) -> dict[str, Any]:
    score = mean(tally.scores or [0.0])
    return {
        "passages": tally.passages,
        "poisoned": _share(tally.poisoned.total(), tally.passages),
        "poisoned_contexts": _share(tally.poisoned_contexts, measured.questions),
        "poisoned_by": dict(tally.poisoned),
        "planted": {how: _share(tally.planted[how], measured.plants[how]) for how in REWORDINGS},
        "planted_all": _share(tally.planted.total(), measured.plants.total()),
        "counterfactual": _share(tally.counterfactual, measured.counterfactuals),
        "repeated": _share(tally.repeated, tally.passages),
        "bm25": score,
        "of_top_k": score / top if top else 0.0,
        "of_best_possible": score / best if best else 0.0,
    }


def _share(hits: int, total: int) -> dict[str, Any]:
    return {"hits": hits, "of": total, "interval": wilson(hits, total)}


def _followed(questions: Sequence[Question], what: str) -> Iterator[Question]:
    for number, question in enumerate(questions, start=1):
        yield question
        if number % 50 == 0 or number == len(questions):
            print(f"{what}: {number} of {len(questions)}", file=sys.stderr)


def main() -> None:
    """Print the figures of the folder and the questions named on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    parser.add_argument("questions", type=Path, metavar="QUESTIONS.jsonl")
    parser.add_argument("--k", type=int, default=4, help="distractors a context")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="all figures and contexts as JSON")
    options = parser.parse_args()
    try:
        measured = asyncio.run(measure(options.folder, options.questions, options.k, options.seed))
    except (DocumentError, QuestionsError, MachineDirectoryError, OSError) as error:
        sys.exit(str(error))
    figures = report(measured)
    if options.json:
        print(json.dumps(figures, ensure_ascii=False))
    else:
        print("\n".join(table(figures)))


if __name__ == "__main__":
    main()
