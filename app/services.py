"""Services: what officina.yaml says about the services that a run uses. No secret is ever in it."""

from __future__ import annotations

from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agents.gates import ServerLimits
from agents.prices import Price
from agents.specs import Connecting, TransportKind
from tools.elastic_schema import Fields
from tools.index import SearchKind

SERVICES_FILE = "officina.yaml"


class ServicesError(Exception):
    """officina.yaml cannot be used; the message lists every complaint."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Retrieval(_Part):
    """How passages are searched, in the embedded index and in Elasticsearch alike."""

    search: SearchKind = "bm25"
    """By words, by meaning, or by both, fused by reciprocal rank."""
    embeddings: str | None = None
    """Embeddings as LangChain names them, provider:name, and openai:name@URL for a server that
    speaks its protocol; needed by knn and hybrid. With bm25 they go into Elasticsearch only."""

    @model_validator(mode="after")
    def _meaning_needs_embeddings(self) -> Self:
        if self.search != "bm25" and self.embeddings is None:
            raise ValueError(f"search: {self.search} needs `embeddings`, as provider:name")
        return self

    @model_validator(mode="after")
    def _url_holds_no_key(self) -> Self:
        url = urlsplit((self.embeddings or "").partition("@")[2])
        if url.username or url.password or url.query:
            raise ValueError("the URL of `embeddings` may hold a key: put it in the environment")
        return self


class Elasticsearch(_Part):
    """How the cluster's index is made and read, when ELASTICSEARCH_URL is set."""

    index: str | None = Field(default=None, pattern=r"^[a-z0-9][a-z0-9._-]{0,200}$")
    """The alias of the index; officina-<name of the manuals' folder> if not given."""
    k1: float = Field(default=2.0, ge=0)
    """BM25: how much a term that stands again adds."""
    b: float = Field(default=0.75, ge=0, le=1)
    """BM25: how much long passages are held back."""
    ca_file: Path | None = None
    """The certificate authority that signed the server's certificate."""
    fields: Fields | None = None
    """Where an index made by somebody else holds what; with it the index is read, never filled."""


class Postgres(_Part):
    """Where machine names come from, when POSTGRES_URL is set."""

    query: str | None = None
    """A query whose rows name documents and machines; Officina's own tables if not given."""


class Vllm(_Part):
    """How `vllm serve` is started, for a model `vllm:MODEL` without a URL."""

    arguments: list[str] = []
    """More words for its command line, such as --max-model-len 8192."""


class LangSmith(_Part):
    """What is traced, when LANGSMITH_TRACING is set."""

    sampling: float = Field(default=1.0, ge=0, le=1)
    """The share of candidates that are traced."""


class Services(_Part):
    """What officina.yaml may hold."""

    retrieval: Retrieval = Field(default_factory=Retrieval)
    elasticsearch: Elasticsearch = Field(default_factory=Elasticsearch)
    postgres: Postgres = Field(default_factory=Postgres)
    langsmith: LangSmith = Field(default_factory=LangSmith)
    vllm: Vllm = Field(default_factory=Vllm)
    output_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of one reply, a model's thoughts among them; 16,384 for OpenAI's and Azure's
    models and 4,096 for others if not given."""
    timeout: float = Field(default=120, gt=0)
    """Seconds that one reply may take, from its request to its last byte."""
    transport: TransportKind = "aiohttp"
    """What carries calls: aiohttp, or OpenAI's own client, which takes several times its CPU."""
    prices: dict[str, Price] = Field(default_factory=dict[str, Price])
    """US dollars per million tokens, by model spec without its URL."""
    servers: dict[str, ServerLimits] = Field(default_factory=dict[str, ServerLimits])
    """What model servers take, by their addresses, such as https://api.openai.com/v1."""
    patience: float = Field(default=600, ge=0)
    """Seconds that a run waits for a service that does not answer, before it ends resumable."""

    @property
    def connecting(self) -> Connecting:
        """How the models' servers are spoken to."""
        return Connecting(self.output_tokens, self.timeout, self.transport)


def services_file(folder: Path | None) -> Path | None:
    """Return the officina.yaml of the folder, or else of the working folder; None without one."""
    places = [each / SERVICES_FILE for each in (folder, Path()) if each]
    return next((path.resolve() for path in places if path.is_file()), None)


def load_services(path: Path | None) -> Services:
    """Return what an officina.yaml says; its paths count from where it is.

    Raises:
        ServicesError: it cannot be read or has settings that are wrong or unknown.
    """
    if path is None:
        return Services()
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ServicesError(f"{path} cannot be read: {error}") from error
    read = read_services(content or {}, str(path))
    if read.elasticsearch.ca_file:
        read.elasticsearch.ca_file = path.parent / read.elasticsearch.ca_file
    return read


def resumed(kept: Services, now: Services) -> Services:
    """Return what a run goes on with: as it was what decides its rows, and the rest as it is now.

    `kept` is what the run was started with.
    """
    elasticsearch = kept.elasticsearch.model_copy(update={"ca_file": now.elasticsearch.ca_file})
    return now.model_copy(update={"elasticsearch": elasticsearch, "retrieval": kept.retrieval})


def read_services(content: object, name: str) -> Services:
    """Return services from plain values; `name` is what complaints call them."""
    try:
        return Services.model_validate(content)
    except ValidationError as error:
        complaints = "\n".join(
            f"  {'.'.join(str(part) for part in each['loc']) or name}: {each['msg']}"
            for each in error.errors()
        )
        raise ServicesError(f"{name} has settings that cannot be used:\n{complaints}") from error
