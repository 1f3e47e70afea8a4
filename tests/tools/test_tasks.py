"""Tasks at once: the first that fails is raised as it is, and ends the others."""

import asyncio

import pytest

from tools.tasks import tasks


async def test_first_error_is_raised_with_its_cause():
    ended: list[str] = []

    async def fail() -> None:
        raise ValueError("first") from OSError("beneath")

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("other")

    async def both() -> None:
        async with tasks() as group:
            group.create_task(wait())
            group.create_task(fail())

    with pytest.raises(ValueError, match="first") as raised:
        await both()
    assert isinstance(raised.value.__cause__, OSError)
    assert ended == ["other"]
