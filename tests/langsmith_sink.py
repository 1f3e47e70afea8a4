"""A server on this machine that speaks what LangSmith's client sends, decodes it, and draws trees.

Modes: `ok`, `slow` (answers after `delay` seconds), `refusing` (503), `no_key` (401), `hanging`
(never answers).
"""

import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import zstandard

TENANT = "11111111-2222-4333-8444-555555555555"
INFO = {
    "version": "0.13.5",
    "instance_flags": {
        "zstd_compression_enabled": True,
        "dataset_examples_multipart_enabled": True,
        "examples_multipart_enabled": True,
    },
    "batch_ingest_config": {
        "use_multipart_endpoint": True,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 4,
        "scale_down_nempty_trigger": 4,
        "size_limit": 100,
        "size_limit_bytes": 20_971_520,
    },
}
NOWHERE = "http://127.0.0.1:1"
"""An address where nobody listens: the system gives such a port to none that asks for any."""
_NAME = re.compile(rb'name="([^"]+)"')
_STATUS = {"refusing": 503, "no_key": 401}


@dataclass
class Sink:
    """What was received, by id; `requests` are (method, path, bytes of the body, decoded)."""

    mode: str = "ok"
    delay: float = 0.5
    url: str = ""
    refused: int = 0
    """How many posts were."""
    runs: dict[str, dict[str, Any]] = field(default_factory=dict)
    feedback: dict[str, dict[str, Any]] = field(default_factory=dict)
    datasets: dict[str, dict[str, Any]] = field(default_factory=dict)
    examples: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[tuple[str, str, bytes]] = field(default_factory=list)
    encodings: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def roots(self) -> list[dict[str, Any]]:
        """Return the runs without a parent, in the order of their start."""
        found = [run for run in self.runs.values() if not run.get("parent_run_id")]
        return sorted(found, key=lambda run: run["dotted_order"])

    @property
    def everything(self) -> bytes:
        """Return every byte that came, decoded."""
        return b"\n".join(
            method.encode() + path.encode() + body for method, path, body in self.requests
        )

    def root(self, name: str) -> dict[str, Any]:
        """Return the only root whose name holds these words."""
        (found,) = [run for run in self.roots if name in run["name"]]
        return found

    def trace(self, root: dict[str, Any]) -> list[dict[str, Any]]:
        """Return every run of the root's trace, in order."""
        found = [run for run in self.runs.values() if run["trace_id"] == root["id"]]
        return sorted(found, key=lambda run: run["dotted_order"])

    def feedback_on(self, root: dict[str, Any]) -> dict[str, dict[str, Any]]:
        """Return the feedback on a trace, by its key."""
        found = [each for each in self.feedback.values() if each["run_id"] == root["id"]]
        return {each["key"]: each for each in found}

    def drawn(self, root: dict[str, Any]) -> str:
        """Return a trace as a tree of names, types and tokens."""
        lines: list[str] = []

        def draw(run: dict[str, Any], depth: int) -> None:
            used = metadata(run).get("usage_metadata")
            tokens = f"  {used['input_tokens']} + {used['output_tokens']} tokens" if used else ""
            failed = "  failed" if run.get("error") else ""
            lines.append(f"{'  ' * depth}{run['name']}  [{run['run_type']}]{tokens}{failed}")
            children = [r for r in self.runs.values() if r.get("parent_run_id") == run["id"]]
            for child in sorted(children, key=lambda run: run["dotted_order"]):
                draw(child, depth + 1)

        draw(root, 0)
        return "\n".join(lines)

    def take(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> Any:
        """Take a request in, and return what LangSmith would answer."""
        match method, path.removeprefix("/v1/platform").strip("/").split("/"):
            case "GET", ["info"]:
                return INFO
            case "POST", ["runs", kind]:
                self._take_runs(kind, body)
            case "POST", ["feedback"]:
                self.feedback[body["id"]] = body
            case "GET", ["sessions"]:
                return self._projects(query.get("name"))
            case "GET" | "POST" | "PATCH", ["datasets", *rest]:
                return self._take_datasets(method, rest, query, body)
            case _, ["examples", *rest]:
                return self._take_examples(method, rest, query, body)
            case _:
                return None
        return {}

    def _take_runs(self, kind: str, body: Any) -> None:
        if kind == "multipart":
            for name, part in body:
                self._take_part(name, part)
            return
        for run in [*body.get("post", ()), *body.get("patch", ())]:
            self._merge(run["id"], run)

    def _take_examples(
        self, method: str, rest: list[str], query: dict[str, list[str]], body: Any
    ) -> Any:
        if method == "GET":
            first, most = int(query["offset"][0]), int(query["limit"][0])
            dataset = query["dataset"][0]
            found = [e for e in self.examples.values() if e["dataset_id"] == dataset]
            return found[first : first + most]
        if method == "DELETE":
            for example in rest or query["example_ids"]:
                self.examples.pop(example, None)
            return {}
        for each in body:
            self.examples[each["id"]] = {**self.examples.get(each["id"], {}), **each}
        return body

    def _take_part(self, name: str, part: Any) -> None:
        kind, id_, *fields = name.split(".")
        if kind == "feedback":
            self.feedback[id_] = part
        elif fields:
            self._merge(id_, {fields[0]: part})
        else:
            self._merge(id_, part)

    def _merge(self, id_: str, values: dict[str, Any]) -> None:
        known = self.runs.setdefault(id_, {"id": id_})
        known.update({key: value for key, value in values.items() if value is not None})

    def _projects(self, names: list[str] | None) -> list[dict[str, Any]]:
        known = {run.get("session_name") for run in self.runs.values()}
        return [
            {
                "id": _id_of(name),
                "tenant_id": TENANT,
                "name": name,
                "start_time": "2026-01-01T00:00:00Z",
                "reference_dataset_id": None,
            }
            for name in (names or sorted(filter(None, known)))
            if name in known
        ]

    def _take_datasets(
        self, method: str, rest: list[str], query: dict[str, list[str]], body: Any
    ) -> Any:
        if method == "GET":
            names = query.get("name")
            return [d for d in self.datasets.values() if not names or d["name"] in names]
        if not rest:
            made = {"id": _id_of(body["name"]), "created_at": "2026-01-01T00:00:00Z", **body}
            return self.datasets.setdefault(made["id"], made)
        ids = [name for name, _ in body if "." not in name]
        for name, part in body:
            id_, *fields = name.split(".")
            values = {fields[0]: part} if fields else part
            known = self.examples.setdefault(id_, {"id": id_, "dataset_id": rest[0]})
            known.update(values)
        return {"example_ids": ids, "count": len(ids)}


def metadata(run: dict[str, Any]) -> dict[str, Any]:
    """Return a run's metadata."""
    return run.get("extra", {}).get("metadata", {})


@contextmanager
def langsmith_sink(mode: str = "ok", delay: float = 0.5) -> Iterator[Sink]:
    """Serve until the block ends."""
    sink = Sink(mode, delay)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
            if sink.mode == "hanging":
                sink.gone.wait()
                self.close_connection = True
                return
            if sink.mode == "slow":
                sink.gone.wait(sink.delay)
            if status := _STATUS.get(sink.mode):
                sink.refused += self.command == "POST"
                self._send(status, {"detail": sink.mode})
                return
            encoding = self.headers.get("content-encoding", "")
            if encoding == "zstd":
                raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
            address = urlsplit(self.path)
            with sink.lock:
                sink.encodings.add(encoding)
                sink.requests.append((self.command, self.path, raw))
                body = _decoded(self.headers.get("content-type", ""), raw)
                reply = sink.take(self.command, address.path, parse_qs(address.query), body)
            self._send(200 if reply is not None else 404, reply)

        do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _answer

        def _send(self, status: int, reply: Any) -> None:
            sent = json.dumps(reply).encode()
            with suppress(OSError):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(sent)))
                self.end_headers()
                self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield sink
    finally:
        sink.gone.set()
        server.shutdown()
        server.server_close()


def never_too_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is on its way arrive, however slow the machine is."""
    for name in ("outbox.SECONDS_TO_CLOSE", "courier.DEADLINE", "courier.DEADLINE_TO_ASK"):
        monkeypatch.setattr(f"app.{name}", 60.0)
    monkeypatch.setattr("app.courier.PROMPT", 60.0)


def wait_until(true: Any, seconds: float = 60) -> None:
    """Wait for something that happens in another thread."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    assert true()


def _decoded(kind: str, raw: bytes) -> Any:
    if not raw:
        return None
    if not kind.startswith("multipart/form-data"):
        return json.loads(raw)
    boundary = b"--" + kind.split("boundary=")[1].strip('"').encode()
    parts: list[tuple[str, Any]] = []
    for part in raw.split(boundary)[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        named = _NAME.search(head)
        assert named
        parts.append((named[1].decode(), json.loads(content)))
    return parts


def _id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))
