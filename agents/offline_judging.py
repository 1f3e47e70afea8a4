"""The offline critic: scores a question and a finished row by what can be measured in the text.

`agents/offline.py` calls it; the reasons name the shares that the scores follow from.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from agents.critic import Critique, RowJudgement
from agents.offline_answering import asking_stems, rivals, subject_stems
from agents.offline_reading import Prompt, Shown
from agents.offline_text import table_header
from checks.facts import unsupported
from checks.quotes import locate
from tools.language import differs, stems

_GOOD_SHARE = 0.6
_COMPLETE_SHARE = 0.8
_FAITHFUL_SHARE = 0.7
_FLAWED = 5
_UNUSABLE = 2
_QUOTED = re.compile(r"[“«„] ?([^”»“]+?) ?[”»“]")
_LENGTHS = range(3, 36)


def judge_question(prompt: Prompt) -> Critique:
    """Judge a question against its window."""
    share, quoted = _held(prompt), _is_quoted(prompt)
    flaws = _flaws(prompt)
    others = _other_answers(prompt)
    relevance = _score(share, _GOOD_SHARE) if quoted else _UNUSABLE
    reasons = (
        f"The quote is {'in' if quoted else 'not in'} the window, and {share:.0%} of the words that"
        f" name the question's subject stand in the quote or its headings. {' '.join(flaws)}"
    )
    if others:
        reasons += f" {len(others)} other statements of the document answer it differently."
    asks = [] if quoted else ["Copy the quote exactly from the window."]
    asks += ["Name the subject with the words of the quote."] if share < _GOOD_SHARE else []
    asks += ["Ask so that only one statement answers."] if others else []
    return Critique(
        reasons=reasons.strip(),
        relevance=relevance,
        global_relevance=min(relevance, _FLAWED - 1) if flaws else max(7, relevance),
        coverage=_coverage(prompt, quoted=quoted, others=bool(others)),
        instructions=" ".join((*flaws, *asks)),
    )


def judge_row(prompt: Prompt) -> RowJudgement:
    """Judge a finished row: its question, its passages and its answer with citations."""
    if not prompt.citations:
        return _judge_abstention(prompt)
    cited = _cited(prompt)
    columns = [table_header(quote, each.text) for _, quote in prompt.citations for each in cited]
    quotes = " ".join((*(quote for _, quote in prompt.citations), *columns))
    said = _without_premise(prompt)
    loose = unsupported(said, [*_headings(cited), quotes, prompt.machine], prompt.language)
    held = _share(stems(prompt.answer, prompt.language), _said(prompt, cited, quotes))
    complete = _share(
        subject_stems(prompt.question, prompt.language, prompt.machine),
        set(stems(" ".join((prompt.answer, quotes, *_headings(cited))), prompt.language)),
    )
    others = [passage for passage in cited if len(rivals(prompt, [passage])) > 1]
    supported = bool(cited) and len(cited) == len(prompt.citations) and not loose
    faithful = _score(held, _FAITHFUL_SHARE) if supported else 3
    return RowJudgement(
        reasons=(
            f"{held:.0%} of the answer's words stand in the cited quotes, {len(loose)} of its"
            f" numbers do not; {complete:.0%} of the question's subject is answered."
        ),
        faithfulness=min(faithful, _FLAWED) if others else faithful,
        completeness=_score(complete, _COMPLETE_SHARE),
        instructions="" if supported else "Use only numbers and words of the quotes you cite.",
    )


def _without_premise(prompt: Prompt) -> str:
    """Return the answer without the words of the question that it quotes to contradict them."""
    quoted = next((each for each in _QUOTED.findall(prompt.answer) if each in prompt.question), "")
    return prompt.answer.replace(quoted, "") if quoted else prompt.answer


def _judge_abstention(prompt: Prompt) -> RowJudgement:
    """Judge an answer that cites nothing: it is right when no passage answers the question.

    What is said of another machine answers nothing.
    """
    about = [each for each in prompt.passages if each.machine in ("", prompt.machine_code)]
    answering = rivals(prompt, about)
    named = _share(
        subject_stems(prompt.question, prompt.language, prompt.machine),
        set(stems(prompt.answer, prompt.language)),
    )
    return RowJudgement(
        reasons=(
            f"The answer cites nothing; {len(answering)} statements of the passages answer the"
            f" question, and {named:.0%} of the question's subject is named as missing."
        ),
        faithfulness=_UNUSABLE if answering else 9,
        completeness=_score(named, _COMPLETE_SHARE),
        instructions="Answer from the passages that hold the answer." if answering else "",
    )


def analyse(prompt: Prompt) -> str:
    """Write what can be measured about a question, before it is scored."""
    return judge_question(prompt).reasons


def _score(share: float, least: float) -> int:
    """Return 7 to 9 from the least good share up, and 1 to 5 below it."""
    if share >= least:
        return 7 + round(2 * (share - least) / (1 - least))
    return max(1, round(_FLAWED * share / least))


def _held(prompt: Prompt) -> float:
    headings = _headings(prompt.parts)
    columns = [table_header(prompt.quote, part.text) for part in prompt.parts]
    text = " ".join((prompt.quote, prompt.document, *headings, *columns))
    wanted = subject_stems(prompt.question, prompt.language, prompt.machine)
    return _share(wanted, set(stems(text, prompt.language))) if wanted else 0.0


def _flaws(prompt: Prompt) -> list[str]:
    """Return as sentences what makes a user of the scenario not ask the question."""
    words = len(prompt.question.split())
    found: list[str] = []
    if not prompt.question.rstrip().endswith("?"):
        found.append("It is not a question.")
    if words not in _LENGTHS:
        found.append(f"It has {words} words.")
    if prompt.question.rstrip("?").strip("¿ ") in _headings(prompt.parts):
        found.append("It is a bare heading.")
    if not subject_stems(prompt.question, prompt.language, prompt.machine):
        found.append("It names no subject.")
    if differs(prompt.question, prompt.language):
        found.append("It is in another language than the window.")
    return found


def _coverage(prompt: Prompt, *, quoted: bool, others: bool) -> int:
    if not quoted:
        return _UNUSABLE
    if others:
        return _FLAWED
    return 9 if any(letter.isdigit() for letter in prompt.quote) else 8


def _other_answers(prompt: Prompt) -> list[Shown]:
    """Return the statements of the window's own document, beside the quote, that answer too."""
    shown = [*prompt.parts, *(hit for hit in prompt.passages if hit.document == prompt.document)]
    found = rivals(prompt, shown)
    return [passage for passage, fact in found if fact.quote not in prompt.quote][: len(found) - 1]


def _is_quoted(prompt: Prompt) -> bool:
    return bool(prompt.quote) and any(locate(prompt.quote, part.text) for part in prompt.parts)


def _cited(prompt: Prompt) -> list[Shown]:
    """Return the passages of the citations whose quotes stand in them."""
    by_id = {passage.id: passage for passage in prompt.passages}
    return [
        by_id[identifier]
        for identifier, quote in prompt.citations
        if identifier in by_id and locate(quote, by_id[identifier].text)
    ]


def _said(prompt: Prompt, cited: list[Shown], quotes: str) -> set[str]:
    text = " ".join((quotes, prompt.question, *_headings(cited), *(each.text for each in cited)))
    return set(stems(text, prompt.language)) | asking_stems(prompt.language)


def _headings(passages: Collection[Shown]) -> list[str]:
    return [heading for passage in passages for heading in passage.section]


def _share(wanted: Collection[str], held: Collection[str]) -> float:
    return sum(stem in held for stem in wanted) / len(wanted) if wanted else 1.0
