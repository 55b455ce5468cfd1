"""Inline SVG: lines with bands, accuracy against cost with the Pareto frontier, boxes and points by level.

No script and no font; what stands around each drawing is `reports.figure`. Shares are drawn in percent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from reports.axes import Frame, Scale, frame, linear_ticks, padded, plain, powers_of_two
from reports.figure import Words, box_mark, colour, dashes, figure, legend, line_mark, mark, point_mark, shape
from reports.render import DASH, Markup, quantity

SIZE = (460, 300)
"""Of the view box; a scatter is wider."""
Spot = tuple[float, float, float | None, float | None]


@dataclass(frozen=True)
class Line:
    """A curve with a band: (x, y, low, high); low and high may be None. `style` chooses colour and dashes."""

    name: str
    points: Sequence[Spot]
    style: int = 0


@dataclass(frozen=True)
class Point:
    """A run in the plane: cost, value, its interval, where it leads to, what it is called. `group` chooses colour and
    shape."""

    name: str
    x: float
    y: float
    low: float | None
    high: float | None
    href: str = ""
    group: str = ""


@dataclass(frozen=True)
class Box:
    """Quartiles of one group, its mean, and how many problems it covers."""

    label: str
    q25: float
    median: float
    q75: float
    mean: float | None = None
    problems: int | None = None


@dataclass(frozen=True)
class Series:
    """Boxes of one kind side by side with others', or single values (`q25` None) of a reference."""

    name: str
    boxes: Sequence[Box]
    style: int = 0


# --------------------------------------------------------------------------------------------------------------- curves


def curves(
    key: str,
    title: str,
    lines: Sequence[Line],
    *,
    labels: tuple[str, str],
    x: Literal["k", "log", "linear"] = "log",
    table: bool = True,
) -> Markup:
    """Shares in percent against k, cost (logarithmic) or training (linear, with a mark at every point).

    Without a `table` where the page has the numbers elsewhere. Empty without points."""
    lines = [line for line in lines if line.points]
    if not lines:
        return Markup("")
    plot = _plane(lines, labels, x)
    marked = x == "linear"
    drawn = {tuple(line.points): line for line in reversed(lines)}  # bands of like curves would add up to a wall
    bands = "".join(_band(plot, line) for line in lines if drawn[tuple(line.points)] is line)
    picture = plot.axes() + bands + "".join(_line(plot, line, marked) for line in lines)
    rows = [
        [line.name, f"{at:.0f}" if x == "k" else quantity(at), _percent(y), _range(a, b)]
        for line in lines
        for at, y, a, b in _thinned(line.points)
    ]
    ends = [f"{each.name} from {_percent(each.points[0][1])} to {_percent(each.points[-1][1])}" for each in lines]
    described = f"{labels[1]} against {labels[0]}, with 95 % bands: {', '.join(ends)} percent."
    named = [
        point_mark(each.name, each.style) if len(each.points) == 1 else line_mark(each.name, each.style, marked=marked)
        for each in lines
    ]
    header = ["curve", labels[0], "percent", "95 %"]
    return figure(key, Words(title, described, header, rows if table else [], legend(named)), picture, SIZE)


def _plane(lines: Sequence[Line], labels: tuple[str, str], x: str) -> Frame:
    """Room for all points and bands of the lines, within 0 and 1."""
    xs = [at for line in lines for at, *_ in line.points]
    span = (min(xs), max(xs))
    log = x != "linear"
    if span[0] == span[1]:
        span = (span[0] / 2, span[1] * 2) if log else (span[0] - 1, span[1] + 1)
    ticks: list[tuple[float, str]] = []
    if x == "k":
        ticks = [(k, f"{k:.0f}") for k in powers_of_two(*span)]
    elif x == "linear":
        ticks = [(value, plain(value)) for value in linear_ticks(*span, 5)]
    return frame(*SIZE, span, _shares(lines), labels, log_x=log, x_ticks=ticks, y_format=_percent, inset=6)


def _shares(lines: Sequence[Line]) -> tuple[float, float]:
    """The range of the shares of lines and of their intervals, with room around it, within 0 and 1."""
    low, high = padded([v for line in lines for _, *three in line.points for v in three if v is not None])
    return max(0.0, low), min(1.0, high)


def _band(plot: Frame, line: Line) -> str:
    ends = [(x, a, b) for x, _, a, b in line.points if a is not None and b is not None]
    if len(ends) == 1:
        x, a, b = ends[0]
        return f'<path class="w {colour(line.style)}" d="M{plot.x(x)} {plot.y(a)}V{plot.y(b)}"/>'
    there = [f"{plot.x(x)} {plot.y(b)}" for x, _, b in ends]
    back = [f"{plot.x(x)} {plot.y(a)}" for x, a, _ in reversed(ends)]
    return f'<path class="b {colour(line.style)}" d="M{"L".join(there + back)}z"/>' if ends else ""


def _line(plot: Frame, line: Line, marked: bool) -> str:
    places = [(plot.x(x), plot.y(y)) for x, y, *_ in line.points]
    if len(places) == 1:
        return mark(line.style, shape(line.style, *places[0]))
    path = "L".join(f"{x} {y}" for x, y in places)
    marks = mark(line.style, "".join(shape(line.style, x, y, 3.5) for x, y in places)) if marked else ""
    return f'<path class="l {colour(line.style)} {dashes(line.style)}" d="M{path}"/>{marks}'


def _thinned(points: Sequence[Spot]) -> list[Spot]:
    """At most about a dozen points of a curve for its table: powers of two of the position, and the last."""
    if len(points) <= 12:
        return list(points)
    kept = [2**i - 1 for i in range(len(points).bit_length())]
    return [points[i] for i in dict.fromkeys([*(i for i in kept if i < len(points)), len(points) - 1])]


# ------------------------------------------------------------------------------------------------ accuracy against cost


def frontier(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The points that no other point beats: none is as cheap and better, or cheaper and as good. Cheapest first."""
    best: list[tuple[float, float]] = []
    for x, y in sorted(set(points), key=lambda p: (p[0], -p[1])):
        if not best or y > best[-1][1]:
            best.append((x, y))
    return best


def scatter(
    key: str,
    title: str,
    points: Sequence[Point],
    *,
    labels: tuple[str, str],
    groups: Sequence[str] = (),
    sparse: bool = False,
) -> Markup:
    """Runs in the plane of cost (logarithmic) and accuracy, each a link, with the stepped Pareto frontier.

    The place of a point's group among `groups` gives its colour and shape, so that charts with the same ones agree.
    A `sparse` one, of very many points, leaves out what the page has elsewhere: titles of points and the table."""
    points = [p for p in points if p.x > 0]
    if not points:
        return Markup("")
    width, height = 760, 340
    low, high = padded([v for p in points for v in (p.y, p.low, p.high) if v is not None])
    span = padded([p.x for p in points], log=True)
    plot = frame(width, height, span, (max(0.0, low), min(1.0, high)), labels, log_x=True, y_format=_percent, inset=4)
    places = {name: place for place, name in enumerate(dict.fromkeys([*groups, *(p.group for p in points)]))}
    here = {p.group for p in points}
    best = frontier([(p.x, p.y) for p in points])
    steps = "".join(f"H{plot.x(x)}V{plot.y(y)}" for x, y in best[1:])
    line = f'<path class="frontier" d="M{plot.x(best[0][0])} {plot.y(best[0][1])}{steps}H{plot.x.end}"/>'
    marks = "".join(_linked(plot, p, places[p.group], not sparse) for p in sorted(points, key=lambda p: -p.x))
    on = set(best)
    rows = [
        [p.name, quantity(p.x), _percent(p.y), _range(p.low, p.high), "yes" if (p.x, p.y) in on else ""]
        for p in sorted(points, key=lambda p: (p.x, -p.y))
    ]
    best_names = "; ".join(p.name for p in sorted(points, key=lambda p: p.x) if (p.x, p.y) in on)
    described = f"{labels[1]} against {labels[0]}. On the Pareto frontier, cheapest first: {best_names}."
    words = Words(
        title,
        described,
        ["run", labels[0], "percent", "95 %", "on the frontier"],
        [] if sparse else rows,
        legend([point_mark(name, place) for name, place in places.items() if name in here]),
        "Vertical lines are 95 % intervals; the stepped line joins the runs that no other beats at their cost.",
    )
    return figure(key, words, plot.axes() + line + marks, (width, height), interactive=True, wide=True)


def _linked(plot: Frame, point: Point, group: int, titles: bool) -> str:
    """A whisker and a shape in one path, within a link; few nodes, since there may be hundreds."""
    x, y = plot.x(point.x), plot.y(point.y)
    whisker = "" if None in (point.low, point.high) else f"M{x} {plot.y(point.low or 0.0)}V{plot.y(point.high or 0.0)}"
    said = Markup.escape(f"{point.name}: {_percent(point.y)} % at {quantity(point.x)}")
    title = f"<title>{said}</title>" if titles else ""
    return (
        f'<a href="{Markup.escape(point.href)}" aria-label="{said}">{title}'
        f"{mark(group, whisker + shape(group, x, y))}</a>"
    )


# ------------------------------------------------------------------------------------------------------- boxes by level


def boxes(key: str, title: str, series: Sequence[Series], *, labels: tuple[str, str], caption: str = "") -> Markup:
    """Quartile boxes with the median as a line and the mean as a dot, a group per label, on a logarithmic y axis."""
    series = [each for each in series if each.boxes]
    names = list(dict.fromkeys(box.label for each in series for box in each.boxes))
    values = [v for each in series for b in each.boxes for v in (b.q25, b.q75, b.median, b.mean) if v]
    if not names or not values:
        return Markup("")
    ticks = [(float(i), label) for i, label in enumerate(names)]
    plot = frame(*SIZE, (-0.5, len(names) - 0.5), padded(values, log=True), labels, log_y=True, x_ticks=ticks)
    room = (plot.x(1.0) - plot.x(0.0)) * 0.8 if len(names) > 1 else 120.0
    each_width = min(room / len(series), 30.0)
    picture = plot.axes()
    for place, each in enumerate(series):
        shift = (place - (len(series) - 1) / 2) * each_width
        for box in each.boxes:
            x = plot.x(float(names.index(box.label))) + shift
            picture += _box(plot.y, box, x, each_width * 0.76, each.style)
    rows = [
        [b.label, each.name, quantity(b.q25), quantity(b.median), quantity(b.q75), quantity(b.mean),
         DASH if b.problems is None else f"{b.problems:,}"]
        for each in series for b in each.boxes
    ]  # fmt: skip
    spoken = "; ".join(
        f"{each.name}: " + ", ".join(f"{b.label} {quantity(b.median)}" for b in each.boxes) for each in series
    )
    header = [labels[0], "of", "lower quartile", "median", "upper quartile", "mean", "problems"]
    described = f"Medians of {labels[1]} by {labels[0]}. {spoken}."
    named = legend([box_mark(each.name, each.style) for each in series])
    return figure(key, Words(title, described, header, rows, named, caption), picture, SIZE)


def _box(y: Scale, box: Box, x: float, width: float, style: int) -> str:
    """Filled from quartile to quartile; on a logarithmic axis nothing lies below one token."""
    low, middle, high = (y(max(v, y.low)) for v in (box.q25, box.median, box.q75))
    left, right = round(x - width / 2, 1), round(x + width / 2, 1)
    size = f'width="{round(right - left, 1)}" height="{round(max(low - high, 1.0), 1)}"'
    dot = mark(style, shape(0, x, y(box.mean), 2.4)) if box.mean else ""
    return (
        f'<rect class="x {colour(style)}" x="{left}" y="{round(high, 1)}" {size}/>'
        f'<path class="m {colour(style)} {dashes(style)}" d="M{left} {middle}H{right}"/>{dot}'
    )


# ----------------------------------------------------------------------------------------------------- shares by level


def dots(
    key: str, title: str, lines: Sequence[Line], names: Sequence[str], *, labels: tuple[str, str], caption: str = ""
) -> Markup:
    """Shares with their intervals, side by side for each of `names`, whose places are the x of the points. Lines of
    references come without intervals."""
    lines = [line for line in lines if line.points]
    if not lines or not names:
        return Markup("")
    ticks = [(float(i), name) for i, name in enumerate(names)]
    span = (-0.5, len(names) - 0.5)
    plot = frame(*SIZE, span, _shares(lines), labels, x_ticks=ticks, y_format=_percent)
    picture = plot.axes()
    for place, line in enumerate(lines):
        shift = (place - (len(lines) - 1) / 2) * min(0.7 / len(lines), 0.2)
        for x, y, a, b in line.points:
            where = plot.x(x + shift)
            whisker = "" if a is None or b is None else f"M{where} {plot.y(a)}V{plot.y(b)}"
            picture += mark(line.style, whisker + shape(line.style, where, plot.y(y)))
    rows = [[names[int(x)], line.name, _percent(y), _range(a, b)] for line in lines for x, y, a, b in line.points]
    spoken = "; ".join(
        f"{line.name}: " + ", ".join(f"{names[int(x)]} {_percent(y)}" for x, y, *_ in line.points) for line in lines
    )
    named = legend([point_mark(line.name, line.style) for line in lines])
    described = f"{labels[1]} by {labels[0]}. {spoken}."
    words = Words(title, described, [labels[0], "of", "percent", "95 %"], rows, named, caption)
    return figure(key, words, picture, SIZE)


def _percent(value: float) -> str:
    shown = 100 * value
    return f"{shown:.0f}" if math.isclose(shown, round(shown), abs_tol=1e-6) else f"{shown:.1f}"


def _range(low: float | None, high: float | None) -> str:
    return DASH if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}"
