"""The journal: every finished model call and tool call, once, committed before its result is used.

Calls are keyed by candidate, step, attempt and ask, and by a hash of everything that was sent: a
run that starts again on its folder finds its finished calls here and pays for none of them twice.
A changed prompt is another call; what was paid for the old one stays on the account.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from langchain_core.messages import AIMessage
from sqlalchemy import (
    Connection,
    Engine,
    Executable,
    Table,
    select,
)
from sqlalchemy.exc import SQLAlchemyError

from agents.journal_reading import CallKey, FinishedCall, JournalReader, Spent
from agents.journal_tables import CALLS, JOURNAL, KEY, TOOL_CALLS
from agents.known import KnownCalls, Place
from agents.spending import Amount, Reservation, Settlement, settle
from tools.group_commit import GroupCommit, Write
from tools.outages import outlast
from tools.patience import Patience
from tools.redact import Redactor
from tools.tables import StateError, advice, insert_into

__all__ = ["CallKey", "FinishedCall", "Journal", "JournalReader", "Spent", "digest", "used"]

T = TypeVar("T")
R = TypeVar("R")
_KEPT = ("content", "tool_calls", "usage_metadata", "response_metadata")
_AS_IT_IS = Redactor()


@dataclass(frozen=True, slots=True)
class _Reply:
    """A finished model call on its way into the journal."""

    values: dict[str, Any]
    reservation: Reservation | None


class Journal(JournalReader):
    """Finished calls in tables of the engine's database; what is read of a candidate is kept."""

    def __init__(self, engine: Engine, patience: Patience | None = None) -> None:
        super().__init__(engine)
        self._patience = patience or Patience(0)
        self._commits = GroupCommit(engine, JOURNAL, patience)
        self._reader: Connection | None = None
        self._known = KnownCalls(self.read)
        self._record = partial(_record_replies, made=_new(engine, CALLS))
        self._record_result = partial(_record_results, made=_new(engine, TOOL_CALLS))

    async def commit(self, write: Write[T, R], item: T) -> R:
        """Return what the write returns for the item, once it is committed."""
        return await self._commits(write, item)

    async def read(self, query: Callable[[Connection], T]) -> T:
        """Return what a query finds; the event loop waits for a file, not for a network.

        Raises:
            StateError: the journal cannot be read.
        """
        try:
            if self.engine.dialect.name == "sqlite":
                return self._look(query)
            return await outlast(self._patience, partial(self._read, query))
        except SQLAlchemyError as error:
            raise StateError(
                f"The journal cannot be read ({error.__cause__ or error}). {advice(error)}"
            ) from error

    async def reply(self, key: CallKey, sent: str) -> AIMessage | None:
        """Return the reply to this call if the same was sent before."""
        known = await self._known.of(key.candidate)
        found = known.replies.get(_place(key, sent))
        return None if found is None else _revived(found)

    async def record_reply(
        self,
        key: CallKey,
        sent: str,
        *,
        role: str,
        model: str,
        reply: AIMessage,
        spent: Amount | None = None,
        reservation: Reservation | None = None,
        redact: Redactor = _AS_IT_IS,
    ) -> AIMessage:
        """Commit a finished model call, and return the reply as a replay will return it.

        What is not kept is not used: a tool call whose arguments are no JSON, which no server takes
        back, halves of characters, which UTF-8 cannot hold, and a key that a server repeats.
        """
        spent = spent or used(reply) or Amount(1)
        text = json.dumps(redact.inside(_kept(reply)), ensure_ascii=False, sort_keys=True)
        values = _values(key, sent) | {
            "role": role,
            "model": model,
            "reply": text.encode(errors="replace").decode(),
            "input_tokens": spent.input_tokens,
            "output_tokens": spent.output_tokens,
        }
        kept = await self._commits(self._record, _Reply(values, reservation))
        (await self._known.of(key.candidate)).replies[_place(key, sent)] = kept
        return _revived(kept)

    async def tool_result(self, key: CallKey, sent: str) -> str | None:
        """Return what a tool returned to this call if the same was asked before."""
        return (await self._known.of(key.candidate)).results.get(_place(key, sent))

    async def record_tool_result(self, key: CallKey, sent: str, result: str) -> None:
        """Commit what a tool returned."""
        await self._commits(self._record_result, _values(key, sent) | {"result": result})
        (await self._known.of(key.candidate)).results[_place(key, sent)] = result

    def forget(self, candidate: str) -> None:
        """Drop what is kept in memory of a candidate; what is written stays written."""
        self._known.forget(candidate)

    def close(self) -> None:
        """Give the connections back."""
        self._commits.close()
        if self._reader:
            self._reader.close()

    def _look(self, query: Callable[[Connection], T]) -> T:
        """Query on a connection that stays: taking one for each costs more than most queries."""
        self._reader = self._reader or self.engine.connect()
        try:
            return query(self._reader)
        finally:
            self._reader.rollback()


def used(reply: AIMessage) -> Amount | None:
    """Return what a reply came to as its server counts, None where it does not say."""
    usage = reply.usage_metadata
    return Amount(1, usage["input_tokens"], usage["output_tokens"]) if usage else None


def digest(*parts: object) -> str:
    """Return the SHA-256 of the parts as canonical JSON: what a call is recognised by."""
    return hashlib.sha256(canonical(*parts)).hexdigest()


def canonical(*parts: object) -> bytes:
    """Return the parts as canonical JSON."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode(errors="surrogatepass")


def _kept(reply: AIMessage) -> dict[str, Any]:
    return {name: getattr(reply, name) for name in _KEPT}


def _revived(text: str) -> AIMessage:
    return AIMessage(**json.loads(text))


def _place(key: CallKey, sent: str) -> Place:
    return (key.step, key.attempt, key.ask, sent)


def _values(key: CallKey, sent: str) -> dict[str, Any]:
    return {
        "candidate": key.candidate,
        "step": key.step,
        "attempt": key.attempt,
        "ask": key.ask,
        "sent": sent,
    }


def _new(engine: Engine, table: Table) -> Executable:
    """Return the insert of what the table does not have yet."""
    return insert_into(engine, table).on_conflict_do_nothing()


def _record_replies(
    connection: Connection, replies: Sequence[_Reply], made: Executable
) -> list[str]:
    """Write replies down and settle their reservations; return them as they stand in the table.

    A call that another worker finished first stays as it is.
    """
    # Unless it is asked for, the count of an insert is -1 on Postgres.
    written = connection.execute(
        made, [each.values for each in replies], execution_options={"preserve_rowcount": True}
    ).rowcount
    settled = [
        Settlement(
            each.reservation, Amount(1, each.values["input_tokens"], each.values["output_tokens"])
        )
        for each in replies
        if each.reservation
    ]
    settle(connection, settled)
    if written == len(replies):
        return [each.values["reply"] for each in replies]
    return [_standing(connection, each.values) for each in replies]


def _standing(connection: Connection, values: dict[str, Any]) -> str:
    query = select(CALLS.c.reply).where(*(CALLS.c[name] == values[name] for name in KEY))
    return connection.execute(query).scalar_one()


def _record_results(
    connection: Connection, results: Sequence[dict[str, Any]], made: Executable
) -> list[None]:
    connection.execute(made, list(results))
    return [None] * len(results)
