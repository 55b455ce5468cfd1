"""Scales, ticks and the frame of a chart, in the numbers of an SVG view box."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from reports.render import Markup, quantity


@dataclass(frozen=True)
class Scale:
    """From data to a coordinate: linear, or logarithmic for positive values."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The coordinate, rounded to a tenth: no eye sees more, and files stay small."""
        three = (self.low, self.high, value)
        a, b, v = (math.log(max(x, 1e-300)) for x in three) if self.log else three
        share = (v - a) / (b - a) if b > a else 0.5
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, count: int) -> list[float]:
        """About `count` round values within the range."""
        return _log_ticks(self.low, self.high, count) if self.log else linear_ticks(self.low, self.high, count)


def linear_ticks(low: float, high: float, count: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    if high <= low:
        return [low]
    raw = (high - low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(i * step, 12) for i in range(first, math.floor(high / step + 1e-9) + 1)]


def _log_ticks(low: float, high: float, count: int) -> list[float]:
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for factors in ((1, 2, 5), (1, 3), (1,)):
        found = [f * 10.0**p for p in powers for f in factors if low * 0.999 <= f * 10.0**p <= high * 1.001]
        if len(found) <= count + 1:
            break
    return found if len(found) > 1 else linear_ticks(low, high, 3)


def powers_of_two(low: float, high: float) -> list[float]:
    """1, 2, 4 … within a range: the ticks of k. Every other one is left out of many."""
    found = [2.0**i for i in range(64) if low <= 2.0**i <= high]
    return found if len(found) <= 8 else found[::2]


def padded(values: Sequence[float], *, log: bool = False, floor: float | None = None) -> tuple[float, float]:
    """A range with room around the values. Bounded below by `floor`."""
    low, high = min(values), max(values)
    if log:
        low, high = max(low, 1e-9), max(high, 1e-9)
        margin = max((high / low) ** 0.06, 1.15)
        return low / margin, high * margin
    room = 0.06 * (high - low) or 0.1 * abs(high) or 1.0
    return (low - room if floor is None else max(floor, low - room)), high + room


def plain(value: float) -> str:
    """A coordinate to six digits: 0.25, 1500, 20k, 1.5M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= size:
            return f"{value / (1e3 if unit == 'k' else size):g}{unit}"
    return f"{value:g}"


@dataclass(frozen=True)
class Frame:
    """The plot's rectangle within the view box, with its scales and labels."""

    width: float
    height: float
    x: Scale
    y: Scale
    x_label: str
    y_label: str
    x_ticks: Sequence[tuple[float, str]] = ()
    y_format: Callable[[float], str] = quantity

    def axes(self) -> str:
        """Grid lines, ticks and the names of both axes."""
        left, right, bottom = 44.0, self.width - 14.0, self.y.start
        lines, texts = [], []
        for value in self.y.ticks(5):
            y = self.y(value)
            lines.append(f"M{left} {y}H{right}")
            texts.append(text(left - 6, y + 4, self.y_format(value), "end"))
        shown = self.x_ticks or [(value, quantity(value)) for value in self.x.ticks(6)]
        marks = [f"M{self.x(value)} {bottom}v4" for value, _ in shown]
        texts += [text(self.x(value), bottom + 18.5, label, "middle") for value, label in shown]
        texts.append(text((left + right) / 2, self.height - 4, self.x_label, "middle", "name"))
        texts.append(text(2, 11, self.y_label, "start", "name"))
        grid = f'<path class="grid" d="{"".join(lines)}"/>'
        axis = f'<path class="axis" d="M{left} {bottom}H{right}{"".join(marks)}"/>'
        return f"{grid}{axis}<g>{''.join(texts)}</g>"


def frame(
    width: float,
    height: float,
    x: tuple[float, float],
    y: tuple[float, float],
    labels: tuple[str, str],
    *,
    log_x: bool = False,
    log_y: bool = False,
    x_ticks: Sequence[tuple[float, str]] = (),
    y_format: Callable[[float], str] = quantity,
    inset: float = 0.0,
) -> Frame:
    """A frame whose margins have room for the ticks. `inset` keeps the data away from the ends of x."""
    left, right, top, bottom = 44.0, width - 14.0, 24.0, height - 40.0
    scale_x = Scale(*x, left + inset, right - inset, log_x)
    return Frame(width, height, scale_x, Scale(*y, bottom, top, log_y), *labels, x_ticks, y_format)


def text(x: float, y: float, words: str, anchor: str, css: str = "") -> str:
    """A text element; its words are escaped."""
    kind = f' class="{css}"' if css else ""
    return f'<text x="{round(x, 1)}" y="{round(y, 1)}" text-anchor="{anchor}"{kind}>{Markup.escape(words)}</text>'
