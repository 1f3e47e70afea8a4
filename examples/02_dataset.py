"""A dataset from a folder of manuals, streamed while it is made.

Run it with: python examples/02_dataset.py
"""

import asyncio
import tempfile
from pathlib import Path

from app.opening import open_context
from app.settings import read_settings
from graph.brief import Brief
from graph.dataset import dataset_graph
from graph.state import DatasetInput

MANUALS = Path(__file__).parent / "manuals"


async def main() -> None:
    """Make twelve rows and print where they are."""
    brief = Brief(rows=12, languages=["it", "en"], distractors=2)
    settings = read_settings(model="offline", by_role={}, concurrency=8)
    run = Path(tempfile.mkdtemp(prefix="officina-"))
    async with open_context(run, brief, settings, MANUALS / "machines.csv") as context:
        stream = dataset_graph.astream(
            DatasetInput(str(MANUALS)), context=context, stream_mode=["custom", "values"]
        )
        async for mode, value in stream:
            if mode == "custom" and value["event"] == "accepted":
                print(value["question"])
            elif mode == "values" and value.get("dataset"):
                print(f"{value['report'].accepted} rows in {value['dataset']}")


asyncio.run(main())
