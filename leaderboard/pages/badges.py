"""A small picture per run for the README of a model or a project."""

from __future__ import annotations

from collections.abc import Iterator

from leaderboard.entry import Entry
from leaderboard.figures import budget
from leaderboard.site import Site
from reports.render import Markup, percent

PER_CHARACTER = 6.6
"""Width of a character at 11 px; `textLength` makes the text fit whatever the font is."""


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """badge/<id>.svg."""
    for entry in site.entries:
        yield f"badge/{entry.id}.svg", badge(entry)


def badge(entry: Entry) -> str:
    """`math500 mcts | 72.4 % (68–76)`, with the words once more for those who cannot see it."""
    row = entry.row(entry.metric)
    value = f"{percent(row['value'])} %" if row else "n/a"
    if row and row["low"] is not None:
        value += f" ({percent(row['low'], 0)}–{percent(row['high'], 0)})"
    name = f"{entry.task} {entry.strategy} {budget(entry)}"
    left, right = (round(len(text) * PER_CHARACTER + 12) for text in (name, value))
    escape = Markup.escape
    said = escape(f"{entry.model}: {name}, {value}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + right}" height="20" role="img" aria-label="{said}">'
        f"<title>{said}</title>"
        f'<clipPath id="r"><rect width="{left + right}" height="20" rx="3"/></clipPath><g clip-path="url(#r)">'
        f'<rect width="{left}" height="20" fill="#444b54"/>'
        f'<rect x="{left}" width="{right}" height="20" fill="#1f5fa8"/></g>'
        '<g fill="#fff" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">'
        f'<text x="6" y="14" textLength="{left - 12}">{escape(name)}</text>'
        f'<text x="{left + 6}" y="14" textLength="{right - 12}">{escape(value)}</text></g></svg>\n'
    )
