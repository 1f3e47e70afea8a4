# pyright: basic
"""The base model of a run: loaded in 4 bits for both training processes, or made on the spot."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import cast

import torch
from transformers import (
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    set_seed,
)

from training.recipe import Recipe


def load_base(recipe: Recipe, out: Path) -> PreTrainedModel:
    """Load the base, in 4 bits where the recipe says so."""
    dtype = getattr(torch, recipe.compute_dtype)
    quantization = BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
        # ZeRO-3 shards the packed weights only when they are stored as a float type.
        bnb_4bit_quant_storage=torch.bfloat16 if recipe.zero_stage == 3 else torch.uint8,
    )
    return AutoModelForCausalLM.from_pretrained(
        recipe.base_path(out), dtype=dtype, quantization_config=quantization if recipe.nf4 else None
    )


def make_tiny_base(tokenizer: PreTrainedTokenizerFast, recipe: Recipe, folder: Path) -> None:
    """Write a Mistral of one layer with random weights, far enough apart to learn from."""
    set_seed(recipe.seed)
    config = MistralConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=128,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=64,  # bitsandbytes packs rows of 64 or more
        max_position_embeddings=recipe.max_length,
        initializer_range=0.15,
        bos_token_id=cast("int", tokenizer.bos_token_id),
        eos_token_id=cast("int", tokenizer.eos_token_id),
        pad_token_id=cast("int", tokenizer.pad_token_id),
    )
    shutil.rmtree(folder, ignore_errors=True)
    MistralForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
