"""Rate limits: what a server takes a minute, by the user's word or its own replies' (`Quota`).

`agents/gate.py` asks both how long to wait before the next call; times are seconds of its clock.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

BURST_SECONDS = 1.0
"""Limits may be this far ahead of themselves: what was not used is made up for in small bursts."""
LAST_SHARE = 0.25
"""What the last call weighs in the share of its bound that a call is expected to take."""
LONGEST_RESET = 60.0
_COUNT = re.compile(r"\d{1,15}")
_LENGTHS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)(ms|[smhd]?)")


@dataclass
class _Drip:
    """So many units a minute: each taken moves the time at which the next are due."""

    a_minute: float | None
    due: float = -math.inf

    def wait(self, now: float) -> float:
        return self.due - BURST_SECONDS - now if self.a_minute else 0.0

    def take(self, amount: float, now: float) -> None:
        if self.a_minute:
            self.due = max(self.due, now) + amount * 60 / self.a_minute


class RateLimits:
    """Requests and tokens a minute, evenly spread; None is without limit.

    A call is let through as soon as all before it are paid for, however large it is: one that is
    larger than a minute's tokens goes alone, and what follows waits for it. It is counted as the
    share of its bound that calls were seen to take, and set right once it has its reply: replies
    are far shorter than they may be. A refusal may mean that the server counts bounds.
    """

    def __init__(self, requests: float | None = None, tokens: float | None = None) -> None:
        self._requests = _Drip(requests)
        self._tokens = _Drip(tokens)
        self._share = 1.0

    def resize(self, requests: float | None, tokens: float | None) -> None:
        """Take other rates from now on."""
        self._requests.a_minute, self._tokens.a_minute = requests, tokens

    def wait(self, now: float) -> float:
        """Return the seconds until the next call may be sent; at most 0 if it may be now."""
        return max(self._requests.wait(now), self._tokens.wait(now))

    def take(self, most: int, now: float) -> float:
        """Count a call of at most so many tokens; return for how many it is counted."""
        counted = most * self._share
        self._requests.take(1, now)
        self._tokens.take(counted, now)
        return counted

    def correct(self, counted: float, most: int, took: int, now: float) -> None:
        """Count what a call took, in the place of what it was counted for."""
        self._tokens.take(took - counted, now)
        if took:
            self._share += LAST_SHARE * (took / max(most, took) - self._share)

    def refused(self) -> None:
        """Count calls for more from now on: the server took one for too many."""
        self._share = min(1.0, 2 * self._share)


@dataclass
class Quota:
    """A server's last word: units up to this count may be sent before it resets.

    What was sent since that reply's call is counted against it: the server had not seen it yet.
    """

    unit: str
    up_to: float = math.inf
    resets: float = -math.inf
    _heard_at: int = field(default=-1, init=False)

    def heard(self, headers: Mapping[str, str], sent: int, now: float) -> None:
        """Take the headers of a reply to a call up to which so many units were sent."""
        left = headers.get(f"x-ratelimit-remaining-{self.unit}", "")
        after = seconds_of(headers.get(f"x-ratelimit-reset-{self.unit}", ""))
        if after is None or not _COUNT.fullmatch(left) or sent < self._heard_at:
            return
        self._heard_at = sent
        self.up_to = sent + int(left)
        self.resets = now + min(after, LONGEST_RESET)

    def wait(self, count: float, now: float) -> float:
        """Return the seconds until the count may be reached; at most 0 if it may be now."""
        return self.resets - now if count > self.up_to else 0.0


def seconds_of(length: str) -> float | None:
    """Return the seconds of a length such as `6m0s`, `120ms`, `1.5`; None if it is none."""
    parts = _LENGTH.findall(length)
    if not parts or "".join(number + unit for number, unit in parts) != length.strip():
        return None
    return sum(float(number) * _LENGTHS[unit] for number, unit in parts)
