"""Verdicts hold for exactly what was judged, in whatever order rows are made, edited, exported."""

import asyncio
import json
import tempfile
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agents.answerer import Answer
from agents.critic import Critique, RowJudgement
from agents.generator import Question
from app.opening import open_context
from app.settings import read_settings
from graph.brief import read_brief
from graph.evidence import UnjudgedRowError, make_row
from graph.ingest import ingest_folder
from graph.plan import next_candidates
from graph.publish import export_dataset
from graph.quality import ACCEPT, judged_hash
from graph.state import QuestionState
from graph.surroundings import row_prompt
from tests.graph.conftest import PAGES, edit_row
from training.formats import read_rows
from training.rows import ContextPassage, RowCitation

CANDIDATES_TRIED = 2
WHICH = st.integers(0, CANDIDATES_TRIED - 1)
WORDS_USED = ("torque", "oil", "belt", "filter", "jaw")
WORDS = st.sampled_from(WORDS_USED)
SCORED = Critique(reasons="Good.", relevance=9, global_relevance=9, coverage=9, instructions="")
JUDGED = RowJudgement(reasons="Good.", faithfulness=9, completeness=9, instructions="")


class JudgedRows(RuleBasedStateMachine):
    """Candidates that are drafted, answered, judged, kept, edited and exported in any order."""

    @initialize()
    def open(self):
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.context = self.run(self._open())
        chosen = next_candidates(
            self.context.windows,
            round_=1,
            missing=CANDIDATES_TRIED,
            rate=1.0,
            most=CANDIDATES_TRIED,
            asked={},
            exhausted=set(),
        )
        self.context.ledger.plan(chosen)
        self.states = [QuestionState(candidate) for candidate in chosen]
        self.judged: dict[int, tuple[str, ...]] = {}
        self.kept: dict[int, tuple[str, ...]] = {}

    def run(self, awaitable):
        return self.loop.run_until_complete(awaitable)

    async def _open(self):
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "manuals").mkdir()
        (folder / "manuals" / "press.json").write_text(json.dumps(PAGES), "utf-8")
        run = folder / "run"
        run.mkdir()
        wanted = read_brief({}, "the test's brief")
        given = read_settings(model="offline", by_role={}, concurrency=1)
        context = await self.stack.enter_async_context(open_context(run, wanted, given, None))
        await ingest_folder(str(folder / "manuals"), context, emit=lambda _: None)
        return context

    @rule(which=WHICH, word=WORDS)
    def revise(self, which, word):
        asked = Question(text=f"What is the {word}?", quote="", kind="value", difficulty="easy")
        self.states[which] = replace(self.states[which], question=asked, critique=SCORED)

    @rule(which=WHICH, word=WORDS)
    def answer(self, which, word):
        window = self.states[which].candidate.window
        document = self.context.library.document(window.document_id)
        quote = document.text[window.start : window.start + 40]
        place = (document.path, window.start, window.start + 40)
        passage = ContextPassage(
            passage_id=f"{document.id}:0-40",
            document=place[0],
            start=place[1],
            end=place[2],
            text=quote,
            role="oracle",
        )
        citation = RowCitation(
            passage_id=passage.passage_id,
            document=place[0],
            start=place[1],
            end=place[2],
            quote=quote,
        )
        self.states[which] = replace(
            self.states[which],
            answer=Answer(abstained=False, text=f"The {word}.", citations=[], missing=""),
            citations=(citation,),
            context=(passage,),
        )

    @rule(which=WHICH, word=WORDS)
    def change_what_was_cited(self, which, word):
        state = self.states[which]
        if state.citations:
            changed = state.citations[0].model_copy(update={"quote": word})
            self.states[which] = replace(state, citations=(changed,))

    @rule(which=WHICH)
    def judge(self, which):
        if self._bind_verdict(which):
            state = self.states[which]
            self.run(self.context.ledger.judge(state.candidate.id, state.verdict.sha256))
            self.judged[which] = self._said(which)

    @rule(which=WHICH)
    def keep_without_a_judge(self, which):
        if which not in self.judged and which not in self.kept and self._bind_verdict(which):
            self._accept(which, self.run(make_row(self.states[which], self.context)))
            self.states[which] = replace(self.states[which], verdict=None)

    def _bind_verdict(self, which):
        state = self.states[which]
        if not (state.question and state.answer):
            return False
        said = (state.question.text, state.context)
        prompt = self.run(row_prompt(*said, state.candidate.window, self.context))
        said = (state.question.text, state.answer.text, state.context, state.citations)
        verdict = replace(ACCEPT, sha256=judged_hash(*said, prompt))
        self.states[which] = replace(state, judgement=JUDGED, verdict=verdict)
        return True

    def _accept(self, which, row):
        if self.run(self.context.ledger.accept(row.id, row, drafts=1, answers=1, life=[])):
            self.kept[which] = self._said(which)

    @rule(which=WHICH)
    def keep(self, which):
        state = self.states[which]
        if not (state.question and state.answer and state.verdict):
            return
        try:
            row = self.run(make_row(state, self.context))
        except UnjudgedRowError:
            assert self._said(which) != self.judged[which]
            return
        assert self._said(which) == self.judged[which]
        self._accept(which, row)

    @rule(
        which=WHICH,
        word=WORDS,
        field=st.sampled_from(["question", "answer", "system", "sha256"]),
    )
    def edit_by_hand(self, which, word, field):
        if which in self.kept:
            entry = self.context.ledger.entry(self.states[which].candidate.id)
            edited = entry.row.model_copy(update={field: f"Another {word}?"})
            edit_row(self.context, edited)
            self.kept[which] = (field, word)

    @invariant()
    def exported_is_what_was_judged(self):
        export_dataset(self.context, "Rows")
        run = self.context.run
        exported = {row.id for _, row in read_rows(run / "dataset")}
        lines = (run / "rejected.jsonl").read_text("utf-8").splitlines()
        rejected = {line["id"]: line["reason"] for line in map(json.loads, lines)}
        kept = {self.states[which].candidate.id: self._why_rejected(which) for which in self.kept}
        assert exported == {id for id, why in kept.items() if not why}
        assert rejected == {id: why for id, why in kept.items() if why}

    def _why_rejected(self, which):
        if which not in self.judged:
            return "unjudged"
        if self.kept[which] != self.judged[which]:
            return "altered"
        return "span_is_not_its_text" if set(self.kept[which][2:]) & set(WORDS_USED) else ""

    def _said(self, which):
        state = self.states[which]
        quoted = tuple(citation.quote for citation in state.citations)
        return (state.question.text, state.answer.text, *quoted)

    def teardown(self):
        if hasattr(self, "stack"):
            self.run(self.stack.aclose())
            self.loop.close()


JudgedRows.TestCase.settings = settings(max_examples=20, stateful_step_count=20)
test_rows_are_exported_as_judged = JudgedRows.TestCase
