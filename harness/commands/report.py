"""Print the tables of one or several runs.

harness report runs/* --by level
harness report runs/math500-sample-1a2b3c4d --format html > report.html
"""

from __future__ import annotations

import argparse
from pathlib import Path

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


def run(arguments: argparse.Namespace) -> int:
    """Read the results and print them; nothing is generated or graded."""
    from harness.run import Run
    from reports import page, tables

    runs = [Run.open(Path(folder)) for folder in arguments.runs]
    if arguments.cluster or arguments.k:
        from dataclasses import replace

        from harness.commands._setup import ks
        from harness.results import build

        wanted = ks(arguments.k)
        runs = [
            replace(run, derived=build(run, wanted or run.manifest.get("ks"), cluster=arguments.cluster))
            for run in runs
        ]
    if arguments.format == "csv":
        print(tables.as_csv(runs))
    elif arguments.format == "json":
        print(tables.as_json(runs))
    elif arguments.format == "html":
        print(page.html(runs, by=arguments.by))
    else:
        print(tables.markdown(runs, by=arguments.by))
    return 0
