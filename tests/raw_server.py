"""A server on this machine that hears whole HTTP requests and sends whatever bytes it is given."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

Send = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Heard:
    """A request as it came."""

    line: str
    headers: dict[str, str]
    body: dict[str, Any]


def answer(status: int, body: object, headers: str = "", *, length: int = 0) -> Send:
    """Return what sends a body, as JSON unless it is bytes; `length` may lie about it."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}"
        f"content-length: {length or len(sent)}\r\n\r\n"
    )

    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head.encode() + sent)

    return send


@asynccontextmanager
async def serving_raw(sends: list[Send]) -> AsyncGenerator[tuple[str, list[Heard]]]:
    """Yield the base URL, and what is heard; each request gets the next thing sent."""
    heard: list[Heard] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                named = [line.partition(": ") for line in head[1:] if line]
                headers = {name.lower(): value for name, _, value in named}
                body = await reader.readexactly(int(headers["content-length"]))
                heard.append(Heard(head[0], headers, json.loads(body)))
                await sends.pop(0)(writer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", heard
    finally:
        server.close()
