"""The index as LangChain's own classes read it, with nothing of Officina's."""

from collections.abc import AsyncIterator

import pytest
from langchain_elasticsearch import (
    AsyncElasticsearchRetriever,
    BM25Strategy,
    DenseVectorStrategy,
    ElasticsearchRetriever,
    ElasticsearchStore,
)

from tests.elastic_cluster import own_indices
from tests.tools.test_index_contract import SAMPLE
from tests.word_vectors import WordVectors, by_words
from tools.elastic import ElasticIndex
from tools.elastic_cluster import Cluster
from tools.elastic_schema import Making

Made = tuple[Cluster, str]


@pytest.fixture
async def made(elasticsearch_url: str) -> AsyncIterator[Made]:
    async with own_indices(elasticsearch_url) as given:
        yield given


async def test_plain_store_reads_the_index(made: Made, elasticsearch_url: str) -> None:
    cluster, alias = made
    await ElasticIndex(cluster, alias, Making()).fill("one", [SAMPLE])
    store = ElasticsearchStore(alias, es_url=elasticsearch_url, strategy=BM25Strategy())
    [found] = store.similarity_search("film alarm", k=1)
    assert found.page_content == SAMPLE[2].text
    assert (found.metadata["source"], found.metadata["start"]) == ("d.md", 200)
    only = [{"term": {"metadata.source": "sub/i.json"}}]
    [italian] = store.similarity_search("guardia", k=3, filter=only)
    assert italian.page_content == SAMPLE[4].text
    assert not store.similarity_search("belt", k=3, filter=only)


async def test_plain_retriever_reads_the_index(made: Made, elasticsearch_url: str) -> None:
    cluster, alias = made
    await ElasticIndex(cluster, alias, Making()).fill("one", [SAMPLE])

    def body(words: str) -> dict[str, object]:
        return {"query": {"match": {"text_en": words}}}

    plain = ElasticsearchRetriever(alias, body, content_field="text", es_url=elasticsearch_url)
    assert [each.page_content for each in plain.invoke("guards")] == [SAMPLE[1].text]
    awaited = AsyncElasticsearchRetriever(alias, body, content_field="text", client=cluster.client)
    [found] = await awaited.ainvoke("guards")
    assert found.page_content == SAMPLE[1].text
    assert found.metadata["_source"]["metadata"]["source"] == SAMPLE[1].document


async def test_plain_store_searches_the_vectors(made: Made, elasticsearch_url: str) -> None:
    cluster, alias = made
    index = ElasticIndex(cluster, alias, Making(embeddings="test:w"), embeddings=by_words())
    await index.fill("one", [SAMPLE])
    store = ElasticsearchStore(
        alias, embedding=WordVectors(), es_url=elasticsearch_url, strategy=DenseVectorStrategy()
    )
    [found] = store.similarity_search("Alarm E214 means", k=1)
    assert found.page_content == SAMPLE[2].text
