"""Whole runs on Elasticsearch: the rows of the embedded index, and a node that is really killed."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from app.opening import open_context
from app.settings import SettingsError, read_settings
from app.state import open_books
from bench.retrieval import compare
from bench.rows import measure
from graph.brief import read_brief
from graph.dataset import dataset_graph
from graph.state import DatasetInput
from tests.conftest import ROOT
from tests.elastic_cluster import own_indices
from tests.graph.conftest import PAGES, critique, judgement
from tools.elastic_cluster import Cluster

EXAMPLES = ROOT / "examples" / "manuals"


@pytest.fixture
async def alias(elasticsearch_url: str) -> AsyncIterator[tuple[Cluster, str]]:
    async with own_indices(elasticsearch_url) as given:
        yield given


@pytest.fixture
def set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., None]:
    """Name a node, or none, and write officina.yaml into the working folder."""

    def write(url: str | None, name: str = "x", *, patience: float = 600, **more: Any) -> None:
        if url:
            monkeypatch.setenv("ELASTICSEARCH_URL", url)
        else:
            monkeypatch.delenv("ELASTICSEARCH_URL", raising=False)
        services = {"elasticsearch": {"index": name, **more}, "patience": patience}
        (tmp_path / "officina.yaml").write_text(json.dumps(services), encoding="utf-8")

    return write


async def make(
    run: Path,
    manuals: Path = EXAMPLES,
    model: str = "offline",
    on_event: Callable[[dict[str, Any]], None] = lambda _: None,
    *,
    ingest: bool = True,
    **brief: Any,
) -> dict[str, Any]:
    from dataclasses import replace

    run.mkdir(exist_ok=True)
    settings = replace(read_settings(model=model, by_role={}, concurrency=4), ingest=ingest)
    wanted = read_brief({"rows": 12, "distractors": 2, "languages": ["en"], **brief}, "brief")
    machines = manuals / "machines.csv"
    directory = machines if machines.exists() else None
    async with open_context(run, wanted, settings, directory) as context:
        ended: dict[str, Any] = {}
        async for mode, value in dataset_graph.astream(
            DatasetInput(str(manuals)), context=context, stream_mode=["custom", "values"]
        ):
            if mode == "custom":
                on_event(value)
            else:
                ended = value
        return ended


def rows_of(run: Path) -> list[dict[str, Any]]:
    return pq.read_table(run / "dataset" / "rows.parquet").to_pylist()


def said_in(run: Path) -> list[tuple[object, ...]]:
    """Return what must not depend on the index: questions, answers and cited spans."""
    return [(r["id"], r["question"], r["answer"], r["citations"]) for r in rows_of(run)]


def faults_in(run: Path) -> object:
    return measure(run)


TOPICS = {
    "page_1": ("sealing jaw", "The sealing jaw of the press must be tightened to 24 Nm"),
    "page_3": ("drive belt", "The tension of the drive belt must be checked every week"),
}


def script_of(manuals: Path) -> list[dict[str, Any]]:
    """Return what the three roles say about the two windows of the small manual."""
    from tools.documents import read_folder
    from tools.passages import split

    (document,), _ = read_folder(manuals)
    lines: list[dict[str, Any]] = []
    for page, (subject, quote) in TOPICS.items():
        asked = f"What must be done with the {subject}, and how is it to be done each time?"
        passage = next(p.id for p in split(document) if quote in p.text)
        drafted = {"quote": quote, "text": asked, "kind": "value", "difficulty": "easy"}
        answer = {
            "abstained": False,
            "text": f"{quote}.",
            "citations": [{"passage_id": passage, "quote": quote}],
            "missing": "",
        }
        call = [{"name": "search_manuals", "args": {"query": subject}}]
        only = PAGES[page][:60]
        lines.append({"role": "generator", "when": only, "reply": drafted})
        for line in (critique(), judgement()):
            lines.append({**line, "when": asked})
        for turn in ({"tool_calls": call}, {"reply": "That is enough."}, {"reply": answer}):
            lines.append({"role": "answerer", "when": asked, **turn})
    return lines


async def test_scripted_run_says_the_same_on_both(alias, set_up, manuals, tmp_path) -> None:
    cluster, name = alias
    script = tmp_path / "script.jsonl"
    script.write_text("\n".join(map(json.dumps, script_of(manuals))), encoding="utf-8")
    brief = {"rows": 2, "distractors": 1, "limits": {"candidates": 2}}
    for url, folder in ((None, "embedded"), (cluster.where, "elastic")):
        set_up(url, name)
        await make(tmp_path / folder, manuals, f"scripted:{script}", **brief)
    assert said_in(tmp_path / "embedded") == said_in(tmp_path / "elastic")
    assert len(rows_of(tmp_path / "elastic")) == 2


async def test_offline_run_says_the_same_on_both(alias, set_up, tmp_path, capsys) -> None:
    cluster, name = alias
    for url, folder in ((None, "embedded"), (cluster.where, "elastic")):
        set_up(url, name)
        await make(tmp_path / folder, languages=["en", "it"], rows=24)
    assert said_in(tmp_path / "embedded") == said_in(tmp_path / "elastic")
    assert faults_in(tmp_path / "embedded") == faults_in(tmp_path / "elastic")
    found = await compare(tmp_path / "embedded", cluster.where)
    with capsys.disabled():
        print(
            f"\nrecall at 5 {found.embedded:.2f} and {found.elastic:.2f}, "
            f"mean overlap of the top 10 {found.overlap:.2f}"
        )
    assert found.elastic >= found.embedded - 0.02


async def test_index_of_an_earlier_run_is_used_as_it_is(alias, set_up, tmp_path) -> None:
    cluster, name = alias
    set_up(cluster.where, name)
    await make(tmp_path / "first")
    before = dict(await cluster.client.indices.get_alias(index=f"{name}*"))
    await make(tmp_path / "second", ingest=False)
    assert dict(await cluster.client.indices.get_alias(index=f"{name}*")) == before
    assert said_in(tmp_path / "first") == said_in(tmp_path / "second")


async def test_index_of_somebody_gives_rows_with_spans(alias, set_up, tmp_path) -> None:
    cluster, name = alias
    mapping = {"tag": {"type": "keyword"}, "file": {"type": "keyword"}, "content": {"type": "text"}}
    await cluster.client.indices.create(index=name, mappings={"properties": mapping})
    lines: list[dict[str, Any]] = []
    for path in sorted(EXAMPLES.glob("*-en.json")):
        pages = json.loads(path.read_text(encoding="utf-8"))
        text = " ".join(" ".join(pages.values()).replace("#", "").split())
        for start in range(0, len(text), 500):
            record = {"tag": "", "file": path.stem, "content": text[start : start + 600]}
            lines += [{"create": {}}, record]
        # It holds every word of the manual, and stands nowhere in it.
        stray = " ".join(sorted(set(text.split())))
        lines += [{"create": {}}, {"tag": "", "file": "gone", "content": stray}]
    await cluster.client.bulk(index=name, operations=lines, refresh=True)
    set_up(cluster.where, name, fields={"text": "content", "document": "file"})
    run = tmp_path / "run"
    ended = await make(run, ingest=False, rows=8)
    assert ended["report"].accepted == 8
    with open_books(run) as (ledger, _):
        lost = [note.path for note in ledger.notes() if note.kind == "lost"]
    assert {path.partition(" ")[0] for path in lost} == {"gone"}
    texts = {p.stem: p.read_text("utf-8") for p in (run / "documents").glob("*.txt")}
    by_path = {
        each["path"]: texts[each["id"]]
        for each in map(json.loads, (run / "documents/documents.jsonl").open(encoding="utf-8"))
    }
    for row in rows_of(run):
        for span in (*row["context"], *row["citations"]):
            words = span.get("text") or span["quote"]
            assert by_path[span["document"]][span["start"] : span["end"]] == words


@pytest.mark.slow
async def test_killed_node_is_waited_for(own_node, set_up, tmp_path) -> None:
    set_up(own_node.url)
    await make(tmp_path / "calm")
    seen: list[str] = []

    def kill_in_the_middle(event: dict[str, Any]) -> None:
        seen.append(str(event["event"]))
        if event["event"] == "accepted" and seen.count("accepted") == 4:
            own_node.kill()
        if event["event"] == "waiting" and seen.count("waiting") == 3:
            own_node.start()

    await make(tmp_path / "shaken", on_event=kill_in_the_middle)
    assert seen.count("waiting") >= 3
    calm, shaken = (
        (tmp_path / f / "dataset/manifest.json").read_bytes() for f in ("calm", "shaken")
    )
    assert calm == shaken


@pytest.mark.slow
async def test_node_away_for_too_long_ends_resumable(own_node, set_up, tmp_path) -> None:
    set_up(own_node.url, patience=1)
    seen: list[str] = []

    def kill(event: dict[str, Any]) -> None:
        seen.append(str(event["event"]))
        if event["event"] == "accepted" and seen.count("accepted") == 4:
            own_node.kill()

    ended = await make(tmp_path / "run", on_event=kill)
    assert ended["decision"] == "stop_short"
    assert "does not answer" in ended["reason"]
    short = len(rows_of(tmp_path / "run"))
    own_node.start()
    set_up(own_node.url)
    ended = await make(tmp_path / "run")
    assert short < len(rows_of(tmp_path / "run")) == 12
    assert ended["decision"] == "export"


async def test_node_that_is_down_at_the_start_is_told(set_up, tmp_path) -> None:
    set_up("http://127.0.0.1:1", patience=0)
    with pytest.raises(SettingsError, match=r"http://127\.0\.0\.1:1 does not answer"):
        await make(tmp_path / "run")
