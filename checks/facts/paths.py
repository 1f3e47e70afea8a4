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
    """Say whether a sentence that shows another path shares words with the answer's, and none of
    those that show this one does."""
    steps = _steps(path, language)
    said = frozenset[str]().union(*(words for words in _sentences(answer, language) if steps <= words))
    said -= steps
    held = [words for text in evidence for words in _sentences(text, language)]
    paths = [_steps(each, language) for text in evidence for each in _PATH.findall(text)]
    own = [words for words in held if steps <= words]
    others = [
        words
        for words in held
        if not steps <= words and any(each <= words for each in paths)
    ]
    shared = max((len(said & words) for words in others), default=0)
    return shared >= _SHARED * len(said) > 0 and all(said.isdisjoint(words) for words in own)


def _steps(path: str, language: str) -> frozenset[str]:
    return frozenset().union(*_sentences(path, language))


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
