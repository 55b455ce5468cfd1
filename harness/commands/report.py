r"""Print the tables of one or several runs.

harness report runs/* --by level
harness report runs/math500-mcts-1a2b3c4d --search
harness report runs/harp-sample-1a2b3c4d --tokens --count-with ./another-models-folder
harness report runs/* --metric accuracy,pass@k,human_ratio --cluster contest
harness report runs/* --at-equal generated           thinking, samples and search for the same tokens, by level
harness report runs/* --thinking                     does it pay? a series of budgets, attempts, length
harness report runs/math500-sample-1a2b3c4d --format html > report.html
harness report runs/* --x steps                      the number in the models' names (checkpoint-500), a line each
harness report runs/* --x steps=100,200,400k         given, in the order of the checkpoints
harness report runs/* --x 'tokens=-(\d+)B-tokens'    found by a regular expression with one group
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.run import Run
    from reports.views import View

HELP = "tables of runs"
SPECIAL = ("cost", "tokens", "thinking", "at_equal", "search", "anytime", "x")
"""The options that show a table of their own."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness report`."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run folder")
    parser.add_argument("--by", choices=["level", "subject"], default="level")
    parser.add_argument(
        "--cluster", metavar="FIELD", help="problems of one contest, subject, level … depend on each other"
    )
    parser.add_argument("--metric", metavar="NAME,…", help="only these: accuracy, pass@k, maj@8, human_ratio …")
    parser.add_argument("--k", metavar="1,4,16", help="the k of pass@k and maj@k (default: the run's)")
    parser.add_argument("--format", choices=["md", "csv", "json", "html"], default="md")
    view = parser.add_mutually_exclusive_group()
    view.add_argument("--cost", action="store_true", help="only what a problem cost: calls, tokens, depth, seconds")
    view.add_argument("--tokens", action="store_true", help="only lengths: thinking, answer, human solutions, ratios")
    view.add_argument("--thinking", action="store_true", help="does more thinking pay? by length, budgets, attempts")
    view.add_argument(
        "--at-equal",
        metavar="AXIS",
        help="the model's own thinking, samples and search by level at equal cost: generated, total, calls or serial",
    )
    view.add_argument("--search", action="store_true", help="what search found, what choosing lost, verifier quality")
    view.add_argument("--anytime", action="store_true", help="accuracy at every smaller token budget")
    view.add_argument("--x", metavar="NAME[=…]", help="the runs are a series of checkpoints: curves against training")
    parser.add_argument(
        "--count-with",
        metavar="TOKENIZER",
        help="with --tokens: count texts of responses and human solutions with this one too (a folder or a name)",
    )
    parser.add_argument("--include-path", action="append", metavar="DIR", help="where --count-with finds the task")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the bootstrap of --x and --at-equal (default 0)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Read the results and print them; nothing is generated or graded."""
    from harness.run import Run
    from reports import page, tables

    _check(arguments)
    runs = [Run.open(Path(folder)) for folder in arguments.runs]
    if arguments.x is not None:
        return _series(runs, arguments)
    if arguments.at_equal is not None:
        from reports import in_context, sides

        several = [sides.of_run(each, partial=True) for each in runs]
        data = in_context.compare(several, axis=arguments.at_equal, seed=arguments.seed)
        return _show([in_context.view(data)], arguments.format)
    if arguments.thinking:
        from reports import effort

        return _show(effort.views(runs), arguments.format)
    special = _views(arguments)
    if special is not None:
        return _show([view for each in runs for view in special(each)], arguments.format)
    if arguments.cluster or arguments.k:
        from dataclasses import replace

        from harness.commands._setup import ks
        from harness.results import build

        wanted = ks(arguments.k)
        runs = [
            replace(run, derived=build(run, wanted or run.manifest.get("ks"), cluster=arguments.cluster))
            for run in runs
        ]
    metrics = [name.strip() for name in (arguments.metric or "").split(",") if name.strip()]
    if arguments.format == "csv":
        print(tables.as_csv(runs, metrics=metrics))
    elif arguments.format == "json":
        print(tables.as_json(runs, metrics=metrics))
    elif arguments.format == "html":
        print(page.html(runs, by=arguments.by, metrics=metrics))
    elif metrics:
        print(tables.markdown(runs, by=arguments.by, metrics=metrics))
    else:
        print("\n\n".join(map(_both(arguments.by), runs)))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    """Say what would be without effect."""
    from harness.core import UsageError

    special = next((name for name in SPECIAL if getattr(arguments, name)), None)
    for name in ("metric", "cluster", "k"):
        if special and getattr(arguments, name):
            shown = special.replace("_", "-")
            raise UsageError(f"--{name} has no effect on --{shown}. Leave one of the two out.")
    if arguments.count_with and not arguments.tokens:
        raise UsageError("--count-with belongs to --tokens. Say --tokens --count-with TOKENIZER.")
    if arguments.metric is not None and not arguments.metric.replace(",", " ").split():
        raise UsageError("--metric names no metric. Say --metric pass@k, or several with commas.")


def _views(arguments: argparse.Namespace) -> Callable[[Run], Sequence[View]] | None:
    """The tables that an option asks for; None for the ordinary ones."""
    from reports import anytime, cost, search

    by = arguments.by
    if arguments.tokens:
        return _tokens(arguments)
    if arguments.cost:
        return lambda run: [cost.cost(run, by=by)]
    if arguments.search:
        return lambda run: search.search(run, by=by)
    if arguments.anytime:
        return lambda run: [anytime.anytime(run)]
    return None


def _show(shown: Sequence[View], form: str) -> int:
    """Print tables in one format."""
    from reports import page, views

    formats: dict[str, Callable[[Sequence[View]], str]]
    formats = {"csv": views.as_csv, "json": views.as_json, "md": views.markdown, "html": page.views}
    print(formats[form](shown))
    return 0


def _both(by: str) -> Callable[[Run], str]:
    """Accuracies, and below them how long responses are and what they cost."""
    from reports import cost, tables, tokens, views

    return lambda run: "\n\n".join(
        [tables.markdown([run], by=by), views.markdown([*tokens.full(run, by=by), cost.cost(run, by=by)])]
    )


def _tokens(arguments: argparse.Namespace) -> Callable[[Run], Sequence[View]]:
    """The token tables, and once more with another tokenizer if one is named."""
    from reports import tokens

    by = arguments.by
    if not arguments.count_with:
        return lambda run: tokens.full(run, by=by)
    from harness.analysis.tokens import recounted
    from harness.models import LOCAL_MODELS, locate
    from harness.tokenizer import HFTokenizer
    from tasks.loading import load_task

    name = arguments.count_with
    counter = HFTokenizer(str(locate(name).path) if name in LOCAL_MODELS else name)

    def both(run: Run) -> list[View]:
        folders = [Path(folder) for folder in arguments.include_path or ()]
        task = load_task(run.manifest["identity"]["task"]["name"], include_path=folders)
        solutions = {problem.id: problem.solutions for problem in task.problems}
        again = recounted(run, tokens.found(run), counter.count, solutions)
        return [*tokens.full(run, by=by), *tokens.full(run, by=by, members=again, counter=name)]

    return both


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
