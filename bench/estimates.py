"""How often the truth of a run lies inside what was estimated before it.

    python -m bench.estimates [DIRS…] [--rows 20 60 150] [--seeds 0 1] [--sample 12]
                              [--variations plain strict shy] [--latency 0.3] [--each]

Each folder is estimated and then run on the same run folder, with the offline model as it is
(`plain`), with a critic that rejects a seeded share of what it would pass (`strict`), and with an
answerer that finds nothing for a seeded share of the questions (`shy`). Each call takes about the
latency, as a server's would, and its tokens have a price. Prints one JSON line: for each figure the
share of runs whose truth lay inside, with Wilson's interval, and how many times the lower end the
upper end is, in the mean and at most. `--each` prints a line for each run before it.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import tempfile
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from agents.journal import Spent
from agents.offline import OfflineModel
from agents.prices import Price
from app.directory import machine_source
from app.estimating import SAMPLE, estimate
from app.expected import Estimate, Truth, beside_truth
from app.opening import open_books, open_context
from app.run_file import RunFile, machines_of
from app.runs import create_run
from app.settings import Settings, read_settings
from bench.intervals import share
from graph.brief import Brief
from graph.context import Context
from graph.dataset import dataset_graph
from graph.state import DatasetInput

EXAMPLES = Path(__file__).parent.parent / "examples" / "manuals"
SHARES = {"plain": (0.0, 0.0), "strict": (0.35, 0.0), "shy": (0.0, 0.35), "both": (0.25, 0.25)}
"""By variation: the shares of critiques and of answers that are turned into refusals."""
SERVED = "openai:fussy"
PRICES = {SERVED: Price(input=3.0, output=12.0)}
SPREAD = 0.3
"""The standard deviation of the logarithm of a call's latency."""


class FussyModel(OfflineModel):
    """The offline model, whose critic and answerer refuse a seeded share of what they pass."""

    critic: float = 0.0
    answerer: float = 0.0
    seed: int = 0
    latency: float = 0.0

    async def _agenerate(self, *args: Any, **kwargs: Any) -> ChatResult:
        if self.latency:
            await asyncio.sleep(self.latency * random.lognormvariate(0, SPREAD))
        return await super()._agenerate(*args, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: object = None,
        **kwargs: Any,
    ) -> ChatResult:
        made = super()._generate(messages, stop, **kwargs)
        wanted = kwargs.get("response_format")
        kind = wanted["json_schema"]["name"] if wanted else ""
        reply = made.generations[0].message
        if not self._refuses(kind, messages):
            return made
        values = json.loads(str(reply.content))
        if kind == "Critique":
            values |= {"relevance": 2, "instructions": "Ask about something else."}
        else:
            values |= {"abstained": True, "citations": [], "missing": "The passages do not say."}
        message = AIMessage(json.dumps(values, ensure_ascii=False))
        assert isinstance(reply, AIMessage)
        message.usage_metadata = reply.usage_metadata
        message.response_metadata = reply.response_metadata
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _refuses(self, kind: str, messages: Sequence[BaseMessage]) -> bool:
        least = {"Critique": self.critic, "Answer": self.answerer}.get(kind, 0.0)
        text = f"{self.seed}\0" + "\0".join(str(message.content) for message in messages)
        drawn = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
        return drawn / 2**32 < least


@dataclass(frozen=True, slots=True)
class Case:
    """One run to be estimated and made."""

    manuals: Path
    rows: int
    seed: int
    variation: str
    latency: float


def measure(case: Case, run: Path, sample: int) -> tuple[Estimate, list[Truth]]:
    """Estimate a run, make it, and return each figure beside what it came to."""
    brief = Brief(rows=case.rows, seed=case.seed)
    settings = read_settings(model="offline", by_role={}, concurrency=None)
    source = machine_source(case.manuals, None, settings)
    started = create_run(run, case.manuals, brief, settings, source)
    expected = asyncio.run(_estimated(case, run, started, brief, settings, sample))
    asyncio.run(_made(case, run, started, brief, settings))
    with open_books(run) as (_, journal):
        spent: list[Spent] = journal.spent()
        return expected, beside_truth(expected, spent, PRICES, journal.worked())


@asynccontextmanager
async def _opened(
    case: Case, run: Path, started: RunFile, brief: Brief, settings: Settings
) -> AsyncGenerator[Context]:
    critic, answerer = SHARES[case.variation]
    chat = FussyModel(critic=critic, answerer=answerer, seed=case.seed, latency=case.latency)
    async with open_context(run, brief, settings, machines_of(run, started)) as context:
        models = context.models.items()
        context.models = {role: replace(model, name=SERVED, chat=chat) for role, model in models}
        yield context


async def _estimated(
    case: Case, run: Path, started: RunFile, brief: Brief, settings: Settings, sample: int
) -> Estimate:
    async with _opened(case, run, started, brief, settings) as context:
        return await estimate(
            started.manuals, context, sample=sample, prices=PRICES, say=lambda _: None
        )


async def _made(case: Case, run: Path, started: RunFile, brief: Brief, settings: Settings) -> None:
    async with _opened(case, run, started, brief, settings) as context:
        await dataset_graph.ainvoke(DatasetInput(started.manuals), context=context)


def summed(measured: Sequence[tuple[Estimate, list[Truth]]]) -> dict[str, object]:
    """Return coverage and width of each figure over all runs."""
    found: dict[str, object] = {"runs": len(measured)}
    every = [truth for _, truths in measured for truth in truths]
    for name in dict.fromkeys(truth.name for truth in every):
        of_name = [truth for truth in every if truth.name == name]
        ratios = [truth.expected.ratio for truth in of_name]
        found[name] = {
            "inside": share(sum(truth.inside for truth in of_name), len(of_name)),
            "high_to_low": round(fmean(ratios), 2),
            "most": round(max(ratios), 2),
            "over_two": sum(ratio > 2 for ratio in ratios),
        }
    return found


def _told(case: Case, truths: Sequence[Truth]) -> dict[str, object]:
    said = {
        truth.name: [
            round(each, 2) for each in (truth.expected.low, truth.truth, truth.expected.high)
        ]
        for truth in truths
    }
    missed = [truth.name for truth in truths if not truth.inside]
    case_said = f"{case.manuals.name} {case.rows} {case.seed} {case.variation}"
    return {"case": case_said, **said, "missed": missed}


def _cases(folders: Sequence[Path], options: argparse.Namespace) -> Iterator[Case]:
    for manuals in folders:
        for rows, seed, variation in product(options.rows, options.seeds, options.variations):
            yield Case(manuals, rows, seed, variation, options.latency)


def main() -> None:
    """Estimate and run every case, and print the coverage."""
    parser = argparse.ArgumentParser(prog="python -m bench.estimates")
    parser.add_argument("manuals", type=Path, nargs="*", metavar="DIRS")
    parser.add_argument("--rows", type=int, nargs="+", default=[20, 60, 150])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--sample", type=int, default=SAMPLE)
    parser.add_argument("--variations", nargs="+", default=["plain"], choices=[*SHARES])
    parser.add_argument("--latency", type=float, default=0.3, help="seconds; 0 for none")
    parser.add_argument("--each", action="store_true")
    options = parser.parse_args()
    measured: list[tuple[Estimate, list[Truth]]] = []
    for case in _cases(options.manuals or [EXAMPLES], options):
        with tempfile.TemporaryDirectory() as folder:
            measured.append(measure(case, Path(folder) / "run", options.sample))
        if options.each:
            print(json.dumps(_told(case, measured[-1][1])), flush=True)
    print(json.dumps(summed(measured)))


if __name__ == "__main__":
    main()
