"""One self-contained HTML file of the same tables."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.run import Run
from reports import tokens
from reports.cost import cost
from reports.tables import caption, footnotes, table
from reports.views import View


def html(runs: Sequence[Run], *, by: str = "level", metrics: Sequence[str] = ()) -> str:
    """The page; everything that a model or a user wrote is escaped."""
    shown = []
    for run in runs:
        header, body = table(run, by=by, metrics=metrics)
        shown.append(View(caption(run), header, body, footnotes(run, metrics=metrics), []))
        if not metrics:
            shown += [*tokens.full(run, by=by), cost(run, by=by)]
    return views(shown, title=f"Results by {by}")


def views(shown: Sequence[View], *, title: str = "Results") -> str:
    """A page of any tables."""
    environment = Environment(loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("report.html.j2").render(title=title, runs=shown)
