"""Settings: environment, `.env`, officina.yaml and options. Nobody else reads the environment.

Every complaint comes at once. Keys stay in memory: run.json names models and services, never keys.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from dotenv import dotenv_values

from agents.faults import ModelError
from agents.specs import parse_spec
from app.services import Services, ServicesError, load_services, services_file
from tools.redact import Redactor

ROLES = ("generator", "critic", "answerer")
DEFAULT_CONCURRENCY = 16
_SECRETS = (
    "OPENAI_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_AD_TOKEN",
    "AZURE_CLIENT_SECRET",
    "ELASTICSEARCH_API_KEY",
    "ELASTICSEARCH_PASSWORD",
    "POSTGRES_PASSWORD",
    "VLLM_API_KEY",
    "LANGSMITH_API_KEY",
    "LANGCHAIN_API_KEY",
    "HF_TOKEN",
)
STATE_URL = "OFFICINA_STATE_URL"
_URLS = (
    "ELASTICSEARCH_URL",
    "POSTGRES_URL",
    "OPENAI_BASE_URL",
    "AZURE_OPENAI_ENDPOINT",
    STATE_URL,
)
_SECRET_NAME = re.compile(r"(KEY|TOKEN|SECRET|PASSWORD|PASSWD|HEADERS|CREDENTIALS)$")
_USER_AND_PASSWORD = re.compile(r"//[^/@:]*:([^@/]*(?:@[^@/]*)*)@")
_PASSWORD_OPTION = re.compile(r"[?&]password=([^&]*)")

IndexKind = Literal["embedded", "elasticsearch"]


class SettingsError(Exception):
    """Settings cannot be used; the message lists every complaint."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is made.

    `variables` are the environment's and `.env`'s, keys among them; `environment` is what a
    training process is given. Without `ingest`, the index is used as it is found. A run that
    `replays` has every reply from its journal, sends nothing and trains nothing.
    """

    models: Mapping[str, str]
    concurrency: int
    prompts: Path | None
    variables: Mapping[str, str]
    environment: Mapping[str, str]
    services: Services = field(default_factory=Services)
    services_file: Path | None = None
    index: IndexKind = "embedded"
    ingest: bool = True
    replays: bool = False

    @property
    def redact(self) -> Redactor:
        """Return what takes every key of these settings out of a text."""
        return _redactor(self.variables)


def is_offline(models: Mapping[str, str]) -> bool:
    """Return whether a role is played by the rules model, so that rows are for trying the tool."""
    return "offline" in models.values()


def read_settings(
    *,
    model: str | None,
    by_role: Mapping[str, str | None],
    concurrency: int | None,
    folder: Path | None = None,
) -> Settings:
    """Return the settings of a run; options come before the environment, that before `.env`.

    officina.yaml is looked for in the folder, the brief's as a rule, then in the working folder.

    Raises:
        SettingsError: one or more of them cannot be used.
    """
    values = variables()
    every = model or values.get("OFFICINA_MODEL") or "offline"
    models = {
        role: _absolute(
            by_role.get(role) or (not model and values.get(f"OFFICINA_{role.upper()}")) or every
        )
        for role in ROLES
    }
    width = concurrency if concurrency is not None else values.get("OFFICINA_CONCURRENCY")
    prompts = values.get("OFFICINA_PROMPTS")
    complaints = [*_model_complaints(models), *_other_complaints(width, prompts)]
    file, services = services_file(folder), Services()
    try:
        services = load_services(file)
    except ServicesError as error:
        complaints.append(str(error))
    if complaints:
        raise SettingsError("\n".join(complaints))
    return Settings(
        models=models,
        concurrency=int(width or DEFAULT_CONCURRENCY),
        prompts=Path(prompts) if prompts else None,
        variables=values,
        environment={k: v for k, v in values.items() if _is_for_children(k)},
        services=services,
        services_file=file,
        ingest=services.elasticsearch.fields is None,
        index="elasticsearch" if values.get("ELASTICSEARCH_URL") else "embedded",
    )


def _is_for_children(name: str) -> bool:
    """Say whether a child process may have it: a hub's token, and nothing else that is secret."""
    return name == "HF_TOKEN" or not (_is_secret(name) or name in _URLS)


def redact(text: str) -> str:
    """Return the text without any key of the environment or `.env`."""
    return _redactor(variables())(text)


def variables() -> dict[str, str]:
    """Return the variables of the environment, and of `.env` where it has none."""
    return {**{k: v for k, v in dotenv_values(".env").items() if v}, **os.environ}


def _redactor(values: Mapping[str, str]) -> Redactor:
    held = [value for name, value in values.items() if _is_secret(name)]
    return Redactor([*held, *_passwords(values)])


def _is_secret(name: str) -> bool:
    """Say whether a variable holds a secret, Officina's own or another program's."""
    return name in _SECRETS or _SECRET_NAME.search(name) is not None


def _passwords(values: Mapping[str, str]) -> Iterator[str]:
    """Yield the passwords that stand in the services' URLs."""
    for name in _URLS:
        for url in values.get(name, "").split(","):
            # By hand: what is no URL, and only looks like one, may hold a password all the same.
            held = [*_USER_AND_PASSWORD.findall(url), *_PASSWORD_OPTION.findall(url)]
            yield from (form for text in held for form in {text, unquote(text)})


def _absolute(spec: str) -> str:
    """Return the spec with the full path of its file or folder, found from anywhere."""
    provider, _, path = spec.partition(":")
    is_path = provider == "scripted" or (provider == "vllm" and Path(path).is_dir())
    return f"{provider}:{Path(path).resolve()}" if is_path and path else spec


def _model_complaints(models: Mapping[str, str]) -> Iterator[str]:
    for text in dict.fromkeys(models.values()):
        try:
            spec = parse_spec(text)
        except ModelError as error:
            yield str(error)
            continue
        try:
            url = urlsplit(spec.url or "")
        except ValueError:
            yield f"The URL of {spec.name} is none. Write http://HOST:PORT/v1."
            continue
        if url.username or url.password or url.query:
            yield f"The URL of {spec.name} may hold a key. Put keys in the environment instead."


def _other_complaints(width: int | str | None, prompts: str | None) -> Iterator[str]:
    if width is not None and not (str(width).isdecimal() and int(width) > 0):
        yield f"Concurrency is '{width}'; give a whole number above 0."
    if prompts and not Path(prompts).is_dir():
        yield f"OFFICINA_PROMPTS names '{prompts}', which is not a folder."
