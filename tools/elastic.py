"""Elasticsearch: the Index on a cluster of the user's."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Fields(BaseModel):
    """Where an index made by somebody else holds what."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    text: str
    """The field with a passage's text."""
    document: str | None = None
    """The field with the file that the passage is from."""
    machine: str | None = None
    """The keyword field with the code of the machine."""
