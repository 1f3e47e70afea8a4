"""Assess: what is decided by comparing candidates with each other, by round and id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from checks.coverage import section_coverage
from checks.duplicates import Asked, near_duplicates
from checks.sentences import digit_sentences
from graph.context import Context
from graph.ledger import Entry
from graph.quality import QualityReport, is_as_judged, quality_report


async def assess_rows(context: Context) -> QualityReport:
    """Set duplicates and surplus rows aside in the ledger, and report on what remains."""
    ledger, wanted = context.ledger, context.brief.rows
    entries = ledger.entries("accepted", "set_aside")
    altered = {e.candidate.id: "altered" for e in entries if not (e.row and is_as_judged(e.row))}
    doubles = await _doubles([e for e in entries if e.candidate.id not in altered], context)
    duplicates = {double: f"duplicate of {kept}" for double, kept in doubles.items()}
    set_aside = altered | duplicates
    kept = [entry for entry in entries if entry.candidate.id not in set_aside]
    set_aside |= {entry.candidate.id: "surplus" for entry in kept[wanted:]}
    ledger.select(set_aside)
    dropped = [entry.reason for entry in ledger.entries("dropped")] + ["duplicate"] * len(doubles)
    rows = [entry.row for entry in kept[:wanted] if entry.row]
    sections = [
        (document.path, " > ".join(section.path))
        for document in context.library.documents
        for section in document.sections
    ]
    coverage = section_coverage(sections, [(row.document, row.section) for row in rows])
    return quality_report(
        wanted=wanted,
        scores=[row.scores.model_dump() for row in rows],
        dropped=dropped,
        sections=coverage.total,
        sections_covered=coverage.covered,
    )


def why_nothing_is_left(context: Context, *, candidates_left: int) -> str:
    """Return the sentence that says why no window can be asked again, and what would change it."""
    if candidates_left <= 0:
        return (
            "The most candidates were tried. Raise `limits.candidates` in the run's brief.yaml and "
            "resume."
        )
    if not context.ledger.last_round():
        return _why_nothing_was_asked(context)
    return (
        "Every window was asked until nothing was left to ask. Start a new run with more manuals, "
        "lower `thresholds` in its brief, or a stronger model (--model)."
    )


def why_short(cause: str, report: QualityReport, context: Context) -> str:
    """Return the sentences that say what was missing and why."""
    reasons = sorted(report.dropped.items(), key=lambda item: (-item[1], item[0]))
    most = ", ".join(f"{reason} {count}" for reason, count in reasons[:3]) or "none"
    texts = [document.text for document in context.library.documents]
    return (
        f"{report.accepted} of {report.wanted} rows. {cause} Most frequent drops: {most}. "
        f"The manuals hold {digit_sentences(texts)} distinct sentences with a digit."
    )


def _why_nothing_was_asked(context: Context) -> str:
    pages = [page for document in context.library.documents for page in document.pages]
    found = Counter(page.language or "unknown" for page in pages if not page.problem)
    listed = ", ".join(f"{language} {count}" for language, count in sorted(found.items())) or "none"
    wanted = ", ".join(context.brief.languages) or "any"
    return (
        f"No page can be asked about: `languages` in brief.yaml is {wanted}, and the manuals' "
        f"readable pages are by language: {listed}."
    )


async def _doubles(entries: Sequence[Entry], context: Context) -> dict[str, str]:
    """Return the ids of rows that repeat an earlier one, with the id of that one.

    A question without an answer in its context is no repetition of the same one with it.
    """
    kept = context.question_vectors
    doubles: dict[str, str] = {}
    for answerable in (True, False):
        rows = [_asked(e) for e in entries if e.row and e.row.answerable == answerable]
        vectors = await kept.of([row.question for row in rows]) if kept else ()
        doubles |= near_duplicates(rows, vectors)
    return doubles


def _asked(entry: Entry) -> Asked:
    row = entry.row
    assert row is not None
    evidence = tuple(citation.quote for citation in row.citations)
    # Abstentions are alike whatever was asked.
    answer = row.answer if row.answerable else ""
    return Asked(entry.candidate.id, row.question, evidence, answer, row.language)
