"""Ports for servers that must be told theirs, or come back on it."""

import os
import socket
from contextlib import suppress

# Below those that the system gives out; processes of one moment begin at different ones.
_PORTS = iter(range(10_000 + os.getpid() * 50 % 20_000, 32_768))


def own_port() -> int:
    """Return a free port that the system gives to nobody else, and this never again."""
    for port in _PORTS:
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")
