"""IndexBuilder: makes an Elasticsearch index whole, and then lets the alias name it.

`ElasticIndex.fill` calls it. What was made is recognised by its name and by a note in the mapping's
`_meta`. Several processes may build behind one alias: none removes what another may still need.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, cast

from tools import elastic_schema as schema
from tools.elastic_cluster import Cluster
from tools.elastic_faults import IndexExistsError, reply_fault
from tools.embeddings import BATCH, Embedder
from tools.index import IndexUnavailableError
from tools.passages import Passage
from tools.patience import ServiceDownError
from tools.tasks import tasks

_BULK = 1000
_STORED = {200, 201, 409}
_LATER = {429, 500, 502, 503, 504}
_LONGEST_BUILD_MS = 24 * 60 * 60 * 1000


class IndexBuilder:
    """Makes the indices behind one alias."""

    def __init__(
        self,
        cluster: Cluster,
        alias: str,
        making: schema.Making,
        embeddings: Embedder | None,
    ) -> None:
        self._cluster = cluster
        self._client = cluster.client
        self._alias = alias
        self._making = making
        self._embeddings = embeddings

    async def find(self, content: str) -> str | None:
        """Return the index that was filled with this content to its end, None without one."""
        return next(iter(await self._made(content, whole=True)), None)

    async def build(self, content: str, batches: Iterable[Sequence[Passage]]) -> str:
        """Make an index of these passages, and return its name; one that fails is removed."""
        name = f"{self._name(content)}-{uuid.uuid4().hex[:6]}"
        try:
            await self._fill(name, content, batches)
        except IndexUnavailableError:
            # Vectors that were paid for are kept for the next try.
            if self._embeddings is None:
                with suppress(IndexUnavailableError, ServiceDownError):
                    await self._remove([name])
            raise
        return name

    async def _fill(self, name: str, content: str, batches: Iterable[Sequence[Passage]]) -> None:
        made, stored, begun = False, 0, await self._made(content, whole=False)
        # With vectors in small parts: one that is stored is not paid for again.
        for batch in _cut(batches, BATCH) if self._embeddings else batches:
            vectors = await self._vectors(batch, begun)
            if not made:
                await self._create(name, len(vectors[0]) if vectors else None)
                made = True
            parts = (slice(start, start + _BULK) for start in range(0, len(batch), _BULK))
            # Side by side: the cluster has more than one core to index with.
            await _together(self._store(name, batch[part], vectors[part]) for part in parts)
            stored += len(batch)
        if not made:
            await self._create(name, None)
        await self._finish(name, stored)

    async def publish(self, name: str) -> None:
        """Let the alias name this index, and remove those of ours before the last."""
        client, ask = self._client, self._cluster.ask
        before = await self.behind_alias()
        if before == [name]:
            return
        moves: list[dict[str, Any]] = [
            {"remove": {"index": "*", "alias": self._alias, "must_exist": False}},
            {"add": {"index": name, "alias": self._alias}},
        ]
        await ask(lambda: client.indices.update_aliases(actions=moves))
        if old := await self._outlived({name, *before}):
            await self._remove(old)

    async def _outlived(self, kept: set[str]) -> list[str]:
        """Return what is older than all that is kept, and builds that were given up."""
        reply = await self._cluster.ask(lambda: self._client.indices.get(index=f"{self._alias}-*"))
        held = cast("dict[str, Any]", reply.body)
        # Another alias may begin as this one does: `presses` and `presses-2`.
        name = re.compile(re.escape(self._alias) + "-[0-9a-f]{12}-[0-9a-f]{6}")
        ours = {each: of for each, of in held.items() if name.fullmatch(each) and note_of(of)}
        # Two that publish at once may each have read the alias before the other has moved it.
        whole = [each for each, of in ours.items() if (note_of(of) or {}).get("complete")]
        kept = kept | set(sorted(whole, key=lambda each: _made_at(ours[each]))[-2:])
        oldest = min((_made_at(of) for each, of in ours.items() if each in kept), default=0)
        given_up = time.time() * 1000 - _LONGEST_BUILD_MS
        return [
            each
            for each, of in ours.items()
            if each not in kept
            and _made_at(of) < (oldest if (note_of(of) or {}).get("complete") else given_up)
        ]

    async def behind_alias(self) -> list[str]:
        """Return the indices that the alias names; raises if it is an index itself."""
        reply = await self._cluster.ask(lambda: self._client.indices.get_alias(index="*"))
        named = cast("dict[str, Any]", reply.body)
        if self._alias in named:
            raise IndexUnavailableError(
                f"At {self._cluster.where}, {self._alias} is an index of somebody's and not an "
                "alias. Name another as elasticsearch.index in officina.yaml, or read it with "
                "`run --no-ingest`."
            )
        behind = [name for name, held in named.items() if self._alias in held["aliases"]]
        mappings = await self._mappings(self._alias) if behind else {}
        if others := [name for name, mapped in mappings.items() if not note_of(mapped)]:
            raise IndexUnavailableError(
                f"At {self._cluster.where}, the alias {self._alias} names {others[0]}, which is "
                "somebody else's. Name another as elasticsearch.index in officina.yaml, or read it "
                "with `run --no-ingest`."
            )
        return behind

    async def made_with(self, alias: str) -> None:
        """See that what the alias names is ours, whole, and searchable with these embeddings."""
        for name, held in (await self._mappings(alias)).items():
            note = note_of(held)
            if not note or not note.get("complete"):
                raise IndexUnavailableError(
                    f"{name} at {self._cluster.where} was not filled by Officina. Say where it "
                    "holds what as elasticsearch.fields in officina.yaml, or fill another with "
                    "`officina ingest`."
                )
            if self._embeddings and note["embeddings"] != self._making.embeddings:
                raise IndexUnavailableError(
                    f"{name} at {self._cluster.where} was filled with the embeddings "
                    f"'{note['embeddings']}', and officina.yaml names '{self._making.embeddings}'. "
                    "Name the same, or fill it again with `officina ingest`."
                )

    def _name(self, content: str) -> str:
        return f"{self._alias}-{schema.content_key(content, self._making)}"

    async def _mappings(self, pattern: str) -> dict[str, Any]:
        reply = await self._cluster.ask(lambda: self._client.indices.get_mapping(index=pattern))
        return cast("dict[str, Any]", reply.body)

    async def _made(self, content: str, *, whole: bool) -> list[str]:
        """Return the indices of this content that are whole, or that are not, newest first."""
        reply = await self._cluster.ask(
            lambda: self._client.indices.get(index=f"{self._name(content)}-*")
        )
        found = cast("dict[str, Any]", reply.body)
        wanted = [n for n, held in found.items() if ("complete" in (note_of(held) or {})) == whole]
        return sorted(wanted, key=lambda name: _made_at(found[name]), reverse=True)

    async def _vectors(
        self, passages: Sequence[Passage], begun: Sequence[str]
    ) -> list[list[float]]:
        """Return the passages' vectors, none without embeddings; `begun` may hold some already."""
        if not self._embeddings:
            return []
        paid = await self._paid([passage.id for passage in passages], begun)
        missing = [passage for passage in passages if passage.id not in paid]
        made = await self._embeddings.vectors([passage.text for passage in missing])
        paid |= {passage.id: vector for passage, vector in zip(missing, made, strict=True)}
        return [paid[passage.id] for passage in passages]

    async def _paid(self, ids: Sequence[str], begun: Sequence[str]) -> dict[str, list[float]]:
        """Return the vectors that fills before this one, which were cut off, have stored."""
        paid: dict[str, list[float]] = {}
        asked = [(name, ids[at : at + _BULK]) for name in begun for at in range(0, len(ids), _BULK)]
        for name, some in asked:
            reply = await self._cluster.ask(
                partial(self._client.mget, index=name, ids=some, source_includes=[schema.VECTOR])
            )
            held = {each["_id"]: each.get("_source", {}) for each in reply["docs"]}
            paid |= {id: kept[schema.VECTOR] for id, kept in held.items() if schema.VECTOR in kept}
        return paid

    async def _create(self, name: str, dimensions: int | None) -> None:
        client = self._client
        # Nobody else makes an index of this name: the answer to an earlier try was lost.
        with suppress(IndexExistsError):
            await self._cluster.ask(
                lambda: client.indices.create(
                    index=name,
                    settings=schema.settings(self._making),
                    mappings=schema.mapping(self._making, dimensions),
                )
            )

    async def _remove(self, names: list[str]) -> None:
        client = self._client
        await self._cluster.ask(lambda: client.indices.delete(index=names, ignore_unavailable=True))

    async def _finish(self, name: str, stored: int) -> None:
        """Make what was stored searchable, and note that it is whole."""
        indices, ask = self._client.indices, self._cluster.ask
        await ask(lambda: indices.refresh(index=name))
        await ask(lambda: indices.put_settings(index=name, settings={"refresh_interval": None}))
        note = note_of((await self._mappings(name))[name])
        there = (await ask(lambda: self._client.count(index=name)))["count"]
        # Where an index was removed, the next bulk makes one of the name that knows no field.
        if note is None or there != stored:
            raise IndexUnavailableError(
                f"{name} at {self._cluster.where} was removed or changed while it was filled: "
                f"{there:,} of {stored:,} passages are there. Fill it again."
            )
        note = {**note, "complete": True, "passages": stored}
        await ask(lambda: indices.put_mapping(index=name, meta={"officina": note}))

    async def _store(
        self, name: str, passages: Sequence[Passage], vectors: Sequence[Sequence[float]]
    ) -> None:
        """Send the passages, and again those of them that were not taken."""
        waiting = {
            p.id: schema.record(p, self._alias, vectors[at] if vectors else None)
            for at, p in enumerate(passages)
        }

        async def send() -> None:
            # `create` leaves what an answer that was lost has stored: no deletions, equal scores.
            lines = [part for id, r in waiting.items() for part in ({"create": {"_id": id}}, r)]
            reply = await self._client.bulk(index=name, operations=lines)
            for item in (each["create"] for each in reply["items"]):
                if item["status"] in _STORED:
                    del waiting[item["_id"]]
                elif item["status"] not in _LATER or "flood" in str(item["error"]):
                    raise _refusal(item, self._cluster.where)
            if waiting:
                raise ServiceDownError(
                    f"Elasticsearch at {self._cluster.where} is busy: it did not take "
                    f"{len(waiting)} of {len(passages)} passages."
                )

        await self._cluster.ask(send)


def _cut(batches: Iterable[Sequence[Passage]], most: int) -> Iterator[Sequence[Passage]]:
    for batch in batches:
        yield from (batch[start : start + most] for start in range(0, len(batch), most))


async def _together(calls: Iterable[Coroutine[None, None, None]]) -> None:
    """Await them all; raise the first error, once the others have been ended."""
    async with tasks() as group:
        for call in calls:
            group.create_task(call)


def _made_at(held: Mapping[str, Any]) -> int:
    """Return when the cluster made an index, in its milliseconds."""
    return int(held["settings"]["index"]["creation_date"])


def note_of(held: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what Officina wrote into a mapping, None for an index of somebody else's."""
    return held["mappings"].get("_meta", {}).get("officina")


def _refusal(item: Mapping[str, Any], where: str) -> Exception:
    error = item["error"]
    cause = error.get("caused_by") or error
    return reply_fault(item["status"], str(error["type"]), str(cause.get("reason")), where)
