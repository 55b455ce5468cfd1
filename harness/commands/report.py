r"""Print the tables of one or several runs.

harness report runs/* --by level
harness report runs/math500-mcts-1a2b3c4d --search
harness report runs/math500-sample-1a2b3c4d --format html > report.html
harness report runs/* --x steps                      the number in the models' names (checkpoint-500), a line each
harness report runs/* --x steps=100,200,400k         given, in the order of the checkpoints
harness report runs/* --x 'tokens=-(\d+)B-tokens'    found by a regular expression with one group
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
    parser.add_argument(
        "--cluster", metavar="FIELD", help="problems of one contest, subject, level … depend on each other"
    )
    parser.add_argument("--k", metavar="1,4,16", help="the k of pass@k and maj@k (default: the run's)")
    parser.add_argument("--format", choices=["md", "csv", "json", "html"], default="md")
    parser.add_argument("--x", metavar="NAME[=…]", help="the runs are a series of checkpoints: curves against training")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the bootstrap of --x (default 0)")
    view = parser.add_mutually_exclusive_group()
    view.add_argument("--cost", action="store_true", help="only what a problem cost: calls, tokens, depth, seconds")
    view.add_argument("--search", action="store_true", help="what search found, what choosing lost, verifier quality")
    view.add_argument("--anytime", action="store_true", help="accuracy at every smaller token budget")


def run(arguments: argparse.Namespace) -> int:
    """Read the results and print them; nothing is generated or graded."""
    from harness.run import Run
    from reports import page, tables, views

    runs = [Run.open(Path(folder)) for folder in arguments.runs]
    if arguments.x is not None:
        return _series(runs, arguments)
    if arguments.cluster or arguments.k:
        from dataclasses import replace

        from harness.commands._setup import ks
        from harness.results import build

        wanted = ks(arguments.k)
        runs = [
            replace(run, derived=build(run, wanted or run.manifest.get("ks"), cluster=arguments.cluster))
            for run in runs
        ]
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


def _series(runs: Sequence[Run], arguments: argparse.Namespace) -> int:
    """The curves of a series of checkpoints."""
    from harness.core import UsageError
    from reports import checkpoints

    if arguments.format == "html":
        raise UsageError("--x has no HTML form. --format takes md, csv or json with it.")
    data = checkpoints.curves(runs, checkpoints.Axis.parse(arguments.x), seed=arguments.seed)
    write = {"md": checkpoints.markdown, "csv": checkpoints.as_csv, "json": checkpoints.as_json}[arguments.format]
    print(write(data))
    return 0
