"""A model server to measure against: OpenAI's protocol, a latency, and faults on demand.

    python -m bench.mock_server --latency 0.05 --admits 16 --retry-after 1
    python -m bench.mock_server --rpm 600 --burst 20 --retry-as date --fault junk --fault-share 0.2

It is a process of its own, prints its URL, and costs little: replies are made once for each schema,
or by the offline model once for each request. `GET /stats` says what it saw, `POST /reset` forgets
it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from bench.mock import CHOICES, JUNK, Fault, Mock, MockServer, Seen


@dataclass
class Connection(asyncio.Protocol):
    """One client's connection: requests come one after the other, each by its content length."""

    server: MockServer
    transport: asyncio.Transport = field(init=False)
    held: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        if self.server.cuts():
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Serve every request that has come in whole."""
        self.held += data
        while (end := self.held.find(b"\r\n\r\n")) >= 0:
            head = self.held[:end].lower()
            _, _, rest = head.partition(b"\r\ncontent-length:")
            length = int(rest.split(b"\r\n", 1)[0]) if rest else 0
            if len(self.held) < end + 4 + length:
                return
            body = self.held[end + 4 : end + 4 + length]
            self.held = self.held[end + 4 + length :]
            self._serve(head.split(b" ", 2)[1], body)

    def _serve(self, path: bytes, body: bytes) -> None:
        server, seen = self.server, self.server.seen
        if path.endswith(b"/stats"):
            return self._send(200, json.dumps(asdict(seen)))
        if path.endswith(b"/reset"):
            server.reset()
            return self._send(200, "{}")
        seen.requests += 1
        if turned_away := server.turned_away():
            status, code, headers = turned_away
            said = {"error": {"message": "not now", "code": code}}
            return self._send(status, json.dumps(said), headers)
        seen.in_flight += 1
        seen.most_in_flight = max(seen.most_in_flight, seen.in_flight)
        latency, fault = server.draw()
        asyncio.get_running_loop().call_later(latency, self._reply, body, fault)
        return None

    def _reply(self, body: bytes, fault: Fault) -> None:
        server, seen = self.server, self.server.seen
        if fault == "hang":
            return None
        seen.in_flight -= 1
        try:
            message = server.message(body)
        except Exception as error:
            # A request that the offline model cannot read must not wait for ever.
            return self._send(500, json.dumps({"error": {"message": str(error)}}))
        if fault != "none":
            seen.faulty += 1
        if fault == "junk":
            message = {"role": "assistant", "content": JUNK[seen.faulty % len(JUNK)]}
        if fault == "error_body":
            return self._send(200, json.dumps({"error": {"message": "overloaded", "code": 500}}))
        sent, (took, gave) = _completion(message, len(body))
        seen.completed += fault in ("none", "junk") and not self.transport.is_closing()
        seen.input_tokens, seen.output_tokens = seen.input_tokens + took, seen.output_tokens + gave
        if fault == "close":
            self.transport.write(_head(200, len(sent)) + sent[: len(sent) // 2].encode())
            return self.transport.close()
        if fault == "drip":
            self.transport.write(_head(200, len(sent)))
            return self._drip(sent)
        return self._send(200, sent, server.limits())

    def _drip(self, left: str) -> None:
        """Send a character a minute."""
        if left and not self.transport.is_closing():
            self.transport.write(left[:1].encode())
            asyncio.get_running_loop().call_later(60, self._drip, left[1:])

    def _send(self, status: int, text: str, headers: str = "") -> None:
        if not self.transport.is_closing():
            body = text.encode()
            self.transport.write(_head(status, len(body), headers) + body)


def _head(status: int, length: int, headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\n{headers}"
        f"content-length: {length}\r\n\r\n"
    ).encode()


def _completion(message: dict[str, Any], asked: int) -> tuple[str, tuple[int, int]]:
    """Return a chat completion, and its tokens: four bytes each."""
    took, gave = asked // 4, len(message.get("content") or "") // 4 + 1
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    sent = {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "mock",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": took, "completion_tokens": gave, "total_tokens": took + gave},
    }
    return json.dumps(sent), (took, gave)


@contextmanager
def serving(mock: Mock) -> Generator[str]:
    """Yield the URL of a server in a process of its own."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(mock).items()]
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.mock_server", *options],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


def stats(url: str) -> Seen:
    """Return what the server at the URL has seen."""
    with urllib.request.urlopen(f"{url}/stats") as reply:
        return Seen(**json.load(reply))


def reset(url: str) -> None:
    """Let the server at the URL forget what it saw."""
    urllib.request.urlopen(f"{url}/reset", data=b"").close()


async def _run(mock: Mock, port: int) -> None:
    server = MockServer(mock)
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: Connection(server), "127.0.0.1", port, backlog=2048
    )
    print(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1", flush=True)
    await listening.serve_forever()


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    for each in fields(Mock):
        value: Any = each.default
        kind = cast(Any, "True".__eq__ if isinstance(value, bool) else type(value))
        name = f"--{each.name.replace('_', '-')}"
        parser.add_argument(name, type=kind, default=value, choices=CHOICES.get(each.name))
    options = vars(parser.parse_args())
    port = options.pop("port")
    asyncio.run(_run(Mock(**options), port))


if __name__ == "__main__":
    main()
