"""Whole runs whose rows abstain in part: derived from accepted rows, in a closed world."""

import json
from collections import Counter
from contextlib import AsyncExitStack

import pyarrow.parquet as pq

from app.opening import open_context
from app.settings import read_settings
from graph.brief import read_brief
from graph.dataset import dataset_graph
from graph.state import DatasetInput
from tests.conftest import ROOT
from tests.graph.conftest import edit_row

EXAMPLES = ROOT / "examples" / "manuals"


async def run(folder, manuals, machines=None, **brief):
    folder.mkdir(exist_ok=True)
    settings = read_settings(model="offline", by_role={}, concurrency=4)
    wanted = read_brief({"distractors": 3, **brief}, "the test's brief")
    async with AsyncExitStack() as stack:
        context = await stack.enter_async_context(open_context(folder, wanted, settings, machines))
        ended = await dataset_graph.ainvoke(DatasetInput(str(manuals)), context=context)
    return ended, pq.read_table(folder / "dataset/rows.parquet").to_pylist()


async def test_share_is_met_and_twins_are_linked(tmp_path):
    machines = EXAMPLES / "machines.csv"
    ended, rows = await run(
        tmp_path / "run", EXAMPLES, machines, rows=30, unanswerable=0.2, languages=["en"]
    )
    assert (ended["decision"], ended["report"].accepted, ended["note"]) == ("export", 30, "")
    by_id = {row["id"]: row for row in rows}
    closed = [row for row in rows if not row["answerable"]]
    assert len(closed) == ended["report"].abstaining == 6
    assert len({row["variant"] for row in closed}) > 1
    for row in closed:
        twin = by_id[row["derived_from"]]
        assert twin["answerable"]
        assert row["split"] == twin["split"]
        assert row["sha256"]
        if row["variant"] == "false_premise":
            assert row["citations"] == twin["citations"]
        else:
            assert row["question"] == twin["question"]
            assert (row["citations"], row["oracle_positions"]) == ([], [])
            assert not {p["passage_id"] for p in row["context"]} & {
                p["passage_id"] for p in twin["context"] if p["role"] == "oracle"
            }
    assert {row["derived_from"] for row in rows if row["variant"] == "drafted"} == {None}


async def test_near_miss_shows_and_names_the_sibling(tmp_path):
    _, rows = await run(
        tmp_path / "run",
        EXAMPLES,
        EXAMPLES / "machines.csv",
        rows=30,
        unanswerable=0.2,
        abstentions=["near_miss"],
        languages=["en"],
    )
    found = [row for row in rows if row["variant"] == "near_miss"]
    siblings = {"Ares 200": "Ares 250", "Ares 250": "Ares 200"}
    assert found
    for row in found:
        assert siblings[row["machine_name"]] in row["answer"]
        assert row["machine_name"] in row["question"]
        assert "sibling_contrast" in {passage["relation"] for passage in row["context"]}


async def test_too_few_to_derive_leaves_the_rows_complete(tmp_path):
    ended, rows = await run(
        tmp_path / "run", EXAMPLES, rows=6, unanswerable=0.5, abstentions=["near_miss"]
    )
    assert (ended["decision"], len(rows)) == ("export", 6)
    assert ended.get("reason", "") == ""
    assert "0 rows abstain where `unanswerable` in brief.yaml asks for 3" in ended["note"]


async def test_too_few_contrasts_are_told(tmp_path):
    machines = EXAMPLES / "machines.csv"
    wanted = {"rows": 4, "unanswerable": 0, "contrasts": 0.5, "languages": ["en"]}
    ended, rows = await run(tmp_path / "run", EXAMPLES, machines, **wanted)
    made = sum(row["variant"] == "contrast" for row in rows)
    told = f"{made} rows are contrasts where `contrasts` in brief.yaml asks for 2"
    assert (told in ended["note"]) == (made < 2)
    assert made < 2


async def test_interrupted_run_ends_with_the_same_dataset(tmp_path):
    wanted = {"rows": 14, "unanswerable": 0.3, "languages": ["en"]}
    machines = EXAMPLES / "machines.csv"
    await run(tmp_path / "whole", EXAMPLES, machines, **wanted)
    whole = (tmp_path / "whole/dataset/manifest.json").read_bytes()
    calls = 0
    for calls in range(15, 200, 15):
        limits = {"calls": calls}
        ended, rows = await run(tmp_path / "cut", EXAMPLES, machines, **wanted, limits=limits)
        if "limits.calls" not in ended.get("reason", "") and len(rows) == 14:
            break
    assert calls > 60
    assert (tmp_path / "cut/dataset/manifest.json").read_bytes() == whole


async def test_twins_go_with_their_origin(tmp_path):
    machines = EXAMPLES / "machines.csv"
    wanted = {"rows": 12, "unanswerable": 0.25, "languages": ["en"]}
    folder = tmp_path / "run"
    _, rows = await run(folder, EXAMPLES, machines, **wanted)
    origin = next(row["derived_from"] for row in rows if row["derived_from"])
    settings = read_settings(model="offline", by_role={}, concurrency=1)
    brief = read_brief({"distractors": 3, **wanted}, "the test's brief")
    async with open_context(folder, brief, settings, machines) as context:
        entry = context.ledger.entry(origin)
        assert entry is not None
        assert entry.row is not None
        altered = entry.row.model_copy(update={"answer": "42 Nm."})
        edit_row(context, altered)
        ended = await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=context)
    assert ended["report"].accepted == 12
    after = pq.read_table(folder / "dataset/rows.parquet").to_pylist()
    assert origin not in {row["id"] for row in after} | {row["derived_from"] for row in after}
    rejected = [json.loads(line) for line in (folder / "rejected.jsonl").open(encoding="utf-8")]
    reasons = Counter(line["reason"] for line in rejected)
    assert reasons["altered"] == 1
    assert reasons[f"origin_set_aside of {origin}"] >= 1
