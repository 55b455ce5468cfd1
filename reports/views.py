"""A table with its caption, notes and machine rows, and the ways to show several of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tabulate import tabulate

from harness.run import Json
from reports import sheet


@dataclass(frozen=True, slots=True)
class View:
    """One table: text cells for people, tidy `rows` for machines (each with the run's name, task, model, strategy).
    Without a header its notes alone say why there is none."""

    caption: str
    header: list[str]
    body: list[list[str]]
    notes: list[str]
    rows: list[Json]
    figure: str = ""
    """A drawing of the table for HTML, safe markup as `reports.charts` makes it."""


def markdown(views: Sequence[View]) -> str:
    """The tables in Markdown, their notes below."""
    return "\n\n".join(map(_one, views))


def as_json(views: Sequence[View]) -> str:
    """The tidy rows of all views as a JSON list."""
    return json.dumps([row for view in views for row in view.rows], allow_nan=False)


def as_csv(views: Sequence[View]) -> str:
    """The tidy rows of all views as CSV; null is an empty cell."""
    return sheet.table(row for view in views for row in view.rows).rstrip("\n")


def percent(row: Json | None) -> str:
    """A share with its interval, as in `42.0 [33, 51]`; a missing one is n/a."""
    if row is None or row["value"] is None:
        return "n/a"
    if row.get("low") is None:
        return f"{100 * row['value']:.1f}"
    return f"{100 * row['value']:.1f} [{100 * row['low']:.0f}, {100 * row['high']:.0f}]"


def _plain(cell: str) -> str:
    """A cell that ends neither its column nor its line, whatever a name in it holds."""
    return "".join("\\|" if c == "|" else c if c.isprintable() else " " for c in cell)


def _one(view: View) -> str:
    if not view.header:
        return "\n".join([f"**{view.caption}**", "", *view.notes])
    align = ("left", *["right"] * (len(view.header) - 1))
    body = [[_plain(cell) for cell in line] for line in view.body]
    text = tabulate(body, headers=view.header, tablefmt="github", colalign=align, disable_numparse=True)
    return "\n".join([f"**{view.caption}**", "", text, "", *view.notes])
