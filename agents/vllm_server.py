"""vLLM of our own: `vllm serve` as a child process, from its start until the run's models close.

It listens on this machine only. Its log is a temporary file, and the end of it is shown when it
fails. The child has a session of its own, so that all its processes can be stopped together.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import shutil
import signal
import socket
import time
import urllib.request
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agents.faults import ModelError

START_SECONDS = 3600.0
"""Enough to fetch a large model."""
STOP_SECONDS = 20.0
SECONDS_BETWEEN_WORDS = 15.0
LINES_SHOWN = 20
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Vllm:
    """A running `vllm serve`: where it is, and how its process ended if it did."""

    model: str
    port: int
    process: Process
    log: Path

    @property
    def url(self) -> str:
        """The base URL that clients are given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def ended(self) -> str:
        """Return how the process ended by itself; nothing while it runs."""
        code = self.process.returncode
        return "" if code is None else f"vLLM for {self.model} ended by itself, with code {code}."

    def last_lines(self, count: int = LINES_SHOWN) -> str:
        """Return the end of the log."""
        text = self.log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(text.splitlines()[-count:])


@asynccontextmanager
async def serve_vllm(
    model: str, arguments: Sequence[str], environment: Mapping[str, str], say: Say
) -> AsyncGenerator[Vllm]:
    """Yield a vLLM that answers for the model, and stop it at the end, whatever the end is.

    Raises:
        ModelError: vLLM is not installed, or does not come up; the end of its log is in it.
    """
    command = find_vllm(environment)
    with TemporaryDirectory(prefix="officina-vllm-") as folder:
        server = await _start(command, model, arguments, environment, Path(folder) / "log")
        try:
            await _come_up(server, say)
            try:
                yield server
            finally:
                if ended := server.ended():
                    say(f"{ended} The end of its log:\n{server.last_lines()}")
        finally:
            await _stop(server.process)


def find_vllm(environment: Mapping[str, str]) -> str:
    """Return the path of the command `vllm`.

    Raises:
        ModelError: there is none.
    """
    command = shutil.which("vllm", path=environment.get("PATH"))
    if command is None:
        raise ModelError(
            "There is no command `vllm` to serve the model with. Install vLLM "
            "(pip install vllm), or name a server that runs already: vllm:MODEL@http://HOST/v1."
        )
    return command


async def _start(
    command: str,
    model: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
) -> Vllm:
    port = _free_port()
    words = ("serve", model, "--host", "127.0.0.1", "--port", str(port), *arguments)
    with log.open("wb") as written:
        process = await asyncio.create_subprocess_exec(
            command,
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=written,
            stderr=asyncio.subprocess.STDOUT,
            env=dict(environment),
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    return Vllm(model, port, process, log)


def _end_with_parent() -> None:
    """Ask the kernel, where it is Linux, to stop the child when we are killed."""
    if hasattr(_LIBC, "prctl"):
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


async def _come_up(server: Vllm, say: Say) -> None:
    say(f"Starting vLLM for {server.model} at {server.url} …")
    began = spoke = time.monotonic()
    while not await asyncio.to_thread(_answers, server):
        now = time.monotonic()
        if server.process.returncode is not None or now - began > START_SECONDS:
            why = server.ended() or f"vLLM for {server.model} did not come up."
            raise ModelError(f"{why} The end of its log:\n{server.last_lines()}")
        if now - spoke > SECONDS_BETWEEN_WORDS:
            spoke = now
            say(f"vLLM is loading, {now - began:.0f} s: {server.last_lines(1)}")
        await asyncio.sleep(0.25)
    say(f"vLLM answers after {time.monotonic() - began:.0f} s.")


def _answers(server: Vllm) -> bool:
    """Return whether the server is healthy and lists the model."""
    try:
        _get(f"http://127.0.0.1:{server.port}/health")
        listed: dict[str, Any] = json.loads(_get(f"{server.url}/models"))
        return any(each["id"] == server.model for each in listed["data"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _get(url: str) -> bytes:
    with _DIRECT.open(url, timeout=5) as reply:
        return reply.read()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _stop(process: Process) -> None:
    """End the process and all that it started, by force if it takes too long."""
    try:
        _signal_all(process, signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
    finally:
        _signal_all(process, signal.SIGKILL)
    await process.wait()


def _signal_all(process: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
