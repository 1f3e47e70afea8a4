"""Elasticsearch that refuses, is busy, is away or is none: each its own sentence."""

import json
import ssl

import pytest
import trustme

from tests.elastic_cluster import node, refusal
from tests.tools.test_index_contract import SAMPLE
from tools.elastic import ElasticIndex
from tools.elastic_cluster import Access, Cluster, access, without_credentials
from tools.elastic_schema import Making
from tools.index import IndexUnavailableError
from tools.patience import Patience, ServiceDownError

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
