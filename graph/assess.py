"""Assess: what is decided by comparing candidates with each other, by round and id."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from checks.coverage import section_coverage
from checks.duplicates import Asked, near_duplicates
from checks.leakage.evaluation import near_evaluation
from checks.names import names_of, without_names
from checks.sentences import digit_sentences
from graph.context import Context, Emit
from graph.ledger import Made, reason_code
from graph.quality import QualityReport, quality_report
from graph.selection import (
    ORIGIN_GONE,
    SURPLUS,
    Selection,
    abstentions_wanted,
    contrasts_wanted,
    select_rows,
)
from training.rows import ABSTAINING

NEAR_EVALUATION = "near_evaluation_question"


async def assess_rows(
    context: Context, *, nothing_left: bool = False, emit: Emit | None = None
) -> QualityReport:
    """Set duplicates and surplus rows aside in the ledger, and report on what remains.

    With `nothing_left` to try, answerable rows take the place of rows that abstain.
    """
    ledger = context.ledger
    made = await asyncio.to_thread(ledger.made)
    if emit:
        emit({"event": "comparing", "rows": len(made)})
    void = {each.id: each.void for each in made if each.void} | await _near_evaluation(context)
    doubles = await _doubles(made, void, context)
    duplicates = {double: f"duplicate of {kept}" for double, kept in doubles.items()}
    selection = await select(context, made, void | duplicates, nothing_left=nothing_left)
    await asyncio.to_thread(ledger.select, made, selection.set_aside)
    dropped = Counter[str]()
    for each in ledger.tallies():
        if each.status == "dropped":
            dropped[each.reason] += each.candidates
    dropped.update([*map(reason_code, void.values()), *["duplicate"] * len(doubles)])
    sections = [
        (document.path, " > ".join(section.path))
        for document in context.library.documents
        for section in document.sections
    ]
    siblings = await context.all_siblings()
    contrasts = sum(each.variant == "contrast" for each in selection.rows)
    coverage = section_coverage(sections, [each.place for each in selection.rows])
    return quality_report(
        wanted=context.brief.rows,
        scores=[each.scores for each in selection.rows],
        dropped=list(dropped.elements()),
        sections=coverage.total,
        sections_covered=coverage.covered,
        abstaining=len(selection.abstaining),
        contrasts=contrasts if any(siblings.values()) else None,
    )


async def select(
    context: Context, made: Sequence[Made], fallen: dict[str, str], *, nothing_left: bool = False
) -> Selection:
    """Return which rows the dataset has when the fallen ones cannot be in it."""
    siblings = await context.all_siblings()
    return await asyncio.to_thread(
        select_rows,
        made,
        fallen,
        context.brief,
        tried=await asyncio.to_thread(context.ledger.tried),
        siblings={code: [each.code for each in others] for code, others in siblings.items()},
        windows=context.window_by_id,
        nothing_left=nothing_left,
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
    rows = f"{report.accepted} of {report.wanted} rows"
    if not report.missing:
        rows += ", but candidates that may replace some of them are not finished"
    return (
        f"{rows}. {cause} Most frequent drops: {most}. "
        f"The manuals hold {digit_sentences(texts)} distinct sentences with a digit."
    )


def why_fewer_derived(report: QualityReport, context: Context) -> str:
    """Return the sentences that say why fewer rows are derived than the brief asks for; or "".

    Answerable rows have taken the places of those that do not abstain.
    """
    abstain, contrasts = abstentions_wanted(context.brief), contrasts_wanted(context.brief)
    notes: list[str] = []
    if report.abstaining < abstain:
        said = f"{report.abstaining} rows abstain where `unanswerable`"
        notes.append(_why_fewer(said, abstain, ABSTAINING, context))
    if report.contrasts is not None and report.contrasts < contrasts:
        said = f"{report.contrasts} rows are contrasts where `contrasts`"
        notes.append(_why_fewer(said, contrasts, ("contrast",), context))
    return " ".join(notes)


def _why_fewer(said: str, wanted: int, variants: Sequence[str], context: Context) -> str:
    of_kind = [e for e in context.ledger.tallies() if e.variant in variants and e.candidates]
    reasons = Counter[str]()
    for each in of_kind:
        # A row for which, or for whose origin, there was no room was not wanted; a duplicate was.
        had_room = each.reason not in (SURPLUS, ORIGIN_GONE)
        failed = each.status in ("dropped", "set_aside") and had_room
        reasons[each.reason] += each.candidates if failed else 0
    most = ", ".join(f"{reason} {count}" for reason, count in (+reasons).most_common(3)) or "none"
    asked = f"{said} in brief.yaml asks for {wanted}"
    if any(each.status == "planned" for each in of_kind):
        return f"{asked}: a limit was reached before all such rows were tried."
    if not of_kind:
        return f"{asked}: none was tried, for want of accepted rows to make them from."
    return f"{asked}: the accepted rows gave no more. Most frequent drops of such rows: {most}."


def _why_nothing_was_asked(context: Context) -> str:
    pages = [page for document in context.library.documents for page in document.pages]
    found = Counter(page.language or "unknown" for page in pages if not page.problem)
    listed = ", ".join(f"{language} {count}" for language, count in sorted(found.items())) or "none"
    wanted = ", ".join(context.brief.languages) or "any"
    return (
        f"No page can be asked about: `languages` in brief.yaml is {wanted}, and the manuals' "
        f"readable pages are by language: {listed}."
    )


async def _near_evaluation(context: Context) -> dict[str, str]:
    """Return the rows that are near an evaluation question, with the reason.

    What abstains asks what its origin asks, and is set aside with it.
    """
    if not context.evaluation_questions:
        return {}
    rows = await asyncio.to_thread(lambda: [asked for asked, _ in context.ledger.asked_rows()])
    near = await asyncio.to_thread(near_evaluation, rows, context.evaluation_questions)
    return {id: f"{NEAR_EVALUATION} of line {line}" for id, line in near.items()}


async def _doubles(made: Sequence[Made], void: Collection[str], context: Context) -> dict[str, str]:
    """Return the ids of rows that repeat an earlier one, with the id of that one.

    What holds for several machines is asked once, whichever of them a question names.
    """
    names = {machine.code: names_of(machine) for machine in await context.known_machines()}
    compared = {e.id for e in made if e.variant not in ABSTAINING and e.id not in void}

    def asked() -> list[Asked]:
        rows = context.ledger.asked_rows()
        return [_asked_of_any(row, codes, names) for row, codes in rows if row.id in compared]

    rows, kept = await asyncio.to_thread(asked), context.question_vectors
    vectors = await kept.of([row.question for row in rows]) if kept else ()
    return await asyncio.to_thread(near_duplicates, rows, vectors)


def _asked_of_any(
    row: Asked, applies_to: Sequence[str], names: Mapping[str, Sequence[str]]
) -> Asked:
    """Return what a row asks, without the names of the machines that it is true of alike."""
    alike = applies_to if len(applies_to) > 1 else ()
    unnamed = [name for code in alike for name in names.get(code, ())]
    return replace(row, question=without_names(row.question, unnamed)) if unnamed else row
