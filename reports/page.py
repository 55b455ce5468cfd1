"""One self-contained HTML file of the same tables."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from harness.run import Run
from reports.tables import caption, footnotes, table


def html(runs: Sequence[Run], *, by: str = "level") -> str:
    """The page; everything that a model or a user wrote is escaped."""
    environment = Environment(loader=PackageLoader("reports"), autoescape=True, undefined=StrictUndefined)
    shown = []
    for run in runs:
        header, body = table(run, by=by)
        shown.append({"caption": caption(run), "header": header, "body": body, "notes": footnotes(run)})
    return environment.get_template("report.html.j2").render(title=f"Results by {by}", runs=shown)
