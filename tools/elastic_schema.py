"""The shape of Officina's own Elasticsearch index: settings, mapping, records and queries.

`text` is what plain clients search, so LangChain's ElasticsearchStore takes the index as it is.
`text_it` and its like hold the text in the analyzer of the passage's language, `section_it` the
heading path above it; neither is kept in `_source`. `vector` is there with embeddings only, and
`metadata` holds keywords and spans to filter by, and everything a Passage is made of.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.language import LANGUAGES, NAMES
from tools.passages import Passage

Body = dict[str, Any]

VERSION = 1
VECTOR = "vector"
OTHER = "other"
SECTION_BOOST = 2.0
HEADING_BETWEEN = " > "
_MOST_TERMS = 64
_MOST_TIES = 32
_MOST_NEAR = 10_000
_LONGEST_TERM = 100
_TERM = re.compile(r"\d+(?:[.,]\d+)+|\w+")
_FOLDED = "folded"


class Fields(BaseModel):
    """Where an index made by somebody else holds what."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    text: str
    """The field with a passage's text."""
    document: str | None = None
    """The field with the file that the passage is from; any document may hold it if not given."""
    machine: str | None = None
    """The keyword field with the machine's code, to search by; the document's machine if not."""


@dataclass(frozen=True, slots=True)
class Making:
    """What an index is made with: BM25's constants, and the embeddings and their length if any."""

    k1: float = 2.0
    b: float = 0.75
    embeddings: str | None = None


def settings(making: Making) -> Body:
    """Return the settings of an index that is being filled: no refresh until all is in."""
    return {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "-1",
        "similarity": {"default": {"type": "BM25", "k1": making.k1, "b": making.b}},
        "analysis": {
            "analyzer": {
                _FOLDED: {
                    "type": "custom",
                    "tokenizer": "standard",
                    "filter": ["lowercase", "asciifolding"],
                }
            }
        },
    }


def mapping(making: Making, dimensions: int | None) -> Body:
    """Return the mapping; `dimensions` is the length of a vector, None without embeddings."""
    analyzers = {name: NAMES[name] for name in LANGUAGES} | {OTHER: _FOLDED}
    searched = {
        f"{part}_{name}": {"type": "text", "analyzer": analyzer, "index_options": "freqs"}
        for name, analyzer in analyzers.items()
        for part in ("text", "section")
    }
    # Not rounded, as the server would by itself: scores are those of the embedded index.
    kept = {"similarity": "cosine", "index_options": {"type": "hnsw"}}
    vector = {VECTOR: {"type": "dense_vector", "dims": dimensions, **kept}}
    return {
        "dynamic": False,
        "_meta": {"officina": {"version": VERSION, "embeddings": making.embeddings}},
        "_source": {"excludes": sorted(searched)},
        "properties": {
            "text": {"type": "text", "analyzer": _FOLDED},
            **searched,
            **(vector if dimensions else {}),
            "metadata": {"properties": _METADATA},
        },
    }


_METADATA = {
    **{
        name: {"type": "keyword"}
        for name in ("id", "document_id", "source", "machine", "language", "tag", "section", "path")
    },
    **{name: {"type": "integer"} for name in ("start", "end", "first_page", "last_page")},
}


def content_key(content: str, making: Making) -> str:
    """Return what an index of this content, made this way, is recognised by: 12 hex digits."""
    parts = [content, VERSION, making.k1, making.b, making.embeddings]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:12]


def record(passage: Passage, tag: str, vector: Sequence[float] | None) -> Body:
    """Return the passage as the index stores it."""
    name = field_language(passage.language)
    path = HEADING_BETWEEN.join(passage.section)
    return {
        "text": passage.text,
        f"text_{name}": passage.text,
        f"section_{name}": " ".join(passage.section),
        **({VECTOR: vector} if vector else {}),
        "metadata": {
            "id": passage.id,
            "document_id": passage.document_id,
            "source": passage.document,
            "start": passage.start,
            "end": passage.end,
            "first_page": passage.pages[0],
            "last_page": passage.pages[1],
            "section": list(passage.section),
            "path": path,
            "language": passage.language,
            "machine": passage.machine,
            "tag": tag,
        },
    }


def passage_of(text: str, record: Mapping[str, Any]) -> Passage:
    """Return the passage that a stored record and its text are."""
    kept = record["metadata"]
    return Passage(
        id=kept["id"],
        document_id=kept["document_id"],
        document=kept["source"],
        start=kept["start"],
        end=kept["end"],
        text=text,
        pages=(kept["first_page"], kept["last_page"]),
        section=tuple(kept["section"]),
        language=kept["language"],
        machine=kept["machine"],
    )


def field_language(language: str) -> str:
    """Return which pair of fields a passage of the language fills."""
    return language if language in LANGUAGES else OTHER


def words(query: str) -> str:
    """Return the query's distinct words: a model may write anything, of any length."""
    found = (word for word in _TERM.findall(valid(query)) if len(word) <= _LONGEST_TERM)
    return " ".join(list(dict.fromkeys(found))[:_MOST_TERMS])


def valid(text: str) -> str:
    """Return the text without lone surrogates, which a model may write and UTF-8 cannot hold."""
    return text.encode(errors="replace").decode()


def by_words(query: str, languages: Iterable[str], filters: Sequence[Body]) -> Body:
    """Return the body that searches for the words, in the fields of each language."""
    asked = words(query)
    should = [
        {"match": {f"{part}_{name}": {"query": asked, "boost": boost}}}
        for name in dict.fromkeys(map(field_language, languages))
        for part, boost in (("text", 1.0), ("section", SECTION_BOOST))
    ]
    return {
        "query": {"bool": {"should": should, "minimum_should_match": 1, "filter": [*filters]}},
        "sort": ["_score", {"metadata.id": "asc"}],
    }


def by_vector(vector: Sequence[float], k: int, filters: Sequence[Body]) -> Body:
    """Return the body that searches for the vectors nearest to this one."""
    # More than are wanted: which of equally near ones are found is chance.
    near = min(k + _MOST_TIES, _MOST_NEAR)
    return {
        "knn": {
            "field": VECTOR,
            "query_vector": list(vector),
            "k": near,
            "num_candidates": min(10 * near, _MOST_NEAR),
            "filter": [*filters],
        },
        "size": near,
    }


def terms(**filters: str | None) -> list[Body]:
    """Return a filter for each value given, by the name of its field in `metadata`."""
    return [{"term": {f"metadata.{name}": valid(v)}} for name, v in filters.items() if v]
