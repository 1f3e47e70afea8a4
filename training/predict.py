# pyright: basic
"""Answers the held-out rows with the base and with the adapter on it, and scores both.

`training/launch.py` starts it in a process of its own, after the training has ended.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from peft import PeftModel
from transformers import PreTrainedTokenizerFast

from training.base import load_base
from training.formats import ChatRow, held_out, training_texts
from training.launch import PROGRESS
from training.recipe import Recipe, load_recipe
from training.scores import token_f1
from training.tokens import encode, load_tokenizer

ARMS = ("base", "tuned")


def main() -> None:
    """Write every answer to `evaluation.jsonl` and the mean token F1 to `evaluation.json`."""
    dataset, training, out = _arguments()
    recipe = load_recipe(training / "recipe.yaml")
    rows = held_out(dataset)
    tokenizer = load_tokenizer(recipe, training_texts(dataset))
    tokenizer.padding_side = "left"
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = PeftModel.from_pretrained(load_base(recipe, training), str(training / "adapter"))
    model.to("cuda" if torch.cuda.is_available() else "cpu").eval()

    records: list[dict[str, Any]] = []
    with model.disable_adapter():
        records += answered("base", rows, model, tokenizer, recipe)
    records += answered("tuned", rows, model, tokenizer, recipe)

    answers = out / "evaluation.jsonl"
    lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    answers.write_text("".join(lines), "utf-8")
    scores = {
        arm: round(fmean(its["token_f1"] for its in records if its["arm"] == arm), 4)
        for arm in ARMS
    }
    result = {"answers": str(answers), "rows": len(rows), "token_f1": scores}
    (out / "evaluation.json").write_text(json.dumps(result), "utf-8")


def answered(
    arm: str,
    rows: list[ChatRow],
    model: PeftModel,
    tokenizer: PreTrainedTokenizerFast,
    recipe: Recipe,
) -> list[dict[str, Any]]:
    """Return a record for each row: what was asked, answered and expected, and its token F1."""
    records: list[dict[str, Any]] = []
    for start in range(0, len(rows), recipe.batch_size):
        batch = rows[start : start + recipe.batch_size]
        for row, answer in zip(batch, generated(batch, model, tokenizer, recipe), strict=True):
            system, user, reference = row.texts
            record = {"arm": arm, "id": row.id, "system": system, "user": user, "answer": answer}
            score = round(token_f1(answer, reference), 4)
            records.append({**record, "reference_answer": reference, "token_f1": score})
        print(f"{PROGRESS}{arm} · {len(records)}/{len(rows)} answers", flush=True)
    return records


@torch.inference_mode()
def generated(
    rows: list[ChatRow], model: PeftModel, tokenizer: PreTrainedTokenizerFast, recipe: Recipe
) -> list[str]:
    """Return the greedy answer to each row."""
    prompts = [encode(tokenizer, row.messages).prompt for row in rows]
    inputs = tokenizer.pad({"input_ids": prompts}, return_tensors="pt").to(model.device)
    tokens = model.generate(
        **inputs,
        max_new_tokens=recipe.answer_tokens,
        do_sample=False,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    answers = tokens[:, inputs["input_ids"].shape[1] :]
    return [text.strip() for text in tokenizer.batch_decode(answers, skip_special_tokens=True)]


def _arguments() -> tuple[Path, Path, Path]:
    parser = argparse.ArgumentParser(prog="training.predict")
    for name in ("--dataset", "--training", "--out"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args()
    return given.dataset, given.training, given.out


if __name__ == "__main__":
    main()
