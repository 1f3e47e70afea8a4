"""Specs: how a model is named, "provider:model[@base_url]", and what rows and journals call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from agents.faults import ModelError, Server

PROVIDERS = "offline, scripted:FILE.jsonl, openai:MODEL[@URL], azure:DEPLOYMENT, vllm:MODEL[@URL]"
OPENAI_URL = "https://api.openai.com/v1"
_KEYS = {
    "openai": "OPENAI_API_KEY",
    "azure": "AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN",
    "vllm": "VLLM_API_KEY",
}


TransportKind = Literal["aiohttp", "openai"]


@dataclass(frozen=True, slots=True)
class Connecting:
    """How the models' servers are spoken to; by default as officina.yaml has it."""

    output_tokens: int | None = None
    timeout: float = 120.0
    transport: TransportKind = "aiohttp"


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """A model as the user names it."""

    provider: str
    model: str
    url: str | None

    @property
    def name(self) -> str:
        """The spec without its URL and without folders, as rows and journals name the model."""
        is_path = self.provider == "scripted" or self.model.startswith("/")
        model = Path(self.model).name if is_path else self.model
        return f"{self.provider}:{model}" if model else self.provider

    @property
    def is_served(self) -> bool:
        """Whether the model is behind a server."""
        return self.provider in _KEYS

    @property
    def starts_vllm(self) -> bool:
        """Whether the server is ours to start."""
        return self.provider == "vllm" and self.url is None


def parse_spec(text: str) -> ModelSpec:
    """Return the parts of a model spec.

    Raises:
        ModelError: no such provider, or a part is missing.
    """
    provider, _, rest = text.partition(":")
    model, _, url = rest.partition("@http")
    spec = ModelSpec(provider, model, f"http{url}" if url else None)
    if provider not in ("offline", "scripted", *_KEYS):
        raise ModelError(f"No model provider is called '{provider}'. There are: {PROVIDERS}.")
    if provider != "offline" and not model:
        raise ModelError(f"The model spec '{text}' names no model. Write one of: {PROVIDERS}.")
    if provider == "azure" and url:
        raise ModelError(f"'{text}' has a URL: set AZURE_OPENAI_ENDPOINT instead.")
    return spec


def server_of(spec: ModelSpec, variables: Mapping[str, str]) -> Server:
    """Return the server that the spec's model is behind, as sentences name it.

    Raises:
        ModelError: nothing says where it is.
    """
    url = spec.url
    if spec.provider == "openai":
        url = url or variables.get("OPENAI_BASE_URL") or OPENAI_URL
    if spec.provider == "azure" and not (url := variables.get("AZURE_OPENAI_ENDPOINT")):
        raise ModelError("azure: models need AZURE_OPENAI_ENDPOINT, the address of the resource.")
    assert url is not None
    parts = urlsplit(url)
    bare = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
    return Server(bare.geturl(), _KEYS[spec.provider])
