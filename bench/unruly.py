"""Models that do what the scope of a row must not let pass, on top of the offline model.

The generator names the family, the sibling or no machine in two thirds of its drafts, and critic
and answerer take them as they were meant; the answerer gives the sibling's value in a third of its
answers to which that makes a difference.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import PrivateAttr

from agents.offline import OfflineModel

_TURNS = 6


class UnrulyModel(OfflineModel):
    """The offline model with faults: `twins` are the machines' names, `family` that of both.

    `values` are the first machine's and the second's, each with words of the sentence around it.
    """

    twins: tuple[str, str]
    family: str
    values: tuple[tuple[str, str, str, str], ...]
    _meant: dict[str, str] = PrivateAttr(default_factory=dict[str, str])

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: object = None,
        **kwargs: Any,
    ) -> ChatResult:
        result = super()._generate([self._as_meant(each) for each in messages], stop, **kwargs)
        wanted = kwargs.get("response_format")
        kind = wanted["json_schema"]["name"] if wanted else ""
        message = result.generations[0].message
        if kind not in ("Question", "Answer") or not isinstance(message, AIMessage):
            return result
        reply = json.loads(str(message.content))
        spoilt = self._question(reply) if kind == "Question" else self._answer(reply)
        message.content = json.dumps(spoilt, ensure_ascii=False)
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _question(self, reply: dict[str, Any]) -> dict[str, Any]:
        name = next((each for each in self.twins if each in reply["text"]), "")
        other = next((each for each in self.twins if each != name), "")
        said = {0: self.family, 1: self.family, 2: other, 3: ""}.get(_turn(reply["text"]), name)
        if name:
            spoilt = " ".join(reply["text"].replace(name, said).split())
            self._meant[spoilt] = reply["text"]
            reply["text"] = spoilt
        return reply

    def _as_meant(self, message: BaseMessage) -> BaseMessage:
        def meant(match: re.Match[str]) -> str:
            return f"<question>{self._meant.get(match[1], match[1])}</question>"

        text = re.sub(r"<question>(.*?)</question>", meant, str(message.content), flags=re.DOTALL)
        return message.model_copy(update={"content": text}) if text != message.content else message

    def _answer(self, reply: dict[str, Any]) -> dict[str, Any]:
        quotes = " ".join(citation["quote"] for citation in reply["citations"])
        if _turn(reply["text"] + quotes) > 1:
            return reply
        for first, second, here, there in self.values:
            for own, other, sentence in ((first, second, here), (second, first, there)):
                if " ".join(quotes.split()) in " ".join(sentence.split()) and own in quotes:
                    reply["text"] = re.sub(
                        rf"(?<![\d.,]){re.escape(own)}(?![.,]?\d)", other, reply["text"]
                    )
        return reply


def _turn(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % _TURNS
