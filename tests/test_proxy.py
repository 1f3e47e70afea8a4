"""The proxy of the fault tests: it forwards whole, cuts when told to, and counts."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.proxy import Proxy

SENT = bytes(range(256)) * 4000


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what it gets."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer(there: socket.socket) -> None:
            with there, suppress(OSError):
                while chunk := there.recv(65536):
                    there.sendall(chunk)

        def serve() -> None:
            while True:
                try:
                    there, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(there,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


def sent_back(port: int, data: bytes = SENT) -> bytes:
    """Send the data, and return what comes back until the end."""
    got = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=60) as here:
        threading.Thread(target=_send, args=(here, data), daemon=True).start()
        while len(got) < len(data) and (chunk := here.recv(65536)):
            got += chunk
    return got


def _send(here: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        here.sendall(data)


def test_all_is_forwarded(echo):
    with Proxy(echo) as proxy:
        assert [sent_back(proxy.port) for _ in range(3)] == [SENT] * 3
        assert (proxy.connections, proxy.cuts) == (3, 0)


def test_cuts_are_made_and_counted(echo):
    with Proxy(echo, cut_share=0.5, cut_within=len(SENT), seed=3) as proxy:
        whole = [sent_back(proxy.port) == SENT for _ in range(30)]
        assert 5 < proxy.cuts < 25
        assert whole.count(False) == proxy.cuts


def test_refusal_cuts_what_stands_and_ends(echo):
    with Proxy(echo) as proxy:
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as here:
            here.sendall(b"x")
            assert here.recv(1) == b"x"
            proxy.refusing = True
            with pytest.raises(ConnectionResetError):
                here.recv(1)
        assert sent_back(proxy.port, b"y") == b""
        proxy.refusing = False
        assert sent_back(proxy.port, b"y") == b"y"


def test_word_arrives_and_its_reply_is_lost(echo):
    with Proxy(echo, unconfirmed=b"COMMIT") as proxy:
        assert sent_back(proxy.port, b"COMMIT") == b""
        assert (sent_back(proxy.port, b"COMMIT"), proxy.cuts) == (b"COMMIT", 1)


def test_each_chunk_is_late(echo):
    with Proxy(echo, delay=0.2) as proxy:
        began = time.monotonic()
        assert sent_back(proxy.port, b"z") == b"z"
        assert time.monotonic() - began > 0.39
