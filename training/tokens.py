"""How a row becomes tokens: one rendering for the audit, the training and the predictions.

What the audit counts is what the model is trained on, because `encode` makes both. Nothing here
loads torch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from training.recipe import TINY_BASE, Recipe
from training.rows import TrainingError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Message = dict[str, str]


@dataclass(frozen=True, slots=True)
class Encoded:
    """A row in tokens: the prompt as the model is asked it, and the prompt with its answer."""

    prompt: list[int]
    whole: list[int]

    @property
    def answer(self) -> list[int]:
        """The tokens that are trained on: what follows the prompt."""
        return self.whole[len(self.prompt) :]

    @property
    def answer_follows(self) -> bool:
        """Whether the prompt with an answer begins with the very tokens of the prompt alone."""
        return self.whole[: len(self.prompt)] == self.prompt


def load_tokenizer(recipe: Recipe) -> PreTrainedTokenizerFast:
    """Load the recipe's tokenizer with its chat template; the tiny base's knows bytes alone."""
    return _loaded(TINY_BASE if recipe.tiny else recipe.base, recipe.chat_template)


def encode(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message]) -> Encoded:
    """Render system, user and answer with the chat template, into tokens."""
    return Encoded(
        prompt=_rendered(tokenizer, messages[:-1], ask=True),
        whole=_rendered(tokenizer, messages, ask=False),
    )


def length(recipe: Recipe, system: str, user: str, answer: str) -> int:
    """Return how many tokens the training sees of a row, its answer and end token included."""
    return len(encode(load_tokenizer(recipe), conversation(system, user, answer)).whole)


def fits(recipe: Recipe, system: str, user: str, answer: str) -> bool:
    """Return whether the row can be trained on without cutting anything off."""
    return length(recipe, system, user, answer) <= recipe.max_length


def conversation(system: str, user: str, answer: str) -> list[Message]:
    """Return the chat messages of a row."""
    return [
        {"role": "system", "content": system},
        {"role": "user", "content": user},
        {"role": "assistant", "content": answer},
    ]


def _rendered(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], *, ask: bool
) -> list[int]:
    rendered: Any = tokenizer.apply_chat_template(  # pyright: ignore[reportUnknownMemberType]
        list(messages), tokenize=True, add_generation_prompt=ask, return_dict=True
    )
    return cast("list[int]", rendered["input_ids"])


@lru_cache(maxsize=4)
def _loaded(base: str, chat_template: Path | None) -> PreTrainedTokenizerFast:
    tokenizer = _byte_tokenizer() if base == TINY_BASE else _pretrained(base)
    if chat_template:
        tokenizer.chat_template = chat_template.read_text("utf-8")
    return tokenizer


def _byte_tokenizer() -> PreTrainedTokenizerFast:
    """Return one token for each byte: any text can be written, and nothing has to be fitted."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    special = ["<pad>", "<s>", "</s>", "[INST]", "[/INST]"]
    symbols = [*special, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    vocabulary = {symbol: number for number, symbol in enumerate(symbols)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(  # pyright: ignore[reportUnknownMemberType]
        [AddedToken(symbol, special=True) for symbol in special]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )


def _pretrained(base: str) -> PreTrainedTokenizerFast:
    # AutoTokenizer would load torch for the same result.
    from transformers import PreTrainedTokenizerFast

    try:
        return cast("PreTrainedTokenizerFast", PreTrainedTokenizerFast.from_pretrained(base))  # pyright: ignore[reportUnknownMemberType]
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"The tokenizer of {base} cannot be loaded: give the folder of a downloaded model as "
            f"`base`, or allow the network and set HF_TOKEN if the model asks for it ({error})."
        ) from None
