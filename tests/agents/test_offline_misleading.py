"""The offline model takes something wrong for granted, and judges rows that abstain."""

import json

import pytest

from agents.critic import RowJudgement
from agents.generator import Misleading
from agents.offline import OfflineModel
from checks.abstentions import premise_findings
from checks.distractors import Answered
from prompts.templates import Part, Prompts, Source
from tools.machines import Machine
from tools.passages import Passage

BOREA = Machine("BX90", "Borea 90")
ANSWERS = {
    "en": ("How often must the filter be changed?", "The filter must be changed every 12 weeks."),
    "it": ("Ogni quanto va cambiato il filtro?", "Il filtro va cambiato ogni 12 settimane."),
    "de": ("Wie oft wird der Filter gewechselt?", "Der Filter wird alle 12 Wochen gewechselt."),
    "es": ("¿Cada cuánto se cambia el filtro?", "El filtro se cambia cada 12 semanas."),
    "fr": ("Quand changer le filtre ?", "Le filtre est changé toutes les 12 semaines."),
}


async def ask(prompt, schema):
    model = OfflineModel()
    wanted = {"json_schema": {"name": schema.__name__, "schema": {}}}
    reply = await model.ainvoke(prompt, response_format=wanted)
    return schema.model_validate(json.loads(reply.text))


def mislead(language, question, answer):
    parts = (Part(1, ("Filter",), answer),)
    source = Source("a.md", language, BOREA, parts)
    return Prompts().mislead(source, scenario="a plant", question=question, answer=answer)


@pytest.mark.parametrize("language", sorted(ANSWERS))
async def test_value_of_the_answer_is_changed(language):
    question, answer = ANSWERS[language]
    written = await ask(mislead(language, question, answer), Misleading)
    assert written.premise
    assert written.premise in written.text
    assert "Borea 90" in written.text
    asked = Answered(question, answer, (answer,), language)
    assert not premise_findings(written.text, written.premise, asked, answer)


@pytest.mark.parametrize(
    ("language", "answer", "forms"),
    [
        ("en", "The torque is 24 Nm.", ("Why is the torque ", "How do you check that the torque ")),
        ("en", "The heating takes 24 minutes.", ("Why does the heating take ",)),
        ("it", "La coppia è di 24 Nm.", ("Perché sul modello ", "Come mai sul modello ")),
        (
            "de",
            "Das Heizen dauert 24 Minuten.",
            ("Warum dauert ", "Weshalb ", "Wie kommt es, dass "),
        ),
    ],
)
async def test_premise_stands_in_a_natural_question(language, answer, forms):
    written = await ask(mislead(language, "How?", answer), Misleading)
    assert written.text.startswith(forms)


@pytest.mark.parametrize(
    "answer",
    [
        "No. Do not open the filter while it is hot.",
        "1. Open the lid.\n2. Take the 2 screws out.",
        "The filter is a part of the intake.",
        "The filter VG4-12 is the right one.",
        "The filter is changed after 1 month.",
    ],
)
async def test_what_states_no_value_is_left_alone(answer):
    written = await ask(mislead("en", "What about the filter?", answer), Misleading)
    assert (written.text, written.premise) == ("", "")


@pytest.mark.parametrize(
    ("text", "is_right"),
    [
        ("The filter must be changed every 12 weeks with gloves on.", False),
        ("The belt is checked with the gauge before a shift, whatever its age.", True),
    ],
)
async def test_abstention_is_right_where_nothing_answers(text, is_right):
    question = "At what interval must the filter be changed with gloves on?"
    passage = Passage("d:0-9", "d", "a.md", 0, 9, text, (1, 1), (), "en")
    prompt = Prompts().judge_answer(
        question,
        "The passages do not say at what interval the filter must be changed with gloves on.",
        scenario="a plant",
        language="en",
        machine=None,
        passages=[passage],
        citations=[],
    )
    judged = await ask(prompt, RowJudgement)
    assert (judged.faithfulness >= 7) is is_right
    assert judged.completeness >= 7


@pytest.mark.parametrize(("machine", "is_right"), [("BX90", False), ("BX70", True), (None, False)])
async def test_what_a_sibling_is_said_to_need_answers_nothing(machine, is_right):
    text = "The filter must be changed every 12 weeks with gloves on."
    prompt = Prompts().judge_answer(
        "At what interval must the filter be changed with gloves on on the Borea 90?",
        "The passages do not say at what interval the filter must be changed with gloves on.",
        scenario="a plant",
        language="en",
        machine=BOREA,
        passages=[Passage("d:0-9", "d", "a.md", 0, 9, text, (1, 1), (), "en", machine)],
        citations=[],
    )
    judged = await ask(prompt, RowJudgement)
    assert (judged.faithfulness >= 7) is is_right
