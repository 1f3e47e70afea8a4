"""Cluster: the connection to Elasticsearch; every request waits for a cluster that is away."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from elastic_transport import TransportError
from elasticsearch import ApiError, AsyncElasticsearch
from langchain_core.documents import Document
from langchain_elasticsearch import AsyncElasticsearchRetriever

from tools.elastic_faults import fault
from tools.index import IndexUnavailableError
from tools.patience import Patience
from tools.redact import Redactor

T = TypeVar("T")
REQUEST_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """Where a cluster is and how to be let in."""

    hosts: tuple[str, ...]
    api_key: str | None = None
    username: str = "elastic"
    password: str | None = None
    ca_file: Path | None = None

    @property
    def where(self) -> str:
        """Return the hosts as people may see them, without credentials."""
        return ", ".join(map(without_credentials, self.hosts))


def access(variables: Mapping[str, str], ca_file: Path | None) -> Access:
    """Return how to reach the cluster that the variables name.

    Raises:
        IndexUnavailableError: a URL cannot be one, or the certificate file is missing.
    """
    hosts = tuple(url.strip() for url in variables["ELASTICSEARCH_URL"].split(",") if url.strip())
    for host in hosts:
        if not _is_address(host):
            raise IndexUnavailableError(
                "ELASTICSEARCH_URL is no URL with a port. Write http://host:9200 or "
                "https://host:9200, and several with commas between them."
            )
    if ca_file and not ca_file.is_file():
        raise IndexUnavailableError(f"elasticsearch.ca_file names {ca_file}, which is no file.")
    return Access(
        hosts=hosts,
        api_key=variables.get("ELASTICSEARCH_API_KEY"),
        username=variables.get("ELASTICSEARCH_USERNAME", "elastic"),
        password=variables.get("ELASTICSEARCH_PASSWORD"),
        ca_file=ca_file,
    )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname and parts.port)
    except ValueError:
        return False


def without_credentials(url: str) -> str:
    """Return the URL without user, password and query."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


@dataclass(frozen=True, slots=True)
class Found:
    """A hit as the cluster gives it: its id, its score, its text, and the rest of its record."""

    id: str
    score: float
    text: str
    record: dict[str, Any]

    def field(self, path: str | None) -> str | None:
        """Return the value at a dotted path, the first of several; None when there is none."""
        value: Any = self.record if path else None
        for name in (path or "").split("."):
            value = cast("dict[str, Any]", value).get(name) if isinstance(value, dict) else None
        if isinstance(value, list):
            value = next(iter(cast("list[Any]", value)), None)
        return None if value is None else str(value)


class Cluster:
    """An open connection; closed by whoever opened it."""

    def __init__(
        self,
        access: Access,
        patience: Patience,
        redact: Redactor | None = None,
        seconds: float = REQUEST_SECONDS,
    ) -> None:
        """Prepare the connection; a request may take so many seconds, and none is sent yet."""
        self.where = access.where
        self.client = _client(access, seconds)
        self._patience = patience
        self._redact = redact or Redactor()

    async def ask(self, request: Callable[[], Awaitable[T]]) -> T:
        """Return what the request returns; wait for the cluster when it is away.

        Raises:
            ServiceDownError: it was away for too long.
            IndexUnavailableError: it refuses; the message says what to mend.
        """

        async def once() -> T:
            try:
                return await request()
            except (TransportError, ApiError) as error:
                meant = fault(error, self.where)
                # Without the client's own error: it may show what was sent.
                raise type(meant)(self._redact(str(meant))) from None

        return await self._patience("Elasticsearch", once)

    async def search(
        self, index: str, query: str, body: dict[str, Any], text: str = "text"
    ) -> list[Found]:
        """Return the hits, through LangChain, so that they are traced.

        `text` is the field that holds a hit's text.
        """

        def document(hit: Mapping[str, Any]) -> Document:
            source = dict(hit["_source"])
            content = str(source.pop(text, ""))
            kept = {"score": hit["_score"], "record": source}
            return Document(content, id=hit["_id"], metadata=kept)

        whole: dict[str, Any] = {"_source": {"excludes": ["vector"]}, **body}
        retriever = AsyncElasticsearchRetriever(
            index_name=index,
            body_func=lambda _: whole,
            document_mapper=document,
            client=self.client,
        ).with_config(run_name="search passages")
        found = cast("Sequence[Document]", await self.ask(lambda: retriever.ainvoke(query)))
        return [
            Found(str(each.id), each.metadata["score"], each.page_content, each.metadata["record"])
            for each in found
        ]

    async def close(self) -> None:
        """Close the connection."""
        await self.client.close()


def _client(access: Access, seconds: float) -> AsyncElasticsearch:
    options: dict[str, Any] = {}
    if access.api_key:
        options["api_key"] = access.api_key
    elif access.password:
        options["basic_auth"] = (access.username, access.password)
    if access.ca_file:
        options["ca_certs"] = str(access.ca_file)
    return AsyncElasticsearch(
        list(access.hosts),
        request_timeout=seconds,
        max_retries=len(access.hosts),
        **options,
    )
