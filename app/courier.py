"""Courier: the HTTP session that carries traces, and never lets a run wait for their server.

    a batch of runs ─┬─ taken                → the traces in it are delivered
                     ├─ refused as it is     → they are lost
                     ├─ key refused          → nothing more is sent
                     └─ no answer, or "busy" → kept and tried again, while no new trace is begun

LangSmith's client calls it from a thread of its own. After `stop` every request is over at once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any

import requests

DEADLINE = 10.0
"""Seconds in which a batch must be answered, all of it."""
DEADLINE_TO_ASK = 1.5
"""Seconds in which a question must be answered."""
LONGEST_PAUSE = 30.0
PROMPT = 1.0
"""Seconds within which a server answers that keeps up with a run."""
_POSTED = re.compile(rb'name="post\.([0-9a-f-]{36})"')
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_KEY_REFUSED = {401, 403}

Parcel = SimpleQueue["requests.Response | Exception"]


class Courier(requests.Session):
    """Carries batches one at a time.

    `problem` says in a few words why the server does not take them, `said` the same of the last
    time that it did not; `is_prompt` whether its last answer came soon.
    """

    def __init__(
        self, on_end: Callable[[Iterable[str], bool], None], mask: Callable[[bytes], bytes]
    ) -> None:
        """Tell `on_end` the ids of the runs in a batch, and whether they were delivered.

        `mask` takes the secrets out of a body and leaves it as long as it was.
        """
        super().__init__()
        self.problem = ""
        self.said = ""
        self.is_prompt = False
        self._on_end = on_end
        self._mask = mask
        self._stopped = Event()
        self._waiting: set[Parcel] = set()

    @property
    def stopped(self) -> bool:
        """Return whether nothing is sent any more."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End every request now and to come."""
        self._stopped.set()
        for parcel in list(self._waiting):
            parcel.put(requests.ConnectionError("stopped"))

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> requests.Response:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Send a request; a batch of runs is tried until it is taken, refused, or all is over."""
        kwargs["timeout"] = DEADLINE if method == "POST" else DEADLINE_TO_ASK
        if (body := kwargs.get("data")) is not None:
            kwargs["data"] = self._mask(body if isinstance(body, bytes) else body.read())
        if method != "POST" or "/runs/" not in url:
            return self._send(method, url, **kwargs)
        pause = 0.5
        while not self.stopped:
            try:
                answer = self._send(method, url, **kwargs)
            except requests.RequestException as error:
                self._fail(f"does not answer ({type(error).__name__})")
            else:
                if answer.status_code == 404:
                    # An older server: the client goes on to the endpoint that it knows.
                    return answer
                if answer.status_code in _KEY_REFUSED:
                    self._fail(f"refuses the key (HTTP {answer.status_code})")
                    self.stop()
                elif answer.status_code not in _BUSY:
                    return self._end(answer, kwargs["data"])
                else:
                    self._fail(f"is busy (HTTP {answer.status_code})")
            self._stopped.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
        return _forgotten()

    def _fail(self, problem: str) -> None:
        self.problem = self.said = problem

    def _end(self, answer: requests.Response, body: bytes) -> requests.Response:
        # The server has had these runs before: an answer was lost on its way.
        taken = answer.ok or answer.status_code == 409
        self.problem = ""
        if not taken:
            self.said = f"refuses traces (HTTP {answer.status_code})"
        self._on_end([run.decode() for run in _POSTED.findall(body)], taken)
        return answer if taken else _forgotten()

    def _send(self, method: str, url: str, **kwargs: Any) -> requests.Response:
        """Send it from another thread: neither a slow server nor the exit waits for the other."""
        parcel = Parcel()
        self._waiting.add(parcel)
        if self.stopped:
            parcel.put(requests.ConnectionError("stopped"))
        else:
            Thread(target=self._carry, args=(parcel, method, url, kwargs), daemon=True).start()
        began = time.monotonic()
        try:
            answer = parcel.get(timeout=kwargs["timeout"])
        except Empty as error:
            raise requests.Timeout("no answer in time") from error
        finally:
            self._waiting.discard(parcel)
        if isinstance(answer, Exception):
            raise answer
        self.is_prompt = time.monotonic() - began < PROMPT
        return answer

    def _carry(self, parcel: Parcel, method: str, url: str, kwargs: dict[str, Any]) -> None:
        with suppress(RuntimeError):
            try:
                parcel.put(super().request(method, url, **kwargs))
            except Exception as error:
                parcel.put(error)


def _forgotten() -> requests.Response:
    """Return an answer on which the client forgets a batch, and says nothing about it."""
    answer = requests.Response()
    answer.status_code = 202
    return answer
