"""Noise: the share of refusals that no width mends.

A server that is sent more than it holds refuses fewer calls when it is sent fewer at once. One that
goes on refusing as many would do so at any width: that share is then `usual`, and the width is not
made smaller for it. So is the share that a server refuses of calls that are sent one by one.
"""

from __future__ import annotations

from dataclasses import dataclass

REVIEWED, REVIEWED_ALONE = 32, 16
"""After so many calls at a smaller width it is seen whether refusals became rarer; of those sent
one by one, and stopped after each refusal, half must do."""
LEAST_USUAL, MOST_USUAL = 0.1, 0.4
"""A smaller share of calls sent one by one says little; a larger one is never usual: a server that
takes so many calls a minute refuses it at any width, too."""


@dataclass
class _Tally:
    ended: int = 0
    refused: int = 0

    def add(self, *, refused: bool) -> None:
        self.ended += 1
        self.refused += refused

    @property
    def share(self) -> float:
        return self.refused / max(1, self.ended)


class Noise:
    """What became of the calls lately, and at the width before: `usual` is learned from both."""

    def __init__(self) -> None:
        self.usual = 0.0
        self._now, self._earlier = _Tally(), _Tally()
        self._since = 0  # calls up to this number were sent at the width before
        self._remaining = 0.0  # what must remain of the earlier share; 0 where nothing is compared

    @property
    def share(self) -> float:
        """The share of the latest calls that was refused."""
        return self._now.share

    @property
    def is_reviewed(self) -> bool:
        """Whether calls at a smaller width are being compared with those before."""
        return self._remaining > 0

    @property
    def is_told(self) -> bool:
        """Whether there are enough of the latest calls to compare others with."""
        return self._now.ended >= REVIEWED // 2

    def begin(self, sent: int) -> None:
        """Forget what became of calls before: refusals begin."""
        self._now, self._since = _Tally(1, 1), sent

    def review(self, sent: int, remaining: float) -> None:
        """Compare with the latest calls those that are sent from now on, at a smaller width.

        Refusals are usual where at least so much of their share is `remaining`.
        """
        self._earlier, self._now = self._now, _Tally()
        self._since, self._remaining = sent, remaining

    def count(self, number: int, *, refused: bool, alone: bool) -> bool:
        """Count a call that ended; return whether refusals are found to be usual.

        `alone`: calls are sent one by one.
        """
        if number <= self._since:
            self._earlier.add(refused=refused)
            return False
        self._now.add(refused=refused)
        if self._now.ended < (REVIEWED_ALONE if alone else REVIEWED):
            return False
        share, least = self.share, LEAST_USUAL if alone else 1.0
        if self.is_reviewed:
            least = self._remaining * self._earlier.share
        is_usual = least <= share <= MOST_USUAL
        if is_usual or share < self.usual / 2:
            self.usual = share
        self._now, self._remaining = _Tally(), 0.0
        return is_usual
