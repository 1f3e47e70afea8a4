"""`vllm serve` as a child: it comes up, is told about, and leaves nothing behind."""

import asyncio
import json
import os
from pathlib import Path

import psutil
import pytest

from agents.faults import ModelError
from agents.vllm_server import serve_vllm
from tests.vllm_stand_in import alive, install


def given(folder: Path) -> dict[str, object]:
    return json.loads((folder / "given.json").read_text(encoding="utf-8"))


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "bin"


def environment(folder: Path) -> dict[str, str]:
    return {"PATH": f"{folder}:{os.environ['PATH']}", "HF_TOKEN": "hf-planted"}


async def test_server_comes_up_and_leaves_nothing(folder):
    install(folder, "late")
    said: list[str] = []
    async with serve_vllm("m", ["--max-model-len", "99"], environment(folder), said.append) as vllm:
        words = given(folder)["words"]
        assert words[:4] == ["serve", "m", "--host", "127.0.0.1"]
        assert words[-2:] == ["--max-model-len", "99"]
        assert (vllm.ended(), vllm.url) == ("", f"http://127.0.0.1:{words[5]}/v1")
        assert all(map(psutil.pid_exists, given(folder)["pids"]))
    assert alive(given(folder)["pids"]) == []
    assert [words.split()[0] for words in said] == ["Starting", "vLLM"]


async def test_server_that_dies_shows_its_log(folder):
    install(folder, "dies")
    with pytest.raises(ModelError, match=r"(?s)with code 7.*loading the weights.*no weights for m"):
        async with serve_vllm("m", [], environment(folder), print):
            pass
    assert alive(given(folder)["pids"]) == []


async def test_stubborn_server_is_killed(folder, monkeypatch):
    monkeypatch.setattr("agents.vllm_server.STOP_SECONDS", 0.3)
    install(folder, "stubborn")
    with pytest.raises(RuntimeError, match="ours"):
        async with serve_vllm("m", [], environment(folder), print):
            raise RuntimeError("ours")
    assert alive(given(folder)["pids"]) == []


async def test_cancelled_start_leaves_nothing(folder):
    install(folder, "late")

    async def start() -> None:
        async with serve_vllm("m", [], environment(folder), print):
            raise AssertionError("it was cancelled before")

    task = asyncio.create_task(start())
    while not (folder / "given.json").exists():
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert alive(given(folder)["pids"]) == []


async def test_missing_command_is_a_sentence(tmp_path):
    with pytest.raises(ModelError, match="no command `vllm`"):
        async with serve_vllm("m", [], {"PATH": str(tmp_path)}, print):
            pass
