"""The report: one HTML file that shows what a run was asked, what came out, and why.

The command line calls `write_report`; a browser needs nothing but the file. Whatever a manual or a
model wrote is escaped by the template's autoescape.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from agents.journal import Spent
from agents.prices import Price, cost_of, dollars, unpriced
from app import charts, samples, tally
from app.expected import Truth
from graph.brief import Brief, Windows
from graph.ledger import Entry, Note
from graph.selection import abstentions_wanted
from graph.state import Decision
from tools.documents import Document
from tools.library import Library, write_whole
from training.rows import TrainingRow

SAMPLES = 10
MOST_BARS = 24
NO_MACHINE = "no machine"
SCOPES = {"machine": "holds for its machine", "family": "holds for the whole family"}
NOTE_TITLES = {
    "unreadable": "Could not be read, or not asked about",
    "skipped": "Skipped by a setting, or for its language",
    "no_machine": "Without a machine",
    "no_file": "Named with a machine, and not there",
    "unknown_machine": "Machines that are named, and are not among the machine names",
    "lost": "In the index, but not in these manuals",
    "model": "Models whose server falls short, and what was done instead",
}


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What a report is made from: a run's tables, documents and outcome, nothing live.

    `machines` are names by code; `evaluation` is the mean token F1 by arm; `losses` one per
    training step; `offline` says that the rows were written by rules, for trying the tool; `traces`
    is the filter that finds the run's traces in LangSmith, empty when it has none; `note` says what
    is not quite as the brief asks; `truths` set an estimate beside what it came to. `entries` are
    gone through twice.
    """

    brief: Brief
    entries: Iterable[Entry]
    notes: Sequence[Note]
    spent: Sequence[Spent]
    prices: Mapping[str, Price]
    documents: Sequence[Document]
    machines: Mapping[str, str]
    decision: Decision
    reason: str
    evaluation: Mapping[str, float]
    losses: Sequence[float]
    offline: bool
    traces: str = ""
    note: str = ""
    truths: Sequence[Truth] = ()


def write_report(path: Path, facts: ReportFacts) -> None:
    """Write the report, replacing one that is there; a reader never sees half of it."""
    # A file name that is not UTF-8 reaches the notes as surrogates, which cannot be encoded.
    text = render_report(facts).encode("utf-8", errors="backslashreplace").decode("utf-8")
    write_whole(path, text)


def render_report(facts: ReportFacts) -> str:
    """Return the report as HTML, the same for the same facts."""
    survey = tally.survey(facts.entries)
    rows, stages = survey.rows, survey.funnel
    documents = tally.coverage(facts.documents, rows)
    covered = [document for document in documents if document.rows]
    library = Library(facts.documents)
    return _template().render(
        facts=facts,
        brief=facts.brief,
        rows=rows,
        asked=_asked(facts.brief),
        figures=_figures(facts, survey, documents),
        costs=[dollars(cost_of([each], facts.prices)) for each in facts.spent],
        unpriced=unpriced(facts.spent, facts.prices),
        estimated=[(truth, _between(truth)) for truth in facts.truths],
        funnel=stages,
        open_candidates=survey.left,
        revised=survey.revised,
        funnel_chart=charts.bars("The funnel", [(stage.name, stage.count) for stage in stages]),
        scores=_score_charts(rows, facts.brief),
        spreads=_spreads(rows, facts.machines),
        covered=covered,
        bare=[document for document in documents if not document.rows],
        strips=_strips(covered),
        training=_training_charts(facts),
        notes=_notes(facts.notes),
        samples=[samples.sample(row, library) for row in _samples(facts, rows)],
    )


def _samples(facts: ReportFacts, rows: Sequence[tally.Exported]) -> list[TrainingRow]:
    """Return the rows to show, whole: a second look at the entries is cheaper than to hold them."""
    chosen = {row.id: place for place, row in enumerate(samples.choose(rows, SAMPLES))}
    whole = [each.row for each in facts.entries if each.row and each.row.id in chosen]
    return sorted(whole, key=lambda row: chosen[row.id])


def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")


def _asked(brief: Brief) -> dict[str, str]:
    limits, least = brief.limits, brief.thresholds.model_dump()
    minutes = f", {limits.minutes:g} minutes" if limits.minutes else ""
    return {
        "Scenario": brief.scenario,
        "Topics": ", ".join(brief.topics) or "anything that matters at the machine",
        "Languages": ", ".join(brief.languages) or "every language found",
        "Rows": f"{brief.rows:,}, {brief.test_share:.0%} of them held out",
        "Abstentions": _abstentions(brief),
        "Windows": _windows(brief.windows),
        "Distractors": f"{brief.distractors} beside the passages that hold the answer",
        "Least scores": ", ".join(f"{name.replace('_', ' ')} {least[name]}" for name in least),
        "Limits": f"{limits.candidates_for(brief.rows):,} candidates, {limits.drafts} drafts and "
        f"{limits.answers} answers each, {brief.most_calls:,} calls{minutes}",
        "Training": brief.train,
    }


def _abstentions(brief: Brief) -> str:
    kinds = ", ".join(kind.replace("_", " ") for kind in brief.abstentions)
    wanted = abstentions_wanted(brief)
    return f"{wanted:,} rows: {kinds}" if wanted else "none"


def _windows(windows: Windows) -> str:
    match windows.unit:
        case "pages":
            return f"{windows.input_pages} consecutive pages"
        case "sections":
            return "one section"
        case "chunks":
            return f"{windows.size:,} characters, every {windows.step:,}"


def _figures(
    facts: ReportFacts, survey: tally.Survey, documents: Sequence[tally.DocumentCoverage]
) -> dict[str, str]:
    rows, tried = survey.rows, survey.tried
    sections = [rows for document in documents for _, rows in document.sections]
    tokens = sum(each.input_tokens + each.output_tokens for each in facts.spent)
    return {
        "rows accepted": f"{len(rows):,} of {facts.brief.rows:,}",
        "rows that abstain": f"{sum(not row.answerable for row in rows):,}",
        "acceptance rate": f"{len(rows) / tried:.0%}" if tried else "–",
        "sections with rows": f"{sum(map(bool, sections)):,} of {len(sections):,}",
        "documents": f"{len(documents):,}",
        "model calls": f"{sum(each.calls for each in facts.spent):,}",
        "tokens": f"{tokens:,}",
        "cost": dollars(cost_of(facts.spent, facts.prices)),
    }


def _score_charts(
    rows: Sequence[tally.Exported], brief: Brief
) -> list[tuple[str, int, float, Markup]]:
    """Return each score's name, least, mean and histogram."""
    found: list[tuple[str, int, float, Markup]] = []
    for score, least in brief.thresholds.model_dump().items():
        counts, name = tally.score_counts(rows, score), score.replace("_", " ")
        total = sum(value * count for value, count in enumerate(counts, start=1))
        chart = charts.histogram(f"Rows by {name}", counts, least)
        found.append((name, least, total / max(1, len(rows)), chart))
    return found


def _spreads(
    rows: Sequence[tally.Exported], machines: Mapping[str, str]
) -> list[tuple[str, Markup]]:
    """Return rows by machine (where there are machines), language, kind and so on."""
    counts = {
        "language": Counter(row.language for row in rows),
        "kind": Counter(row.kind for row in rows),
        "difficulty": Counter(row.difficulty for row in rows),
        "variant": Counter(row.variant.replace("_", " ") for row in rows),
    }
    if machines:
        of_machine = Counter(dict.fromkeys(sorted(machines.values()), 0))
        of_machine.update(machines.get(r.machine_code or "", NO_MACHINE) for r in rows)
        scopes = Counter(SCOPES[row.scope] for row in rows if row.scope)
        counts = {"machine": of_machine} | ({"scope": scopes} if scopes else {}) | counts
    return [
        (name, charts.bars(f"Rows by {name}", _most_frequent(found)))
        for name, found in counts.items()
    ]


def _most_frequent(counts: Counter[str]) -> list[tuple[str, int]]:
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown, rest = ranked[:MOST_BARS], ranked[MOST_BARS:]
    return [*shown, (f"{len(rest)} others", sum(count for _, count in rest))] if rest else shown


def _strips(documents: Sequence[tally.DocumentCoverage]) -> dict[str, Markup]:
    """Return a strip of sections for each document, by id, all in one scale."""
    most = max((rows for each in documents for _, rows in each.sections), default=0)
    return {
        each.document.id: charts.strip(
            f"Rows by section of {each.document.path}", each.sections, most
        )
        for each in documents
    }


def _between(truth: Truth) -> Markup:
    expected, exact = truth.expected, truth.name in ("dollars", "minutes")
    title, decimals = truth.name.capitalize(), 2 if exact else 0
    return charts.between(title, expected.low, expected.high, truth.truth, decimals=decimals)


def _training_charts(facts: ReportFacts) -> list[tuple[str, Markup]]:
    found: list[tuple[str, Markup]] = []
    if losses := [loss for loss in facts.losses if math.isfinite(loss)]:
        chart = charts.curve("Training loss", losses, across="step", up="loss")
        found.append(("Loss by training step", chart))
    if facts.evaluation:
        arms = sorted(facts.evaluation.items())
        chart = charts.bars("Mean token F1 by arm", arms, most=1.0, decimals=3)
        found.append(("Mean token F1 on the held-out rows, by arm", chart))
    return found


def _notes(notes: Sequence[Note]) -> list[tuple[str, list[Note]]]:
    """Return the notes by kind under the titles they are shown with."""
    kinds = dict.fromkeys([*NOTE_TITLES, *(note.kind for note in notes)])
    grouped = {kind: [note for note in notes if note.kind == kind] for kind in kinds}
    return [(NOTE_TITLES.get(kind, kind), found) for kind, found in grouped.items() if found]
