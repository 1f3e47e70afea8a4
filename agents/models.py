"""Model specs: "provider:name[@base_url]" → a chat model in a role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from agents.calls import RoleModel
from agents.faults import ModelError

TIMEOUT_SECONDS = 120.0
MOST_OUTPUT_TOKENS = 4096
PROVIDERS = "offline, scripted:FILE.jsonl, openai:MODEL[@URL]"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as the user names it."""

    provider: str
    model: str
    url: str | None

    @property
    def name(self) -> str:
        """The spec without its URL, as rows and journals name the model."""
        return f"{self.provider}:{self.model}" if self.model else self.provider


def parse_spec(text: str) -> ModelSpec:
    """Return the parts of a model spec.

    Raises:
        ModelError: no such provider, or a part is missing.
    """
    provider, _, rest = text.partition(":")
    model, _, url = rest.partition("@http")
    spec = ModelSpec(provider, model, f"http{url}" if url else None)
    if provider not in ("offline", "scripted", "openai"):
        raise ModelError(f"No model provider is called '{provider}'. There are: {PROVIDERS}.")
    if provider != "offline" and not model:
        raise ModelError(f"The model spec '{text}' names no model. Write one of: {PROVIDERS}.")
    return spec


def open_model(role: str, text: str, services: Mapping[str, str]) -> RoleModel:
    """Return the chat model that a spec names; `services` holds keys and URLs by variable name.

    Raises:
        ModelError: the spec is wrong, or a key or file is missing.
    """
    spec = parse_spec(text)
    name = f"scripted:{Path(spec.model).name}" if spec.provider == "scripted" else spec.name
    return RoleModel(role, name, _chat(spec, services))


def _chat(spec: ModelSpec, services: Mapping[str, str]) -> BaseChatModel:
    if spec.provider == "offline":
        from agents.offline import OfflineModel

        return OfflineModel()
    if spec.provider == "scripted":
        from agents.scripted import ScriptedModel, read_script

        return ScriptedModel(lines=read_script(Path(spec.model)))
    return _openai(spec, services)


def _openai(spec: ModelSpec, services: Mapping[str, str]) -> BaseChatModel:
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    key = services.get("OPENAI_API_KEY", "")
    url = spec.url or services.get("OPENAI_BASE_URL")
    if not key and not url:
        raise ModelError(
            "openai: models need a key. Set OPENAI_API_KEY in the environment or .env."
        )
    return ChatOpenAI(
        model=spec.model,
        base_url=url,
        api_key=SecretStr(key or "none"),
        timeout=TIMEOUT_SECONDS,
        max_retries=0,
        max_completion_tokens=MOST_OUTPUT_TOKENS,
        use_responses_api=False,
    )
