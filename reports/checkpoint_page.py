"""The curves of a series of checkpoints as one self-contained HTML file: drawn, and as tables."""

from __future__ import annotations

from harness.run import Json
from reports import charts, page
from reports.checkpoints import UNIT, caption, columns, table, title, worth_table
from reports.views import View


def html(data: Json) -> str:
    """The page of `checkpoints.curves`; everything that a model or a user wrote is escaped."""
    header, body = table(data)
    name = caption(data)
    shown = [View(name, header, body, [UNIT], [], figure=charts.lines(name, _lines(data), data["x"]))]
    if (worth := worth_table(data)) is not None:
        shown.append(worth)
    return page.views(shown, title=f"{data['task']} by {data['x']}")


def _lines(data: Json) -> list[charts.Line]:
    """The columns of the table as lines; maj@2 is pass@1, which is drawn once."""
    found = []
    for metric, k in columns(data["points"]):
        if (metric, k) == ("maj@k", 2):
            continue
        rows = [r for r in data["points"] if (r["metric"], r["k"]) == (metric, k) and r["value"] is not None]
        spots = [charts.Spot(r["x"], r["value"], r["low"], r["high"]) for r in sorted(rows, key=lambda r: r["x"])]
        found.append(charts.Line(title(metric, k), spots))
    return found
