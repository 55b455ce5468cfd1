r"""Print the tables of one or several runs.

harness report runs/* --by level
harness report runs/math500-mcts-1a2b3c4d --search
harness report runs/harp-sample-1a2b3c4d --tokens --count-with ./another-models-folder
harness report runs/* --metric accuracy,pass@k,human_ratio --cluster contest
harness report runs/* --at-equal generated           thinking, samples and search for the same tokens, by level
harness report runs/* --thinking                     does it pay? a series of budgets, attempts, length
harness report runs/* -o report.html -o report.csv
harness report runs/* --x steps                      the number in the models' names (checkpoint-500), a line each
harness report runs/* --x steps=100,200,400k         given, in the order of the checkpoints
harness report runs/* --x 'tokens=-(\d+)B-tokens'    found by a regular expression with one group
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.run import Run
    from reports.views import View

HELP = "tables of runs"
FORMS = ("md", "csv", "json", "html")
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
    parser.add_argument("--format", choices=FORMS, default="md")
    parser.add_argument(
        "-o", "--output", action="append", default=[], metavar="FILE", help="also as .md, .csv, .json or .html"
    )
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

    _check(arguments)
    runs = [Run.open(Path(folder)) for folder in arguments.runs]
    forms = _forms(runs, arguments)
    for name in arguments.output:
        from harness.files import write_text

        write_text(Path(name), forms[Path(name).suffix[1:]]() + "\n")
    print(forms[arguments.format]())
    return 0


def _forms(runs: Sequence[Run], arguments: argparse.Namespace) -> Mapping[str, Callable[[], str]]:
    """What is asked for, in every form."""
    if arguments.x is not None:
        return _series(runs, arguments)
    if arguments.at_equal is not None:
        from reports import in_context, sides

        several = [sides.of_run(each, partial=True) for each in runs]
        data = in_context.compare(several, axis=arguments.at_equal, seed=arguments.seed)
        return _shown([in_context.view(data)])
    if arguments.thinking:
        from reports import effort

        return _shown(effort.views(runs))
    special = _views(arguments)
    if special is not None:
        return _shown([view for each in runs for view in special(each)])
    return _tables(runs, arguments)


def _tables(runs: Sequence[Run], arguments: argparse.Namespace) -> Mapping[str, Callable[[], str]]:
    """The ordinary tables in every form; above those of several runs, one with a line each."""
    from reports import overview, page, tables, views

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
    first = [overview.overview(runs)] if len(runs) > 1 and not metrics else []

    def markdown() -> str:
        if metrics:
            return tables.markdown(runs, by=arguments.by, metrics=metrics)
        return "\n\n".join([*map(views.markdown, [first] if first else []), *map(_both(arguments.by), runs)])

    return {
        "md": markdown,
        "csv": lambda: tables.as_csv(runs, metrics=metrics),
        "json": lambda: tables.as_json(runs, metrics=metrics),
        "html": lambda: page.html(runs, by=arguments.by, metrics=metrics, first=first),
    }


def _check(arguments: argparse.Namespace) -> None:
    """Say what would be without effect."""
    from harness.core import UsageError

    for name in arguments.output:
        if Path(name).suffix[1:] not in FORMS:
            raise UsageError(f"-o {name}: a report has the forms {', '.join(f'.{form}' for form in FORMS)}.")
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


def _shown(found: Sequence[View]) -> Mapping[str, Callable[[], str]]:
    """Some tables in every form."""
    from reports import page, views

    forms: Mapping[str, Callable[[Sequence[View]], str]]
    forms = {"csv": views.as_csv, "json": views.as_json, "md": views.markdown, "html": page.views}
    return {name: partial(write, found) for name, write in forms.items()}


def _both(by: str) -> Callable[[Run], str]:
    """Accuracies, and below them how long responses are and what they cost."""
    from harness.analysis.cost import costs
    from reports import cost, tables, tokens, views

    def both(run: Run) -> str:
        below = [*tokens.full(run, by=by), *([cost.cost(run, by=by)] if costs(run) else [])]
        return "\n\n".join([tables.markdown([run], by=by), *([views.markdown(below)] if below else [])])

    return both


def _tokens(arguments: argparse.Namespace) -> Callable[[Run], Sequence[View]]:
    """The token tables, and once more with another tokenizer if one is named."""
    from reports import tokens

    by = arguments.by
    if not arguments.count_with:
        return lambda run: tokens.full(run, by=by) or [tokens.nothing(run)]
    from harness.analysis.tokens import recounted
    from harness.models import LOCAL_MODELS, locate
    from harness.tokenizer import HFTokenizer
    from tasks.loading import load_task

    name = arguments.count_with
    counter = HFTokenizer(str(locate(name).path) if name in LOCAL_MODELS else name)

    def twice(run: Run) -> list[View]:
        folders = [Path(folder) for folder in arguments.include_path or ()]
        task = load_task(run.manifest["identity"]["task"]["name"], include_path=folders)
        solutions = {problem.id: problem.solutions for problem in task.problems}
        again = recounted(run, tokens.found(run), counter.count, solutions)
        both = [*tokens.full(run, by=by), *tokens.full(run, by=by, members=again, counter=name)]
        return both or [tokens.nothing(run)]

    return twice


def _series(runs: Sequence[Run], arguments: argparse.Namespace) -> Mapping[str, Callable[[], str]]:
    """The curves of a series of checkpoints in every form."""
    from reports import checkpoint_page, checkpoints

    data = checkpoints.curves(runs, checkpoints.Axis.parse(arguments.x), seed=arguments.seed)
    return {
        "md": lambda: checkpoints.markdown(data),
        "csv": lambda: checkpoints.as_csv(data),
        "json": lambda: checkpoints.as_json(data),
        "html": lambda: checkpoint_page.html(data),
    }
