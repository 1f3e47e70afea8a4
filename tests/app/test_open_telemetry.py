"""LangSmith's own OpenTelemetry mode: the same traces as spans."""

import gzip
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.conftest import ROOT

NEVER_TOO_LATE = """
from app import cli, outbox
outbox.SECONDS_TO_CLOSE = 60.0
cli.main()
"""


@pytest.mark.slow
def test_traces_are_spans_in_otel_mode(tmp_path, monkeypatch):
    received: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            zipped = self.headers.get("content-encoding") == "gzip"
            received.append(gzip.decompress(raw) if zipped else raw)
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("LANGSMITH_TRACING", "true")
    monkeypatch.setenv("LANGSMITH_TRACING_MODE", "otel")
    # However slow the machine is: a request given up is lost, or sent twice.
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "60")
    officina = [sys.executable, "-c", NEVER_TOO_LATE]
    words = [*officina, "run", str(ROOT / "examples" / "manuals"), "--rows", "2", "--out", "run"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    server.shutdown()
    server.server_close()

    requests = [ExportTraceServiceRequest.FromString(body) for body in received]
    spans = [
        span
        for request in requests
        for resource in request.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    named = {span.name for span in spans}
    assert {"generator draft 1", "critic judges question 1", "search_manuals"} <= named
    (dataset,) = [span for span in spans if span.name == "dataset of 2 rows from manuals"]
    candidates = [span for span in spans if " page" in span.name and not span.parent_span_id]
    assert len({span.trace_id for span in spans}) >= 1 + len({s.name for s in candidates})
    assert dataset.trace_id not in {span.trace_id for span in candidates}
    attributes = {each.key for span in spans for each in span.attributes}
    assert "gen_ai.usage.input_tokens" in attributes
