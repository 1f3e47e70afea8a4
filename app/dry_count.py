"""The dry count: what a run has to do and how large its prompts are, without asking a model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from statistics import fmean, median

from langchain_core.messages import BaseMessage

from agents.answerer import HITS, MOST_TURNS
from graph.brief import Brief
from graph.context import Context
from graph.forecast import Job
from graph.ingest import Cutting
from graph.question import CRITIC_HITS
from graph.selection import abstentions_wanted, contrasts_wanted
from graph.state import Window
from graph.typical import Sizes
from tools.passages import Passage, split
from training.rows import Abstaining

LETTERS_PER_TOKEN = 4.0
_QUESTION, _QUOTE, _ANSWER = "?" * 100, "." * 120, "." * 200


def passages_of(context: Context) -> list[Passage]:
    """Return the passages that the manuals are cut into."""
    cut = Cutting()
    documents = context.library.documents
    return [each for d in documents for each in split(d, size=cut.size, overlap=cut.overlap)]


async def job_of(context: Context, letters_per_token: float = LETTERS_PER_TOKEN) -> Job:
    """Return what the run has to do."""
    brief, siblings = context.brief, await context.all_siblings()
    has_siblings = any(siblings.values())
    kinds: list[Abstaining] = [
        kind for kind in dict.fromkeys(brief.abstentions) if has_siblings or kind != "near_miss"
    ]
    return Job(
        rows=brief.rows,
        windows=[window.end - window.start for window in context.windows],
        abstaining=abstentions_wanted(brief) if kinds else 0,
        contrasts=contrasts_wanted(brief) if has_siblings else 0,
        kinds=kinds,
        candidates=brief.limits.candidates_for(brief.rows),
        calls=brief.most_calls,
        letters_per_token=letters_per_token,
        seed=brief.seed,
    )


async def sizes_of(
    context: Context, passages: Sequence[Passage], letters_per_token: float = LETTERS_PER_TOKEN
) -> Sizes:
    """Return how large the prompts are, measured on prompts with the manuals' own passages."""
    window, prompts, brief = _middle(context.windows), context.prompts, context.brief
    source, shown = await context.source(window), window.end - window.start
    machine = source.machine
    draft = prompts.draft_question(source, scenario=brief.scenario, topics=brief.topics, asked=())
    critique = prompts.judge_question(
        source,
        scenario=brief.scenario,
        question=_QUESTION,
        quote=_QUOTE,
        hits=list(islice(passages, CRITIC_HITS)),
    )
    opening = prompts.answer(_QUESTION, language=window.language, machine=machine, objections=())
    judge = prompts.judge_answer(
        _QUESTION,
        _ANSWER,
        scenario=brief.scenario,
        language=window.language,
        machine=machine,
        passages=list(islice(passages, brief.distractors + 1)),
        citations=[("passage", _QUOTE)],
    )
    return Sizes(
        draft=max(0, letters(draft) - shown),
        critique=max(0, letters(critique) - shown),
        opening=letters(opening),
        found=round(HITS * fmean(len(each.text) for each in passages)),
        judge=letters(judge),
        window=shown,
        letters_per_token=letters_per_token,
        with_tools=context.models["answerer"].calls_tools,
    )


def letters(messages: Iterable[BaseMessage]) -> int:
    """Return how many letters the messages have."""
    return sum(len(str(message.text)) for message in messages)


def most_calls(brief: Brief, *, with_tools: bool) -> int:
    """Return the most calls that one candidate can take, each reply repaired."""
    limits, repaired = brief.limits, 2
    draft = 2 * repaired + brief.critic_analyses
    answer = (MOST_TURNS if with_tools else 0) + 2 * repaired
    return limits.drafts * draft + limits.answers * answer


def _middle(windows: Sequence[Window]) -> Window:
    size = median(window.end - window.start for window in windows)
    return min(windows, key=lambda window: (abs(window.end - window.start - size), window.id))
