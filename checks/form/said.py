"""Said: what a text says to someone who has its page, its prompt or a chat before them.

`rules` asks whether a text points at its page, `leaked` whether it speaks of its prompt. The
patterns and their words are in said.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

_LIST = re.compile(r"\{([a-z]+)\}")


def said(kind: str, text: str, language: str) -> re.Match[str] | None:
    """Return where a text says what is of this kind; None where it does not, or none is known."""
    # To look for all patterns in a text costs ten times what it takes to rule out most.
    possible = _possible(kind, language, _held(text, language))
    return next((found for pattern in possible if (found := pattern.search(text))), None)


@lru_cache(maxsize=4096)
def _possible(kind: str, language: str, held: frozenset[str]) -> Sequence[re.Pattern[str]]:
    """Return the patterns of a kind that need no word of another list than these."""
    return [pattern for needed, pattern in _patterns(kind, language) if needed <= held]


@lru_cache(maxsize=64)
def _held(text: str, language: str) -> frozenset[str]:
    """Return the names of the lists that the text holds a word of."""
    folded = text.casefold()
    return frozenset[str]().union(*(in_ for word, in_ in _words(language) if word in folded))


@cache
def _words(language: str) -> Sequence[tuple[str, frozenset[str]]]:
    """Return each word with the names of the lists that it is in."""
    lists = _lists(language)
    words = dict.fromkeys(word for words in lists.values() for word in words)
    return [(word, frozenset(name for name in lists if word in lists[name])) for word in words]


@cache
def _lists(language: str) -> Mapping[str, Sequence[str]]:
    lists = known()["lists"].get(language, {})
    return {name: [str(word).casefold() for word in words] for name, words in lists.items()}


@cache
def _patterns(kind: str, language: str) -> Sequence[tuple[frozenset[str], re.Pattern[str]]]:
    """Return each pattern of a kind with the names of the lists that it needs."""
    lists = {
        name: "(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + ")"
        for name, words in _lists(language).items()
    }
    return [
        (
            frozenset(_LIST.findall(pattern)),
            re.compile(_LIST.sub(lambda name: lists[name[1]], pattern), re.I | re.M),
        )
        for pattern in known()[kind].get(language, ())
    ]


@cache
def known() -> Mapping[str, Any]:
    """Return said.yaml as it stands."""
    import yaml

    return yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
