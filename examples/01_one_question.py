"""One question, from a window of a manual to a row or to a reason.

Run it with: python examples/01_one_question.py
"""

import asyncio
import tempfile
from pathlib import Path

from app.opening import open_context
from app.settings import read_settings
from graph.brief import Brief
from graph.ingest import ingest_folder
from graph.plan import next_candidates, windows
from graph.question import question_graph
from graph.state import QuestionInput

MANUALS = Path(__file__).parent / "manuals"


async def main() -> None:
    """Write one question about the first window, and show what became of it."""
    brief = Brief(languages=["en"])
    settings = read_settings(model="offline", by_role={}, concurrency=1)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        async with open_context(run, brief, settings, MANUALS / "machines.csv") as context:
            await ingest_folder(str(MANUALS), context, emit=print)
            known = windows(context.library.documents, brief)
            (candidate,) = next_candidates(
                known, round_=1, missing=1, rate=1.0, most=1, asked={}, exhausted=set()
            )
            context.ledger.plan([candidate])
            result = await question_graph.ainvoke(QuestionInput(candidate), context=context)
            entry = context.ledger.entry(candidate.id)
            assert entry is not None
            for step in entry.life:
                print(f"{step.name:9} {step.said}")
            print(result["outcome"])


asyncio.run(main())
