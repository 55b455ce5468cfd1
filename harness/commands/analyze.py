"""Say what the responses of runs consist of: repetitions, backtracking, checks, attempts, regret; nothing is generated.

harness analyze runs/* --by level
harness analyze runs/math500-sample-1a2b3c4d --format html > thinking.html

Beside each run it writes `analysis.json`: a record per response with the place of everything that was found, and the
detectors' definitions and versions. `harness show RUN PROBLEM_ID --events` marks them in the text.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.trace_measures import Analysed
    from harness.analysis.traces import Encoder
    from harness.run import Run
    from reports.views import View
    from scorers.pool import GradingPool

HELP = "what thinking consists of: repetition, backtracking, attempts, regret"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness analyze`."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run folder")
    parser.add_argument("--by", choices=["level", "subject"], default="level")
    parser.add_argument("--format", choices=["md", "csv", "json", "html"], default="md")
    parser.add_argument(
        "--embeddings",
        metavar="NAME",
        help="a sentence-embedding model (folder or hub): also find steps of like meaning",
    )
    parser.add_argument("--include-path", action="append", metavar="DIR", help="a folder of lm-eval task files")


def run(arguments: argparse.Namespace) -> int:
    """Analyse the runs, write their files, print the tables."""
    from harness.run import Run
    from reports.traces import tables
    from scorers.pool import GradingPool

    encoder = None
    if arguments.embeddings:
        from harness.backends._embedding import Embedding

        encoder = Embedding(arguments.embeddings)
    runs = [Run.open(Path(folder)) for folder in arguments.runs]
    shown: list[tuple[Run, Sequence[View]]] = []
    with GradingPool(workers=_workers()) as pool:
        for each in runs:
            analysed = _analysed(each, arguments, pool, encoder)
            shown.append((each, tables(each, analysed, by=arguments.by)))
    print(_written(shown, arguments))
    return 0


def _analysed(
    run: Run, arguments: argparse.Namespace, pool: GradingPool, encoder: Encoder | None
) -> Sequence[Analysed]:
    """The numbers of one run's responses. Raises NothingToDoError if it has none yet."""
    import asyncio

    from harness.analysis.traces import FILE, analyze
    from harness.core import NothingToDoError
    from tasks.loading import load_task

    folders = [Path(folder) for folder in arguments.include_path or ()]
    task = load_task(run.manifest["identity"]["task"]["name"], include_path=folders)
    analysed = asyncio.run(analyze(run, task, pool, encoder=encoder))
    if not any(responses for _, responses in analysed):
        raise NothingToDoError(f"The run {run.folder} has no responses yet. The command that made it goes on with it.")
    print(f"wrote {run.folder / FILE}", file=sys.stderr)
    return analysed


def _workers() -> int:
    """Grading workers: one per core besides ours."""
    return max(1, (os.cpu_count() or 1) - 1)


def _written(shown: Sequence[tuple[Run, Sequence[View]]], arguments: argparse.Namespace) -> str:
    """All tables in the format asked for, the detectors' definitions with them."""
    from reports import page, views
    from reports.traces import as_json, definitions

    every = [view for _, own in shown for view in own]
    if arguments.format == "json":
        return as_json(shown)
    if arguments.format == "csv":
        return views.as_csv(every)
    if arguments.format == "html":
        every[-1].notes.extend(definitions())
        return page.views(every, title="What thinking consists of")
    return "\n".join([views.markdown(every), "", "**detectors**", "", *definitions()])
