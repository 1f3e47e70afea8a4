"""Whole runs of the dataset graph: wanted rows, short runs, limits, replays."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from agents.faults import ModelUnavailableError
from agents.offline import OfflineModel
from app.opening import open_context
from app.settings import read_settings
from app.state import open_books
from graph.brief import Brief, read_brief
from graph.dataset import dataset_graph
from graph.state import DatasetInput
from tests.conftest import ROOT
from tests.graph.conftest import edit_row
from tests.openai_server import answering_with, refusal, serving
from tools.documents import DocumentError

EXAMPLES = ROOT / "examples" / "manuals"


async def make(run, manuals=EXAMPLES, machines=EXAMPLES / "machines.csv", **brief):
    run.mkdir(exist_ok=True)
    settings = read_settings(model="offline", by_role={}, concurrency=8)
    wanted = read_brief({"rows": 12, "distractors": 2, "languages": ["en"], **brief}, "brief")
    events = []
    async with open_context(run, wanted, settings, machines) as context:
        stream = dataset_graph.astream(
            DatasetInput(str(manuals)), context=context, stream_mode=["custom", "values"]
        )
        async for mode, value in stream:
            if mode == "custom":
                events.append(value["event"])
        return value, events, context


def sums(run: Path) -> bytes:
    return (run / "dataset" / "manifest.json").read_bytes()


async def test_run_ends_with_the_rows_wanted(tmp_path):
    ended, events, _ = await make(tmp_path / "run")
    assert (ended["decision"], ended["report"].accepted) == ("export", 12)
    rows = pq.read_table(tmp_path / "run/dataset/rows.parquet").to_pylist()
    assert len(rows) == 12
    assert events[0] == "reading"
    assert events.count("accepted") >= 12
    assert events[-1] == "exported"


async def test_every_span_stands_in_its_document(tmp_path):
    _, _, context = await make(tmp_path / "run")
    rows = pq.read_table(tmp_path / "run/dataset/rows.parquet").to_pylist()
    for row in rows:
        for span in [*row["context"], *row["citations"]]:
            text = context.library.by_path(span["document"]).text
            assert text[span["start"] : span["end"]] == span.get("text", span.get("quote"))
        cited = {citation["passage_id"] for citation in row["citations"]}
        oracles = {p["passage_id"] for p in row["context"] if p["role"] == "oracle"}
        assert cited == oracles
        assert {row["context"][at]["passage_id"] for at in row["oracle_positions"]} == oracles


async def test_no_row_names_another_machine(tmp_path):
    await make(tmp_path / "run", rows=30)
    rows = pq.read_table(tmp_path / "run/dataset/rows.parquet").to_pylist()
    names = {"Ares 200", "Ares 250", "Vega 40"}
    assert {row["machine_name"] for row in rows} == names
    for row in rows:
        assert row["machine_name"] in row["question"]
        assert row["machine_name"] in row["system"]
        said = row["question"] + row["answer"]
        assert not [name for name in names - {row["machine_name"]} if name in said]


async def test_without_a_machines_file_nothing_names_one(tmp_path):
    ended, _, _ = await make(tmp_path / "run", machines=None, rows=6)
    assert ended["report"].accepted == 6
    rows = pq.read_table(tmp_path / "run/dataset/rows.parquet").to_pylist()
    assert {row["machine_code"] for row in rows} == {None}
    assert not [row for row in rows if "about the machine" in row["system"]]


async def test_call_limit_stops_short_and_resumes(tmp_path):
    short, _, context = await make(tmp_path / "run", limits={"calls": 20})
    assert short["decision"] == "stop_short"
    assert "limits.calls" in short["reason"]
    assert context.calls.journal.count() <= 20
    ended, _, _ = await make(tmp_path / "run", limits={"calls": 2000})
    assert (ended["decision"], ended["report"].accepted) == ("export", 12)


async def test_limit_reached_late_is_gone_past_to_the_same_dataset(tmp_path):
    _, _, context = await make(tmp_path / "whole")
    needed = context.calls.journal.count()
    for left_out in (1, 6):
        run = tmp_path / str(left_out)
        short, _, context = await make(run, limits={"calls": needed - left_out})
        assert short["decision"] == "stop_short"
        assert "12 of 12 rows" in short["reason"]
        assert f"limit of {needed - left_out} model calls is reached" in short["reason"]
        assert context.ledger.open_candidates()
        ended, _, _ = await make(run, limits={"calls": needed})
        assert ended["decision"] == "export"
        assert sums(run) == sums(tmp_path / "whole")


async def test_short_run_says_what_was_missing(tmp_path):
    manuals = tmp_path / "one"
    manuals.mkdir()
    page = "# Jaw\n\nThe sealing jaw must be tightened to 24 Nm with a wrench.\n\n" + (
        "Clean the jaw with a soft cloth before the machine is started again in the morning. " * 3
    )
    (manuals / "a.md").write_text(page, encoding="utf-8")
    ended, _, _ = await make(tmp_path / "run", manuals=manuals, machines=None)
    assert ended["decision"] == "stop_short"
    assert "of 12 rows" in ended["reason"]
    assert "with more manuals" in ended["reason"]
    assert "1 distinct sentences with a digit" in ended["reason"]


async def test_second_invocation_changes_nothing(tmp_path):
    run = tmp_path / "run"
    _, _, first = await make(run)
    manifest = (run / "dataset/manifest.json").read_bytes()
    calls = first.calls.journal.count()
    _, _, second = await make(run)
    assert (run / "dataset/manifest.json").read_bytes() == manifest
    assert second.calls.journal.count() == calls
    assert second.calls.replayed == 0


async def test_width_does_not_change_the_dataset(tmp_path):
    manifests = set()
    for width in (1, 7):
        run = tmp_path / str(width)
        run.mkdir()
        settings = read_settings(model="offline", by_role={}, concurrency=width)
        brief = read_brief({"rows": 10, "languages": ["it"]}, "brief")
        async with open_context(run, brief, settings, EXAMPLES / "machines.csv") as context:
            await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=context)
        manifests.add((run / "dataset/manifest.json").read_bytes())
    assert len(manifests) == 1


async def test_unreadable_files_are_noted_and_the_run_goes_on(tmp_path, manuals):
    (manuals / "broken.json").write_text('{"page_1": ', encoding="utf-8")
    (manuals / "empty.md").write_text("", encoding="utf-8")
    _, _, context = await make(tmp_path / "run", manuals=manuals, machines=None, rows=1)
    noted = {note.path for note in context.ledger.notes() if note.kind == "unreadable"}
    assert noted == {"broken.json", "empty.md"}


async def test_folder_without_manuals_is_a_sentence(tmp_path):
    manuals = tmp_path / "none"
    manuals.mkdir()
    (manuals / "broken.json").write_text("{", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"broken\.json"):
        await make(tmp_path / "run", manuals=manuals, machines=None)


async def test_short_documents_are_skipped_and_listed(tmp_path, manuals):
    (manuals / "leaf.md").write_text("# Leaf\n\nOne page only.", encoding="utf-8")
    _, _, context = await make(
        tmp_path / "run", manuals=manuals, machines=None, rows=1, least_pages=3
    )
    assert [note.path for note in context.ledger.notes() if note.kind == "skipped"] == ["leaf.md"]
    assert [document.path for document in context.library.documents] == ["press.json"]


async def test_documents_without_a_machine_are_listed(tmp_path, manuals):
    names = tmp_path / "machines.csv"
    names.write_text("filename,machine_name,machine_code\nother.md,Vega 40,VG40\n")
    _, _, context = await make(tmp_path / "run", manuals=manuals, machines=names, rows=1)
    assert [n.path for n in context.ledger.notes() if n.kind == "no_machine"] == ["press.json"]


async def test_altered_row_is_rejected_and_replaced(tmp_path):
    run = tmp_path / "run"
    _, _, context = await make(run)
    entry, *_ = context.ledger.entries("accepted")
    altered = entry.row.model_copy(update={"answer": "42 Nm."})
    settings = read_settings(model="offline", by_role={}, concurrency=1)
    brief = context.brief
    async with open_context(run, brief, settings, EXAMPLES / "machines.csv") as again:
        edit_row(again, altered)
        await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=again)
    rows = pq.read_table(run / "dataset/rows.parquet").to_pylist()
    assert len(rows) == 12
    assert altered.id not in {row["id"] for row in rows}
    rejected = [json.loads(line) for line in (run / "rejected.jsonl").open(encoding="utf-8")]
    assert {"altered"} == {line["reason"] for line in rejected if line["id"] == altered.id}


async def test_languages_that_do_not_occur_are_told(tmp_path, manuals):
    ended, _, _ = await make(tmp_path / "run", manuals=manuals, machines=None, languages=["de"])
    assert ended["decision"] == "stop_short"
    assert "`languages` in brief.yaml is de" in ended["reason"]
    assert "en 4" in ended["reason"]


async def test_server_that_never_answers_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    (tmp_path / "officina.yaml").write_text("patience: 0.3\n", encoding="utf-8")
    run = tmp_path / "run"
    run.mkdir()
    with serving(lambda _: refusal(503, "down")) as url:
        settings = read_settings(model=f"openai:m@{url}", by_role={}, concurrency=4)
        with pytest.raises(ModelUnavailableError, match="busy or failing"):
            async with open_context(run, Brief(), settings, None):
                pass


async def test_server_that_dies_leaves_a_run_to_resume(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
    answered = answering_with(OfflineModel())
    served: list[object] = []

    def dies_after_forty(request):
        served.append(request)
        return answered(request) if len(served) <= 40 else refusal(503, "down")

    (tmp_path / "officina.yaml").write_text("patience: 0.3\n", encoding="utf-8")
    run = tmp_path / "run"
    run.mkdir()
    brief = read_brief({"rows": 8, "distractors": 1, "languages": ["en"]}, "brief")
    with serving(dies_after_forty) as url:
        settings = read_settings(model=f"openai:m@{url}", by_role={}, concurrency=4)
        async with open_context(run, brief, settings, EXAMPLES / "machines.csv") as context:
            short = await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=context)
            paid = context.calls.journal.count()
    assert short["decision"] == "stop_short"
    assert "busy or failing" in short["reason"]
    with serving(answered) as url:
        settings = read_settings(model=f"openai:m@{url}", by_role={}, concurrency=4)
        async with open_context(run, brief, settings, EXAMPLES / "machines.csv") as context:
            ended = await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=context)
            assert context.calls.replayed > 0
            assert context.calls.journal.count() > paid
    assert ended["report"].accepted == 8


async def test_what_cannot_be_asked_about_is_noted(tmp_path):
    manuals = tmp_path / "manuals"
    manuals.mkdir()
    (manuals / "jaw.md").write_text("The jaw of the press takes 24 Nm at every start.", "utf-8")
    (manuals / "far.md").write_text("يجب شد الفك إلى 25 نيوتن متر قبل كل وردية. " * 9, "utf-8")
    listed = "filename,machine_name,machine_code\njaw.md,Kappa 7,K7\ngone.md,Kappa 9,K9\n"
    (manuals / "machines.csv").write_text(listed, "utf-8")
    run = tmp_path / "run"
    await make(run, manuals, manuals / "machines.csv", rows=1)
    with open_books(run) as (ledger, _):
        noted = {(note.kind, note.path) for note in ledger.notes()}
    skipped = {("skipped", "far.md"), ("skipped", "jaw.md")}
    assert noted == {*skipped, ("no_machine", "far.md"), ("no_file", "gone.md")}


@pytest.mark.slow
async def test_nothing_held_out_is_trained_and_not_evaluated(tmp_path):
    pytest.importorskip("deepspeed", reason="needs pip install -e '.[training]'")
    ended, events, _ = await make(tmp_path / "run", rows=2, test_share=0.0, train="tiny-cpu")
    assert (ended["decision"], ended.get("reason", "")) == ("export", "")
    assert Path(ended["adapter"], "adapter_model.safetensors").exists()
    assert ended["evaluation"] == {}
    assert "evaluating" not in events


async def test_training_that_fails_keeps_the_dataset(tmp_path, monkeypatch):
    monkeypatch.setattr("training.launch.sys.executable", str(tmp_path / "no" / "python"))
    run = tmp_path / "run"
    ended, _, _ = await make(run, rows=2, train="tiny-cpu")
    assert (ended["decision"], ended.get("adapter", "")) == ("export", "")
    assert "Training is not installed" in ended["reason"]
    assert (run / "dataset" / "manifest.json").exists()
