"""Plan: which windows there are, and which of them the next candidates are for.

Pure and deterministic: equal windows of one machine are one window, and a candidate's id is made
from its window's content and its round, or from the row that it derives from.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from graph.brief import Brief, Windows
from graph.ledger import Made
from graph.selection import Derivation
from graph.state import Candidate, Window
from tools.documents import Document, Page, overlapping
from tools.language import detect
from training.rows import ABSTAINING, Abstaining, Variant

LEAST_CHARACTERS = 200
HOPED_RATE = 0.6
HOPED_DERIVED = 0.8
LEAST_RATE = 0.2


def windows(documents: Sequence[Document], brief: Brief) -> list[Window]:
    """Return every window of the documents once, in an order that the seed decides."""
    found: dict[str, Window] = {}
    for document in documents:
        for window in _document_windows(document, brief):
            found.setdefault(window.id, window)
    return sorted(found.values(), key=lambda window: _digest(str(brief.seed), window.id))


def next_candidates(
    known: Sequence[Window],
    *,
    round_: int,
    missing: int,
    rate: float | None,
    most: int,
    asked: Mapping[str, int],
    exhausted: set[str],
) -> list[Candidate]:
    """Return the candidates of a round: the windows asked least, as many as are likely needed.

    `rate` is the share of decided candidates that were accepted, None before the first round;
    `most` is how many candidates the run may still try, `asked` how often windows were asked.
    """
    open_windows = [window for window in known if window.id not in exhausted]
    open_windows.sort(key=lambda window: asked.get(window.id, 0))
    count = max(0, min(likely_needed(missing, rate, HOPED_RATE), most, len(open_windows)))
    return [
        Candidate(_digest(window.id, str(round_))[:16], round_, window)
        for window in open_windows[:count]
    ]


def likely_needed(missing: int, rate: float | None, hoped: float) -> int:
    """Return how many candidates so many rows are likely to take, by the rate of those before."""
    return math.ceil(max(0, missing) / (hoped if rate is None else max(rate, LEAST_RATE)))


def next_derived(
    derivable: Sequence[Derivation],
    *,
    round_: int,
    missing: int,
    rate: float | None,
    most: int,
    tried: Mapping[Variant, int],
    windows: Mapping[str, Window],
) -> list[Candidate]:
    """Return the candidates derived in a round: kinds and origins in turn, as many as needed.

    `tried` is how many of each kind there were before; `windows` are those of the origins by id.
    """
    count = min(likely_needed(missing, rate, HOPED_DERIVED), most, len(derivable))
    queues = _queues(derivable)
    number = Counter[Variant](tried)
    chosen: list[Candidate] = []
    while len(chosen) < count:
        left: list[Abstaining] = [kind for kind, queue in queues.items() if queue]
        variant = min(left, key=lambda each: number[each])
        number[variant] += 1
        origin = queues[variant].popleft()
        chosen.append(derived(origin.id, variant, round_, windows[origin.window]))
    return chosen


def _queues(derivable: Sequence[Derivation]) -> dict[Abstaining, deque[Made]]:
    """Return the origins of each kind, so that neighbours in the queues begin with other kinds."""
    found = {each.variant for each in derivable}
    kinds: list[Abstaining] = [kind for kind in ABSTAINING if kind in found]
    places: dict[str, int] = {}
    queues: dict[Abstaining, list[tuple[int, int, Made]]] = {kind: [] for kind in kinds}
    for each in derivable:
        place = places.setdefault(each.origin.id, len(places))
        later = (kinds.index(each.variant) - place) % len(kinds)
        queues[each.variant].append((later, place, each.origin))
    return {
        kind: deque(origin for _, _, origin in sorted(queue, key=lambda turn: turn[:2]))
        for kind, queue in queues.items()
    }


def derived(origin: str, variant: Variant, round_: int, window: Window) -> Candidate:
    """Return the candidate of a kind that derives from a row, for its window or another."""
    return Candidate(_digest(variant, origin, window.id)[:16], round_, window, variant, origin)


def main_language(document: Document) -> str:
    """Return the language of most of the document's characters, "" if none is known."""
    sizes: Counter[str] = Counter()
    for page in document.pages:
        if page.language:
            sizes[page.language] += page.end - page.start
    sizes = sizes or _paragraph_sizes(document)
    return sizes.most_common(1)[0][0] if sizes else ""


def _paragraph_sizes(document: Document) -> Counter[str]:
    """Return the characters of each language where every page mixes several, {} if few are known.

    In a language of which nothing is known here and there a paragraph looks like another.
    """
    sizes: Counter[str] = Counter()
    for page in document.pages:
        for paragraph in document.text[page.start : page.end].split("\n\n"):
            sizes[detect(paragraph)] += 0 if page.problem else len(paragraph)
    unknown = sizes.pop("", 0)
    return sizes if sizes.total() > unknown else Counter()


def _document_windows(document: Document, brief: Brief) -> Iterator[Window]:
    main = main_language(document)

    def kind(page: Page) -> str | None:
        return None if page.problem else page.language or main

    for language, run in groupby(document.pages, key=kind):
        if not language or (brief.languages and language not in brief.languages):
            continue
        pages = list(run)
        for start, end in _cuts(document, pages, brief.windows):
            if len(document.text[start:end].strip()) >= LEAST_CHARACTERS:
                yield _window(document, pages, start, end, language)


def _cuts(document: Document, pages: Sequence[Page], wanted: Windows) -> Iterator[tuple[int, int]]:
    first, last = pages[0].start, pages[-1].end
    if wanted.unit == "pages":
        for at in range(0, len(pages), wanted.input_pages):
            group = pages[at : at + wanted.input_pages]
            yield group[0].start, group[-1].end
    elif wanted.unit == "sections":
        for section in overlapping(document.sections, first, last):
            yield max(first, section.start), min(last, section.end)
    else:
        for start in range(first, last, wanted.step):
            yield start, min(start + wanted.size, last)
            if start + wanted.size >= last:
                break


def _window(
    document: Document, pages: Sequence[Page], start: int, end: int, language: str
) -> Window:
    touched = [page.number for page in overlapping(pages, start, end)]
    return Window(
        id=_digest(document.machine or document.sha256, document.text[start:end])[:16],
        document_id=document.id,
        start=start,
        end=end,
        pages=(touched[0], touched[-1]),
        language=language,
        machine=document.machine,
    )


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
