"""Elasticsearch beyond the contract: building, vectors, plain clients, each fault's sentence."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from threading import Thread
from typing import Any

import pytest
import trustme
from elasticsearch import Elasticsearch
from langchain_elasticsearch import (
    AsyncElasticsearchRetriever,
    BM25Strategy,
    DenseVectorStrategy,
    ElasticsearchRetriever,
    ElasticsearchStore,
)

from tests.elastic_cluster import node, own_indices, refusal
from tests.tools.test_index_contract import SAMPLE, passage
from tests.word_vectors import Counting, WordVectors, by_words
from tools.elastic import ElasticIndex, alias_for
from tools.elastic_cluster import Access, Cluster, access, without_credentials
from tools.elastic_schema import Making
from tools.embeddings import BATCH
from tools.index import IndexUnavailableError
from tools.passages import Passage
from tools.patience import Patience, ServiceDownError

Made = tuple[Cluster, str]


@pytest.fixture
async def made(elasticsearch_url: str) -> AsyncIterator[Made]:
    async with own_indices(elasticsearch_url) as given:
        yield given


def indices(held: dict[str, object], alias: str) -> list[str]:
    return sorted(name for name in held if name.startswith(alias))


async def test_readers_never_see_an_empty_index(made: Made) -> None:
    cluster, alias = made
    index = ElasticIndex(cluster, alias, Making())
    await index.fill("old", [SAMPLE])
    seen: list[int] = []

    async def read() -> None:
        while True:
            seen.append((await cluster.client.count(index=alias))["count"])

    reader = asyncio.create_task(read())
    many = [passage(n, f"Line {n} of the new manual.", id=f"n:{n}") for n in range(4000)]
    await index.fill("new", [many[:2000], many[2000:]])
    await asyncio.sleep(0.2)
    reader.cancel()
    assert set(seen) == {len(SAMPLE), 4000}


async def test_last_index_is_kept_and_older_ones_removed(made: Made) -> None:
    cluster, alias = made
    await cluster.client.indices.create(index=f"{alias}-of-somebody")
    index = ElasticIndex(cluster, alias, Making())
    for content in ("one", "two", "three"):
        await index.fill(content, [SAMPLE])
    held = indices(dict(await cluster.client.indices.get_alias(index=f"{alias}*")), alias)
    assert len(held) == 3
    assert f"{alias}-of-somebody" in held


async def test_alias_that_begins_alike_is_left_alone(made: Made) -> None:
    cluster, alias = made
    for content in ("one", "two"):
        await ElasticIndex(cluster, f"{alias}-2", Making()).fill(content, [SAMPLE])
    before = indices(dict(await cluster.client.indices.get_alias(index=f"{alias}*")), alias)
    for content in ("one", "two", "three"):
        await ElasticIndex(cluster, alias, Making()).fill(content, [SAMPLE])
    held = indices(dict(await cluster.client.indices.get_alias(index=f"{alias}*")), alias)
    assert set(before) < set(held)
    assert len(held) == len(before) + 2


@pytest.mark.parametrize("moment", ["before it is filled", "while it is filled", "at its end"])
async def test_builds_side_by_side_both_end_whole(made: Made, moment: str) -> None:
    cluster, alias = made
    slow, quick = (ElasticIndex(cluster, alias, Making()) for _ in range(2))
    at = ["before it is filled", "while it is filled", "at its end"].index(moment)
    ended: list[str] = []

    def batches() -> Iterator[list[Passage]]:
        for number, part in enumerate((SAMPLE[:2], SAMPLE[2:], [])):
            if number == at:
                Thread(target=fill_others, daemon=True).start()
                while not ended:
                    time.sleep(0.01)
            yield part

    def fill_others() -> None:
        asyncio.run(other())

    async def other() -> None:
        own = Cluster(Access((cluster.where,)), Patience(5))
        for content in ("two", "three"):
            await ElasticIndex(own, alias, Making()).fill(content, [SAMPLE[:1]])
        await own.close()
        ended.append("others")

    await quick.fill("zero", [SAMPLE[:1]])
    await slow.fill("one", batches())
    assert await slow.count() == len(SAMPLE)
    assert (await cluster.client.count(index=alias))["count"] == len(SAMPLE)


async def test_build_that_another_removes_is_told(made: Made) -> None:
    cluster, alias = made
    removed: list[str] = []

    def batches() -> Iterator[list[Passage]]:
        yield SAMPLE[:2]
        with Elasticsearch(cluster.where) as client:
            removed.extend(client.indices.get(index=f"{alias}-*"))
            client.indices.delete(index=removed)
        yield SAMPLE[2:]

    with pytest.raises(IndexUnavailableError, match="removed or changed while it was filled"):
        await ElasticIndex(cluster, alias, Making()).fill("one", batches())
    assert removed
    assert not dict(await cluster.client.indices.get_alias(index=f"{alias}*"))


async def test_builds_given_up_are_removed_a_day_later(made: Made, monkeypatch) -> None:
    cluster, alias = made
    given_up = f"{alias}-{'0' * 12}-{'a' * 6}"
    note = {"officina": {"version": 1, "embeddings": None}}
    await cluster.client.indices.create(index=given_up, mappings={"_meta": note})
    await ElasticIndex(cluster, alias, Making()).fill("one", [SAMPLE])
    assert await cluster.client.indices.exists(index=given_up)
    monkeypatch.setattr("tools.elastic_build._LONGEST_BUILD_MS", -1000 * 60)
    await ElasticIndex(cluster, alias, Making()).fill("two", [SAMPLE])
    assert not await cluster.client.indices.exists(index=given_up)


async def test_lost_answer_to_making_is_no_conflict(made: Made, monkeypatch) -> None:
    cluster, alias = made
    create, made_twice = cluster.client.indices.create, list[str]()

    async def create_again(**options: Any) -> Any:
        # What the transport does when the first answer is cut off.
        await create(**options)
        made_twice.append(options["index"])
        return await create(**options)

    monkeypatch.setattr(cluster.client.indices, "create", create_again)
    index = ElasticIndex(cluster, alias, Making())
    await index.fill("one", [SAMPLE])
    assert made_twice
    assert await index.count() == len(SAMPLE)


async def test_run_keeps_the_index_it_was_filled_with(made: Made) -> None:
    cluster, alias = made
    first = ElasticIndex(cluster, alias, Making())
    await first.fill("one", [SAMPLE[:3]])
    await ElasticIndex(cluster, alias, Making()).fill("two", [SAMPLE[3:]])
    assert await first.count() == 3
    again = ElasticIndex(cluster, alias, Making())
    await again.fill("one", [])
    assert await again.count() == 3
    assert (await cluster.client.count(index=alias))["count"] == len(SAMPLE) - 3


async def test_recreate_fills_anew(made: Made) -> None:
    cluster, alias = made
    await ElasticIndex(cluster, alias, Making()).fill("one", [SAMPLE])
    anew = ElasticIndex(cluster, alias, Making(), recreate=True)
    await anew.fill("one", [SAMPLE[:2]])
    assert (await cluster.client.count(index=alias))["count"] == 2


async def test_constants_of_bm25_are_settings(made: Made) -> None:
    cluster, alias = made
    await ElasticIndex(cluster, alias, Making(k1=1.1, b=0.3)).fill("one", [SAMPLE])
    [held] = (await cluster.client.indices.get_settings(index=alias)).values()
    similarity = held["settings"]["index"]["similarity"]["default"]
    assert (similarity["k1"], similarity["b"]) == ("1.1", "0.3")


async def test_index_of_somebody_is_not_taken(made: Made) -> None:
    cluster, alias = made
    await cluster.client.index(index=alias, document={"content": "theirs"}, refresh=True)
    index = ElasticIndex(cluster, alias, Making())
    with pytest.raises(IndexUnavailableError, match=r"index of somebody's.*--no-ingest"):
        await index.check()
    with pytest.raises(IndexUnavailableError, match=r"elasticsearch\.fields"):
        await index.check_filled()
    assert (await cluster.client.count(index=alias))["count"] == 1


async def test_alias_of_somebody_is_not_taken(made: Made) -> None:
    cluster, alias = made
    theirs = f"{alias}-theirs"
    await cluster.client.index(index=theirs, document={"content": "theirs"}, refresh=True)
    await cluster.client.indices.put_alias(index=theirs, name=alias)
    index = ElasticIndex(cluster, alias, Making())
    with pytest.raises(IndexUnavailableError, match=r"somebody else's.*--no-ingest"):
        await index.check()
    with pytest.raises(IndexUnavailableError, match="somebody else's"):
        await index.fill("one", [SAMPLE])
    assert list(await cluster.client.indices.get_alias(name=alias)) == [theirs]


async def test_nothing_to_fill_leaves_the_index(made: Made) -> None:
    cluster, alias = made
    await ElasticIndex(cluster, alias, Making()).fill("one", [SAMPLE])
    with pytest.raises(IndexUnavailableError, match="no passage"):
        await ElasticIndex(cluster, alias, Making()).fill("none", [])
    assert (await cluster.client.count(index=alias))["count"] == len(SAMPLE)


async def test_index_made_anew_is_the_one_found_later(made: Made) -> None:
    cluster, alias = made
    await ElasticIndex(cluster, alias, Making()).fill("one", [SAMPLE])
    for size in (4, 3, 2):
        anew = ElasticIndex(cluster, alias, Making(), recreate=True)
        await anew.fill("one", [SAMPLE[:size]])
        later = ElasticIndex(cluster, alias, Making())
        await later.fill("one", [])
        assert await later.count() == size


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


async def test_vectors_of_a_cut_off_fill_are_not_paid_again(made: Made) -> None:
    cluster, alias = made
    many = [passage(n, f"Line {n} of the manual.", id=f"n:{n:03}") for n in range(3 * BATCH)]
    making = Making(embeddings="test:w")
    cut = ElasticIndex(cluster, alias, making, embeddings=by_words(Counting(calls=2)))
    with pytest.raises(IndexUnavailableError):
        await cut.fill("one", [many])
    again = ElasticIndex(cluster, alias, making, embeddings=by_words(Counting(calls=1)))
    await again.fill("one", [many])
    assert await again.count() == len(many)


async def test_other_embeddings_are_refused(made: Made) -> None:
    cluster, alias = made
    making = Making(embeddings="test:w")
    await ElasticIndex(cluster, alias, making, embeddings=by_words()).fill("one", [SAMPLE])
    other = ElasticIndex(cluster, alias, Making(embeddings="test:x"), embeddings=by_words())
    with pytest.raises(IndexUnavailableError, match=r"'test:w', and officina\.yaml names 'test:x'"):
        await other.check_filled()


async def test_read_only_index_is_a_sentence(made: Made) -> None:
    cluster, alias = made
    index = ElasticIndex(cluster, alias, Making())
    await index.fill("one", [SAMPLE])
    [name] = dict(await cluster.client.indices.get_alias(name=alias))
    await cluster.client.indices.put_settings(index=name, settings={"blocks.write": True})
    with pytest.raises(IndexUnavailableError, match=r"read-only .*blocks\.write"):
        await cluster.ask(lambda: cluster.client.index(index=name, document={}))
    await cluster.client.indices.put_settings(index=name, settings={"blocks.write": False})


FLOOD = "index [x] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]"
REFUSALS = [
    (refusal(401, "security_exception", "unable to authenticate"), "refuses the key"),
    (refusal(403, "security_exception", "action is unauthorized"), "does not allow this"),
    (refusal(404, "index_not_found_exception", "no such index [x]"), "no index or alias"),
    (refusal(429, "cluster_block_exception", FLOOD), "disk of Elasticsearch"),
    (refusal(403, "cluster_block_exception", "FORBIDDEN/8/index write (api)"), "read-only"),
    (refusal(400, "mapper_parsing_exception", "failed to parse"), "another mapping"),
    (refusal(400, "illegal_argument_exception", "no such setting"), "refuses the call"),
]


@pytest.mark.parametrize(("reply", "sentence"), REFUSALS, ids=lambda given: str(given)[:24])
async def test_each_refusal_has_its_sentence(reply: tuple[int, dict], sentence: str) -> None:
    with node(lambda *_: reply) as url:
        cluster = Cluster(Access((url,)), Patience(5))
        with pytest.raises(IndexUnavailableError, match=sentence) as raised:
            await ElasticIndex(cluster, "x", Making()).count()
        await cluster.close()
    assert url in str(raised.value)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_busy_node_is_waited_for(status: int) -> None:
    asked: list[str] = []

    def busy_twice(method: str, path: str, body: bytes) -> tuple[int, dict]:
        asked.append(path)
        busy = len(asked) <= 4
        return refusal(status, "es_rejected_execution", "busy") if busy else (200, {"count": 7})

    waits: list[str] = []
    with node(busy_twice) as url:
        patience = Patience(20, lambda service, _: waits.append(service))
        cluster = Cluster(Access((url,)), patience)
        assert await ElasticIndex(cluster, "x", Making()).count() == 7
        await cluster.close()
    assert set(waits) == {"Elasticsearch"}


def empty_node(method: str, path: str) -> tuple[int, dict]:
    """Answer as a node would that takes whatever it is told and holds nothing."""
    name = path.split("/")[1]
    if method == "HEAD":
        return 404, {}
    if method == "GET" and path.endswith("/_mapping"):
        return 200, {} if "*" in name else {name: {"mappings": {"_meta": {"officina": {}}}}}
    if path.endswith("/_count"):
        return 200, {"count": len(SAMPLE)}
    return 200, {} if method == "GET" else {"acknowledged": True}


async def test_only_what_was_not_taken_is_sent_again() -> None:
    sent: list[list[str]] = []

    def takes_half(method: str, path: str, body: bytes) -> tuple[int, dict]:
        if not path.endswith("/_bulk"):
            return empty_node(method, path)
        lines = [json.loads(line) for line in body.splitlines()]
        ids = [line["create"]["_id"] for line in lines if "create" in line]
        sent.append(ids)
        busy = {"type": "es_rejected_execution_exception", "reason": "queue full"}
        items = [
            {"create": {"_id": id, "status": 201}}
            if at % 2 or len(ids) == 1
            else {"create": {"_id": id, "status": 429, "error": busy}}
            for at, id in enumerate(ids)
        ]
        return 200, {"errors": True, "items": items}

    with node(takes_half) as url:
        cluster = Cluster(Access((url,)), Patience(20))
        await ElasticIndex(cluster, "x", Making()).fill("one", [SAMPLE])
        await cluster.close()
    assert [len(ids) for ids in sent] == [5, 3, 2, 1]
    assert set(sent[1]) < set(sent[0])


async def test_item_that_cannot_be_stored_is_a_sentence() -> None:
    def wrong_mapping(method: str, path: str, body: bytes) -> tuple[int, dict]:
        if not path.endswith("/_bulk"):
            return empty_node(method, path)
        error = {"type": "document_parsing_exception", "reason": "failed to parse field [start]"}
        return 200, {"items": [{"create": {"_id": "a", "status": 400, "error": error}}]}

    with node(wrong_mapping) as url:
        cluster = Cluster(Access((url,)), Patience(20))
        with pytest.raises(IndexUnavailableError, match=r"another mapping.*field \[start\]"):
            await ElasticIndex(cluster, "x", Making()).fill("one", [SAMPLE])
        await cluster.close()


async def test_node_that_is_down_is_a_sentence() -> None:
    cluster = Cluster(Access(("http://name:secret-word@127.0.0.1:1",)), Patience(0))
    with pytest.raises(ServiceDownError, match=r"http://127\.0\.0\.1:1 does not answer") as raised:
        await ElasticIndex(cluster, "x", Making()).check()
    await cluster.close()
    assert "secret-word" not in str(raised.value)


async def test_other_server_is_a_sentence() -> None:
    with node(lambda *_: (200, {"hello": "world"}), product="Other") as url:
        cluster = Cluster(Access((url,)), Patience(0))
        with pytest.raises(IndexUnavailableError, match="is not Elasticsearch"):
            await ElasticIndex(cluster, "x", Making()).check()
        await cluster.close()


async def test_certificate_is_checked_against_the_file(tmp_path) -> None:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    with node(lambda *_: (200, {"count": 3}), tls=server) as url:
        stranger = Cluster(Access((url,)), Patience(0))
        with pytest.raises(IndexUnavailableError, match=r"not trusted.*ca_file"):
            await ElasticIndex(stranger, "x", Making()).count()
        await stranger.close()
        trusting = Cluster(Access((url,), ca_file=tmp_path / "ca.pem"), Patience(0))
        assert await ElasticIndex(trusting, "x", Making()).count() == 3
        await trusting.close()


@pytest.mark.parametrize(
    ("variables", "header"),
    [
        ({"ELASTICSEARCH_API_KEY": "a2V5OnNlY3JldA=="}, "ApiKey a2V5OnNlY3JldA=="),
        (
            {"ELASTICSEARCH_USERNAME": "elastic", "ELASTICSEARCH_PASSWORD": "changeme"},
            "Basic ZWxhc3RpYzpjaGFuZ2VtZQ==",
        ),
    ],
)
async def test_credentials_reach_the_node(variables: dict[str, str], header: str) -> None:
    reached = access({"ELASTICSEARCH_URL": "http://127.0.0.1:1", **variables}, None)
    cluster = Cluster(reached, Patience(0))
    assert cluster.client._headers["authorization"] == header
    await cluster.close()


async def test_second_host_takes_over(elasticsearch_url: str) -> None:
    hosts = f"http://127.0.0.1:1, {elasticsearch_url}"
    cluster = Cluster(access({"ELASTICSEARCH_URL": hosts}, None), Patience(0))
    for _ in range(4):
        await ElasticIndex(cluster, "nothing-here-yet", Making()).check()
    await cluster.close()


def test_urls_are_checked_and_shown_bare() -> None:
    with pytest.raises(IndexUnavailableError, match="no URL"):
        access({"ELASTICSEARCH_URL": "localhost:9200"}, None)
    shown = without_credentials("https://me:secret@host:9200/es?key=1")
    assert shown == "https://host:9200/es"


def test_folder_names_become_aliases() -> None:
    assert alias_for("Presse & Öfen 2024") == "officina-presse-fen-2024"
    assert alias_for("…") == "officina"
