"""What every Index must do that searches by meaning, alone or with words."""

import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tools.test_index_contract import SAMPLE, drop, passage, refill, texts
from tests.word_vectors import Counting, WordVectors, by_words
from tools.elastic import ElasticIndex
from tools.elastic_cluster import Access, Cluster
from tools.elastic_schema import Making
from tools.embedded import EmbeddedIndex
from tools.embeddings import Embedder
from tools.index import Index, IndexUnavailableError
from tools.patience import Patience

Open = Callable[..., Index]
VALVES = ("Inlet valve", "Outlet valve", "Safety valve", "Bleed valve")
PUMPS = ("first pump", "second pump", "vacuum pump")


@pytest.fixture(params=["embedded", "elastic"])
async def opener(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Open the same index again and again, with embeddings that may be others each time."""
    if request.param == "embedded":

        def embedded(find: str, embedder: Embedder) -> Index:
            return EmbeddedIndex(tmp_path / "index", find=find, embeddings=embedder)

        yield embedded
        return
    cluster = Cluster(Access((request.getfixturevalue("elasticsearch_url"),)), Patience(5))
    alias = f"contract-{uuid.uuid4().hex[:8]}"

    def elastic(find: str, embedder: Embedder) -> Index:
        making = Making(embeddings=embedder.name)
        return ElasticIndex(cluster, alias, making, find=find, embeddings=embedder)

    yield elastic
    await drop(cluster, alias)
    await cluster.close()


@pytest.fixture(params=["knn", "hybrid"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def index(opener: Open, kind: str) -> Index:
    made = opener(kind, by_words())
    await refill(made)
    return made


class Longer(WordVectors):
    length = 768


async def test_hits_are_ranked_and_whole(index: Index) -> None:
    hits = await index.search("alarm E214 film", k=3)
    assert hits[0].passage == SAMPLE[2]
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.score > 0 for hit in hits)


async def test_nearest_text_is_first(index: Index) -> None:
    await refill(index, passage(900, "Zorgon quux"), passage(950, "Zorgon quux flim"))
    hits = await index.search("zorgon quux", k=2)
    assert [hit.passage.text for hit in hits] == ["Zorgon quux", "Zorgon quux flim"]


async def test_filters_are_strict(index: Index) -> None:
    sibling = replace(SAMPLE[0], id="o:0-1", document="o.md", document_id="o", machine="OR40")
    italian = passage(500, "Il nastro corre a 30 metri al minuto.", language="it", machine="OR40")
    await refill(index, sibling, italian)
    hits = await index.search("belt nastro", k=9, machine="OR40")
    assert {hit.passage.id for hit in hits} == {sibling.id, italian.id}
    hits = await index.search("belt nastro", k=9, machine="OR40", language="it")
    assert [hit.passage.id for hit in hits] == [italian.id]
    hits = await index.search("belt", k=9, document="o.md")
    assert [hit.passage.id for hit in hits] == [sibling.id]
    assert await index.search("belt", k=9, machine="OR4") == []


async def test_equal_scores_follow_the_id(index: Index) -> None:
    twins = [passage(1000 + n, "Rinse the nozzle.", id=f"t:{n:02}") for n in range(30)]
    await index.fill("twins", [twins[15:], twins[:15]])
    hits = await index.search("nozzle", k=5)
    assert [hit.passage.id for hit in hits] == [f"t:{n:02}" for n in range(5)]


async def test_reopening_finds_the_same_for_nothing(opener: Open, index: Index, kind: str) -> None:
    before = await index.search("the guard of the belt", k=5)
    counting = Counting()
    again = opener(kind, by_words(counting))
    await refill(again)
    assert await again.search("the guard of the belt", k=5) == before
    assert counting.texts == 0


async def test_other_embeddings_fill_anew(opener: Open, index: Index, kind: str) -> None:
    other = opener(kind, by_words(Longer(), "test:longer"))
    await refill(other)
    assert (await other.search("alarm E214 film", k=1))[0].passage == SAMPLE[2]
    assert await other.count() == len(SAMPLE)


async def test_moved_server_gives_the_same_vectors(opener: Open, kind: str) -> None:
    await refill(opener(kind, by_words(None, "test:w@http://one/v1")))
    counting = Counting()
    await refill(opener(kind, by_words(counting, "test:w@http://two/v1")))
    assert counting.texts == 0


async def test_cut_off_fill_pays_for_no_vector_twice(opener: Open, kind: str) -> None:
    many = [passage(n, f"Line {1000 + n} of it.", id=f"n:{n:03}") for n in range(200)]
    first, second = Counting(calls=2), Counting()
    with pytest.raises(IndexUnavailableError, match="InterruptedError"):
        await opener(kind, by_words(first)).fill("one", [many[:150], many[150:]])
    again = opener(kind, by_words(second))
    await again.fill("one", [many[:150], many[150:]])
    assert (first.texts, second.texts) == (128, 72)
    assert await again.count() == 200
    assert (await again.search("Line 1007 of it.", k=1))[0].passage == many[7]


async def test_query_of_another_length_is_a_sentence(opener: Open, index: Index, kind: str) -> None:
    other = opener(kind, by_words(Longer()))
    await refill(other)
    with pytest.raises(IndexUnavailableError, match=r"another length .*retrieval\.embeddings"):
        await other.search("belt", k=3)


async def test_vectors_of_two_lengths_are_refused(opener: Open, kind: str) -> None:
    class Uneven(WordVectors):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[0.5] * (4 + at % 2) for at, _ in enumerate(texts)]

    index = opener(kind, by_words(Uneven()))
    with pytest.raises(IndexUnavailableError, match=r"5 vectors of \[4, 5\] numbers"):
        await refill(index)


async def test_batches_of_two_lengths_are_refused(opener: Open, kind: str) -> None:
    class Growing(WordVectors):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            self.length += 1
            return super().embed_documents(texts)

    index = opener(kind, by_words(Growing()))
    with pytest.raises(IndexUnavailableError, match=r"\[514\] numbers .* after vectors of 513"):
        await index.fill("one", [SAMPLE[:2], SAMPLE[2:]])


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf")])
async def test_vectors_without_direction_are_refused(opener: Open, value: float) -> None:
    class Broken(WordVectors):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [[value] * 4 for _ in texts]

    with pytest.raises(IndexUnavailableError, match="all zeros or holds what is no number"):
        await refill(opener("knn", by_words(Broken())))


@pytest.mark.parametrize(
    "query",
    ["", " ", "?!", "😀", "\0", "the", "*", "\ud800 belt", "belt AND", '"belt', "belt " * 5000],
    ids=lambda query: ascii(query[:12]),
)
async def test_strange_queries_never_raise(index: Index, query: str) -> None:
    found = await texts(index, query)
    has_words = any(char.isalnum() for char in query)
    assert len(found) == (len(SAMPLE) if has_words else 0)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(query=st.text(st.characters(), max_size=200), language=st.sampled_from([None, "it", "xx"]))
async def test_any_text_is_a_query(index: Index, query: str, language: str | None) -> None:
    assert len(await index.search(query, k=3, language=language)) <= 3


async def test_empty_index_finds_nothing(opener: Open, kind: str) -> None:
    index = opener(kind, by_words())
    await index.fill("nothing", [])
    assert await index.search("belt", k=3) == []


async def test_engines_agree_on_the_nearest(
    elasticsearch_url: str, kind: str, tmp_path: Path
) -> None:
    many = [
        passage(n * 100, f"{VALVES[n % 4]} of {PUMPS[n % 3]} at {1000 + n} bar.") for n in range(90)
    ]
    cluster, alias = Cluster(Access((elasticsearch_url,)), Patience(5)), f"a-{uuid.uuid4().hex[:8]}"
    making = Making(embeddings="test:w")
    elastic = ElasticIndex(cluster, alias, making, find=kind, embeddings=by_words())
    embedded = EmbeddedIndex(tmp_path / "index", find=kind, embeddings=by_words())
    found: list[list[tuple[str, float]]] = []
    try:
        for index in (embedded, elastic):
            await index.fill("one", [many])
            hits = await index.search("inlet valve of the second pump at 1050 bar", k=10)
            found.append([(hit.passage.id, hit.score) for hit in hits])
    finally:
        await drop(cluster, alias)
        await cluster.close()
    ours, theirs = ({id for id, _ in each} for each in found)
    assert len(ours & theirs) >= 9
    scores, others = ([score for _, score in each] for each in found)
    assert kind == "hybrid" or scores == pytest.approx(others, abs=2e-4)


@pytest.mark.parametrize("content", [b"", b"PK", None])
async def test_broken_vectors_are_a_sentence(tmp_path: Path, content: bytes | None) -> None:
    await refill(EmbeddedIndex(tmp_path, find="knn", embeddings=by_words()))
    file = tmp_path / "vectors" / "vectors.npz"
    file.unlink() if content is None else file.write_bytes(content)
    again = EmbeddedIndex(tmp_path, find="knn", embeddings=by_words())
    await refill(again)
    with pytest.raises(IndexUnavailableError, match="remove the folder above"):
        await again.search("belt", k=3)
