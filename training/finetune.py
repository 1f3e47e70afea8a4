# pyright: basic
"""The training run, top to bottom: base, adapter, data, trainer, result.

`training/launch.py` starts it as `deepspeed --module training.finetune --dataset D --out O`, one
process for each GPU, with the recipe in `O/recipe.yaml`. It never evaluates: on some CPUs an
`eval()` forward repacks the 4-bit weights and the gradients after it are silently wrong.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any, cast

import deepspeed
import torch
from datasets import Dataset
from peft import LoraConfig, PeftModel
from transformers import (
    PreTrainedTokenizerFast,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
    set_seed,
)
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from training.base import load_base, make_tiny_base
from training.formats import ChatRow, read_messages, training_texts
from training.launch import PROGRESS
from training.recipe import Recipe, load_recipe
from training.tokens import encode, load_tokenizer

IGNORED = -100


def main() -> None:
    """Train the adapter and leave it, with its losses, in the output folder."""
    dataset, out = _arguments()
    recipe = load_recipe(out / "recipe.yaml")
    started = time.monotonic()
    use_cpu = not torch.cuda.is_available()
    if use_cpu:
        # Building this op takes a C++ compiler and 24 seconds; gloo does the same for a few ranks.
        deepspeed.ops.__compatible_ops__ = {}  # pyright: ignore[reportAttributeAccessIssue]
    deepspeed.init_distributed("gloo" if use_cpu else "nccl")
    arguments = trainer_arguments(recipe, out, use_cpu=use_cpu)

    rows = read_messages(dataset, "train")
    tokenizer = load_tokenizer(recipe, training_texts(dataset))
    if recipe.tiny and torch.distributed.get_rank() == 0:
        make_tiny_base(tokenizer, recipe, out / "base")
    torch.distributed.barrier()

    set_seed(recipe.seed)
    trainer = SFTTrainer(
        model=load_base(recipe, out),
        args=arguments,
        train_dataset=tokenized(tokenizer, rows),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=recipe.lora.r,
            lora_alpha=recipe.lora.alpha,
            lora_dropout=recipe.lora.dropout,
            target_modules=list(recipe.lora.targets),
            task_type="CAUSAL_LM",
        ),
        callbacks=[Progress()],
    )
    model = cast("PeftModel", trainer.model)
    # The trainer rounds the adapter of a quantized model to bfloat16, too coarse for its updates.
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()

    trainer.train()
    trainer.save_model(str(out / "adapter"))
    if trainer.is_world_process_zero():
        losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
        result: dict[str, Any] = {"adapter": str(out / "adapter"), "losses": losses}
        result["seconds"] = round(time.monotonic() - started, 1)
        (out / "result.json").write_text(json.dumps(result), "utf-8")


def trainer_arguments(recipe: Recipe, out: Path, *, use_cpu: bool) -> SFTConfig:
    """Return the recipe in the trainer's words; made before the base is loaded, for ZeRO-3."""
    return SFTConfig(
        output_dir=str(out / "trainer"),
        max_length=recipe.max_length,
        num_train_epochs=recipe.epochs or 1,
        max_steps=recipe.max_steps or -1,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.scheduler,
        warmup_steps=recipe.warmup,
        per_device_train_batch_size=recipe.batch_size,
        gradient_accumulation_steps=recipe.gradient_accumulation,
        gradient_checkpointing=recipe.gradient_checkpointing,
        bf16=recipe.compute_dtype == "bfloat16",
        use_cpu=use_cpu,
        seed=recipe.seed,
        deepspeed=deepspeed_settings(recipe),
        logging_steps=1,
        save_strategy="no",
        eval_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )


def deepspeed_settings(recipe: Recipe) -> dict[str, Any]:
    """Return DeepSpeed's settings; no optimizer among them, or it would build one from source."""
    return {
        "train_micro_batch_size_per_gpu": "auto",
        "gradient_accumulation_steps": "auto",
        "gradient_clipping": "auto",
        "bf16": {"enabled": "auto"},
        "zero_optimization": {"stage": recipe.zero_stage},
    }


def tokenized(tokenizer: PreTrainedTokenizerFast, rows: list[ChatRow]) -> Dataset:
    """Return what the audit counted: every token as input, the answer's alone as labels.

    The trainer's own masks depend on the row format and the template, and fail without a word.
    """
    encoded = [encode(tokenizer, row.messages) for row in rows]
    return Dataset.from_list(
        [
            {"input_ids": its.whole, "labels": [IGNORED] * len(its.prompt) + its.answer}
            for its in encoded
        ]
    )


class Progress(TrainerCallback):
    """A line for each step, for `training/launch.py` to hand on."""

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: object,
    ) -> None:
        """Print the loss of the step that ended."""
        if state.is_world_process_zero and logs and "loss" in logs:
            step = f"step {state.global_step}/{state.max_steps}"
            print(f"{PROGRESS}{step} · loss {logs['loss']:.3f}", flush=True)


def _arguments() -> tuple[Path, Path]:
    parser = argparse.ArgumentParser(prog="training.finetune")
    parser.add_argument("--dataset", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    return given.dataset, given.out


if __name__ == "__main__":
    main()
