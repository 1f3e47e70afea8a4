"""Retry-After: how long a server asks its callers to stay away."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isfinite


def seconds_asked(headers: Mapping[str, str]) -> float:
    """Return the seconds that a server asks us to wait; it may give thousandths, or a date."""
    if (given := _number(headers.get("retry-after-ms", ""))) is not None:
        return given / 1000
    asked = headers.get("retry-after", "")
    if (given := _number(asked)) is not None:
        return given
    if not (until := _date(asked)):
        return 0.0
    # By the server's own clock where it shows it: ours may be wrong.
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _number(told: str) -> float | None:
    try:
        given = float(told)
    except ValueError:
        return None
    return max(0.0, given) if isfinite(given) else None


def _date(told: str) -> datetime | None:
    try:
        given = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    return given if given.tzinfo else given.replace(tzinfo=UTC)
