"""What stands around a drawing: its title, its legend, its description for screen readers, the table behind it.

Colours are CSS classes (`c0` …, the palette of Okabe & Ito in templates/look.css), so that light, dark and print differ
in the style sheet alone; lines differ in their dashes and points in their shapes besides. Names stand in a legend of
HTML, where they cannot overlap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from importlib.resources import files

from reports.render import Markup, environment

NONE = Markup("")
COLOURS = 8
SHAPES = 6


def look() -> str:
    """The style sheet of colours, type and charts that all pages share."""
    return files("reports").joinpath("templates", "look.css").read_text(encoding="utf-8")


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
    made = environment("reports").get_template("figure.html.j2")
    about = {field.name: getattr(words, field.name) for field in fields(words)}
    drawn = Markup(picture)
    return Markup(made.render(key=key, picture=drawn, size=size, interactive=interactive, wide=wide, **about))


def legend(marks: Sequence[tuple[str, str, int]]) -> Markup:
    """The names of the colours, (name, drawing, width of it) each."""
    items = "".join(
        f'<li><svg viewBox="0 0 {width} 16" width="{width}" height="16" aria-hidden="true">{drawing}</svg>'
        f"{Markup.escape(name)}</li>"
        for name, drawing, width in marks
    )
    return Markup(f'<ul class="legend">{items}</ul>')


def colour(style: int) -> str:
    """The class of a colour."""
    return f"c{style % COLOURS}"


def dashes(style: int) -> str:
    """The class of a dash."""
    return f"d{style % 4}"


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


def mark(style: int, path: str) -> str:
    """A point: a shape, perhaps with a whisker, in the colour of a style."""
    return f'<path class="p {colour(style)}" d="{path}"/>'


def point_mark(name: str, style: int) -> tuple[str, str, int]:
    """The legend's mark of what is drawn as points."""
    return name, mark(style, shape(style, 9, 8)), 18


def line_mark(name: str, style: int, *, marked: bool = False) -> tuple[str, str, int]:
    """The legend's mark of what is drawn as a line, with a shape at its points where it is `marked`."""
    drawn = f'<path class="l {colour(style)} {dashes(style)}" d="M0 8H24"/>'
    return name, drawn + (mark(style, shape(style, 12, 8, 3.5)) if marked else ""), 24


def box_mark(name: str, style: int) -> tuple[str, str, int]:
    """The legend's mark of what is drawn as boxes."""
    drawn = (
        f'<rect class="x {colour(style)}" x="3" y="3" width="12" height="10"/>'
        f'<path class="m {colour(style)} {dashes(style)}" d="M3 8H15"/>'
    )
    return name, drawn, 18
