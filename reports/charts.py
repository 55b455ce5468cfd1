"""Line charts with bands as inline SVG: no script, no font, for light and dark, print and a screen reader.

Lines differ by colour, dash and mark, and have their names at their ends; the table that a chart is of stands below it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640.0, 340.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 96.0, 16.0, 44.0
STYLES = 7
DASHES = ("", "7 4", "2 3", "9 3 2 3")
GAP = 14.0
"""Between the names of two lines."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A point of a line, with the ends of its interval where there is one. Values are shares."""

    x: float
    y: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A named line; its points are in the order of x."""

    name: str
    spots: Sequence[Spot]


def lines(title: str, drawn: Sequence[Line], x_label: str) -> Markup:
    """Shares in percent against `x_label`. Empty without two points to join."""
    drawn = [line for line in drawn if line.spots]
    if not any(len(line.spots) > 1 for line in drawn):
        return Markup("")
    plot = _Plot.around(drawn)
    parts = [*plot.axes(x_label), *(plot.band(i, line) for i, line in enumerate(drawn))]
    parts += [plot.line(i, line) for i, line in enumerate(drawn)]
    parts += plot.names(drawn)
    ends = ", ".join(f"{line.name} from {_percent(line.spots[0].y)} to {_percent(line.spots[-1].y)}" for line in drawn)
    about = f"Percent against {x_label}, with 95 % bands: {ends}."
    head = (
        f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img"><title>{escape(title)}</title><desc>{escape(about)}</desc>'
    )
    return Markup(f"<figure>{head}{''.join(parts)}</svg></figure>")  # noqa: S704 - every text in it is escaped


@dataclass(frozen=True, slots=True)
class _Plot:
    """The rectangle of a chart and its two linear scales."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float

    @staticmethod
    def around(drawn: Sequence[Line]) -> _Plot:
        """Room for all points and bands, within 0 and 1."""
        xs = [spot.x for line in drawn for spot in line.spots]
        ys = [y for line in drawn for s in line.spots for y in (s.y, s.low, s.high) if y is not None]
        room = 0.05 * (max(ys) - min(ys)) or 0.05
        return _Plot(min(xs), max(xs), max(0.0, min(ys) - room), min(1.0, max(ys) + room))

    def x(self, value: float) -> float:
        """A coordinate, to a tenth."""
        share = (value - self.x_low) / (self.x_high - self.x_low) if self.x_high > self.x_low else 0.5
        return round(LEFT + 8 + share * (WIDTH - LEFT - RIGHT - 16), 1)

    def y(self, value: float) -> float:
        """A coordinate, to a tenth."""
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    def axes(self, x_label: str) -> list[str]:
        """Grid, ticks and the names of both axes."""
        right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = [f'<path class="axis" d="M{LEFT} {bottom}H{right}"/>']
        for value in ticks(self.y_low, self.y_high, 5):
            y = self.y(value)
            parts.append(
                f'<path class="grid" d="M{LEFT} {y}H{right}"/>{_text(LEFT - 6, y + 4, _percent(value), "end")}'
            )
        for value in ticks(self.x_low, self.x_high, 6):
            x = self.x(value)
            parts.append(f'<path class="axis" d="M{x} {bottom}v4"/>{_text(x, bottom + 17, _plain(value), "middle")}')
        parts.append(_text((LEFT + right) / 2, HEIGHT - 6, x_label, "middle"))
        return [*parts, _text(2, 12, "%", "start")]

    def band(self, style: int, line: Line) -> str:
        """The intervals of a line as an area."""
        there = [(self.x(s.x), self.y(s.high)) for s in line.spots if s.low is not None and s.high is not None]
        back = [(self.x(s.x), self.y(s.low)) for s in line.spots if s.low is not None and s.high is not None]
        if len(there) < 2:
            return ""
        path = "L".join(f"{x} {y}" for x, y in [*there, *reversed(back)])
        return f'<path class="band s{style % STYLES}" fill="currentColor" d="M{path}z"/>'

    def line(self, style: int, line: Line) -> str:
        """A line with a mark at every point."""
        spots = [(self.x(s.x), self.y(s.y)) for s in line.spots]
        dash = DASHES[style % len(DASHES)]
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        path = "L".join(f"{x} {y}" for x, y in spots)
        marks = "".join(_mark(style, x, y) for x, y in spots)
        drawn = f'<path class="line" stroke="currentColor"{dashed} d="M{path}"/>' if len(spots) > 1 else ""
        return f'<g class="s{style % STYLES}">{drawn}<path fill="currentColor" d="{marks}"/></g>'

    def names(self, drawn: Sequence[Line]) -> list[str]:
        """The names at the ends of the lines, moved apart where they would lie on each other."""
        ends = sorted((self.y(line.spots[-1].y), i) for i, line in enumerate(drawn))
        places: list[float] = []
        for y, _ in ends:
            places.append(max(y, places[-1] + GAP) if places else y)
        over = max(places[-1] - (HEIGHT - BOTTOM), 0.0)
        x = WIDTH - RIGHT + 6
        return [
            f'<g class="s{i % STYLES}"><path fill="currentColor" d="{_mark(i, x + 3, y - over)}"/>'
            f"{_text(x + 11, y - over + 4, drawn[i].name, 'start')}</g>"
            for y, (_, i) in zip(places, ends, strict=True)
        ]


def ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` multiples of 1, 2 or 5 times a power of ten within a range."""
    if high <= low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / count))
    step = next(f * power for f in (1, 2, 5, 10) if f * power >= (high - low) / count * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(i * step, 12) for i in range(first, last + 1)]


def _mark(style: int, x: float, y: float) -> str:
    """A circle, a square, a diamond or a triangle of about the same area."""
    shapes = (
        "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0",
        "m-3.2 -3.2h6.4v6.4h-6.4z",
        "m0 -4.4l4.4 4.4l-4.4 4.4l-4.4 -4.4z",
        "m0 -4.4l4.2 7.4h-8.4z",
    )
    return f"M{x:g} {y:g}{shapes[style % len(shapes)]}z"


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'


def _percent(value: float) -> str:
    return f"{100 * value:.3g}"


def _plain(value: float) -> str:
    """A coordinate: 1,500 as 1500, a million as 1M."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 10 * size or (abs(value) >= size > 1e3):
            return f"{value / size:g}{unit}"
    return f"{value:g}"
