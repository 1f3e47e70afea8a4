"""Markup: the tags by which prompts set texts apart, kept out of the texts themselves.

A manual may hold `</window>` or `<passage id="x">`. `neutral` begins such a tag with the wide
bracket ＜: it ends no tag of ours, and a quote copied from it is still found, since quotes are
compared in a Unicode form in which both brackets are one. Called where prompts are rendered and
where an agent's tools show passages; `literal` turns the brackets back.
"""

from __future__ import annotations

import re

TAGS = (
    *("again", "analysis", "answer", "asked", "citation", "citations", "draft", "hits", "language"),
    *("machine", "objection", "objections", "part", "passage", "passages", "question", "quote"),
    "window",
)
"""Every tag that a prompt writes."""

_NAMES = "|".join(TAGS)
_OURS = re.compile(rf"<(?=\s*/?\s*(?:{_NAMES})\b)", re.IGNORECASE)
_NEUTRAL = re.compile(rf"＜(?=\s*/?\s*(?:{_NAMES})\b)", re.IGNORECASE)
TAG = re.compile(
    rf"[<＜]/(?:{_NAMES})\s*[>＞]|[<＜](?:asked|citations|hits|objections?|passages?|window)[>＞]"
    r"|[<＜](?:citation|machine|part|passage|window) (?:code|document|id|page|passage)=",
    re.IGNORECASE,
)
"""A tag as prompts write it; `<language>` alone may be a placeholder of a manual."""


def neutral(text: str) -> str:
    """Return the text with no tag of ours in it."""
    return _OURS.sub("＜", text) if "<" in text else text


def literal(text: str) -> str:
    """Return a neutral text as it stood in its manual."""
    return _NEUTRAL.sub("<", text) if "＜" in text else text
