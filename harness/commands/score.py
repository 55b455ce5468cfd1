"""Grade the responses of a run again, without generating, or choose among them in another way.

harness score runs/math500-sample-1a2b3c4d
harness score runs/math500-mcts-1a2b3c4d --verifier prm/Qwen/Qwen2.5-Math-PRM-7B -V aggregation=min
harness score runs/math500-mcts-1a2b3c4d --choose weighted_majority

Grading writes the verdicts of today into the run. `--verifier`, `-V aggregation=…` and `--choose` leave the
run as it is and write beside it: `replay-….json`, and the verifier's calls in `replay-….calls.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.commands.eval import add_judge
from harness.core import UsageError

if TYPE_CHECKING:
    from harness.core import Task
    from harness.replay import Replay
    from harness.run import Run

HELP = "grade a run again, or choose in another way, without generating"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness score`."""
    parser.add_argument("run_folder", metavar="RUN", help="a run folder")
    parser.add_argument("--k", metavar="1,4,16", help="the k of pass@k and maj@k")
    parser.add_argument("--include-path", action="append", metavar="DIR", help="a folder of lm-eval task files")
    parser.add_argument("--json", action="store_true", help="machine output alone on standard output")
    again = parser.add_argument_group("another choice (the run stays as it is)")
    again.add_argument("--verifier", metavar="KIND/NAME", help="score the stored candidates and tree with this one")
    again.add_argument("-V", action="append", metavar="key=value", help="an option of the verifier, aggregation=…")
    again.add_argument("--choose", metavar="RULE", help="best, majority, weighted_majority, first, visits …")
    again.add_argument("-M", action="append", metavar="key=value", help="an option of the run's backend, as it was")
    add_judge(parser)


def run(arguments: argparse.Namespace) -> int:
    """Grade again with the task's scorer of today, or replay; 3 if a verifier failed on a problem."""
    from harness.run import Run
    from tasks.loading import load_task

    opened = Run.open(Path(arguments.run_folder))
    folders = [Path(folder) for folder in arguments.include_path or ()]
    task = load_task(opened.manifest["identity"]["task"]["name"], include_path=folders)
    if arguments.verifier or arguments.V or arguments.choose:
        if arguments.judge or arguments.k:
            raise UsageError("--judge and --k belong to grading. Grade first, then take another verifier or rule.")
        return _replay(arguments, opened, task)
    return _regrade(arguments, opened, task)


def _regrade(arguments: argparse.Namespace, opened: Run, task: Task) -> int:
    import asyncio

    from harness.commands._setup import Models, judge_of, ks
    from harness.regrade import regrade
    from harness.run import Run
    from reports.tables import markdown
    from scorers.pool import GradingPool

    models = Models.judge(arguments)

    async def everything() -> list[dict[str, Any]]:
        judge = judge_of(arguments, models, task)
        try:
            return await regrade(opened, task, pool, ks=ks(arguments.k), judge=judge)
        finally:
            if models is not None:
                await models.close()

    with GradingPool(workers=os.cpu_count() or 1) as pool:
        changed = asyncio.run(everything())
    if arguments.json:
        print(json.dumps({"changed": changed, "results": Run.open(opened.folder).results()}, allow_nan=False))
        return 0
    for change in changed[:20]:
        print(
            f"{change['problem_id']} response {change['index']}: {change['was']} → {change['now']} ({change['reason']})"
        )
    print(f"{len(changed)} verdicts changed\n")
    print(markdown([Run.open(opened.folder)], by="level"))
    return 0


def _replay(arguments: argparse.Namespace, opened: Run, task: Task) -> int:
    import asyncio

    from harness import registry
    from harness.commands._setup import Models, Verifiers
    from harness.replay import Wish, replay
    from reports.replay import table
    from reports.views import markdown
    from scorers.pool import GradingPool

    strategy = opened.manifest["identity"]["strategy"]["name"]
    if "given" in registry.injected(registry.component("strategy", strategy)):
        raise UsageError(
            f"The responses of '{strategy}' are verdicts on given solutions and no solutions themselves. Take another "
            "verifier or threshold with `harness eval`: calls that are in the log are not made again."
        )
    aggregation = None
    if arguments.verifier is None:
        aggregation = _aggregation(arguments.V or [])
        wish = Wish(aggregation=aggregation, rule=arguments.choose)
        models = verifiers = None
    else:
        recorded = _recorded(opened)
        models = Models(opened.manifest["model"], arguments.M or [*recorded.M])
        verifiers = Verifiers(arguments, models)
        wish = Wish(
            verifier=verifiers.built(task),
            verifier_name=verifiers.name,
            aggregation=verifiers.aggregation,
            rule=arguments.choose,
            backend=_same(opened, models, task),
            chat_template=not recorded.no_chat_template,
        )

    async def everything() -> Replay:
        try:
            return await replay(opened, task, pool, wish)
        finally:
            for each in (verifiers, models):
                if each is not None:
                    await each.close()

    with GradingPool(workers=1) as pool:
        made = asyncio.run(everything())
    if arguments.json:
        print(json.dumps({"file": str(made.path), **made.record}, allow_nan=False))
    else:
        print(markdown([table(opened, made.record, made.path)]))
    return 3 if made.record["errors"] else 0


def _aggregation(pairs: list[str]) -> str | None:
    """The aggregation of `-V aggregation=…`, which alone makes sense without a verifier."""
    from harness.registry import unknown
    from harness.verification import AGGREGATIONS

    other = [pair for pair in pairs if pair.partition("=")[0].strip() != "aggregation"]
    if other:
        raise UsageError(f"-V {other[0]} needs --verifier KIND/NAME. Only -V aggregation=… goes without one.")
    name = pairs[-1].partition("=")[2].strip() if pairs else None
    if name is not None and name not in AGGREGATIONS:
        raise UsageError(unknown("-V aggregation", name, AGGREGATIONS))
    return name


def _recorded(opened: Run) -> argparse.Namespace:
    """The options of the command that made the run."""
    from harness.commands._setup import pairs, recorded

    found = recorded(opened)
    if found is None:
        return argparse.Namespace(M=[], no_chat_template=False)
    found.M = [*pairs(found.model_args), *(found.M or [])]
    return found


def _same(opened: Run, models: Any, task: Task) -> Any:
    """The engine of the run's model. Raises UsageError if it is not the same model any more."""
    from dataclasses import replace

    from harness.run import differing

    wanted = {name: number for number, name in enumerate(opened.manifest["problem_ids"])}
    own = sorted((p for p in task.problems if p.id in wanted), key=lambda problem: wanted[problem.id])
    backend = models.backend(replace(task, problems=tuple(own)))
    found = differing(opened.manifest["identity"]["model"], dict(backend.identity))
    if found:
        raise UsageError(
            f"The model of {opened.folder} is another one now: it differs in {', '.join(found)}. "
            "Name the backend's options of the run with -M key=value."
        )
    return backend
