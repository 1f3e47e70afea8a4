"""Gates: the gates of a run's model servers, by their addresses, and this process's share of them.

Each process of a run learns the width of its own share; shares are equal, and change as processes
join and leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from pydantic import BaseModel, ConfigDict, Field

from agents.faults import NO_SERVER
from agents.gate import Gate
from agents.rate_limits import RateLimits
from agents.width import MOST_PER_START


class ServerLimits(BaseModel):
    """What a model server takes, where its user knows it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    most_in_flight: int | None = Field(default=None, ge=1)
    """Most calls in flight; four times the concurrency if not given."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    """Most calls a minute; as many as the server takes if not given."""
    tokens_per_minute: float | None = Field(default=None, gt=0)
    """Most tokens a minute, of prompts and replies; as many as it takes if not given."""


@dataclass
class Gates:
    """The gates of a run's model servers; each starts at `start` calls in flight."""

    start: int
    limits: Mapping[str, ServerLimits] = field(default_factory=dict[str, ServerLimits])
    is_closed: bool = False
    _among: int = 1
    _gates: dict[str, Gate] = field(default_factory=dict[str, Gate])

    def of(self, address: str) -> Gate:
        """Return the gate of the server at an address, with or without a slash at its end."""
        address = address.rstrip("/")
        if address not in self._gates:
            start, most = self._widths(address)
            self._gates[address] = Gate(start, most=most, limits=RateLimits(*self._rates(address)))
            self._gates[address].is_closed = self.is_closed
        return self._gates[address]

    def close(self) -> None:
        """Let no more calls in; those in flight go on."""
        self.is_closed = True
        for gate in self._gates.values():
            gate.is_closed = True

    def share(self, among: int) -> None:
        """Take an equal share among so many processes."""
        self._among = among
        for address, gate in self._gates.items():
            gate.resize(*self._widths(address), *self._rates(address))

    @property
    def width(self) -> int:
        """How many calls may be in flight at present."""
        widths = [gate.width for gate in self._gates.values()]
        return sum(widths) or ceil(self.start / self._among)

    @property
    def in_flight(self) -> int:
        """How many calls are in flight."""
        return sum(gate.in_flight for gate in self._gates.values())

    @property
    def waiting(self) -> int:
        """How many calls wait for a place."""
        return sum(gate.waiting for gate in self._gates.values())

    @property
    def returning(self) -> int:
        """How many of them were refused before."""
        return sum(gate.returning for gate in self._gates.values())

    def _widths(self, address: str) -> tuple[int, int]:
        """Return where this process's share of a gate starts, and how far it may grow."""
        most = self._limits(address).most_in_flight
        if most is None:
            # A model in this process waits for nothing: more of it at a time is only slower.
            most = self.start if address == NO_SERVER.address else self.start * MOST_PER_START
        share = max(1, most // self._among)
        return min(ceil(self.start / self._among), share), share

    def _rates(self, address: str) -> tuple[float | None, float | None]:
        """Return this process's share of a server's requests and tokens a minute."""
        limits, among = self._limits(address), self._among
        requests, tokens = limits.requests_per_minute, limits.tokens_per_minute
        return requests and requests / among, tokens and tokens / among

    def _limits(self, address: str) -> ServerLimits:
        named = {each.rstrip("/"): limits for each, limits in self.limits.items()}
        return named.get(address, ServerLimits())
