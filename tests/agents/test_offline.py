"""The offline model, asked with the very prompts that the graphs render."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from pydantic import BaseModel

from agents.answerer import Answer
from agents.critic import Critique, RowJudgement
from agents.generator import Question
from agents.offline import OfflineModel
from agents.offline_phrases import LANGUAGES, phrases_of
from agents.offline_questions import facts
from agents.offline_text import plain, sentences, units
from checks.form import question_findings
from checks.quotes import locate
from prompts.templates import Part, Prompts, Revision, Source
from tools.machines import Machine
from tools.passages import Passage

SCENARIO = "a virtual assistant in a manufacturing plant"
MACHINE = Machine("BX90", "Borea 90")
TEXT = {
    "en": """## Tightening torques

| Point | Torque (Nm) | Tool |
| --- | --- | --- |
| Clamp jaw | 31 | Torque wrench |
| Guide rail | 9.5 | Torque screwdriver |

The torque wrench must be calibrated every 12 months. Do not loosen the clamp jaw while hot.
To change the clamp jaw, undo the four screws and lift it out with the extractor.
If the guide rail is worn, replace both rails together.""",
    "it": """## Coppie di serraggio

| Punto | Coppia (Nm) | Attrezzo |
| --- | --- | --- |
| Ganascia di presa | 31 | Chiave dinamometrica |

La chiave dinamometrica va tarata ogni 12 mesi. Non allentare la ganascia finché è calda.
Per sostituire la ganascia, svitare le quattro viti ed estrarla con l'estrattore.""",
    "de": """## Wartung

Um die Klemmbacke zu wechseln, lösen Sie die vier Schrauben mit dem Schlüssel.
Die Klemmbacke ist ein Bauteil, das die Folie beim Schneiden festhält.
Die Schrauben dürfen nicht mit Öl geschmiert werden.""",
    "es": """## Mantenimiento

Para cambiar la mordaza, afloje los cuatro tornillos y use el extractor previsto.
Si la guía lateral está gastada, se deben cambiar las dos guías a la vez.
La mordaza delantera es una pieza que sujeta la película durante el corte.""",
    "fr": """## Entretien

Pour changer la mâchoire, desserrez les quatre vis avec la clé prévue.
Ne jamais graisser les vis de la mâchoire avec de l'huile minérale.
La mâchoire avant est une pièce qui tient le film pendant la coupe.""",
}


Reply = TypeVar("Reply", bound=BaseModel)


def ask(messages: Sequence[BaseMessage], schema: type[Reply]) -> Reply:
    described = {"name": schema.__name__, "schema": schema.model_json_schema(), "strict": True}
    reply = OfflineModel().invoke(
        list(messages), response_format={"type": "json_schema", "json_schema": described}
    )
    assert reply.usage_metadata
    assert reply.usage_metadata["output_tokens"] > 0
    return schema.model_validate_json(str(reply.content))


def source(language: str, machine: Machine | None = None, text: str = "") -> Source:
    body = text or TEXT[language]
    return Source("manual.md", language, machine, (Part(1, ("Maintenance",), body),))


def draft(shown: Source, asked: Sequence[str] = (), revision: Revision | None = None) -> Question:
    messages = Prompts().draft_question(
        shown, scenario=SCENARIO, topics=[], asked=asked, revision=revision
    )
    return ask(messages, Question)


def good_draft(shown: Source, asked: Sequence[str] = ()) -> Question:
    revision = Revision("What is it set to?", "", ("Name the subject.",))
    return draft(shown, asked, revision)


def passage(text: str, identifier: str = "p1") -> Passage:
    return Passage(identifier, "d1", "manual.md", 0, len(text), text, (1, 1), ("Care",), "en")


def shown_passage(each: Passage) -> str:
    return (
        f'<passage id="{each.id}" document="{each.document}" section="Care" pages="1-1">\n'
        f"{each.text}\n</passage>"
    )


def concluded(question: str, language: str, passages: Sequence[Passage]) -> Answer:
    call = {"name": "search_manuals", "args": {"query": "x"}, "id": "1"}
    found = "\n".join(map(shown_passage, passages))
    messages = [
        *Prompts().answer(question, language=language, machine=None, objections=[]),
        AIMessage("", tool_calls=[call]),
        ToolMessage(found, tool_call_id="1"),
        *Prompts().conclude(language),
    ]
    return ask(messages, Answer)


@pytest.mark.parametrize("language", sorted(TEXT))
def test_drafts_pass_checks_in_each_language(language: str):
    drafted = good_draft(source(language))
    assert drafted.text
    assert not question_findings(
        drafted.text,
        language=language,
        quote=drafted.quote,
        window=TEXT[language],
        machine=None,
        other_machines=(),
    )


@pytest.mark.parametrize("language", sorted(TEXT))
def test_own_question_is_answered_by_quote(language: str):
    drafted = good_draft(source(language))
    answer = concluded(drafted.text, language, [passage(TEXT[language])])
    assert not answer.abstained
    assert [citation.quote for citation in answer.citations] == [drafted.quote]


def test_questions_name_the_machine():
    for fact in facts(TEXT["it"], ("Manutenzione",), "it", MACHINE.name):
        assert all(MACHINE.name in question for question in fact.questions)


def test_asked_questions_are_not_repeated():
    asked: list[str] = []
    while (drafted := good_draft(source("en"), asked)).text:
        assert drafted.text not in asked
        asked.append(drafted.text)
    assert len(asked) >= 4


def test_window_without_facts_gives_nothing():
    drafted = good_draft(source("en", text="See below."))
    assert (drafted.text, drafted.quote) == ("", "")


def test_some_first_drafts_are_bad_and_revised():
    bare = set(phrases_of("en").bare)
    texts = [f"{TEXT['en']}\nThe pad weighs {number} kg when dry." for number in range(60)]
    first = [draft(source("en", text=text)).text in bare for text in texts]
    second = [good_draft(source("en", text=text)).text in bare for text in texts]
    assert 0 < sum(second) + sum(first) < 20
    assert sum(second) < sum(first)


def test_question_does_not_hold_the_value():
    fact = next(each for each in facts(TEXT["en"], (), "en", "") if "calibrated" in each.quote)
    assert fact.questions
    assert all("12" not in question for question in fact.questions)


def test_critic_accepts_good_and_flaws_bad():
    good = good_draft(source("en"))
    scores = {
        text: ask(
            Prompts().judge_question(
                source("en"), scenario=SCENARIO, question=text, quote=good.quote, hits=[]
            ),
            Critique,
        )
        for text in (good.text, "What is it set to?")
    }
    accepted, flawed = scores[good.text], scores["What is it set to?"]
    assert min(accepted.relevance, accepted.global_relevance, accepted.coverage) >= 7
    assert min(flawed.relevance, flawed.global_relevance) <= 5
    assert flawed.instructions


def judged(question: str, answer: str, quote: str) -> RowJudgement:
    messages = Prompts().judge_answer(
        question,
        answer,
        scenario=SCENARIO,
        language="en",
        machine=None,
        passages=[passage(TEXT["en"])],
        citations=[("p1", quote)],
    )
    return ask(messages, RowJudgement)


def test_judge_accepts_the_row_asked_about():
    quote = "| Clamp jaw | 31 | Torque wrench |"
    verdict = judged("What is the torque for the clamp jaw?", "It is 31 for the clamp jaw.", quote)
    assert min(verdict.faithfulness, verdict.completeness) >= 7


def test_judge_refuses_another_row():
    quote = "| Guide rail | 9.5 | Torque screwdriver |"
    verdict = judged("What is the torque for the clamp jaw?", "The guide rail has 9.5.", quote)
    assert verdict.completeness <= 5


def test_judge_refuses_a_foreign_number():
    quote = "| Clamp jaw | 31 | Torque wrench |"
    verdict = judged("What is the torque for the clamp jaw?", "The clamp jaw needs 47.", quote)
    assert verdict.faithfulness <= 5


def test_answerer_abstains_without_support():
    answer = concluded("Which oil does the gearbox need?", "en", [passage(TEXT["en"])])
    assert answer.abstained
    assert answer.citations == []
    assert "gearbox" in answer.missing


def test_tool_loop_searches_twice_then_stops():
    model = OfflineModel().bind_tools([search_manuals])
    messages: list[BaseMessage] = Prompts().answer(
        "Which oil does the gearbox BX-4471 need?", language="en", machine=None, objections=[]
    )
    queries: list[str] = []
    for _ in range(2):
        reply = model.invoke(messages)
        queries.append(reply.tool_calls[0]["args"]["query"])
        messages = [*messages, reply, ToolMessage("Nothing was found.", tool_call_id="x")]
    assert queries[0] != queries[1]
    assert "BX-4471" in queries[1]
    assert not model.invoke(messages).tool_calls


def search_manuals(query: str) -> str:
    """Search the manuals."""
    return query


def test_every_language_has_phrases():
    assert LANGUAGES == ("de", "en", "es", "fr", "it")
    for language in LANGUAGES:
        phrases = phrases_of(language)
        for rule in phrases.rules:
            assert phrases.pattern(rule.match)


def test_numbers_do_not_end_sentences():
    found = sentences("It draws 10 A. The fuse F2 is rated 2.5 A. See e.g. the plate.")
    assert found == ["It draws 10 A.", "The fuse F2 is rated 2.5 A.", "See e.g. the plate."]


def test_cut_step_lists_are_not_offered():
    text = "1. Open the door.\n2. Run this:\n\n```\nls\n```\n\n3. Close the door."
    assert not [unit for unit in units(text, ("Doors",)) if unit.form == "steps"]


@pytest.mark.parametrize(
    "sentence",
    [
        "The opposite direction is therefore used to lower the same carriage.",
        "It is rather useful if the pallet scale has to be zeroed.",
        "To change the value, press the left arrow key twice.",
    ],
)
def test_leaning_or_vague_sentences_are_passed_over(sentence: str):
    assert not facts(sentence, ("Scale",), "en", "")


def test_bare_number_takes_its_header_unit():
    answers = {fact.answer for fact in facts(TEXT["en"], ("Care",), "en", MACHINE.name)}
    assert "The torque for the clamp jaw is 31 Nm." in answers


def test_italian_labels_get_their_articles():
    found = facts(TEXT["it"], ("Manutenzione",), "it", MACHINE.name)
    asked = {question for fact in found for question in fact.questions}
    assert "Qual è la coppia per la ganascia di presa sul modello Borea 90?" in asked


def test_rows_named_by_bare_numbers_are_passed_over():
    table = "| Interval (h) | At the latest after |\n| --- | --- |\n| 8 | 1 day |"
    assert not facts(table, ("Schedule",), "en", MACHINE.name)


@given(st.text(max_size=300))
def test_quotes_stand_in_any_text(text: str):
    for unit in units(text, ("A",)):
        assert unit.quote in text
    for fact in facts(text, ("A",), "en", ""):
        assert locate(fact.quote, text)
    assert "\n" not in plain(text)
