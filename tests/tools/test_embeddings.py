"""The embedder: batches, waiting, queries that are asked once, and specs that cannot be used."""

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.openai_server import Reply, embedding_with, serving
from tests.word_vectors import Counting, WordVectors, by_words
from tools.embeddings import BATCH, Embedder, open_embedder
from tools.index import IndexUnavailableError
from tools.patience import Patience, ServiceDownError
from tools.redact import Redactor


def opened(spec: str, **variables: str) -> Embedder:
    return open_embedder(spec, variables, Patience(0), Redactor(variables.values()))


async def test_texts_go_in_batches_and_keep_their_order() -> None:
    counting = Counting()
    texts = [f"Number {n}" for n in range(2 * BATCH + 1)]
    vectors = await by_words(counting).vectors(texts)
    assert vectors == WordVectors().embed_documents(texts)
    assert 1000 - counting.calls == 3
    assert await by_words().vectors([]) == []


async def test_query_is_asked_once_until_many_others_were() -> None:
    asked: list[str] = []

    class Heard(WordVectors):
        def embed_query(self, text: str) -> list[float]:
            asked.append(text)
            return super().embed_query(text)

    embedder = by_words(Heard())
    for text in ("first", "second", "first"):
        await embedder.query(text)
    assert asked == ["first", "second"]
    for n in range(255):
        await embedder.query(f"other {n}")
    await embedder.query("first")
    await embedder.query("second")
    assert asked[-1] == "second"
    assert asked.count("first") == 1


@pytest.mark.parametrize("text", ["x" * 100_000, "a \ud800 b", "\0", ""])
async def test_any_text_can_be_sent(text: str) -> None:
    heard: list[Any] = []

    def hear(request: dict[str, Any]) -> Reply:
        heard.extend(request["input"])
        return embedding_with(WordVectors())(request)

    with serving(hear) as url:
        embedder = opened(f"openai:m@{url}", OPENAI_API_KEY="sk-of-a-test")
        assert len(await embedder.query(text)) == WordVectors.length
    assert len(heard[0]) <= 8000


@pytest.fixture
def busy() -> Iterator[str]:
    """A server that repeats the key that it was given."""
    with serving(lambda _: (429, {"error": {"message": "slower, sk-of-a-test"}})) as url:
        yield url


async def test_key_is_in_no_error(busy: str) -> None:
    embedder = opened(f"openai:m@{busy}", OPENAI_API_KEY="sk-of-a-test")
    with pytest.raises(ServiceDownError, match=r"busy or failing: .*\[redacted\]") as raised:
        await embedder.vectors(["text"])
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


async def test_server_says_how_long_to_leave_it_alone() -> None:
    class Busy(WordVectors):
        def embed_query(self, text: str) -> list[float]:
            request = httpx.Request("POST", "http://127.0.0.1/v1/embeddings")
            reply = httpx.Response(429, headers={"retry-after": "7"}, request=request)
            raise openai.RateLimitError("slower", response=reply, body=None)

    with pytest.raises(ServiceDownError) as raised:
        await by_words(Busy()).query("text")
    assert raised.value.after == 7


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("m", "provider:name"),
        ("nobody:m", "'nobody' is not supported"),
        ("openai:", "cannot be used"),
        ("cohere:m", "langchain-cohere"),
    ],
)
def test_spec_that_cannot_be_used_is_a_sentence(spec: str, sentence: str) -> None:
    with pytest.raises(IndexUnavailableError, match=sentence):
        opened(spec, OPENAI_API_KEY="sk-of-a-test")


async def test_azure_deployment_is_asked_with_its_key() -> None:
    heard: list[tuple[str, str]] = []

    def hear(path: str, headers: dict[str, str]) -> None:
        heard.append((path, headers.get("api-key", "")))

    with serving(embedding_with(WordVectors()), hear) as url:
        variables = {
            "AZURE_OPENAI_ENDPOINT": url.removesuffix("/v1"),
            "OPENAI_API_VERSION": "2024-10-21",
            "AZURE_OPENAI_API_KEY": "azure-of-a-test",
        }
        await opened("azure_openai:small", **variables).query("belt")
    [(path, key)] = heard
    assert path == "/openai/deployments/small/embeddings?api-version=2024-10-21"
    assert key == "azure-of-a-test"
