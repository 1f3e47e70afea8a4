"""How a row becomes tokens: one rendering for the audit, the training and the predictions.

What the audit counts is what the model is trained on, because `encode` makes both. Nothing here
loads torch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from training.recipe import Recipe
from training.rows import TrainingError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Message = dict[str, str]
TINY_VOCABULARY = 2048
TEMPLATE_TOKENS = 16
"""More than the chat template adds to a row's texts."""


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


def load_tokenizer(recipe: Recipe, texts: Iterable[str] = ()) -> PreTrainedTokenizerFast:
    """Load the recipe's tokenizer with its chat template; the tiny base's is learned from texts."""
    tokenizer = _learned(texts) if recipe.tiny else _pretrained(recipe.base)
    if recipe.chat_template:
        tokenizer.chat_template = recipe.chat_template.read_text("utf-8")
    return tokenizer


def encode(tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message]) -> Encoded:
    """Render system, user and answer with the chat template, into tokens."""
    return Encoded(
        prompt=_rendered(tokenizer, messages[:-1], ask=True),
        whole=_rendered(tokenizer, messages, ask=False),
    )


def length(recipe: Recipe, system: str, user: str, answer: str) -> int:
    """Return how many tokens the training sees of a row, its answer and end token included.

    The tiny tokenizer is only learned from the finished dataset: for it, a bound that holds.
    """
    if recipe.tiny:
        return len(f"{system}{user}{answer}".encode()) + TEMPLATE_TOKENS
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


def _learned(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """Return a small byte-level BPE: any text can be written, frequent words in one token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=TINY_VOCABULARY,
        special_tokens=["<pad>", "<s>", "</s>", "[INST]", "[/INST]"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)  # pyright: ignore[reportUnknownMemberType]
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>"
    )


@lru_cache(maxsize=2)
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
