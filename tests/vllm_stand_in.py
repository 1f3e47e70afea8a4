"""A stand-in for the command `vllm`: the same words, the same signals, a model of rules behind.

`install` puts it into a folder for PATH. What it does beside serving stands in MANNERS:
`late` comes up after a while, `dies` ends with a log, `stubborn` ignores SIGTERM, `falls 9` ends
at its tenth call.
"""

import json
import os
import signal
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent


def install(folder: Path, manners: str = "") -> Path:
    """Write the command into the folder; what it was given is in the folder's given.json."""
    folder.mkdir(exist_ok=True)
    command = folder / "vllm"
    command.write_text(
        f"#!/bin/sh\nMANNERS={manners!r} HERE={str(folder)!r} PYTHONPATH={str(ROOT)!r} "
        f'exec {sys.executable} -m tests.vllm_stand_in "$@"\n',
        encoding="utf-8",
    )
    command.chmod(0o755)
    return command


def alive(pids: list[int]) -> list[int]:
    """Return which of the processes still run; the killed ones are given their time to end."""
    end = time.monotonic() + 60
    while (left := list(filter(_runs, pids))) and time.monotonic() < end:
        time.sleep(0.02)
    return left


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def main() -> None:
    manners, here = os.environ["MANNERS"], Path(os.environ["HERE"])
    words = sys.argv[1:]
    # A child of its own, as vLLM's engine is: it has to end with its parent.
    child = os.fork()
    if not child:
        if "stubborn" in manners:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(120)
        os._exit(0)
    given = {"words": words, "environment": dict(os.environ), "pids": [os.getpid(), child]}
    (here / "given.part").write_text(json.dumps(given), encoding="utf-8")
    (here / "given.part").rename(here / "given.json")
    print("loading the weights", flush=True)
    if "dies" in manners:
        print(f"no weights for {words[1]}; my token is {os.environ.get('HF_TOKEN')}", flush=True)
        sys.exit(7)
    if "stubborn" in manners:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "late" in manners:
        time.sleep(1.5)
    _serve(int(words[words.index("--port") + 1]), words[1], manners)


def _serve(port: int, model: str, manners: str) -> None:
    from agents.offline import OfflineModel
    from tests.openai_server import Reply, answering_with, serving

    answered, calls = answering_with(OfflineModel()), 0
    most = int(manners.removeprefix("falls ")) if manners.startswith("falls") else None

    def handle(request: dict[str, object]) -> Reply:
        nonlocal calls
        calls += 1
        if most is not None and calls > most:
            print("CUDA out of memory", flush=True)
            os._exit(9)
        assert request["model"] == model
        return answered(request)

    with serving(handle, port=port, models=(model,)):
        time.sleep(120)


if __name__ == "__main__":
    main()
