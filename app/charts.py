"""Charts for the report: plain functions from numbers to inline SVG, called by `report.py`.

Places across are percentages and places down are pixels, so a chart takes the width it is given
and its letters stay as large as the page's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

LONGEST_LABEL = 38
_BAR_STEP = 42
_HISTOGRAM_TOP, _HISTOGRAM_BASE = 20, 116
_CURVE_LEFT, _CURVE_WIDTH, _CURVE_TOP, _CURVE_BASE = 13, 84, 30, 202


def bars(
    title: str, items: Sequence[tuple[str, float]], *, most: float = 0, decimals: int = 0
) -> Markup:
    """Return labelled horizontal bars in the order given, from 0 to `most` or the highest value."""
    most = most or max((value for _, value in items), default=0) or 1
    drawn = Markup().join(
        _bar(place, label, value, value / most, decimals)
        for place, (label, value) in enumerate(items)
    )
    said = ", ".join(f"{label} {value:,.{decimals}f}" for label, value in items)
    return _figure(f"{title}: {said}", len(items) * _BAR_STEP, drawn)


def histogram(title: str, counts: Sequence[int], least: int) -> Markup:
    """Return a column for each score from 1 on, and a dashed line before the least accepted."""
    most, share = max(counts, default=0) or 1, 100 / len(counts)
    drawn = Markup().join(
        _column(score, count, (score - 1) * share, share, count / most)
        for score, count in enumerate(counts, start=1)
    )
    line = Markup(
        '<line class="least" x1="{x}%" x2="{x}%" y1="4" y2="{base}"/>'
        '<line class="axis" x1="0" x2="100%" y1="{base}" y2="{base}"/>'
    ).format(x=_short((least - 1) * share), base=_HISTOGRAM_BASE)
    said = ", ".join(f"score {score}: {count}" for score, count in enumerate(counts, 1) if count)
    return _figure(f"{title}, least accepted {least}. {said}", _HISTOGRAM_BASE + 20, drawn + line)


def curve(title: str, values: Sequence[float], *, across: str, up: str) -> Markup:
    """Return a line through the values, its first and last named, on axes with their names."""
    ticks = _ticks(max(values))
    last, most = max(1, len(values) - 1), ticks[-1]
    points = [(place / last, value / most) for place, value in enumerate(values)]
    line = " ".join(f"{_short(100 * x)},{_short(100 - 100 * y)}" for x, y in points)
    plot = Markup(
        '<svg x="{left}%" y="{top}" width="{width}%" height="{height}" viewBox="0 0 100 100"'
        ' preserveAspectRatio="none" overflow="visible" aria-hidden="true">'
        '<polyline class="curve" points="{line}"/></svg>'
    ).format(
        left=_CURVE_LEFT,
        top=_CURVE_TOP,
        width=_CURVE_WIDTH,
        height=_CURVE_BASE - _CURVE_TOP,
        line=line,
    )
    ends = {0: "start", len(values) - 1: "end"}
    named = Markup().join(
        _point(*points[place], f"{values[place]:.2f}", anchor) for place, anchor in ends.items()
    )
    axes = _axes(ticks, len(values), across, up)
    said = f"{title}: from {values[0]:.2f} to {values[-1]:.2f} in {len(values)} {across}s"
    return _figure(said, _CURVE_BASE + 24, axes + plot + named)


def strip(title: str, cells: Sequence[tuple[str, int]], most: int) -> Markup:
    """Return a row of cells, each the stronger the nearer its count is to `most`; 0 is empty."""
    share = 100 / max(1, len(cells))
    drawn = Markup().join(
        Markup(
            '<rect class="{kind}" x="{x}%" width="{width}%" y="0" height="14"'
            ' fill-opacity="{shade}"><title>{label}: {count}</title></rect>'
        ).format(
            kind="bar" if count else "track",
            x=_short(place * share),
            width=_short(share * 0.9),
            shade=_short(0.35 + 0.65 * count / most) if count else 1,
            label=label,
            count=count,
        )
        for place, (label, count) in enumerate(cells)
    )
    return _figure(title, 14, drawn)


def between(title: str, low: float, high: float, truth: float, *, decimals: int = 0) -> Markup:
    """Return a bar from low to high on a track from 0, and a line where the truth lies."""
    most = max(high, truth) * 1.1 or 1.0
    left, right, mark = (_short(100 * each / most) for each in (low, high, truth))
    shown = [f"{each:,.{decimals}f}" for each in (low, high, truth)]
    drawn = Markup(
        '<text x="0" y="14">expected {low}–{high}</text>'
        '<text class="number" x="100%" y="14" text-anchor="end">{truth}</text>'
        '<rect class="track" x="0" y="20" width="100%" height="12" rx="2"/>'
        '<rect class="bar" x="{left}%" y="20" width="{width}%" height="12" rx="2"/>'
        '<line class="truth" x1="{mark}%" x2="{mark}%" y1="16" y2="36"/>'
    ).format(
        low=shown[0],
        high=shown[1],
        truth=shown[2],
        left=left,
        width=_short(float(right) - float(left)),
        mark=mark,
    )
    return _figure(f"{title}: expected {shown[0]}–{shown[1]}, came to {shown[2]}", 40, drawn)


def _figure(said: str, height: int, drawn: Markup) -> Markup:
    return Markup(
        '<svg role="img" aria-label="{said}" width="100%" height="{height}">'
        "<title>{said}</title>{drawn}</svg>"
    ).format(said=said, height=height, drawn=drawn)


def _bar(place: int, label: str, value: float, share: float, decimals: int) -> Markup:
    top = place * _BAR_STEP
    return Markup(
        '<text x="0" y="{text}">{shown}<title>{label}</title></text>'
        '<text class="number" x="100%" y="{text}" text-anchor="end">{value}</text>'
        '<rect class="track" x="0" y="{bar}" width="100%" height="12" rx="2"/>'
        '<rect class="bar" x="0" y="{bar}" width="{share}%" height="12" rx="2"/>'
    ).format(
        text=top + 14,
        bar=top + 20,
        shown=label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…",
        label=label,
        value=f"{value:,.{decimals}f}",
        share=_short(100 * share),
    )


def _column(score: int, count: int, left: float, width: float, share: float) -> Markup:
    height = (_HISTOGRAM_BASE - _HISTOGRAM_TOP) * share
    column = Markup(
        '<rect class="bar" x="{x}%" width="{width}%" y="{y}" height="{height}"/>'
        '<text class="small" x="{middle}%" y="{above}" text-anchor="middle">{count}</text>'
    ).format(
        x=_short(left + width * 0.1),
        width=_short(width * 0.8),
        y=_short(_HISTOGRAM_BASE - height),
        height=_short(height),
        middle=_short(left + width / 2),
        above=_short(_HISTOGRAM_BASE - height - 5),
        count=count,
    )
    tick = Markup('<text class="muted" x="{x}%" y="{y}" text-anchor="middle">{score}</text>')
    named = tick.format(x=_short(left + width / 2), y=_HISTOGRAM_BASE + 16, score=score)
    return column + named if count else named


def _point(x: float, y: float, label: str, anchor: str) -> Markup:
    return Markup(
        '<circle class="bar" cx="{x}%" cy="{y}" r="4"/>'
        '<text class="number" x="{x}%" y="{above}" text-anchor="{anchor}">{label}</text>'
    ).format(
        x=_short(_CURVE_LEFT + _CURVE_WIDTH * x),
        y=_short(_CURVE_BASE - (_CURVE_BASE - _CURVE_TOP) * y),
        above=_short(_CURVE_BASE - (_CURVE_BASE - _CURVE_TOP) * y - 9),
        anchor=anchor,
        label=label,
    )


def _ticks(most: float) -> list[float]:
    """Return four to six round values from 0 to no less than `most`."""
    most = most or 1.0
    power = 10 ** math.floor(math.log10(most / 4))
    step = next(power * each for each in (1, 2, 2.5, 5, 10) if power * each * 5 >= most)
    return [step * place for place in range(math.ceil(most / step) + 1)]


def _axes(ticks: Sequence[float], count: int, across: str, up: str) -> Markup:
    """Return a line across for each tick with its value, and the names of both axes."""
    grid = Markup().join(
        Markup(
            '<line class="axis" x1="{left}%" x2="{right}%" y1="{y}" y2="{y}"/>'
            '<text class="muted" x="{label}%" y="{text}" text-anchor="end">{value}</text>'
        ).format(
            left=_CURVE_LEFT,
            right=_CURVE_LEFT + _CURVE_WIDTH,
            y=_short(y),
            label=_CURVE_LEFT - 2.5,
            text=_short(y + 4),
            value=f"{tick:g}",
        )
        for tick in ticks
        for y in [_CURVE_BASE - (_CURVE_BASE - _CURVE_TOP) * tick / ticks[-1]]
    )
    names = Markup(
        '<text class="muted" x="0" y="12">{up}</text>'
        '<text class="muted" x="{left}%" y="{low}">{across} 1</text>'
        '<text class="muted" x="{right}%" y="{low}" text-anchor="end">{across} {count}</text>'
    )
    return grid + names.format(
        up=up,
        across=across,
        count=count,
        left=_CURVE_LEFT,
        right=_CURVE_LEFT + _CURVE_WIDTH,
        low=_CURVE_BASE + 20,
    )


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
