"""Wilson's interval: how far a share that was counted can be trusted."""

from __future__ import annotations

from math import sqrt

_Z95 = 1.959963984540054
"""The standard normal's 97.5 % quantile."""


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % score interval of a share (Wilson, 1927); all there is when nothing was seen.

    Unlike the normal approximation it is sound at 0 and 1 and for small counts.
    """
    if not total:
        return 0.0, 1.0
    share, z2 = hits / total, _Z95**2
    middle = share + z2 / (2 * total)
    reach = _Z95 * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    low, high = ((middle + side * reach) / (1 + z2 / total) for side in (-1, 1))
    return max(0.0, low), min(1.0, high)


def share(part: int, whole: int) -> str:
    """Return a share with its interval, as `3 of 40 (2.6–19.9 %)`."""
    low, high = (100 * each for each in wilson(part, whole))
    return f"{part} of {whole} ({low:.1f}–{high:.1f} %)"
