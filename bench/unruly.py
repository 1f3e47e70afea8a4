"""A model that does what the scope of a row must not let pass, on top of the offline model.

Its generator asks about the places in which the siblings' manuals differ, and now and then about
another one; it names the family, the sibling or no machine in two thirds of its first drafts. Its
answerer gives a sibling's value in a third of its first answers. Its critic lets everything pass,
so that only what is decided without a model stands between such a draft and the dataset.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import replace
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import BaseModel, Field, PrivateAttr

from agents import offline_answering, offline_drafting
from agents.answerer import Answer, Citation
from agents.critic import Critique, RowJudgement
from agents.generator import Question
from agents.offline import OfflineModel
from agents.offline_reading import Prompt, read
from bench.asked import Asked, bare, questions, sentence_in, told
from bench.twins import Change, Twins

_TURNS = 6
_ELSEWHERE_ONE_IN = 4
_MOST_OF_ONE = 2
_PASSING = {
    "Critique": Critique(reasons="", relevance=9, global_relevance=9, coverage=9, instructions=""),
    "RowJudgement": RowJudgement(reasons="", faithfulness=9, completeness=9, instructions=""),
}


class UnrulyModel(OfflineModel):
    """The offline model with its eye on the changes; if not `obedient`, with faults.

    `faults` counts drafts that do not name their machine, and answers with a sibling's value.
    """

    twins: Twins
    obedient: bool = False
    faults: Counter[str] = Field(default_factory=Counter[str])
    _about: dict[str, Change] = PrivateAttr(default_factory=dict[str, Change])
    _meant: dict[str, str] = PrivateAttr(default_factory=dict[str, str])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: object = None,
        **kwargs: Any,
    ) -> ChatResult:
        wanted = kwargs.get("response_format")
        kind = wanted["json_schema"]["name"] if wanted else ""
        reply = self._reply(kind, messages)
        if reply is None:
            return super()._generate([self._sought(each) for each in messages], stop, **kwargs)
        message = AIMessage(reply.model_dump_json())
        message.usage_metadata = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _reply(self, kind: str, messages: list[BaseMessage]) -> BaseModel | None:
        if kind == "Question":
            return self._question(read(messages))
        if kind == "Answer":
            again = any("<objections>" in str(message.content) for message in messages)
            prompt = read(messages)
            meant = self._meant.get(prompt.question, prompt.question)
            return self._answer(replace(prompt, question=meant), again=again)
        return _PASSING.get(kind)

    def _sought(self, message: BaseMessage) -> BaseMessage:
        """Return what is asked for as it was meant, so that the passage is found."""

        def sought(match: re.Match[str]) -> str:
            change = self._about.get(bare(match[1], self.twins))
            words = max(change.sentences, key=len) if change else match[1]
            return f"<question>{' '.join(self._meant.get(words, words).split())}</question>"

        text = re.sub(r"<question>(.*?)</question>", sought, str(message.content), flags=re.DOTALL)
        return message.model_copy(update={"content": text}) if text != message.content else message

    def _machine(self, prompt: Prompt) -> int:
        names = [machine.name for machine in self.twins.machines]
        return names.index(prompt.machine)

    def _question(self, prompt: Prompt) -> Question:
        made = self._aimed(prompt)
        if made is None:
            asked = tuple(self._meant.get(each, each) for each in prompt.asked)
            made = offline_drafting.draft(replace(prompt, asked=asked))
        if prompt.revising or prompt.again or self.obedient:
            return made
        text = self._misnamed(made.text, prompt.machine)
        self._meant[text] = made.text
        self.faults["questions"] += text != made.text
        return made.model_copy(update={"text": text})

    def _aimed(self, prompt: Prompt) -> Question | None:
        """Ask about the change of the window that was asked about least; revising, the same."""
        asked = {bare(question, self.twins) for question in prompt.asked}
        every = list(questions(prompt, self.twins, self._machine(prompt)))
        draft, again = bare(prompt.draft, self.twins), bare(prompt.again, self.twins)
        for each in every:
            words = bare(each.text, self.twins)
            self._about[words] = each.change
            misnamed = words == draft and each.text != prompt.draft
            if misnamed or (again and words == again):
                return _question(each, prompt.again or each.text)
        if again:
            return None
        tried = Counter(self._about[words] for words in asked if words in self._about)
        left = [e for e in every if bare(e.text, self.twins) not in {*asked, draft}]
        if draft:
            left = [each for each in left if each.change == self._about.get(draft)]
        elif _turn(prompt, _ELSEWHERE_ONE_IN) == 0:
            return None
        left = [each for each in left if tried[each.change] < _MOST_OF_ONE]
        if not left:
            return None
        least = min(left, key=lambda each: tried[each.change])
        forms = [each for each in left if each.change == least.change]
        chosen = forms[_turn(least.quote, len(forms))]
        return _question(chosen, chosen.text)

    def _misnamed(self, question: str, name: str) -> str:
        others = [each.name for each in self.twins.machines if each.name != name]
        family = self.twins.machines[0].family
        said = {0: family, 1: family, 2: others[0], 3: ""}.get(_turn(question, _TURNS), name)
        return " ".join(question.replace(name, said).split())

    def _answer(self, prompt: Prompt, *, again: bool) -> Answer:
        change = self._about.get(bare(prompt.question, self.twins))
        machine = self._machine(prompt)
        quote = change.sentences[machine] if change else ""
        found = sentence_in(quote, [each.text for each in prompt.passages]) if quote else None
        if change is None or found is None:
            return offline_answering.answer(prompt)
        at, words = found
        cited = Citation(passage_id=prompt.passages[at].id, quote=words.strip())
        text = told(quote)
        if not again and not self.obedient and _turn(prompt.question + quote, _TURNS) < 2:
            others = [value for value in change.values if value != change.values[machine]]
            text = re.sub(re.escape(change.values[machine]) or r"\Z", (others or [""])[0], text)
            self.faults["answers"] += text != told(quote)
        return Answer(abstained=False, text=text, citations=[cited], missing="")


def _question(asked: Asked, text: str) -> Question:
    return Question(quote=asked.quote, text=text, kind="value", difficulty="easy")


def _turn(text: object, turns: int) -> int:
    return hashlib.sha256(str(text).encode()).digest()[0] % turns
