"""Prices: what a model's tokens cost, and what a run's finished calls came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from agents.journal import Spent

FREE = ("offline", "scripted")


class Price(BaseModel):
    """What a model's tokens cost, in US dollars per million."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    input: float = Field(ge=0)
    """Of the prompt; what a provider takes off for cached tokens is not taken off here."""
    output: float = Field(ge=0)
    """Of the reply, reasoning included."""

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """Return what so many tokens cost, in US dollars."""
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000


def cost_of(spent: Sequence[Spent], prices: Mapping[str, Price]) -> float | None:
    """Return what the calls cost, in US dollars; None when the price of a model is not known."""
    total = 0.0
    for each in spent:
        if each.model.partition(":")[0] in FREE:
            continue
        if each.model not in prices:
            return None
        total += prices[each.model].of(each.input_tokens, each.output_tokens)
    return total


def unpriced(spent: Sequence[Spent], prices: Mapping[str, Price]) -> list[str]:
    """Return the models whose price is not known, each once."""
    return list(dict.fromkeys(each.model for each in spent if cost_of([each], prices) is None))


def dollars(cost: float | None) -> str:
    """Return a cost as it is shown, a dash for one that is not known."""
    if cost is None:
        return "–"
    return f"${cost:,.2f}" if cost >= 1 or not cost else f"${cost:.4f}"
