"""Quality: verdicts and the report, by arithmetic over scores, findings and limits.

No model, no I/O: the critic scores, the graph decides, and it decides here.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from agents.answerer import Answer
from agents.budget import Limits
from agents.critic import Critique, RowJudgement
from checks.findings import Finding
from graph.brief import Thresholds
from training.rows import ContextPassage, RowCitation, TrainingRow


@dataclass(frozen=True, slots=True)
class Verdict:
    """Accept, revise or drop; `sha256` names exactly what was judged, where a row was."""

    decision: Literal["accept", "revise", "drop"]
    reason: str = ""
    objections: tuple[str, ...] = ()
    sha256: str = ""


ACCEPT = Verdict("accept")
ASK_AGAIN = ("ambiguous_machine", "known_name")
"""Why another question is asked once the answer is known: it leaves open which machine it is about,
or is answered with the machine's name.
"""


def drop(reason: str, *objections: str) -> Verdict:
    """Return a verdict that ends the candidate."""
    return Verdict("drop", reason, objections)


def verdict_on_draft(findings: Sequence[Finding], drafts: int, limits: Limits) -> Verdict:
    """Decide by what the checks found in a draft."""
    if any(finding.code == "empty" for finding in findings):
        return drop("nothing_to_ask", "Nothing is left to ask about the window.")
    return _by_findings(findings, spent=drafts, most=limits.drafts)


def verdict_on_question(
    critique: Critique, thresholds: Thresholds, drafts: int, limits: Limits
) -> Verdict:
    """Decide by the critic's scores of a question."""
    scores = {
        "relevance": (critique.relevance, thresholds.relevance),
        "global_relevance": (critique.global_relevance, thresholds.global_relevance),
        "coverage": (critique.coverage, thresholds.coverage),
    }
    return _by_scores(scores, critique.instructions, critique.reasons, drafts, limits.drafts)


def verdict_on_answer(
    answer: Answer, findings: Sequence[Finding], answers: int, limits: Limits
) -> Verdict:
    """Decide by what the checks found in an answer; an abstention ends the candidate."""
    if answer.abstained:
        return drop("unanswered", answer.missing or answer.text)
    return _by_findings(findings, spent=answers, most=limits.answers)


def verdict_on_scope(
    unclear: Sequence[Finding],
    siblings: Sequence[Finding],
    *,
    drafts: int,
    answers: int,
    limits: Limits,
) -> Verdict:
    """Decide by whether the question says which machine is meant, and the answer is that one's."""
    if unclear:
        return _by_findings(unclear, spent=drafts, most=limits.drafts)
    return _by_findings(siblings, spent=answers, most=limits.answers)


def verdict_on_row(
    judgement: RowJudgement, thresholds: Thresholds, answers: int, limits: Limits, sha256: str
) -> Verdict:
    """Decide by the critic's scores of a finished row; the verdict holds for that hash alone."""
    scores = {
        "faithfulness": (judgement.faithfulness, thresholds.faithfulness),
        "completeness": (judgement.completeness, thresholds.completeness),
    }
    verdict = _by_scores(scores, judgement.instructions, judgement.reasons, answers, limits.answers)
    return Verdict(verdict.decision, verdict.reason, verdict.objections, sha256)


def judged_hash(
    question: str,
    answer: str,
    context: Sequence[ContextPassage],
    citations: Sequence[RowCitation],
    prompt: tuple[str, str],
) -> str:
    """Return the SHA-256 of exactly the row that was judged; `prompt` is its system and user."""
    judged = {
        "question": question,
        "answer": answer,
        "context": [passage.model_dump() for passage in context],
        "citations": [citation.model_dump() for citation in citations],
        "prompt": prompt,
    }
    return hashlib.sha256(
        json.dumps(judged, ensure_ascii=False, sort_keys=True).encode()
    ).hexdigest()


def content_hash(row: TrainingRow) -> str:
    """Return the SHA-256 of what of a row is judged, "" where the row itself says another."""
    prompt = (row.system, row.user)
    sha256 = judged_hash(row.question, row.answer, row.context, row.citations, prompt)
    as_told = row.sha256 == sha256 and row.oracle_positions == oracle_positions(row.context)
    return sha256 if as_told else ""


def why_void(row: TrainingRow, judged: str) -> str:
    """Return why a row's verdict does not hold for it, "" when it does."""
    return why_void_with(content_hash(row), judged)


def why_void_with(content: str, judged: str) -> str:
    """Return why a verdict does not hold for a row with this content hash, "" when it does.

    `judged` is the SHA-256 that its judge accepted: none at all leaves it `unjudged`, another than
    the row's own content `altered`.
    """
    if not judged:
        return "unjudged"
    return "" if judged == content else "altered"


def oracle_positions(context: Sequence[ContextPassage]) -> tuple[int, ...]:
    """Return the places, from 0, of the passages that the answer stands on."""
    return tuple(place for place, passage in enumerate(context) if passage.role == "oracle")


@dataclass(frozen=True, slots=True)
class QualityReport:
    """How good a dataset is so far; the same figures the report and the terminal show."""

    wanted: int
    accepted: int
    decided: int
    acceptance_rate: float
    dropped: dict[str, int]
    mean_scores: dict[str, float]
    sections: int
    sections_covered: int
    abstaining: int = 0
    contrasts: int | None = None

    @property
    def missing(self) -> int:
        """How many rows are still wanted."""
        return max(0, self.wanted - self.accepted)


def quality_report(
    *,
    wanted: int,
    scores: Sequence[Mapping[str, int]],
    dropped: Sequence[str],
    sections: int,
    sections_covered: int,
    abstaining: int = 0,
    contrasts: int | None = None,
) -> QualityReport:
    """Return the report over accepted rows' scores and the reasons of all that was dropped.

    `abstaining` is how many of the accepted rows abstain, `contrasts` how many are contrasts; None
    where no machine has a sibling.
    """
    accepted, decided = len(scores), len(scores) + len(dropped)
    names = sorted({name for each in scores for name in each})
    return QualityReport(
        wanted=wanted,
        accepted=accepted,
        decided=decided,
        acceptance_rate=round(accepted / decided, 4) if decided else 0.0,
        dropped=dict(sorted(Counter(dropped).items())),
        mean_scores={name: round(sum(s[name] for s in scores) / accepted, 2) for name in names},
        sections=sections,
        sections_covered=sections_covered,
        abstaining=abstaining,
        contrasts=contrasts,
    )


def _by_findings(findings: Sequence[Finding], *, spent: int, most: int) -> Verdict:
    if not findings:
        return ACCEPT
    decision = "revise" if spent < most else "drop"
    return Verdict(decision, findings[0].code, tuple(finding.sentence for finding in findings))


def _by_scores(
    scores: Mapping[str, tuple[int, int]], instructions: str, reasons: str, spent: int, most: int
) -> Verdict:
    low = [name for name, (score, least) in scores.items() if score < least]
    if not low:
        return ACCEPT
    decision = "revise" if spent < most else "drop"
    return Verdict(decision, f"low_{low[0]}", (instructions or reasons,))
