"""Assess: what is decided by comparing candidates with each other, by round and id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from checks.coverage import section_coverage
from checks.duplicates import Asked, near_duplicates
from checks.leakage.evaluation import near_evaluation
from checks.names import names_of, without_names
from checks.sentences import digit_sentences
from graph.context import Context
from graph.ledger import Entry, reason_code
from graph.quality import QualityReport, quality_report, why_void
from graph.selection import Selection, abstentions_wanted, contrasts_wanted, select_rows
from training.rows import ABSTAINING

NEAR_EVALUATION = "near_evaluation_question"


async def assess_rows(context: Context, *, nothing_left: bool = False) -> QualityReport:
    """Set duplicates and surplus rows aside in the ledger, and report on what remains.

    With `nothing_left` to try, answerable rows take the place of rows that abstain.
    """
    ledger = context.ledger
    entries = ledger.entries()
    with_row = [entry for entry in entries if entry.row]
    void = {e.candidate.id: why for e in with_row if e.row and (why := why_void(e.row, e.judged))}
    # What abstains asks what its origin asks, and is set aside with it.
    near = near_evaluation(list(map(_asked, with_row)), context.evaluation_questions)
    void |= {id: f"{NEAR_EVALUATION} of line {line}" for id, line in near.items()}
    compared = [e for e in with_row if e.candidate.variant not in ABSTAINING]
    doubles = await _doubles([e for e in compared if e.candidate.id not in void], context)
    duplicates = {double: f"duplicate of {kept}" for double, kept in doubles.items()}
    selection = await select(context, entries, void | duplicates, nothing_left=nothing_left)
    ledger.select(selection.set_aside)
    dropped = [entry.reason for entry in entries if entry.status == "dropped"]
    dropped += [*map(reason_code, void.values()), *["duplicate"] * len(doubles)]
    rows = [entry.row for entry in selection.rows if entry.row]
    sections = [
        (document.path, " > ".join(section.path))
        for document in context.library.documents
        for section in document.sections
    ]
    siblings = await context.all_siblings()
    made = sum(entry.candidate.variant == "contrast" for entry in selection.rows)
    coverage = section_coverage(sections, [(row.document, row.section) for row in rows])
    return quality_report(
        wanted=context.brief.rows,
        scores=[row.scores.model_dump() for row in rows],
        dropped=dropped,
        sections=coverage.total,
        sections_covered=coverage.covered,
        abstaining=len(selection.abstaining),
        contrasts=made if any(siblings.values()) else None,
    )


async def select(
    context: Context, entries: list[Entry], fallen: dict[str, str], *, nothing_left: bool = False
) -> Selection:
    """Return which rows the dataset has when the fallen ones cannot be in it."""
    siblings = await context.all_siblings()
    windows = {window.id for window in context.windows}
    return select_rows(
        entries,
        fallen,
        context.brief,
        siblings={code: [each.code for each in others] for code, others in siblings.items()},
        windows=windows,
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
    return (
        f"{report.accepted} of {report.wanted} rows. {cause} Most frequent drops: {most}. "
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


def abstentions_missing(report: QualityReport, context: Context) -> bool:
    """Say whether fewer rows abstain than the brief asks for."""
    return report.abstaining < abstentions_wanted(context.brief)


def _why_fewer(said: str, wanted: int, variants: Sequence[str], context: Context) -> str:
    of_kind = [e for e in context.ledger.entries() if e.candidate.variant in variants]
    reasons = Counter(entry.reason for entry in of_kind if entry.status == "dropped")
    most = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common(3)) or "none"
    asked = f"{said} in brief.yaml asks for {wanted}"
    if any(entry.status == "planned" for entry in of_kind):
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


async def _doubles(entries: Sequence[Entry], context: Context) -> dict[str, str]:
    """Return the ids of rows that repeat an earlier one, with the id of that one.

    What holds for several machines is asked once, whichever of them a question names.
    """
    names = {machine.code: names_of(machine) for machine in await context.known_machines()}
    rows = [_asked_of_any(entry, names) for entry in entries]
    kept = context.question_vectors
    return near_duplicates(rows, await kept.of([row.question for row in rows]) if kept else ())


def _asked_of_any(entry: Entry, names: Mapping[str, Sequence[str]]) -> Asked:
    """Return what a row asks, without the names of the machines that it is true of alike."""
    asked = _asked(entry)
    alike = entry.row.applies_to if entry.row and len(entry.row.applies_to) > 1 else ()
    unnamed = [name for code in alike for name in names.get(code, ())]
    return replace(asked, question=without_names(asked.question, unnamed))


def _asked(entry: Entry) -> Asked:
    row = entry.row
    assert row is not None
    evidence = tuple(citation.quote for citation in row.citations)
    return Asked(entry.candidate.id, row.question, evidence, row.answer, row.language)
