"""Leakage: what rows share that must not stand on two sides of a split, and the split itself."""

from checks.leakage.keys import (
    KINDS,
    Held,
    Kind,
    Shared,
    section_clusters,
    section_key,
    shared_by,
    split_keys,
)

__all__ = [
    "KINDS",
    "Held",
    "Kind",
    "Shared",
    "section_clusters",
    "section_key",
    "shared_by",
    "split_keys",
]
