import hashlib
import random
from pathlib import Path

import pytest

from training.card import CardFacts
from training.formats import write_dataset
from training.rows import ContextPassage, RowCitation, Scores, TrainingRow

PARTS = ("sealing jaw", "infeed belt", "vacuum pump", "film brake", "printing head", "cutter")
PROPERTIES = ("tightening torque", "working pressure", "belt tension", "oil temperature")
UNITS = ("N·m", "bar", "N", "°C")
# fmt: off
WORDS = (
    "switch", "off", "main", "supply", "wait", "moving", "part", "rest", "guard", "open", "keep",
    "area", "dry", "film", "scrap", "oil",
)
# fmt: on


def filler(number: int) -> str:
    """Text of a section that no other row's section is like."""
    return " ".join(random.Random(number).choices(WORDS, k=40)).capitalize() + ". "


def shown_passage(number: int, place: int, text: str, *, is_oracle: bool) -> ContextPassage:
    return ContextPassage(
        passage_id=f"p{number}-{place}",
        document=f"manual-{number % 3}.md",
        start=1000 * place,
        end=1000 * place + len(text),
        text=text,
        role="oracle" if is_oracle else "distractor",
        relation="oracle" if is_oracle else "sibling",
    )


def cited_fact(oracle: ContextPassage, fact: str) -> RowCitation:
    start = oracle.start + oracle.text.index(fact)
    return RowCitation(
        passage_id=oracle.passage_id,
        document=oracle.document,
        start=start,
        end=start + len(fact),
        quote=fact,
    )


def made_row(number: int, *, passages: int = 4) -> TrainingRow:
    """A row about a machine that does not exist, with one oracle passage among distractors."""
    chosen = random.Random(number)
    part, position = PARTS[number % len(PARTS)], chosen.randrange(passages)
    which = number % len(PROPERTIES)
    value = f"{chosen.randrange(10, 900) / 10} {UNITS[which]}"
    fact = f"The {PROPERTIES[which]} of the {part} {number} is {value}."
    question = f"What is the {PROPERTIES[which]} of the {part} {number}?"
    texts = [
        f"{filler(number)}The {PARTS[other % len(PARTS)]} has a cover. {filler(-number)}"
        for other in range(passages)
    ]
    texts[position] = f"{filler(number)}{fact} {filler(-number)}"
    context = tuple(
        shown_passage(number, place, text, is_oracle=place == position)
        for place, text in enumerate(texts)
    )
    oracle = context[position]
    shown = "\n\n".join(f"[{place + 1}] {text}" for place, text in enumerate(texts))
    return TrainingRow(
        id=f"row-{number:03}",
        question=question,
        answer=f"The {PROPERTIES[which]} of the {part} {number} is {value} [{position + 1}].",
        answerable=True,
        kind="value",
        difficulty="easy",
        language="en",
        document=oracle.document,
        machine_code="VX1" if number % 2 else None,
        machine_name="Vexo 1" if number % 2 else None,
        pages=(number,),
        section=f"Maintenance > {part}",
        context=context,
        oracle_positions=(position,),
        citations=(cited_fact(oracle, fact),),
        scores=Scores(relevance=9, global_relevance=8, coverage=9, faithfulness=10, completeness=9),
        reasons="The passage states the value.",
        attempts=1,
        models={"generator": "offline", "critic": "offline", "answerer": "offline"},
        prompt_hashes={"draft": "ab" * 32},
        sha256=hashlib.sha256(question.encode()).hexdigest(),
        system="You are the assistant of a maintenance technician. Answer from the passages only.",
        user=f"{shown}\n\nQuestion: {question}",
        sections=(f"section-{number}",),
    )


@pytest.fixture(scope="session")
def rows() -> list[TrainingRow]:
    return [made_row(number) for number in range(40)]


@pytest.fixture(scope="session")
def facts() -> CardFacts:
    return CardFacts(
        title="Vexo manuals",
        scenario="a maintenance assistant",
        thresholds={"relevance": 6, "faithfulness": 8},
    )


@pytest.fixture(scope="session")
def dataset(
    rows: list[TrainingRow], facts: CardFacts, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("run") / "dataset"
    write_dataset(rows, folder, test_share=0.2, seed=1, facts=facts)
    return folder
