"""One self-contained HTML file of the same tables."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis.cost import costs
from harness.run import Run
from reports import tokens
from reports.cost import cost
from reports.figure import look
from reports.render import Markup, environment
from reports.tables import caption, footnotes, table
from reports.views import View


def html(runs: Sequence[Run], *, by: str = "level", metrics: Sequence[str] = (), first: Sequence[View] = ()) -> str:
    """The page, `first` above the runs' own tables; everything that a model or a user wrote is escaped."""
    shown = list(first)
    for run in runs:
        header, body = table(run, by=by, metrics=metrics)
        shown.append(View(caption(run), header, body, footnotes(run, metrics=metrics), []))
        if not metrics:
            shown += [*tokens.full(run, by=by), *([cost(run, by=by)] if costs(run) else [])]
    return views(shown, title=f"Results by {by}")


def views(shown: Sequence[View], *, title: str = "Results") -> str:
    """A page of any tables."""
    template = environment("reports").get_template("report.html.j2")
    return template.render(title=title, runs=shown, look=Markup(look()))
