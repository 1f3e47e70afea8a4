"""Menu paths: an answer's "Menu > Settings > Display" must be a path that its evidence shows.

Of the first step only the last word is compared and of the last one the first, since the sentence
around a path may run into them. Nor may the path be that of another setting.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from checks.facts.readings import read
from checks.findings import Finding

_JOINT = r"[`*_\"'»”]*\s*(?:-{1,2}>|[>→›⇒](?!=))\s*[`*_\"'«“]*"
_STEP = r"[^\W\d_][^\n|<>=;:,.?!()\[\]{}]{0,40}?"
_WORD = r"[^\W\d_][\w-]*"
_PATH = re.compile(rf"\w[\w-]*(?:{_JOINT}{_STEP}(?={_JOINT}))*{_JOINT}{_WORD}")
_STEPS = re.compile(_JOINT)
_SHARED = 1 / 3
_CLEARLY = 1.5
_MARK = re.compile(r"[>→›⇒]")


def wrong_paths(answer: str, evidence: Sequence[str], language: str) -> Iterator[Finding]:
    """Yield a finding for each menu path of the answer that the evidence does not show for it."""
    if not _MARK.search(answer):
        return
    shown = [_folded(text) for text in evidence]
    for path in _PATH.findall(answer):
        wanted = re.compile(rf"(?<!\w){re.escape(_folded(path))}(?!\w)")
        if any(wanted.search(text) for text in shown):
            if _is_others(path, answer, evidence, language):
                sentence = f"The cited passages show the menu path “{path}” for something else."
                yield Finding("wrong_path", sentence, path)
        elif not _in_words(path, evidence):
            yield Finding("wrong_path", f"The cited passages show no menu path “{path}”.", path)


def _is_others(path: str, answer: str, evidence: Sequence[str], language: str) -> bool:
    """Say whether sentences that show another path say what the answer says, rather than its own.

    The steps before the last are as much the menu's as the setting's, and do not count.
    """
    steps = _words(path, language)
    paths = [each for text in evidence for each in _PATH.findall(text)]
    inner = [_words(" > ".join(_STEPS.split(each)[:-1]), language) for each in (path, *paths)]
    told = [words for words in _sentences(answer, language) if steps <= words]
    said = frozenset[str]().union(*told).difference(steps, *inner)
    held = [words for text in evidence for words in _sentences(text, language)]
    shown = [_words(each, language) for each in paths]
    own = max((len(said & words) for words in held if steps <= words), default=0)
    others = [words for words in held if not steps <= words and any(s <= words for s in shown)]
    most = max((len(said & words) for words in others), default=0)
    return most >= _SHARED * len(said) and most > _CLEARLY * own


def _words(text: str, language: str) -> frozenset[str]:
    return frozenset[str]().union(*_sentences(text, language))


def _sentences(text: str, language: str) -> Iterator[frozenset[str]]:
    """Yield the words of each sentence."""
    for unit in read(text, language).units:
        yield frozenset(token.name for token in unit.tokens if not token.is_stop)


def _in_words(path: str, evidence: Sequence[str]) -> bool:
    """Say whether evidence that draws no paths names every step."""
    texts = [text.casefold() for text in evidence]
    if any(_PATH.search(text) for text in evidence):
        return False
    return all(any(step in text for text in texts) for step in _STEPS.split(path.casefold()))


def _folded(text: str) -> str:
    return " ".join(_STEPS.sub(" > ", text).casefold().split())
