"""How planning, claiming, finishing and assessing grow with a run: `python -m bench.scale`.

A run of so many candidates walks the real nodes of the dataset graph (plan, farm, assess) over an
invented library; only the question graph is a stub that judges and accepts a row of several KB,
or drops the candidate. Each size is a process of its own. Times are µs a candidate, wall and CPU;
making the invented rows is left out. Near-duplicates are compared once, at the end, and told
apart. The libraries have a window for every `--rounds` candidates: all sizes take as many rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langgraph.runtime import Runtime

from app.opening import open_context
from app.settings import read_settings
from bench.duplicates_scale import Passage, peak_megabytes, synthetic_passage
from checks.abstentions import has_value
from checks.duplicates import Asked
from graph import assess, farm
from graph.brief import Brief, Windows, read_brief
from graph.context import Context
from graph.dataset import assess as assess_node
from graph.dataset import farm as farm_node
from graph.dataset import plan as plan_node
from graph.quality import judged_hash
from graph.state import Candidate, DatasetState, QuestionInput, Step
from tools.documents import Document, Page, Section
from tools.library import Library
from training.rows import ABSTAINING, ContextPassage, RowCitation, Scores, TrainingRow

SIZES = "10000,100000,1000000"
PAGES_A_DOCUMENT = 100
KEPT = 0.7
ASKED_FOR_PROGRESS = 20
WALK = ("plan", "farm", "assess")
PARTS = (*WALK, "assess_with_duplicates")
SCORES = Scores(relevance=9, global_relevance=8, coverage=9, faithfulness=9, completeness=8)
SURROUNDING = " ".join(f"The guard of station {n} is closed before it starts." for n in range(16))


@dataclass(slots=True)
class Clock:
    """Seconds by part of the work, on the wall and on the CPU."""

    wall: defaultdict[str, float] = field(default_factory=lambda: defaultdict[str, float](float))
    cpu: defaultdict[str, float] = field(default_factory=lambda: defaultdict[str, float](float))

    @contextmanager
    def of(self, part: str, sign: int = 1) -> Generator[None]:
        """Count a block as a part's; with the sign -1, as none of it."""
        began, worked = time.perf_counter(), time.process_time()
        yield
        self.wall[part] += sign * (time.perf_counter() - began)
        self.cpu[part] += sign * (time.process_time() - worked)


def invented_library(windows: int, seed: int) -> tuple[Library, dict[tuple[str, int], Passage]]:
    """Return documents of one window a page, and the passage on each page."""
    passages: dict[tuple[str, int], Passage] = {}
    documents: list[Document] = []
    chosen = random.Random(seed)
    for first in range(0, windows, PAGES_A_DOCUMENT):
        id, at = f"d{first:07}", 0
        texts: list[str] = []
        pages: list[Page] = []
        for number in range(first, min(first + PAGES_A_DOCUMENT, windows)):
            passage = passages[id, at] = synthetic_passage(chosen, number)
            texts.append(f"{passage.text} ".ljust(220, "."))
            pages.append(Page(len(pages) + 1, at, at + len(texts[-1]), "en"))
            at = pages[-1].end
        sections = tuple(Section((f"Part {p.number}",), p.start, p.end) for p in pages)
        documents.append(
            Document(id, f"{id}.md", id, id, "".join(texts), tuple(pages), sections, True)
        )
    return Library(documents), passages


class Stub:
    """What stands for the question graph: an outcome for each candidate, the same for its id."""

    def __init__(
        self, passages: dict[tuple[str, int], Passage], brief: Brief, clock: Clock
    ) -> None:
        self._clock = clock
        self._passages = passages
        self._brief = brief

    async def run_apart(self, given: QuestionInput, context: Context) -> None:
        """Finish a candidate as the question graph would."""
        candidate = given.candidate
        with self._clock.of("farm", -1):
            chosen = random.Random(f"{self._brief.seed} {candidate.id}")
            row, is_kept = self._row(candidate, chosen), chosen.random() < KEPT
        life = [Step("draft", row.question), Step("critique", "accept: …")]
        ledger = context.ledger
        if is_kept:
            await ledger.judge(candidate.id, row.sha256)
            await ledger.accept(candidate.id, row, drafts=1, answers=1, life=life)
        else:
            said = row.question
            await ledger.drop(
                candidate.id, "low_coverage", question=said, drafts=2, answers=0, life=life
            )

    def _row(self, candidate: Candidate, chosen: random.Random) -> TrainingRow:
        window = candidate.window
        passage = self._passages[window.document_id, window.start]
        wordings, answer = passage.asked[candidate.round % len(passage.asked)]
        citation = RowCitation(
            passage_id=window.id,
            document=f"{window.document_id}.md",
            start=window.start,
            end=window.start + len(passage.text),
            quote=passage.text,
        )
        shown = citation.model_dump(exclude={"quote"})
        context = [
            ContextPassage(**shown, text=passage.text, role="oracle"),
            *(
                ContextPassage(**shown, text=f"{number}. {SURROUNDING}", role="distractor")
                for number in range(4)
            ),
        ]
        question = wordings[chosen.random() < 0.1]
        prompt = ("Answer from the passages.", "\n".join(each.text for each in context))
        return TrainingRow(
            id=candidate.id,
            question=question,
            answer=answer,
            answerable=candidate.variant not in ABSTAINING,
            kind="value",
            difficulty="easy",
            language="en",
            document=citation.document,
            machine_code=None,
            machine_name=None,
            pages=window.pages,
            section=f"Part {window.pages[0]}",
            context=tuple(context),
            oracle_positions=(0,),
            citations=(citation,),
            scores=SCORES,
            reasons="It is answered by the passage.",
            attempts=2,
            models={"generator": "stub"},
            prompt_hashes={"draft": "0"},
            sha256=judged_hash(question, answer, context, [citation], prompt),
            system=prompt[0],
            user=prompt[1],
            sections=(window.id,),
            variant=candidate.variant,
            derived_from=candidate.origin,
        )


async def walk(count: int, rounds: int, seed: int, run: Path) -> dict[str, Any]:
    """Take a run of so many candidates to its end; return what it cost."""
    wanted = {
        "rows": round(count * 0.6),
        "unanswerable": 0.1,
        "abstentions": ["unanswerable"],
        "windows": Windows(input_pages=1).model_dump(),
        "limits": {"candidates": count},
        "seed": seed,
    }
    brief, clock = read_brief(wanted, "the bench's brief"), Clock()
    library, passages = invented_library(count // rounds, seed)
    settings = read_settings(model="offline", by_role={}, concurrency=32)
    stub = Stub(passages, brief, clock)
    near, farm.run_apart = assess.near_duplicates, stub.run_apart  # pyright: ignore[reportPrivateUsage]
    assess.near_duplicates = no_duplicates
    # Units are read at first use, and are no candidate's cost.
    has_value("Is it 24 Nm after 3 h?", "It is 26 Nm after 5 h at 2 bar.", "en")
    async with open_context(run, brief, settings, None) as context:
        context.__dict__["library"] = library
        runtime = Runtime(context=context, stream_writer=lambda _: None)
        state = DatasetState("invented")
        while state.decision == "again":
            for node in (plan_node, farm_node, assess_node):
                with clock.of(node.__name__):
                    update = await node(state, runtime)
                for name, value in update.items():
                    setattr(state, name, value)
        for _ in range(ASKED_FOR_PROGRESS):
            with clock.of("progress"):
                context.ledger.progress()
        walked, peak = context.ledger.progress(), peak_megabytes()
        assess.near_duplicates = near
        with clock.of("assess_with_duplicates"):
            report = await assess.assess_rows(context)
    size = sum(path.stat().st_size for path in run.glob("ledger.sqlite*"))
    return {
        "candidates": walked.planned,
        "accepted": walked.accepted,
        "rounds": state.round,
        "duplicates": report.dropped.get("duplicate", 0),
        "progress_ms": round(1e3 * clock.wall.pop("progress") / ASKED_FOR_PROGRESS, 2),
        "wall": per_candidate(clock.wall, walked.planned),
        "cpu": per_candidate(clock.cpu, walked.planned),
        "peak_mb": round(peak),
        "peak_mb_with_duplicates": round(peak_megabytes()),
        "ledger_mb": round(size / 2**20),
    }


def no_duplicates(rows: Sequence[Asked], vectors: Sequence[Sequence[float]] = ()) -> dict[str, str]:
    """Find none: what stands for the comparison while the walk is timed."""
    return {}


def per_candidate(seconds: Mapping[str, float], candidates: int) -> dict[str, float]:
    """Return the µs a candidate of each part, and of the walk in all."""
    found = {part: round(1e6 * seconds[part] / candidates, 1) for part in PARTS}
    return found | {"walk": round(sum(found[part] for part in WALK), 1)}


def apart(size: int, options: argparse.Namespace) -> dict[str, Any]:
    """Walk one size in a process of its own."""
    command = [sys.executable, "-m", "bench.scale", "--one", str(size)]
    command += ["--rounds", str(options.rounds), "--seed", str(options.seed)]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(told.splitlines()[-1])


def main() -> None:
    """Print one JSON line."""
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--one", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.one:
        with tempfile.TemporaryDirectory(prefix="officina-scale-") as folder:
            found = asyncio.run(walk(options.one, options.rounds, options.seed, Path(folder)))
        print(json.dumps(found))
        return
    sizes = [int(size) for size in options.sizes.split(",")]
    found = {size: apart(size, options) for size in sizes}
    first, last = found[sizes[0]], found[sizes[-1]]
    ratios = {
        kind: {part: round(last[kind][part] / first[kind][part], 2) for part in first[kind]}
        for kind in ("wall", "cpu")
    }
    print(json.dumps({"sizes": found, "ratios": ratios}))


if __name__ == "__main__":
    main()
