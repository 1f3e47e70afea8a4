"""Rows near an evaluation question are found by words, meaning or evidence; others are left."""

import pytest

from checks.duplicates import Asked
from checks.leakage.evaluation import near_evaluation
from tools.questions_file import EvaluationQuestion

PARTS = ("sealing jaw", "infeed belt", "vacuum pump", "film brake", "printing head", "cutter")
WEIGHT = "The forming tube of the large format, with its collar and clamp, weighs 18.5 kg."
TUBE = Asked("tube", "How much does the forming tube weigh?", (WEIGHT,), "It weighs 18.5 kg.", "en")
PASSWORD = Asked(
    "password",
    "Qual è la lunghezza della password per il livello 2?",
    ("La password del livello 2 ha 6 cifre.",),
    "6 cifre.",
    "it",
)
OTHERS = [
    Asked(part, f"At what interval is the {part} cleaned?", (f"Clean the {part}.",), "Daily.", "en")
    for part in PARTS
]
ROWS = [TUBE, PASSWORD, *OTHERS]


def near(question: str, *evidence: str, answer: str = "") -> set[str]:
    wanted = [EvaluationQuestion(7, question, answer, evidence)]
    found = near_evaluation(ROWS, wanted)
    assert set(found.values()) <= {7}
    return set(found)


@pytest.mark.parametrize(
    ("question", "row"),
    [
        ("how much does the FORMING TUBE  weigh", "tube"),
        ("Tell me how much the forming tube weighs, please.", "tube"),
        ("Che lunghezza ha la password del livello 2?", "password"),
    ],
)
def test_a_paraphrase_is_near(question: str, row: str):
    assert near(question) == {row}


@pytest.mark.parametrize(
    "question",
    [
        "Where is the emergency stop?",
        "Qual è la lunghezza del cavo per il modello 3?",
        "Who may change the recipe?",
    ],
)
def test_another_question_is_not_near(question: str):
    assert near(question) == set()


def test_the_same_evidence_is_near():
    assert near("What must the hoist be able to lift?", WEIGHT) == {"tube"}
    longer = f"{WEIGHT} Two people are needed."
    assert near("What must the hoist be able to lift?", longer) == {"tube"}


def test_a_whole_section_is_not_the_same_evidence():
    section = " ".join([WEIGHT, *(f"Clean the {part} with a dry cloth." for part in PARTS)])
    assert near("What must the hoist be able to lift?", section) == set()


def test_the_first_near_question_is_named():
    lines = [EvaluationQuestion(line, TUBE.question) for line in (9, 3, 5)]
    assert near_evaluation(ROWS, lines) == {"tube": 3}


def test_without_questions_nothing_is_near():
    assert near_evaluation(ROWS, []) == {}
