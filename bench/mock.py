"""A mock model: how a server behaves that is measured against, what it says, and what it saw.

`bench/mock_server.py` speaks OpenAI's protocol for it.
"""

from __future__ import annotations

import asyncio
import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from math import ceil
from typing import Any, Literal, get_args

Fault = Literal["none", "junk", "hang", "close", "error_body", "drip"]
RetryAs = Literal["seconds", "date"]
CHOICES = {"fault": get_args(Fault), "retry_as": get_args(RetryAs)}
JUNK = ("I am sorry, I cannot", '{"count": "many"', "", '{"count": NaN}', "[]", "```json\n{}\n```")


@dataclass(frozen=True, slots=True)
class Mock:
    """How the server behaves; shares are of the requests that it admits, times in seconds.

    `admits` is how many requests it serves at once, `rpm` how many a minute after a first `burst`,
    0 for any number: others get 429. The share `slow_share` takes `slow_factor` times the latency;
    `fault_share` meets the fault, `down_share` gets 503, and of connections `cut_share` are cut as
    soon as they are made.
    """

    latency: float = 0.05
    admits: int = 0
    rpm: int = 0
    burst: int = 1
    retry_after: float = 1.0
    """What a 429 asks to wait; where `rpm` is given, until the next request would be served."""
    retry_as: RetryAs = "seconds"
    slow_share: float = 0.0
    slow_factor: float = 20.0
    fault: Fault = "none"
    fault_share: float = 0.0
    down_share: float = 0.0
    cut_share: float = 0.0
    seed: int = 0
    characters: int = 0
    """How long the texts of a reply are; as short as may be if 0."""
    offline: bool = False
    """Whether it replies as the offline model does; what it replied once, it finds again."""


@dataclass(slots=True)
class Seen:
    """What the server has seen since it was started or reset."""

    requests: int = 0
    completed: int = 0
    rejected: int = 0
    down: int = 0
    cut: int = 0
    faulty: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    input_tokens: int = 0
    output_tokens: int = 0


def value_of(schema: dict[str, Any], characters: int, root: dict[str, Any] | None = None) -> Any:  # noqa: ANN401
    """Return the smallest value that follows a JSON schema, with texts of this length."""
    root = root or schema
    if "$ref" in schema:
        found: Any = root
        for name in schema["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return value_of(found, characters, root)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            properties: dict[str, Any] = schema.get("properties", {})
            return {name: value_of(each, characters, root) for name, each in properties.items()}
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return False
        case "array":
            least: int = schema.get("minItems", 0)
            return [value_of(schema["items"], characters, root)] * least
        case _:
            return "w" * max(characters, 1)


class Bucket:
    """Requests a minute that a server still takes; `burst` of them may come at once."""

    def __init__(self, rpm: int, burst: int) -> None:
        self._a_second, self._burst = rpm / 60, burst
        self._held, self._at = float(burst), 0.0

    def take(self, now: float) -> float:
        """Take a request; return 0, or the seconds until there is one to take."""
        self._held = min(self._burst, self._held + (now - self._at) * self._a_second)
        self._at = now
        if self._held < 1:
            return (1 - self._held) / self._a_second
        self._held -= 1
        return 0.0

    def headers(self) -> str:
        """Return how much is left, as OpenAI says it."""
        until_full = (self._burst - self._held) / self._a_second
        return (
            f"x-ratelimit-limit-requests: {self._burst}\r\n"
            f"x-ratelimit-remaining-requests: {int(self._held)}\r\n"
            f"x-ratelimit-reset-requests: {until_full:.3f}s\r\n"
        )


class MockServer:
    """Answers requests as the mock says, and counts them."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.seen = Seen()
        self._random = random.Random(mock.seed)
        self._bucket = _bucket(mock)
        self._made: dict[str, str] = {}
        self._said: dict[bytes, dict[str, Any]] = {}

    def reset(self) -> None:
        """Forget what was seen, and draw the same faults again."""
        self.seen = Seen(in_flight=self.seen.in_flight)
        self._random = random.Random(self.mock.seed)
        self._bucket = _bucket(self.mock)

    def cuts(self) -> bool:
        """Return whether a new connection is cut."""
        is_cut = self._random.random() < self.mock.cut_share
        self.seen.cut += is_cut
        return is_cut

    def turned_away(self) -> tuple[int, str, str] | None:
        """Return status, reason and headers for a request that is not admitted."""
        mock, seen = self.mock, self.seen
        if self._random.random() < mock.down_share:
            seen.down += 1
            return 503, "service_unavailable", ""
        wait = self._bucket.take(asyncio.get_running_loop().time()) if self._bucket else 0.0
        if mock.admits and seen.in_flight >= mock.admits:
            wait = wait or mock.retry_after
        if not wait:
            return None
        seen.rejected += 1
        return 429, "rate_limit_exceeded", self.limits() + _retry(wait, mock.retry_as)

    def limits(self) -> str:
        """Return the headers that say how much is left."""
        return self._bucket.headers() if self._bucket else ""

    def message(self, body: bytes) -> dict[str, Any]:
        """Return the message that replies to a request of this body."""
        if self.mock.offline:
            if body not in self._said:
                self._said[body] = _offline_message(json.loads(body))
            return self._said[body]
        request: dict[str, Any] = json.loads(body)
        wanted = request.get("response_format", {}).get("json_schema")
        if not wanted:
            return {"role": "assistant", "content": "w" * max(self.mock.characters, 1)}
        name = wanted["name"]
        if name not in self._made:
            made = value_of(wanted["schema"], self.mock.characters)
            self._made[name] = json.dumps(made)
        return {"role": "assistant", "content": self._made[name]}

    def draw(self) -> tuple[float, Fault]:
        """Return the seconds that the next admitted request takes, and what befalls it."""
        slow = self._random.random() < self.mock.slow_share
        faulty = self._random.random() < self.mock.fault_share
        latency = self.mock.latency * (self.mock.slow_factor if slow else 1.0)
        return latency, self.mock.fault if faulty else "none"


def _bucket(mock: Mock) -> Bucket | None:
    return Bucket(mock.rpm, mock.burst) if mock.rpm else None


def _retry(seconds: float, form: RetryAs) -> str:
    if form == "seconds":
        return f"retry-after: {seconds:.3f}\r\n"
    now = datetime.now(UTC)
    # A date has no parts of a second, so that it is up to one too late.
    date, until = (
        format_datetime(at, usegmt=True) for at in (now, now + timedelta(seconds=ceil(seconds)))
    )
    return f"date: {date}\r\nretry-after: {until}\r\n"


def _offline_message(request: dict[str, Any]) -> dict[str, Any]:
    """Return what the offline model replies to a request."""
    from langchain_core.messages import convert_to_messages, convert_to_openai_messages

    from agents.offline import OfflineModel

    options = {name: request[name] for name in ("tools", "response_format") if name in request}
    reply = OfflineModel().invoke(convert_to_messages(request["messages"]), **options)
    message = convert_to_openai_messages(reply)
    assert isinstance(message, dict)
    return message
