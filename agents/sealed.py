"""A chat model that sends nothing: in a replay every reply is the journal's."""

from __future__ import annotations

from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatResult

from agents.call import RoleModel
from agents.faults import NO_SERVER, NotJournaledError, Server
from agents.specs import ModelSpec


class SealedModel(BaseChatModel):
    """Stands where a run had its model."""

    @property
    def _llm_type(self) -> str:
        return "sealed"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotJournaledError("Nothing is sent, and the journal does not hold this call.")


def sealed(spec: ModelSpec) -> RoleModel:
    """Return the model that the spec names, as a replay has it: no key and no server is needed."""
    server = Server(spec.url or spec.name, "its key") if spec.is_served else NO_SERVER
    return RoleModel("", spec.name, SealedModel(), server)
