"""Inline SVG: curves with bands, accuracy against cost with the Pareto frontier, box plots by level.

Each chart is a figure with a title, a description for screen readers and the table behind it. Colours are CSS classes
(`c0` …, the palette of Okabe & Ito), so that light, dark and print differ in the style sheet alone; lines differ in
their dashes and points in their shapes besides. Names stand in a legend of HTML, where they cannot overlap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

from leaderboard.axes import Frame, Scale, frame, padded, powers_of_two
from leaderboard.render import DASH, Markup, environment, quantity

NONE = Markup("")
COLOURS = 8
SHAPES = 6
__all__ = ["Box", "Line", "Point", "boxes", "cell", "curves", "dots", "figure", "frontier", "scatter", "strip"]

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


# ----------------------------------------------------------------------------------------------------------- the figure


@dataclass(frozen=True)
class Words:
    """What a picture says besides: its title, its description for those who cannot see it, the table behind it."""

    title: str
    description: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    legend: Markup = NONE
    caption: str = ""


def figure(
    key: str, words: Words, picture: str, size: tuple[float, float], *, interactive: bool = False, wide: bool = False
) -> Markup:
    """A picture with its words. `key` is unique on its page; one that is `interactive` holds links."""
    made = environment().get_template("_figure.html.j2")
    about = {field.name: getattr(words, field.name) for field in fields(words)}
    drawn = Markup(picture)
    return Markup(made.render(key=key, picture=drawn, size=size, interactive=interactive, wide=wide, **about))


def legend(names: Sequence[tuple[str, int]], points: Sequence[bool]) -> Markup:
    """The names of the colours, each with its dashes, or its shape where it is a point."""
    items = []
    for (name, style), point in zip(names, points, strict=True):
        mark = (
            f'<path class="p c{style % COLOURS}" d="{shape(style, 9, 8)}"/>'
            if point
            else f'<path class="l c{style % COLOURS} d{style % 4}" d="M0 8H24"/>'
        )
        width = 18 if point else 24
        items.append(
            f'<li><svg viewBox="0 0 {width} 16" width="{width}" height="16" aria-hidden="true">{mark}</svg>'
            f"{Markup.escape(name)}</li>"
        )
    return _list(items)


def _list(items: Sequence[str]) -> Markup:
    return Markup(f'<ul class="legend">{"".join(items)}</ul>')


def shape(number: int, x: float, y: float, size: float = 4.5) -> str:
    """The path of a marker: circle, square, triangle, diamond, cross, triangle down."""
    s = size
    x, y = round(x, 1), round(y, 1)
    paths = (
        f"M{x - s} {y}a{s} {s} 0 1 0 {2 * s} 0a{s} {s} 0 1 0 {-2 * s} 0z",
        f"M{x - s + 0.5} {y - s + 0.5}h{2 * s - 1}v{2 * s - 1}h{1 - 2 * s}z",
        f"M{x} {y - s - 0.5}l{s + 0.5} {2 * s}h{-2 * s - 1}z",
        f"M{x} {y - s - 1}l{s + 1} {s + 1}l{-s - 1} {s + 1}l{-s - 1} {-s - 1}z",
        f"M{x - s} {y - 1.5}h{s - 1.5}v{1.5 - s}h3v{s - 1.5}h{s - 1.5}v3h{1.5 - s}v{s - 1.5}h-3v{1.5 - s}h{1.5 - s}z",
        f"M{x} {y + s + 0.5}l{s + 0.5} {-2 * s}h{-2 * s - 1}z",
    )
    return paths[number % SHAPES]


# --------------------------------------------------------------------------------------------------------------- curves


def curves(key: str, title: str, lines: Sequence[Line], *, labels: tuple[str, str], ks: bool = False) -> Markup:
    """Shares in percent against k or cost, on a logarithmic x axis. Empty without points."""
    lines = [line for line in lines if line.points]
    if not lines:
        return Markup("")
    xs = [x for line in lines for x, *_ in line.points]
    ys = [v for line in lines for _, *three in line.points for v in three if v is not None]
    width, height = 460, 300
    span = (min(xs), max(xs)) if min(xs) < max(xs) else (min(xs) / 2, max(xs) * 2)
    low, high = padded(ys)
    ticks = [(k, f"{k:.0f}") for k in powers_of_two(*span)] if ks else ()
    plot = frame(width, height, span, (max(0.0, low), min(1.0, high)), labels, log_x=True, x_ticks=ticks,
                 y_format=_percent, inset=6)  # fmt: skip
    drawn = {tuple(line.points): line for line in reversed(lines)}  # bands of like curves would add up to a wall
    bands = "".join(_band(plot, line) for line in lines if drawn[tuple(line.points)] is line)
    picture = plot.axes() + bands + "".join(_line(plot, line) for line in lines)
    rows = [
        [line.name, f"{x:.0f}" if ks else quantity(x), _percent(y), _range(a, b)]
        for line in lines
        for x, y, a, b in _thinned(line.points)
    ]
    ends = [f"{each.name} from {_percent(each.points[0][1])} to {_percent(each.points[-1][1])}" for each in lines]
    described = f"{labels[1]} against {labels[0]}, with 95 % bands: {', '.join(ends)} percent."
    named = legend([(each.name, each.style) for each in lines], [len(each.points) == 1 for each in lines])
    words = Words(title, described, ["curve", labels[0], "percent", "95 %"], rows, named)
    return figure(key, words, picture, (width, height))


def _band(plot: Frame, line: Line) -> str:
    ends = [(x, a, b) for x, _, a, b in line.points if a is not None and b is not None]
    if len(ends) == 1:
        x, a, b = ends[0]
        return f'<path class="w c{line.style % COLOURS}" d="M{plot.x(x)} {plot.y(a)}V{plot.y(b)}"/>'
    there = [f"{plot.x(x)} {plot.y(b)}" for x, _, b in ends]
    back = [f"{plot.x(x)} {plot.y(a)}" for x, a, _ in reversed(ends)]
    return f'<path class="b c{line.style % COLOURS}" d="M{"L".join(there + back)}z"/>' if ends else ""


def _line(plot: Frame, line: Line) -> str:
    places = [(plot.x(x), plot.y(y)) for x, y, *_ in line.points]
    kind = f"c{line.style % COLOURS}"
    if len(places) == 1:
        return f'<path class="p {kind}" d="{shape(line.style, *places[0])}"/>'
    return f'<path class="l {kind} d{line.style % 4}" d="M{"L".join(f"{x} {y}" for x, y in places)}"/>'


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


def scatter(key: str, title: str, points: Sequence[Point], *, labels: tuple[str, str], sparse: bool = False) -> Markup:
    """Runs in the plane of cost (logarithmic) and accuracy, each a link, with the stepped Pareto frontier.

    A `sparse` one, of very many points, leaves out what the page has elsewhere: titles of points and the table."""
    points = [p for p in points if p.x > 0]
    if not points:
        return Markup("")
    width, height = 760, 340
    low, high = padded([v for p in points for v in (p.y, p.low, p.high) if v is not None])
    span = padded([p.x for p in points], log=True)
    plot = frame(width, height, span, (max(0.0, low), min(1.0, high)), labels, log_x=True, y_format=_percent, inset=4)
    groups = list(dict.fromkeys(p.group for p in points))
    best = frontier([(p.x, p.y) for p in points])
    steps = "".join(f"H{plot.x(x)}V{plot.y(y)}" for x, y in best[1:])
    line = f'<path class="frontier" d="M{plot.x(best[0][0])} {plot.y(best[0][1])}{steps}H{plot.x.end}"/>'
    marks = "".join(_mark(plot, p, groups.index(p.group), not sparse) for p in sorted(points, key=lambda p: -p.x))
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
        legend([(name, i) for i, name in enumerate(groups)], [True] * len(groups)),
        "Vertical lines are 95 % intervals; the stepped line joins the runs that no other beats at their cost.",
    )
    return figure(key, words, plot.axes() + line + marks, (width, height), interactive=True, wide=True)


def _mark(plot: Frame, point: Point, group: int, titles: bool) -> str:
    """A whisker and a shape in one path, within a link; few nodes, since there may be hundreds."""
    x, y = plot.x(point.x), plot.y(point.y)
    whisker = "" if None in (point.low, point.high) else f"M{x} {plot.y(point.low or 0.0)}V{plot.y(point.high or 0.0)}"
    said = Markup.escape(f"{point.name}: {_percent(point.y)} % at {quantity(point.x)}")
    title = f"<title>{said}</title>" if titles else ""
    return (
        f'<a href="{Markup.escape(point.href)}" aria-label="{said}">{title}'
        f'<path class="p c{group % COLOURS}" d="{whisker}{shape(group, x, y)}"/></a>'
    )


# ------------------------------------------------------------------------------------------------------- boxes by level


def boxes(key: str, title: str, series: Sequence[Series], *, labels: tuple[str, str], caption: str = "") -> Markup:
    """Quartile boxes with the median as a line and the mean as a dot, a group per label, on a logarithmic y axis."""
    series = [each for each in series if each.boxes]
    names = list(dict.fromkeys(box.label for each in series for box in each.boxes))
    values = [v for each in series for b in each.boxes for v in (b.q25, b.q75, b.median, b.mean) if v]
    if not names or not values:
        return Markup("")
    width, height = 460, 300
    ticks = [(float(i), label) for i, label in enumerate(names)]
    plot = frame(width, height, (-0.5, len(names) - 0.5), padded(values, log=True), labels, log_y=True, x_ticks=ticks)
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
    return figure(key, Words(title, described, header, rows, _box_legend(series), caption), picture, (width, height))


def _box(y: Scale, box: Box, x: float, width: float, style: int) -> str:
    """Filled from quartile to quartile; on a logarithmic axis nothing lies below one token."""
    low, middle, high = (y(max(v, y.low)) for v in (box.q25, box.median, box.q75))
    left, right = round(x - width / 2, 1), round(x + width / 2, 1)
    colour = f"c{style % COLOURS}"
    size = f'width="{round(right - left, 1)}" height="{round(max(low - high, 1.0), 1)}"'
    dot = f'<path class="p {colour}" d="{shape(0, x, y(box.mean), 2.4)}"/>' if box.mean else ""
    return (
        f'<rect class="x {colour}" x="{left}" y="{round(high, 1)}" {size}/>'
        f'<path class="m {colour} d{style % 4}" d="M{left} {middle}H{right}"/>{dot}'
    )


def _box_legend(series: Sequence[Series]) -> Markup:
    items = [
        f'<li><svg viewBox="0 0 18 16" width="18" height="16" aria-hidden="true">'
        f'<rect class="x c{each.style % COLOURS}" x="3" y="3" width="12" height="10"/>'
        f'<path class="m c{each.style % COLOURS} d{each.style % 4}" d="M3 8H15"/></svg>{Markup.escape(each.name)}</li>'
        for each in series
    ]
    return _list(items)


# ----------------------------------------------------------------------------------------------------- shares by level


def dots(
    key: str, title: str, lines: Sequence[Line], names: Sequence[str], *, labels: tuple[str, str], caption: str = ""
) -> Markup:
    """Shares with their intervals, side by side for each of `names`, whose places are the x of the points. Lines of
    references come without intervals."""
    lines = [line for line in lines if line.points]
    if not lines or not names:
        return Markup("")
    width, height = 460, 300
    low, high = padded([v for line in lines for _, *three in line.points for v in three if v is not None])
    ticks = [(float(i), name) for i, name in enumerate(names)]
    span = (-0.5, len(names) - 0.5)
    plot = frame(width, height, span, (max(0.0, low), min(1.0, high)), labels, x_ticks=ticks, y_format=_percent)
    picture = plot.axes()
    for place, line in enumerate(lines):
        shift = (place - (len(lines) - 1) / 2) * min(0.7 / len(lines), 0.2)
        for x, y, a, b in line.points:
            where = plot.x(x + shift)
            whisker = "" if a is None or b is None else f"M{where} {plot.y(a)}V{plot.y(b)}"
            mark = shape(line.style, where, plot.y(y))
            picture += f'<path class="p c{line.style % COLOURS}" d="{whisker}{mark}"/>'
    rows = [[names[int(x)], line.name, _percent(y), _range(a, b)] for line in lines for x, y, a, b in line.points]
    spoken = "; ".join(
        f"{line.name}: " + ", ".join(f"{names[int(x)]} {_percent(y)}" for x, y, *_ in line.points) for line in lines
    )
    named = legend([(line.name, line.style) for line in lines], [True] * len(lines))
    described = f"{labels[1]} by {labels[0]}. {spoken}."
    words = Words(title, described, [labels[0], "of", "percent", "95 %"], rows, named, caption)
    return figure(key, words, picture, (width, height))


# ------------------------------------------------------------------------------------------------------ cells of tables


def cell(row: dict[str, float | None] | None) -> str:
    """The classes of a cell whose background shows a share with its interval (see style.css): one node, no style."""
    if row is None or row.get("value") is None:
        return ""
    value, low, high = row["value"], row.get("low"), row.get("high")
    named = [f"v{_whole(value)}"]
    if low is not None and high is not None:
        named += [f"l{_whole(low)}", f"h{_whole(high)}"]
    return " ".join(["bar", *named])


def strip(values: Sequence[float | None]) -> str:
    """The classes of a cell that shows up to eight shares as small columns of tenths, one node again."""
    if not values:
        return ""
    return " ".join([f"strip n{min(len(values), 8)}", *(
        f"s{i}-{'x' if value is None else round(10 * value)}" for i, value in enumerate(values[:8])
    )])  # fmt: skip


def _whole(share: float | None) -> int:
    return round(100 * min(max(share or 0.0, 0.0), 1.0))


def _percent(value: float) -> str:
    shown = 100 * value
    return f"{shown:.0f}" if math.isclose(shown, round(shown), abs_tol=1e-6) else f"{shown:.1f}"


def _range(low: float | None, high: float | None) -> str:
    return DASH if low is None or high is None else f"{100 * low:.1f}–{100 * high:.1f}"
