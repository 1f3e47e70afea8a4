"""Elasticsearch beyond the contract: how an index is built, published, found and removed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from tests.elastic_cluster import own_indices
from tests.tools.test_index_contract import SAMPLE, passage
from tests.word_vectors import Counting, by_words
from tools.elastic import ElasticIndex, alias_for
from tools.elastic_cluster import Access, Cluster
from tools.elastic_schema import Making
from tools.embeddings import BATCH
from tools.index import IndexUnavailableError
from tools.passages import Passage
from tools.patience import Patience

Made = tuple[Cluster, str]


@pytest.fixture
async def made(elasticsearch_url: str) -> AsyncIterator[Made]:
    async with own_indices(elasticsearch_url) as given:
        yield given


def indices(held: dict[str, object], alias: str) -> list[str]:
    return sorted(name for name in held if name.startswith(alias))


async def until(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.01)


async def test_readers_never_see_an_empty_index(made: Made) -> None:
    cluster, alias = made
    index = ElasticIndex(cluster, alias, Making())
    await index.fill("old", [SAMPLE])
    seen: list[int] = []

    async def read() -> None:
        while True:
            seen.append((await cluster.client.count(index=alias))["count"])

    reader = asyncio.create_task(read())
    await until(lambda: seen)
    many = [passage(n, f"Line {n} of the new manual.", id=f"n:{n}") for n in range(4000)]
    await index.fill("new", [many[:2000], many[2000:]])
    await until(lambda: reader.done() or seen[-1] == 4000)
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


async def test_publishing_at_once_removes_neither(made: Made, monkeypatch) -> None:
    cluster, alias = made
    first, second = (ElasticIndex(cluster, alias, Making()) for _ in range(2))
    move, both = cluster.client.indices.update_aliases, asyncio.Barrier(2)

    async def moved_after_both_have_read(**wanted: Any) -> Any:
        await both.wait()
        return await move(**wanted)

    monkeypatch.setattr(cluster.client.indices, "update_aliases", moved_after_both_have_read)
    await asyncio.gather(first.fill("one", [SAMPLE]), second.fill("two", [SAMPLE]))
    assert [await each.count() for each in (first, second)] == [len(SAMPLE)] * 2


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


def test_folder_names_become_aliases() -> None:
    assert alias_for("Presse & Öfen 2024") == "officina-presse-fen-2024"
    assert alias_for("…") == "officina"
