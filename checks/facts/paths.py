"""Menu paths: an answer's "Menu > Settings > Display" must be a path that its evidence shows.

Of the first step only the last word is compared and of the last one the first, since the sentence
around a path may run into them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.findings import Finding

_JOINT = r"[`*_\"'»”]*\s*(?:-{1,2}>|[>→›⇒](?!=))\s*[`*_\"'«“]*"
_STEP = r"[^\W\d_][^\n|<>=;:,.?!()\[\]{}]{0,40}?"
_WORD = r"[^\W\d_][\w-]*"
_PATH = re.compile(rf"\w[\w-]*(?:{_JOINT}{_STEP}(?={_JOINT}))*{_JOINT}{_WORD}")
_STEPS = re.compile(_JOINT)
_MARK = re.compile(r"[>→›⇒]")


def wrong_paths(answer: str, evidence: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for each menu path of the answer that the evidence does not show."""
    if not _MARK.search(answer):
        return
    shown = [_folded(text) for text in evidence]
    for path in _PATH.findall(answer):
        wanted = re.compile(rf"(?<!\w){re.escape(_folded(path))}(?!\w)")
        if not any(wanted.search(text) for text in shown) and not _in_words(path, evidence):
            yield Finding("wrong_path", f"The cited passages show no menu path “{path}”.", path)


def _in_words(path: str, evidence: Sequence[str]) -> bool:
    """Say whether evidence that draws no paths names every step."""
    texts = [text.casefold() for text in evidence]
    if any(_PATH.search(text) for text in evidence):
        return False
    return all(any(step in text for text in texts) for step in _STEPS.split(path.casefold()))


def _folded(text: str) -> str:
    return " ".join(_STEPS.sub(" > ", text).casefold().split())
