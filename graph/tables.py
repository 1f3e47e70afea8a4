"""Tables: what the ledger keeps on disk, a line for each candidate and for each note."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table, Text, func

METADATA = MetaData()
CANDIDATES = Table(
    "candidates",
    METADATA,
    Column("id", String(64), primary_key=True),
    Column("round", Integer, nullable=False),
    Column("window", String(64), nullable=False),
    Column("candidate", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", String(64), nullable=False, default=""),
    Column("question", Text, nullable=False, default=""),
    Column("drafts", Integer, nullable=False, default=0),
    Column("answers", Integer, nullable=False, default=0),
    Column("life", Text, nullable=False, default="[]"),
    Column("row", Text),
)
NOTES = Table(
    "notes",
    METADATA,
    Column("kind", String(16), primary_key=True),
    Column("path", String(1024), primary_key=True),
    Column("page", Integer, primary_key=True),
    Column("reason", Text, nullable=False),
)
# A candidate written down before there were variants has none.
VARIANT = func.coalesce(func.json_extract(CANDIDATES.c.candidate, "$.variant"), "drafted")
