"""Print the tables of one or several runs.

harness report runs/* --by level
harness report runs/math500-mcts-1a2b3c4d --search
harness report runs/math500-sample-1a2b3c4d --format html > report.html
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.run import Run
    from reports.views import View

HELP = "tables of runs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness report`."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run folder")
    parser.add_argument("--by", choices=["level", "subject"], default="level")
    parser.add_argument("--format", choices=["md", "csv", "json", "html"], default="md")
    view = parser.add_mutually_exclusive_group()
    view.add_argument("--cost", action="store_true", help="only what a problem cost: calls, tokens, depth, seconds")
    view.add_argument("--search", action="store_true", help="what search found, what choosing lost, verifier quality")
    view.add_argument("--anytime", action="store_true", help="accuracy at every smaller token budget")


def run(arguments: argparse.Namespace) -> int:
    """Read the results and print them; nothing is generated or graded."""
    from harness.run import Run
    from reports import page, tables, views

    runs = [Run.open(Path(folder)) for folder in arguments.runs]
    special = _views(arguments)
    if special is None:
        if arguments.format == "csv":
            print(tables.as_csv(runs))
        elif arguments.format == "json":
            print(tables.as_json(runs))
        elif arguments.format == "html":
            print(page.html(runs, by=arguments.by))
        else:
            print("\n\n".join(map(_both(arguments.by), runs)))
        return 0
    shown = [view for each in runs for view in special(each)]
    formats: dict[str, Callable[[Sequence[View]], str]]
    formats = {"csv": views.as_csv, "json": views.as_json, "md": views.markdown, "html": page.views}
    print(formats[arguments.format](shown))
    return 0


def _views(arguments: argparse.Namespace) -> Callable[[Run], Sequence[View]] | None:
    """The tables that an option asks for; None for the ordinary ones."""
    from reports import anytime, cost, search

    by = arguments.by
    if arguments.cost:
        return lambda run: [cost.cost(run, by=by)]
    if arguments.search:
        return lambda run: search.search(run, by=by)
    if arguments.anytime:
        return lambda run: [anytime.anytime(run)]
    return None


def _both(by: str) -> Callable[[Run], str]:
    """Accuracies, and below them what they cost."""
    from reports import cost, tables, views

    return lambda run: f"{tables.markdown([run], by=by)}\n\n{views.markdown([cost.cost(run, by=by)])}"
