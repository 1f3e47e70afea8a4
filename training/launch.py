"""Starts training and evaluation, each in a process of its own, and reads what they leave.

    train      deepspeed --module training.finetune    adapter/, result.json, train.log
    evaluate   python -m training.predict              evaluation.jsonl, evaluation.json

Nothing here loads torch. The caller gives the environment of the children. What was finished from
the same files before is returned as it is; neither an interrupted caller nor a killed one leaves a
child behind.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from statistics import fmean

from training.audit import audit
from training.formats import MANIFEST, held_out
from training.recipe import Recipe, load_recipe, save_recipe
from training.rows import Frozen, TrainingError

ROOT = Path(__file__).parent.parent
PROGRESS = "progress: "
SHOWN_LINES = 12
STOP_SECONDS = 10.0
LONGEST_LINE = 2**20


class TrainingResult(Frozen):
    """A finished training: where the adapter is, and the loss of every step."""

    adapter: Path
    losses: tuple[float, ...]
    seconds: float

    @property
    def steps(self) -> int:
        """How many optimizer steps were made."""
        return len(self.losses)

    @property
    def first_loss(self) -> float:
        """The loss before anything was learned."""
        return self.losses[0]

    @property
    def last_loss(self) -> float:
        """The mean loss of the last ten steps; a single batch says little."""
        return fmean(self.losses[-10:])


class EvaluationResult(Frozen):
    """Answers to held-out rows, base and tuned: where they are, and their mean token F1."""

    answers: Path
    rows: int
    token_f1: Mapping[str, float]


async def train(
    dataset: Path,
    recipe: Recipe,
    out: Path,
    *,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
) -> TrainingResult:
    """Audit the dataset, then tune the recipe's base on it under DeepSpeed; `out` is a folder."""
    report = await asyncio.to_thread(audit, dataset, recipe)
    if report.errors:
        raise TrainingError("The dataset cannot be trained on:\n- " + "\n- ".join(report.errors))
    result = out / "result.json"
    out.mkdir(parents=True, exist_ok=True)
    save_recipe(recipe, out / "recipe.yaml")
    made_from = _sum_of(dataset / MANIFEST, out / "recipe.yaml")
    if _is_done(result, made_from):
        return TrainingResult.model_validate_json(result.read_text("utf-8"))
    # Without a process count the launcher runs one rank and says nothing.
    ranks = ["--num_gpus", str(recipe.processes), "--master_port", str(_free_port())]
    command = [str(_deepspeed()), *ranks, "--no_local_rank", "--module", "training.finetune"]
    paths = ["--dataset", str(dataset.resolve()), "--out", str(out.resolve())]
    child = _child(env, recipe)
    await _run([*command, *paths], out / "train.log", result, made_from, child, on_line)
    return TrainingResult.model_validate_json(result.read_text("utf-8"))


async def evaluate(
    dataset: Path,
    training: Path,
    out: Path,
    *,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
) -> EvaluationResult:
    """Answer the held-out rows with the base and the tuned model; `training` is `train`'s `out`."""
    if not (training / "result.json").is_file():
        raise TrainingError(f"There is no finished training in {training}: run the training first.")
    if not held_out(dataset):
        raise TrainingError("No row was held out: raise the brief's test share or its rows.")
    result = out / "evaluation.json"
    out.mkdir(parents=True, exist_ok=True)
    made_from = _sum_of(dataset / MANIFEST, training / "result.json")
    if _is_done(result, made_from):
        return EvaluationResult.model_validate_json(result.read_text("utf-8"))
    places = {"--dataset": dataset, "--training": training, "--out": out}
    arguments = [word for flag, path in places.items() for word in (flag, str(path.resolve()))]
    command = [sys.executable, "-m", "training.predict", *arguments]
    child = _child(env, load_recipe(training / "recipe.yaml"))
    await _run(command, out / "evaluate.log", result, made_from, child, on_line)
    return EvaluationResult.model_validate_json(result.read_text("utf-8"))


def _child(env: Mapping[str, str], recipe: Recipe) -> dict[str, str]:
    quiet = {"TOKENIZERS_PARALLELISM": "false", "PYTHONUNBUFFERED": "1"}
    # More threads cost a tiny model more than they bring, and its base is never downloaded.
    threads = str(max(1, 2 // recipe.processes))
    tiny = {"OMP_NUM_THREADS": threads, "HF_HUB_OFFLINE": "1"} if recipe.tiny else {}
    return {**env, **quiet, **tiny}


def _deepspeed() -> Path:
    command = Path(sys.executable).parent / "deepspeed"
    if not command.is_file():
        raise TrainingError("Training is not installed: run pip install -e '.[training]' first.")
    return command


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _sum_of(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _stamp(result: Path) -> Path:
    return result.with_suffix(".sha256")


def _is_done(result: Path, made_from: str) -> bool:
    """Return whether the result is there and was made from the same files."""
    stamp = _stamp(result)
    return result.is_file() and stamp.is_file() and stamp.read_text("utf-8") == made_from


async def _run(
    command: Sequence[str],
    log: Path,
    result: Path,
    made_from: str,
    env: Mapping[str, str],
    on_line: Callable[[str], None],
) -> None:
    """Run until the process ends, hand its progress on, keep all it says in `log`."""
    result.unlink(missing_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "training.leash", *command),
        cwd=ROOT,
        env=dict(env),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=LONGEST_LINE,
        start_new_session=True,
    )
    try:
        await _follow(process, log, on_line)
    except BaseException:
        _signal_all(process, signal.SIGTERM)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await process.wait()
        _signal_all(process, signal.SIGKILL)
        raise
    # The launcher exits with 0 when its child was killed: only the result says that it finished.
    if process.returncode or not result.is_file():
        last = log.read_text("utf-8").splitlines()[-SHOWN_LINES:]
        raise TrainingError(f"{log.stem} failed; all it said is in {log}:\n" + "\n".join(last))
    _stamp(result).write_text(made_from, "utf-8")


def _signal_all(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


async def _follow(
    process: asyncio.subprocess.Process, log: Path, on_line: Callable[[str], None]
) -> None:
    assert process.stdout is not None
    with log.open("w", encoding="utf-8") as kept:
        async for sent in process.stdout:
            line = sent.decode("utf-8", errors="replace")
            kept.write(line)
            if line.startswith(PROGRESS):
                on_line(line.removeprefix(PROGRESS).rstrip())
    await process.wait()
