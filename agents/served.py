"""Served: what a model is known to serve, by which its server's faults are told from a call's own.

A call that its server never takes is at fault itself when the model serves another that was sent
after it, and not this one: once where the server refused it, three times in turn where it failed.
It ends its candidate. Otherwise the server is at fault: it ends the run, which loses no candidate.
`agents/sending.py` asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.call import Call


@dataclass
class Served:
    """The newest of the calls that a model served this process, by the number it was sent as.

    Until there is one, the first that the journal holds.
    """

    call: Call | None = None
    number: int = 0
    aside: int = 0
    """How many calls, given up, wait for the model to serve another."""
    is_asked: bool = False
    """Whether the call is under way once more."""
    is_in_vain: bool = False
    """Whether it was not served then, and nothing was since; or nothing ever was."""

    def know(self, call: Call) -> None:
        """Take note of a call that was served before."""
        self.call = self.call or call

    def note(self, call: Call, number: int) -> None:
        """Take note of a call that was served."""
        self.is_in_vain = False
        if number > self.number:
            self.call, self.number = call, number
