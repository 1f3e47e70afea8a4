"""What tests of Elasticsearch share: an index of their own on the node, a node
that can be killed, and one that refuses."""

import json
import os
import signal
import ssl
import subprocess
import threading
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from elasticsearch import Elasticsearch

from tests.ports import own_port
from tools.elastic_cluster import Access, Cluster
from tools.patience import Patience

Reply = tuple[int, dict[str, Any]]


@asynccontextmanager
async def own_indices(url: str) -> AsyncIterator[tuple[Cluster, str]]:
    """Yield a cluster and an alias; whatever is made under that name is removed again."""
    cluster, alias = Cluster(Access((url,)), Patience(5)), f"test-{uuid.uuid4().hex[:8]}"
    try:
        yield cluster, alias
    finally:
        made = list(await cluster.client.indices.get(index=f"{alias}*"))
        if made:
            await cluster.client.indices.delete(index=made)
        await cluster.close()


@contextmanager
def own_name(url: str) -> Iterator[tuple[Elasticsearch, str]]:
    """Yield a plain client and an alias, for tests that are not async; else as `own_indices`."""
    name = f"test-{uuid.uuid4().hex[:8]}"
    with Elasticsearch(url) as client:
        try:
            yield client, name
        finally:
            if made := list(client.indices.get(index=f"{name}*")):
                client.indices.delete(index=made)


class Node:
    """A node of the test's own, that can be killed and started again on its data."""

    def __init__(self, start: Path, folder: Path) -> None:
        self.folder = folder
        self.url = ""
        self._start = start

    def start(self) -> None:
        port = self.url.rpartition(":")[2] or str(own_port())
        done = subprocess.run(
            [str(self._start), port, str(self.folder)], capture_output=True, text=True, check=True
        )
        self.url = done.stdout.strip()

    def empty(self) -> None:
        """Start the node where it does not run, and remove every index."""
        if not self.url or not self._answers():
            self.start()
        with Elasticsearch(self.url) as client:
            if made := list(client.indices.get(index="*")):
                client.indices.delete(index=made)

    def _answers(self) -> bool:
        with Elasticsearch(self.url) as client:
            return client.ping()

    def kill(self) -> None:
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(int((self.folder / "node.pid").read_text()), signal.SIGKILL)


def refusal(status: int, kind: str, reason: str) -> Reply:
    """Return an error as Elasticsearch words it."""
    error = {"type": kind, "reason": reason}
    return status, {"error": {"root_cause": [error], **error}, "status": status}


@contextmanager
def node(
    handle: Callable[[str, str, bytes], Reply],
    *,
    product: str = "Elasticsearch",
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Serve what `handle(method, path, body)` returns, as a node would; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            status, reply = handle(self.command, self.path, body)
            sent = b"" if self.command == "HEAD" else json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("x-elastic-product", product)
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
