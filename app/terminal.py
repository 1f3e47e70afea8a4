"""Terminal: how a process stands to who started it: its streams, and the signals that end it.

A night's run must not end because the pipe of its log did; where its terminal is closed, it ends as
with Ctrl-C.
"""

from __future__ import annotations

import signal
import sys
from contextlib import suppress
from types import FrameType
from typing import TextIO, cast

INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def tell(sentence: str) -> None:
    """Say something to whoever started this process, on standard error."""
    print(sentence, file=sys.stderr)


def counted(number: float, noun: str) -> str:
    """Return a number with its noun, as "1 call" or "1,200 calls"."""
    return f"{number:,.15g} {noun}{'' if number == 1 else 's'}"


def outlive_readers() -> None:
    """Let standard output and standard error be written to whether or not somebody reads them."""
    # Closed by whoever started us, they are None.
    if sys.stdout:
        sys.stdout = cast(TextIO, _Outliving(sys.stdout))
    if sys.stderr:
        sys.stderr = cast(TextIO, _Outliving(sys.stderr))


def heard() -> list[signal.Signals]:
    """Return the signals that end this process; `nohup` and shells have some ignored."""
    return [number for number in INTERRUPTS if signal.getsignal(number) != signal.SIG_IGN]


def hear_signals() -> None:
    """Do on every signal that ends us what Ctrl-C does."""
    signal.signal(signal.SIGTERM, _as_ctrl_c)
    if signal.SIGHUP in heard():
        signal.signal(signal.SIGHUP, _as_ctrl_c)


def ignore_signals() -> None:
    """Let no signal change how this process ends."""
    for number in INTERRUPTS:
        signal.signal(number, signal.SIG_IGN)


def _as_ctrl_c(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does, also where a shell had us ignore that."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


class _Outliving:
    """A stream whose writes do not fail."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
