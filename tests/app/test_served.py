"""Both graphs through LangGraph's own server, as a real process, and its client."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph_sdk import get_client

from app.run_file import read_run
from app.served import question_served
from app.state import open_books
from tests.conftest import ROOT
from tests.ports import own_port

MANUALS = str(ROOT / "examples" / "manuals")
BRIEF = {"languages": ["en"]}
WISH = {"manuals": MANUALS, "brief": BRIEF, "document": "ares-200-en.json", "page": 3}
MODES = ["updates", "custom"]
BEFORE = ["draft", "inspect", "critique"]
AFTER = ["answer", "verify", "scope", "surround", "judge", "row"]
COMMAND = ["langgraph", "dev", "--allow-blocking", "--no-browser", "--no-reload"]
# Whatever would call home is told not to, and finds nobody there if it does.
NO_CALLS_HOME = {
    "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    "LANGGRAPH_NO_VERSION_CHECK": "true",
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "no_proxy": "127.0.0.1",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a working folder with what `langgraph dev` is to find there."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copyfile(ROOT / "langgraph.json", folder / "langgraph.json")
    (folder / "app").symlink_to(ROOT / "app")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """Start `langgraph dev` in the folder; end it with all that it started."""
    port = str(own_port())
    name, *options = COMMAND
    command = [str(Path(sys.executable).parent / name), *options, "--port", port]
    own = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**own, **NO_CALLS_HOME},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/ok", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(30)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    while True:
        assert process.poll() is None, log.read_text()[-3000:]
        try:
            urllib.request.urlopen(url).close()
        except urllib.error.URLError:
            time.sleep(0.1)
        else:
            return


async def stream(url: str, thread: str, graph: str, **options: Any) -> tuple[list[str], str]:
    """Return the nodes that were done, in order, those of subgraphs included; and any error."""
    nodes, error = list[str](), ""
    async for part in get_client(url=url).runs.stream(
        thread, graph, stream_mode=MODES, stream_subgraphs=True, **options
    ):
        if part.event.startswith("updates"):
            nodes += [name for name in part.data if not name.startswith("__")]
        elif part.event == "error":
            error = part.data["message"]
    return nodes, error


@pytest.mark.slow
async def test_question_stops_before_answer_and_goes_on(url, folder):
    client = get_client(url=url)
    thread = (await client.threads.create())["thread_id"]
    nodes, error = await stream(url, thread, "question", input=WISH, interrupt_before=["answer"])
    assert not error
    assert nodes == ["plan", *BEFORE]
    assert (await client.threads.get(thread))["status"] == "interrupted"
    stopped = await client.threads.get_state(thread, subgraphs=True)
    (task,) = stopped["tasks"]
    assert task["state"]["next"] == ["answer"]
    with open_books(folder / "runs" / "manuals-questions") as (ledger, _):
        assert [entry.status for entry in ledger.entries()] == ["planned"]
        nodes, error = await stream(url, thread, "question", input=None)
        assert not error
        assert [name for name in nodes if name in AFTER] == AFTER
        assert not set(nodes) & set(BEFORE)
        (entry,) = ledger.entries("accepted")
    ended = (await client.threads.get_state(thread))["values"]
    assert (ended["status"], ended["reason"]) == ("accepted", "")
    assert ended["row"] == entry.row.model_dump(mode="json")
    assert entry.row.document == WISH["document"]
    assert entry.candidate.window.pages[0] <= WISH["page"] <= entry.candidate.window.pages[1]
    assert [step["name"] for step in ended["life"]] == [*BEFORE, *AFTER[:-1]]
    # The server says so when it reads a type back that it was not told of.
    said = (folder / "server.log").read_text()
    assert "unregistered type" not in said
    assert "Blocked deserialization" not in said


@pytest.mark.slow
async def test_second_question_is_about_another_window(url, folder):
    wish = {**WISH, "page": 0}
    for _ in range(2):
        thread = (await get_client(url=url).threads.create())["thread_id"]
        _, error = await stream(url, thread, "question", input={**wish, "run": "runs/several"})
        assert not error
    with open_books(folder / "runs" / "several") as (ledger, _):
        entries = list(ledger.entries())
    assert [entry.candidate.round for entry in entries] == [1, 2]
    assert len({entry.candidate.window.id for entry in entries}) == 2


@pytest.mark.slow
async def test_dataset_graph_makes_a_dataset(url, folder):
    thread = (await get_client(url=url).threads.create())["thread_id"]
    wish = {"manuals": MANUALS, "brief": {**BRIEF, "rows": 3}}
    nodes, error = await stream(url, thread, "dataset", input=wish)
    assert not error
    assert nodes == ["ingest", "plan", "farm", "assess", "export", "dataset"]
    run = folder / "runs" / "manuals"
    ended = (await get_client(url=url).threads.get_state(thread))["values"]
    started, _ = read_run(run)
    assert ended["result"]["accepted"] == started.result.accepted == 3
    assert (run / "dataset" / "manifest.json").is_file()
    assert (run / "report.html").is_file()


@pytest.mark.slow
async def test_server_describes_both_graphs(url):
    client = get_client(url=url)
    served = {each["graph_id"]: each["assistant_id"] for each in await client.assistants.search()}
    assert set(served) == {"question", "dataset"}
    schemas = await client.assistants.get_schemas(served["question"])
    assert set(schemas["input_schema"]["properties"]) == {*WISH, "run"}
    assert list(await client.assistants.get_subgraphs(served["question"])) == ["question"]
    drawn = await client.assistants.get_graph(served["question"], xray=True)
    assert {f"question:{name}" for name in [*BEFORE, *AFTER]} <= {n["id"] for n in drawn["nodes"]}


@pytest.mark.slow
async def test_mistake_reaches_the_client_as_a_sentence(url):
    thread = (await get_client(url=url).threads.create())["thread_id"]
    _, error = await stream(url, thread, "question", input={"manuals": "nowhere"})
    assert error.startswith("There is no folder nowhere.")


async def test_question_stops_after_a_node_too():
    graph = question_served.copy({"checkpointer": InMemorySaver()})
    thread = RunnableConfig(configurable={"thread_id": "one"})
    await graph.ainvoke(WISH, thread, interrupt_after=["critique"])
    stopped = await graph.aget_state(thread, subgraphs=True)
    assert [task.state.next for task in stopped.tasks] == [("answer",)]
    assert (await graph.ainvoke(None, thread))["status"] == "accepted"


async def test_run_folder_keeps_its_brief():
    await question_served.ainvoke(WISH)
    with pytest.raises(RuntimeError, match="Name another run folder"):
        await question_served.ainvoke({**WISH, "brief": {}})


async def test_page_without_windows_is_told():
    with pytest.raises(RuntimeError, match="Name another document or page"):
        await question_served.ainvoke({**WISH, "page": 999})
