"""The journal's tables: calls, what they come to, and the sessions that make them.

Reservations are the calls that may be on their way now: each is taken back in the transaction that
writes its reply down. What a killed process left unsettled stays in `spending`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Integer, MetaData, String, Table, Text

VERSION = 3
JOURNAL = "journal"
METADATA = MetaData()
KEY = ("candidate", "step", "attempt", "ask", "sent")


def _key_columns() -> list[Column[Any]]:
    return [
        Column("candidate", String(64), primary_key=True),
        Column("step", String(32), primary_key=True),
        Column("attempt", Integer, primary_key=True),
        Column("ask", Integer, primary_key=True),
        Column("sent", String(64), primary_key=True),
    ]


CALLS = Table(
    "calls",
    METADATA,
    *_key_columns(),
    Column("role", String(16), nullable=False),
    Column("model", String(200), nullable=False),
    Column("reply", Text, nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
)
TOOL_CALLS = Table(
    "tool_calls",
    METADATA,
    *_key_columns(),
    Column("result", Text, nullable=False),
)
SPENDING = Table(
    "spending",
    METADATA,
    Column("model", String(200), primary_key=True),
    Column("calls", BigInteger, nullable=False, default=0),
    Column("input_tokens", BigInteger, nullable=False, default=0),
    Column("output_tokens", BigInteger, nullable=False, default=0),
)
RESERVATIONS = Table(
    "reservations",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("session", String(40), nullable=False),
    Column("model", String(200), nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
)
SESSIONS = Table(
    "sessions",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("leads", Integer, nullable=False),
    Column("beat", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("said", Text, nullable=False),
)
