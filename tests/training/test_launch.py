import asyncio
import json
import os
from pathlib import Path

import psutil
import pytest

from training.launch import evaluate, train
from training.recipe import load_recipe
from training.rows import TrainingError

ENV = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@pytest.mark.slow
async def test_tiny_training_and_evaluation(dataset: Path, tmp_path: Path):
    pytest.importorskip("deepspeed", reason="needs pip install -e '.[training]'")
    lines: list[str] = []
    recipe = load_recipe("tiny-cpu")
    result = await train(dataset, recipe, tmp_path / "training", env=ENV, on_line=lines.append)
    assert len(result.losses) == len(lines) == recipe.max_steps
    assert result.last_loss < result.first_loss / 2
    assert (result.adapter / "adapter_model.safetensors").is_file()
    scored = await evaluate(
        dataset, tmp_path / "training", tmp_path / "evaluation", env=ENV, on_line=lines.append
    )
    records = [json.loads(line) for line in scored.answers.read_text().splitlines()]
    assert scored.rows == 8
    assert [record["arm"] for record in records] == ["base"] * 8 + ["tuned"] * 8
    assert {"id", "system", "user", "answer", "reference_answer"} <= set(records[0])
    assert records[0]["answer"] != records[8]["answer"]
    assert set(scored.token_f1) == {"base", "tuned"}
    # What was finished from the same dataset and recipe is not made again.
    said = len(lines)
    again = await train(dataset, recipe, tmp_path / "training", env=ENV, on_line=lines.append)
    assert (again, len(lines)) == (result, said)


async def test_failing_audit_starts_nothing(dataset: Path, tmp_path: Path):
    recipe = load_recipe("tiny-cpu").model_copy(update={"max_length": 100})
    with pytest.raises(TrainingError, match="answers would be cut"):
        await train(dataset, recipe, tmp_path / "training", env=ENV, on_line=print)
    assert not (tmp_path / "training").exists()


@pytest.mark.slow
async def test_failed_training_says_why(dataset: Path, tmp_path: Path):
    recipe = load_recipe("tiny-cpu")
    lora = recipe.lora.model_copy(update={"targets": ("no_such_layer",)})
    broken = recipe.model_copy(update={"lora": lora})
    with pytest.raises(TrainingError, match="no_such_layer"):
        await train(dataset, broken, tmp_path / "training", env=ENV, on_line=print)


async def test_evaluation_needs_a_training(dataset: Path, tmp_path: Path):
    with pytest.raises(TrainingError, match="run the training first"):
        await evaluate(dataset, tmp_path, tmp_path / "evaluation", env=ENV, on_line=print)


@pytest.mark.slow
async def test_interrupted_training_leaves_no_process(dataset: Path, tmp_path: Path):
    started, out = asyncio.Event(), tmp_path / "training"
    training = asyncio.create_task(
        train(dataset, load_recipe("tiny-cpu"), out, env=ENV, on_line=lambda line: started.set())
    )
    await started.wait()
    training.cancel()
    with pytest.raises(asyncio.CancelledError):
        await training
    mine = [p for p in psutil.process_iter(["cmdline"]) if str(out) in (p.info["cmdline"] or [])]
    psutil.wait_procs(mine, timeout=10)
    assert [process for process in mine if process.is_running()] == []
    assert not (out / "result.json").exists()
