"""The loops that ours is measured beside: AsyncOpenAI and ChatOpenAI as anybody would write them.

They make their calls a fixed number at a time, validate each value, and keep nothing.
`bench/dispatch.py` and the other benches of the engine run them against the same server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from openai import AsyncOpenAI, DefaultAioHttpClient
from pydantic import BaseModel, SecretStr

SYSTEM = "You write questions that a technician asks about a machine's manual."
MODEL = "mock"


class Said(BaseModel):
    """What each call asks for."""

    reasons: str
    score: int


def prompt(number: int, characters: int) -> str:
    """Return the prompt of a call, of a length that a page of a manual has."""
    page = f"Page {number}. Tighten the bolts of the sealing jaw to 24 Nm every 500 hours. "
    return (page * (characters // len(page) + 1))[:characters]


def response_format() -> dict[str, Any]:
    """Return the schema of the value that each call asks for."""
    schema = Said.model_json_schema()
    return {
        "type": "json_schema",
        "json_schema": {"name": "Said", "schema": schema, "strict": True},
    }


async def pooled(
    numbers: Iterable[int], width: int, call: Callable[[int], Awaitable[object]]
) -> None:
    """Make the calls, so many at a time."""
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            await call(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(width):
            group.create_task(work())


async def plain_openai(
    url: str, numbers: range, width: int, characters: int, *, aiohttp: bool = False
) -> None:
    """Make the calls with AsyncOpenAI, over its default HTTP client or over aiohttp."""
    wanted: Any = response_format()
    http = DefaultAioHttpClient() if aiohttp else None
    async with AsyncOpenAI(base_url=url, api_key="none", http_client=http) as client:

        async def call(number: int) -> None:
            reply = await client.chat.completions.create(
                model=MODEL,
                messages=[
                    {"role": "system", "content": SYSTEM},
                    {"role": "user", "content": prompt(number, characters)},
                ],
                response_format=wanted,
            )
            Said.model_validate_json(reply.choices[0].message.content or "")

        await pooled(numbers, width, call)


async def bare_chat(url: str, numbers: range, width: int, characters: int) -> None:
    """Make the calls with ChatOpenAI and its default client."""
    model = ChatOpenAI(model=MODEL, base_url=url, api_key=SecretStr("none"))
    wanted = response_format()

    async def call(number: int) -> None:
        messages = [SystemMessage(SYSTEM), HumanMessage(prompt(number, characters))]
        reply = await model.ainvoke(messages, response_format=wanted)
        Said.model_validate_json(str(reply.text))

    await pooled(numbers, width, call)
