"""Both graphs through LangGraph's own server, a real process, and its client."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.schema import StreamPart

from app.opening import open_books
from app.runs import read_run
from app.served import question_served
from tests.conftest import ROOT

MANUALS = str(ROOT / "examples" / "manuals")
ENGLISH = {"languages": ["en"]}
BEFORE, AFTER = ["draft", "inspect", "critique"], ["answer", "verify", "surround", "judge", "row"]


@dataclass
class Server:
    folder: Path
    client: LangGraphClient


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str]]:
    """Start `langgraph dev` in a folder of its own; end it and all that it started."""
    folder = tmp_path_factory.mktemp("served")
    shutil.copyfile(ROOT / "langgraph.json", folder / "langgraph.json")
    (folder / "app").symlink_to(ROOT / "app")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "langgraph"), "dev", "--no-browser"]
    command += ["--no-reload", "--allow-blocking", "--port", str(port)]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(ROOT),
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGGRAPH_NO_VERSION_CHECK": "true",
        # Whatever else would call home finds nobody there.
        "https_proxy": "http://127.0.0.1:9",
        "http_proxy": "http://127.0.0.1:9",
        "no_proxy": "127.0.0.1",
    }
    log = folder / "server.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    family: list[psutil.Process] = []
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}", process, log)
        family = psutil.Process(process.pid).children(recursive=True)
        yield folder, f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(30)
        finally:
            for each in [process, *family]:
                if each.is_running() if isinstance(each, psutil.Process) else each.poll() is None:
                    each.kill()
