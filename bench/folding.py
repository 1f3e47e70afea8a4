"""Folding: the form in which benches compare texts, whatever the code they measure compares."""

from __future__ import annotations


def folded(text: str) -> str:
    """Return the text in small letters, with one space for any white space."""
    return " ".join(text.casefold().split())
