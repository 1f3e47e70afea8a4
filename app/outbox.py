"""Outbox: hands whole traces to LangSmith's client, and knows which of them arrived.

It holds a bounded number of traces that are on their way; what comes on top is lost, and counted.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock, Thread
from typing import Any, Literal, cast
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from langsmith import Client
from langsmith.utils import LangSmithError, LangSmithWarning
from requests import RequestException
from urllib3 import Retry

from app.courier import Courier
from app.traces import TraceLine, note_traces
from app.whole_trace import RunValues
from graph.tracing import Score
from tools.redact import Redactor

MOST_WAITING = 32
"""Most traces on their way at a time; one is some hundred kilobytes."""
MOST_WAITING_LONG = 4
"""The same while the server takes its time: traces cost work that a run would wait for."""
SECONDS_TO_CLOSE = 3.0
MOST_QUESTIONS = 5
"""Most times that the server is asked where it shows the project, which it makes in its time."""
# Said instead of asked for: one thread sends batch after batch, and none waits in a pool.
_INFO = {
    "version": "0.13.0",
    "batch_ingest_config": {
        "use_multipart_endpoint": True,
        "size_limit": 500,
        "size_limit_bytes": 4 * 2**20,
        "scale_up_nthreads_limit": 0,
        "scale_up_qsize_trigger": 1_000_000,
        "scale_down_nempty_trigger": 4,
    },
}

TracingMode = Literal["langsmith", "otel", "hybrid"]


ENDPOINT = "https://api.smith.langchain.com"
"""Where LangSmith is unless a variable says otherwise."""


def named(variables: Mapping[str, str], name: str) -> str | None:
    """Return a setting of LangSmith's, by its new or its older name."""
    return variables.get(f"LANGSMITH_{name}") or variables.get(f"LANGCHAIN_{name}") or None


class RedactingClient(Client):
    """A client whose runs hold no secret, whatever they become: spans do not pass the courier."""

    __slots__ = ("_redact",)

    def __init__(self, redact: Redactor, **settings: Any) -> None:
        self._redact = redact
        super().__init__(anonymizer=redact.inside, **settings)

    def create_run(self, name: str, inputs: dict[str, Any], run_type: str, **rest: Any) -> None:
        """Take secrets out of what the anonymizer is not shown, and send the run."""
        super().create_run(self._redact(name), inputs, cast("Any", run_type), **self._cleaned(rest))

    def update_run(self, run_id: UUID | str, **rest: Any) -> None:
        """Take secrets out of what the anonymizer is not shown, and send the change."""
        super().update_run(run_id, **self._cleaned(rest))

    def _cleaned(self, fields: dict[str, Any]) -> dict[str, Any]:
        shown = ("inputs", "outputs", "error")
        return {
            k: v if k in shown else self._redact.inside(v, but="metadata")
            for k, v in fields.items()
        }


def _is_news(record: logging.LogRecord) -> bool:
    """Keep quiet about what was decided here."""
    return not record.getMessage().startswith("Run compression is not enabled")


class Outbox:
    """Where the traces of a run are handed in; `project` is LangSmith's name for their place."""

    def __init__(self, variables: Mapping[str, str], redact: Redactor, run: Path) -> None:
        self.project = named(variables, "PROJECT") or "default"
        self._run = run
        self._redact = redact
        self._lost = 0
        self._waiting: dict[str, TraceLine] = {}
        self._arrived: list[TraceLine] = []
        self._questions = 0
        self._url: str | None = None
        self._lock = Lock()
        self._courier = Courier(self._on_end, redact.mask)
        mode = tracing_mode(variables)
        logging.getLogger("langsmith.client").addFilter(_is_news)
        # OpenTelemetry does not say what arrived, and knows no feedback.
        self._tells = mode == "langsmith"
        kind = Client if self._tells else partial(RedactingClient, redact)
        self.client: Client = kind(
            api_url=named(variables, "ENDPOINT"),
            api_key=named(variables, "API_KEY"),
            workspace_id=named(variables, "WORKSPACE_ID"),
            session=self._courier,
            retry_config=Retry(0),
            info=_INFO,
            hide_inputs=named(variables, "HIDE_INPUTS") == "true",
            hide_outputs=named(variables, "HIDE_OUTPUTS") == "true",
            hide_metadata=named(variables, "HIDE_METADATA") == "true",
            tracing_mode=mode,
            tracing_sampling_rate=1.0,
        )
        if self._tells:
            Thread(target=self._greet, daemon=True).start()

    def has_room(self) -> bool:
        """Return whether another trace would be sent; if not, it counts as lost."""
        down = self._courier.problem or self._courier.stopped
        most = MOST_WAITING if self._courier.is_prompt else MOST_WAITING_LONG
        if down or len(self._waiting) >= most:
            self._lost += 1
            return False
        return True

    def hand_in(self, runs: Sequence[RunValues], line: TraceLine, scores: Iterable[Score]) -> None:
        """Send a whole trace, with the critic's scores as its feedback."""
        if not self.has_room():
            return
        with self._lock:
            self._waiting[line.trace] = line
        send(self.client, runs, UUID(line.trace), scores if self._tells else ())
        if not self._tells:
            self._on_end([line.trace], taken=True)

    def close(self) -> str:
        """Wait a little for what is on its way; return what was lost as a sentence, or nothing."""
        if not self._courier.problem:
            self.client.flush(timeout=SECONDS_TO_CLOSE)
        down = self._courier.problem
        self._note(last=True)
        self._courier.stop()
        self.client.close(timeout=0)
        lost = self._lost + len(self._waiting)
        if not (lost or down):
            return ""
        why = self._courier.said or "is too slow"
        what = f"the traces of {lost} candidates were lost" if lost else "the run's trace was lost"
        return self._redact(f"LangSmith at {place(self.client.api_url)} {why}: {what}.")

    def _on_end(self, runs: Iterable[str], taken: bool) -> None:
        with self._lock:
            ended = [self._waiting.pop(run) for run in runs if run in self._waiting]
            if taken:
                self._arrived += ended
            else:
                self._lost += len(ended)
        self._note()

    def _note(self, *, last: bool = False) -> None:
        """Write down the traces that arrived, once it is known where a browser shows them."""
        if self._arrived and not self._url and self._questions < MOST_QUESTIONS:
            self._questions += 1
            self._url = self._project_url()
        if self._url or last or self._questions == MOST_QUESTIONS:
            with self._lock:
                arrived, self._arrived = self._arrived, []
            note_traces(self._run, arrived, self._url)

    def _greet(self) -> None:
        """See how soon the server answers, before the first trace needs it."""
        with suppress(RequestException):
            self._courier.request("GET", f"{self.client.api_url}/info")

    def _project_url(self) -> str | None:
        if not self._tells or self._courier.problem or self._courier.stopped:
            return None
        try:
            return self.client.read_project(project_name=self.project).url
        except (LangSmithError, OSError, ValueError):
            # Without it the traces are found by their project and id.
            return None


def tracing_mode(variables: Mapping[str, str]) -> TracingMode:
    """Return where LangSmith's own settings send traces: to itself, by OpenTelemetry, or both."""
    mode = (named(variables, "TRACING_MODE") or "").lower()
    if not mode and named(variables, "OTEL_ONLY") == "true":
        mode = "otel"
    elif not mode and named(variables, "OTEL_ENABLED") == "true":
        mode = "hybrid"
    # The client refuses what is none of them, in a sentence.
    return cast("TracingMode", mode or "langsmith")


def send(client: Client, runs: Iterable[RunValues], trace: UUID, scores: Iterable[Score]) -> None:
    """Hand a trace and the scores that it got to the client, which sends them when it can."""
    for run in runs:
        client.create_run(**run)
    with warnings.catch_warnings():
        # It asks for the project's id, which is not known before the first trace has arrived.
        warnings.simplefilter("ignore", LangSmithWarning)
        for score in scores:
            client.create_feedback(
                run_id=trace,
                trace_id=trace,
                feedback_id=uuid5(trace, score.name),
                key=score.name,
                score=score.value,
                comment=score.reasons,
                feedback_source_type="model",
            )


def place(url: str) -> str:
    """Return the server of a URL as people may see it, without credentials."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
