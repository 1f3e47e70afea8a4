"""A TCP proxy on this machine that cuts, delays and refuses connections, for tests of faults.

It runs in a thread of its own, so that async tests, sync code and other processes can use it.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

_CHUNK = 65536


@dataclass
class Proxy:
    """Forwards to a port; `with Proxy(9200, cut_share=0.2) as proxy: … proxy.port`.

    A connection is cut with the chance `cut_share`, after at most `cut_within` bytes of it went
    either way; each chunk is `delay` seconds late. What holds the word `unconfirmed` is forwarded,
    once, and its connection cut before the reply. The settings may be changed at any time, and
    `refusing` turns away new connections and cuts those that stand.
    """

    target: int
    cut_share: float = 0.0
    cut_within: int = 2000
    delay: float = 0.0
    unconfirmed: bytes = b""
    seed: int = 0
    connections: int = 0
    cuts: int = 0
    port: int = 0
    _refusing: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        self._loop.close()

    @property
    def refusing(self) -> bool:
        """Whether every connection is turned away."""
        return self._refusing

    @refusing.setter
    def refusing(self, value: bool) -> None:
        self._refusing = value
        if value:
            self._loop.call_soon_threadsafe(self._cut_all)

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(timeout=10)

    async def _close(self) -> None:
        self._server.close()
        self._cut_all()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _cut_all(self) -> None:
        for writer in self._open:
            _cut(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self._refusing:
            self.cuts += 1
            return _cut(writer)
        try:
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            return _cut(writer)
        for each in (writer, there[1]):
            each.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open |= {writer, there[1]}
        cut = self._random.random() < self.cut_share
        left = [self._random.randrange(self.cut_within) if cut else None]
        ways = [self._forward(reader, there[1], left), self._forward(there[0], writer, left)]
        try:
            await asyncio.gather(*ways)
        except _CutError:
            self.cuts += 1
            _cut(writer)
            _cut(there[1])
        except OSError:
            pass
        finally:
            for each in (writer, there[1]):
                self._open.discard(each)
                each.close()

    async def _forward(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: list[int | None]
    ) -> None:
        while chunk := await reader.read(_CHUNK):
            if self.delay:
                await asyncio.sleep(self.delay)
            if (rest := left[0]) is not None and rest < len(chunk):
                writer.write(chunk[:rest])
                with suppress(OSError):
                    await writer.drain()
                raise _CutError
            left[0] = rest and rest - len(chunk)
            if self.unconfirmed and self.unconfirmed in chunk:
                self.unconfirmed, left[0] = b"", 0
            writer.write(chunk)
            await writer.drain()
        # Hand the end of one way on, so that the other can still finish.
        with suppress(OSError):
            writer.write_eof()


def _cut(writer: asyncio.StreamWriter) -> None:
    """Reset the connection, as no orderly close does."""
    at_once = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    writer.transport.abort()


class _CutError(Exception):
    """The connection has carried what it may."""
