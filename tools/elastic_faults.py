"""What Elasticsearch's errors mean to us: each its own sentence, with the address and no key.

ServiceDownError        it does not answer, or not now; worth another try
IndexUnavailableError   it answers, and something must be mended first
"""

from __future__ import annotations

from typing import Any, cast

from elastic_transport import ConnectionTimeout, SerializationError, TlsError, TransportError
from elasticsearch import ApiError, UnsupportedProductError

from tools.embeddings_faults import other_length
from tools.index import IndexUnavailableError
from tools.patience import ServiceDownError

_DOWN = {408, 429, 500, 502, 503, 504}
_MAPPING = ("mapper_parsing", "document_parsing", "strict_dynamic_mapping", "mapping")


class IndexMissingError(IndexUnavailableError):
    """There is no index of this name."""


class IndexExistsError(IndexUnavailableError):
    """There is an index of this name already."""


def fault(error: TransportError | ApiError, where: str) -> Exception:
    """Return what the client's error means; `where` names the server, without credentials."""
    if isinstance(error, UnsupportedProductError):
        return IndexUnavailableError(
            f"What answers at {where} is not Elasticsearch. Check ELASTICSEARCH_URL."
        )
    if isinstance(error, TransportError):
        return _transport_fault(error, where)
    return reply_fault(error.status_code, _kind(error), _reason(error), where)


def _transport_fault(error: TransportError, where: str) -> Exception:
    if isinstance(error, TlsError):
        return IndexUnavailableError(
            f"The certificate of Elasticsearch at {where} is not trusted. Name the authority that "
            "signed it as elasticsearch.ca_file in officina.yaml."
        )
    if isinstance(error, ConnectionTimeout):
        return ServiceDownError(f"Elasticsearch at {where} did not answer in time.")
    if isinstance(error, SerializationError):
        return ServiceDownError(f"The answer of Elasticsearch at {where} was cut off.")
    return ServiceDownError(
        f"Elasticsearch at {where} does not answer. Check that it runs, and ELASTICSEARCH_URL."
    )


def reply_fault(status: int, kind: str, reason: str, where: str) -> Exception:
    """Return what a refusal means, of a call or of one item of a bulk."""
    if "flood-stage" in reason or "flood_stage" in reason:
        return IndexUnavailableError(
            f"The disk of Elasticsearch at {where} is full, so it takes no more passages. "
            "Make room there, then go on."
        )
    if "cluster_block" in kind and status == 403:
        return IndexUnavailableError(
            f"The index at {where} is read-only ({reason}). Lift the block "
            "(index.blocks.write), or name another index in officina.yaml."
        )
    if status == 401:
        return IndexUnavailableError(
            f"Elasticsearch at {where} refuses the key. Check ELASTICSEARCH_API_KEY, or "
            "ELASTICSEARCH_USERNAME and ELASTICSEARCH_PASSWORD."
        )
    if status == 403:
        return IndexUnavailableError(
            f"The key for Elasticsearch at {where} does not allow this ({reason}). It needs to "
            "read the index, and to create indices and aliases for `ingest`."
        )
    if "index_not_found" in kind:
        return IndexMissingError(
            f"There is no index or alias of this name at {where} ({reason}). Check "
            "elasticsearch.index in officina.yaml, or fill it with `officina ingest`."
        )
    if "resource_already_exists" in kind:
        return IndexExistsError(f"There is an index of this name already at {where} ({reason}).")
    if status in _DOWN:
        return ServiceDownError(f"Elasticsearch at {where} is busy or failing ({reason}).")
    if "query vector has a different" in reason:
        return other_length(where)
    if any(word in kind for word in _MAPPING):
        return IndexUnavailableError(
            f"The index at {where} has another mapping than Officina's ({reason}). Make it anew "
            "with `officina ingest --recreate`, or name another index in officina.yaml."
        )
    return IndexUnavailableError(f"Elasticsearch at {where} refuses the call ({kind}: {reason}).")


def _kind(error: ApiError) -> str:
    return str(error.error or error.message)


def _reason(error: ApiError) -> str:
    """Return the most exact of the reasons that the reply holds."""
    body = cast("dict[str, Any]", error.body if isinstance(error.body, dict) else {})
    found = body.get("error")
    said = str(error.message)
    while isinstance(found, dict):
        held = cast("dict[str, Any]", found)
        said = str(held.get("reason") or said)
        found = held.get("caused_by") or next(iter(held.get("root_cause") or ()), None)
    return said
