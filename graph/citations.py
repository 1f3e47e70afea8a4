"""Citations: from what an answer cites to spans of documents, and what is wrong with the answer.

The question graph's `verify` calls this. A quote is looked up in the passage that it is said to
stand in, then across that passage's borders: it becomes a citation of each passage it touches.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from agents.answerer import Answer, Citation
from checks.facts import unsupported
from checks.findings import Finding
from checks.form import answer_findings
from checks.names import without_names
from checks.quotes import likeliest, locate
from graph.context import Context
from graph.state import Window
from tools.passages import Passage
from training.rows import RowCitation

_WORD = re.compile(r"\w")


async def locate_citations(
    answer: Answer, question: str, window: Window, context: Context
) -> tuple[tuple[RowCitation, ...], list[Finding]]:
    """Return the answer's citations as spans of documents, and what is wrong with the answer."""
    cited = {p.id: p for p in await context.index.get([c.passage_id for c in answer.citations])}
    located: dict[RowCitation, Passage] = {}
    findings = [] if answer.citations else [Finding("no_citation", "The answer cites nothing.")]
    for citation in answer.citations:
        passage = cited.get(citation.passage_id)
        if passage is None or passage.machine != window.machine:
            findings.append(_wrong_passage(citation.passage_id, passage))
            continue
        about = f"{question} {answer.text}"
        found = await _located(citation, passage, about, context)
        findings += [] if found else [_not_found(citation)]
        located |= found
    texts = list(dict.fromkeys(passage.text for passage in located.values()))
    findings += await _answer_findings(answer.text, question, texts, window, context)
    return tuple(located), findings


async def _located(
    citation: Citation, passage: Passage, about: str, context: Context
) -> dict[RowCitation, Passage]:
    """Return the passages that the quote touches, each by its part of the quote; none if unfound.

    Of several places, the one among the words of `about` is meant.
    """
    if spans := locate(citation.quote, passage.text):
        start, end = likeliest(spans, passage.text, about, passage.language)
        return _cut(passage.start + start, passage.start + end, [passage], context)
    beside = await context.index.neighbours(citation.passage_id)
    if not beside:
        return {}
    first, last = min(p.start for p in beside), max(p.end for p in beside)
    text = context.library.document(passage.document_id).text[first:last]
    touching = [
        (start, end)
        for start, end in locate(citation.quote, text)
        if first + start < passage.end and passage.start < first + end
    ]
    if not touching:
        return {}
    start, end = likeliest(touching, text, about, passage.language)
    return _cut(first + start, first + end, beside, context)


def _cut(
    start: int, end: int, passages: Sequence[Passage], context: Context
) -> dict[RowCitation, Passage]:
    """Return a citation for each passage that holds words of the span."""
    parts: dict[RowCitation, Passage] = {}
    for passage in passages:
        text = context.library.document(passage.document_id).text
        first, last = max(start, passage.start), min(end, passage.end)
        quote = text[first:last].strip() if first < last else ""
        if _WORD.search(quote):
            first = text.index(quote, first)
            last = first + len(quote)
            parts[
                RowCitation(
                    passage_id=passage.id,
                    document=passage.document,
                    start=first,
                    end=last,
                    quote=quote,
                )
            ] = passage
    return parts


async def _answer_findings(
    answer: str, question: str, cited: Sequence[str], window: Window, context: Context
) -> list[Finding]:
    named = await context.naming(window.machine)
    # "Ares 250" holds a number, which the passages about it need not repeat.
    said = without_names(answer, [*named.own, *named.also])
    return [
        *unsupported(said, cited, window.language),
        *answer_findings(
            answer,
            question=question,
            cited=cited,
            language=window.language,
            machine=named.machine,
            also_named=named.also,
            other_machines=named.others,
        ),
    ]


def _wrong_passage(passage_id: str, passage: Passage | None) -> Finding:
    if passage is None:
        return Finding("unknown_passage", f"No passage has the id {passage_id}.", passage_id)
    return Finding(
        "other_machine", f"Passage {passage_id} is about another machine.", passage.document
    )


def _not_found(citation: Citation) -> Finding:
    sentence = f"The quote does not stand in passage {citation.passage_id}."
    return Finding("quote_not_found", sentence, citation.quote)
