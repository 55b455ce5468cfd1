"""The curves of a series of checkpoints as one self-contained HTML file: drawn, and as tables."""

from __future__ import annotations

from harness.run import Json
from reports import charts, page
from reports.checkpoints import UNIT, caption, columns, table, title, worth_table
from reports.render import Markup
from reports.views import View


def html(data: Json) -> str:
    """The page of `checkpoints.curves`; everything that a model or a user wrote is escaped."""
    header, body = table(data)
    name = caption(data)
    shown = [View(name, header, body, [UNIT], [], figure=_drawing(data))]
    if (worth := worth_table(data)) is not None:
        shown.append(worth)
    return page.views(shown, title=f"{data['task']} by {data['x']}")


def _drawing(data: Json) -> Markup:
    """The columns of the table as lines; empty without two points to join. maj@2 is pass@1, which is drawn once."""
    found: list[charts.Line] = []
    for metric, k in columns(data["points"]):
        if (metric, k) == ("maj@k", 2):
            continue
        rows = [r for r in data["points"] if (r["metric"], r["k"]) == (metric, k) and r["value"] is not None]
        spots = [(r["x"], r["value"], r["low"], r["high"]) for r in sorted(rows, key=lambda r: r["x"])]
        found.append(charts.Line(title(metric, k), spots, len(found)))
    if not any(len(line.points) > 1 for line in found):
        return Markup("")
    labels = (data["x"], "percent")
    return charts.curves("curves", f"{data['task']} by {data['x']}", found, labels=labels, x="linear", table=False)
