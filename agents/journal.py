"""The journal: every finished model call and tool call, once, on disk, before its result is used.

Calls are keyed by candidate, step, attempt and ask, and by a hash of everything that was sent: a
run that starts again on its folder finds its finished calls here and pays for none of them twice.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, Text, func, select
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from tools.redact import Redactor

_METADATA = MetaData()
_KEPT = {"content", "tool_calls", "usage_metadata", "response_metadata"}
_AS_IT_IS = Redactor()
_KEY = (
    ("candidate", String(64)),
    ("step", String(32)),
    ("attempt", Integer),
    ("ask", Integer),
)


def _key_columns() -> list[Column[Any]]:
    return [Column(name, kind, primary_key=True) for name, kind in _KEY]


CALLS = Table(
    "calls",
    _METADATA,
    *_key_columns(),
    Column("sent", String(64), nullable=False),
    Column("role", String(16), nullable=False),
    Column("model", String(200), nullable=False),
    Column("reply", Text, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
)
TOOL_CALLS = Table(
    "tool_calls",
    _METADATA,
    *_key_columns(),
    Column("sent", String(64), nullable=False),
    Column("result", Text, nullable=False),
)


class JournalError(Exception):
    """The journal cannot be read or written; the message says what to do."""


@dataclass(frozen=True, slots=True)
class CallKey:
    """Which call of a run this is; `ask` counts the turns of a loop, repairs and re-asks."""

    candidate: str
    step: str
    attempt: int
    ask: int = 0


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run's finished calls came to, for one role and model."""

    role: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class FinishedCall:
    """What one finished call was for, and what it came to."""

    key: CallKey
    role: str
    input_tokens: int
    output_tokens: int


class Journal:
    """Finished calls in two tables of the engine's database."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        try:
            _METADATA.create_all(engine)
        except SQLAlchemyError as error:
            raise JournalError(
                f"The journal cannot be opened ({error.__cause__ or error}). "
                "Check the run folder's disk and rights."
            ) from error

    def reply(self, key: CallKey, sent: str) -> AIMessage | None:
        """Return the reply to this call if the same was sent before."""
        found = self._find(CALLS, key, sent, "reply")
        return None if found is None else _revived(found)

    def record_reply(
        self,
        key: CallKey,
        sent: str,
        *,
        role: str,
        model: str,
        reply: AIMessage,
        redact: Redactor = _AS_IT_IS,
    ) -> AIMessage:
        """Commit a finished model call, and return the reply as a replay will return it.

        What is not kept is not used: a tool call whose arguments are no JSON, which no server takes
        back, halves of characters, which UTF-8 cannot hold, and a key that a server repeats.
        """
        usage = reply.usage_metadata
        kept = redact.inside(reply.model_dump(include=_KEPT))
        text = json.dumps(kept, ensure_ascii=False, sort_keys=True)
        text = text.encode(errors="replace").decode()
        self._put(
            CALLS,
            key,
            sent=sent,
            role=role,
            model=model,
            reply=text,
            input_tokens=usage["input_tokens"] if usage else 0,
            output_tokens=usage["output_tokens"] if usage else 0,
        )
        return _revived(text)

    def tool_result(self, key: CallKey, sent: str) -> str | None:
        """Return what a tool returned to this call if the same was asked before."""
        return self._find(TOOL_CALLS, key, sent, "result")

    def record_tool_result(self, key: CallKey, sent: str, result: str) -> None:
        """Commit what a tool returned."""
        self._put(TOOL_CALLS, key, sent=sent, result=result)

    def count(self, but: str = "") -> int:
        """Return how many model calls are finished, those of one candidate left out."""
        query = select(func.count()).select_from(CALLS).where(CALLS.c.candidate != but)
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def spent(self) -> list[Spent]:
        """Return calls and tokens by role and model."""
        sums = (func.count(), func.sum(CALLS.c.input_tokens), func.sum(CALLS.c.output_tokens))
        by = (CALLS.c.role, CALLS.c.model)
        query = select(*by, *sums).group_by(*by).order_by(*by)
        with self._engine.connect() as connection:
            return [Spent(*row) for row in connection.execute(query)]

    def finished(self, candidates: Collection[str]) -> list[FinishedCall]:
        """Return the finished calls of these candidates."""
        c = CALLS.c
        key = (c.candidate, c.step, c.attempt, c.ask)
        query = select(*key, c.role, c.input_tokens, c.output_tokens).order_by(*key)
        with self._engine.connect() as connection:
            found = connection.execute(query.where(c.candidate.in_(candidates)))
            return [FinishedCall(CallKey(*row[:4]), *row[4:]) for row in found]

    def adopt(self, other: Journal) -> None:
        """Take over the finished calls of another journal."""
        for table in (CALLS, TOOL_CALLS):
            with other._engine.connect() as connection:
                rows = [dict(row) for row in connection.execute(select(table)).mappings()]
            if rows:
                with self._engine.begin() as connection:
                    connection.execute(insert(table).on_conflict_do_nothing(), rows)

    def _find(self, table: Table, key: CallKey, sent: str, column: str) -> str | None:
        query = select(table.c[column]).where(
            table.c.sent == sent, *(table.c[name] == getattr(key, name) for name, _ in _KEY)
        )
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one_or_none()

    def _put(self, table: Table, key: CallKey, **values: object) -> None:
        keyed = {name: getattr(key, name) for name, _ in _KEY}
        statement = insert(table).values(**keyed, **values)
        statement = statement.on_conflict_do_update(index_elements=list(keyed), set_=values)
        try:
            with self._engine.begin() as connection:
                connection.execute(statement)
        except SQLAlchemyError as error:
            raise JournalError(
                f"A finished call cannot be written down ({error.__cause__ or error}). "
                "Check that the disk is not full, then resume the run."
            ) from error


def _revived(text: str) -> AIMessage:
    return AIMessage(**json.loads(text))


def digest(*parts: object) -> str:
    """Return the SHA-256 of the parts as canonical JSON: what a call is recognised by."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
