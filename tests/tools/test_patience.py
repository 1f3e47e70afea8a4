"""Patience: what is waited for, and that waiting can be ended."""

from dataclasses import replace

import pytest

from tools.patience import Patience, ServiceDownError


async def away() -> None:
    raise ServiceDownError("It is away.")


async def test_patience_that_is_ended_waits_no_longer() -> None:
    waits = list[str]()

    def end(service: str, _: float) -> None:
        waits.append(service)
        patience.end()

    patience = Patience(600)
    with pytest.raises(ServiceDownError):
        await replace(patience, on_wait=end)("the index", away)
    with pytest.raises(ServiceDownError):
        await replace(patience, on_wait=end)("the directory", away)
    assert waits == ["the index"]
