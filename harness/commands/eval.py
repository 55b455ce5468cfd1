"""Evaluate a model on tasks with strategies, or go on with a run that was interrupted.

harness eval math500 --model vllm/smollm2 --strategy greedy,sample -S n=4 --limit 25
harness eval --tasks math500,harp --model hf --model_args pretrained=./checkpoint,dtype=float32 --output_path runs
harness eval gsm8k --model openai/my-model -M base_url=http://localhost:8000/v1 --limit 100
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.commands import _config, _limits
from harness.core import IncompleteError, UsageError

if TYPE_CHECKING:
    from harness.commands._setup import Models, Verifiers
    from harness.evaluate import Blocks, Finished, Plan

HELP = "evaluate a model"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness eval`; lm-eval's spellings stand beside ours."""
    what = parser.add_argument_group("what to run")
    what.add_argument("task", nargs="*", help="tasks, `harness list tasks`; an lm-eval task or a YAML file works too")
    what.add_argument("--tasks", action="append", metavar="A,B", help="the same, in lm-eval's spelling")
    what.add_argument("--include-path", action="append", metavar="DIR", help="a folder of lm-eval task files")
    what.add_argument("--num-fewshot", type=_count, metavar="N", help="examples in the prompt (default: the task's)")
    what.add_argument("--limit", type=_limit, metavar="N", help="N problems, stratified by level, always the same ones")
    what.add_argument("--level", metavar="L", help='levels to keep, such as "5", "1-3" or "1,4-5"')
    what.add_argument(
        "--unsolved", action="append", metavar="RUN", help="only problems of this run without a correct response"
    )
    model = parser.add_argument_group("model")
    model.add_argument("--model", metavar="BACKEND/NAME", help="`harness list backends`")
    model.add_argument("-M", action="append", metavar="key=value", help="an option of the backend")
    model.add_argument("--model-args", metavar="k=v,…", help="the same, in lm-eval's spelling")
    model.add_argument("--replicas", type=_positive, metavar="N", help="engines, for --model ray/NAME")
    model.add_argument("--ray-address", metavar="HOST:PORT", help="a running Ray cluster, for --model ray/NAME")
    model.add_argument("--no-chat-template", action="store_true", help="ask in plain text, for base models")
    model.add_argument("--apply-chat-template", action="store_true", help="the default; taken for lm-eval's sake")
    strategy = parser.add_argument_group("strategy and sampling")
    strategy.add_argument("--strategy", "--solver", metavar="NAME[,NAME]", help="default: greedy")
    strategy.add_argument("-S", action="append", metavar="key=value", help="a parameter of the strategy")
    strategy.add_argument(
        "--verifier", metavar="KIND/NAME", help="`harness list verifiers`; scores what is not searched"
    )
    strategy.add_argument("-V", action="append", metavar="key=value", help="an option of the verifier, aggregation=…")
    strategy.add_argument(
        "--budget", type=_positive, metavar="TOKENS", help="completion tokens that a problem may cost"
    )
    strategy.add_argument("--k", metavar="1,4,16", help="the k of pass@k and maj@k (default: 1, 2, 4 … n)")
    strategy.add_argument("--temperature", type=float, metavar="T", help="default 0.8; greedy is 0 by nature")
    strategy.add_argument("--top-p", type=float, metavar="P", help="default 1")
    strategy.add_argument(
        "--max-tokens", type=_positive, metavar="N", help="tokens per response (default: the task's, 2048)"
    )
    strategy.add_argument(
        "--step-delimiter", default="\\n\\n", metavar="TEXT", help="ends a step (default: blank line)"
    )
    strategy.add_argument("--gen-kwargs", metavar="k=v,…", help="sampling options in lm-eval's spelling")
    strategy.add_argument("--seed", type=int, default=0, metavar="N", help="the run's seed (default 0)")
    add_judge(parser)
    run = parser.add_argument_group("run")
    run.add_argument("--output-dir", "--output-path", default="runs", metavar="OUT", help="default: runs")
    run.add_argument("--concurrency", type=_positive, metavar="N", help="calls in flight (default: the backend's)")
    run.add_argument("--max-errors", type=_count, default=0, metavar="N", help="failed problems that a run may have")
    run.add_argument("--dry-run", action="store_true", help="say what would be done; no model is loaded")
    run.add_argument(
        "--probe", type=_positive, metavar="N", help="of --dry-run: ask N problems first and learn from them"
    )
    run.add_argument("--shard", type=_shard, metavar="I/N", help="the I-th of N parts; `harness merge` joins them")
    run.add_argument("--config", metavar="FILE", help="options from a YAML or TOML file; the command line wins")
    run.add_argument("--json", action="store_true", help="machine output alone on standard output")
    run.add_argument("--log-samples", action="store_true", help="always done; taken for lm-eval's sake")
    run.add_argument("--batch-size", metavar="N", help="lm-eval's spelling of -M batch_size=N")
    _limits.add_arguments(parser)


def add_judge(parser: argparse.ArgumentParser) -> None:
    """The options that name a judge; `harness score` has them too."""
    judge = parser.add_argument_group("judge")
    judge.add_argument("--judge", metavar="BACKEND/NAME", help="a model that settles what the grader's rules cannot")
    judge.add_argument("-J", action="append", metavar="key=value", help="an option of the judge's backend")
    judge.add_argument("--judge-all", action="store_true", help="ask it about every answer and report disagreements")


def run(arguments: argparse.Namespace) -> int:
    """Evaluate; 0 when every run is complete, 3 when one is not."""
    arguments = _config.with_config(arguments)
    if arguments.batch_size and arguments.batch_size.isdigit():
        arguments.M = [f"batch_size={arguments.batch_size}", *(arguments.M or [])]
    from harness.commands import _setup
    from harness.limits import LimitError

    models = _setup.Models.of(arguments)
    judges = _setup.Models.judge(arguments, models)
    verifiers = _setup.Verifiers(arguments, models)
    if arguments.strategy is not None:
        _setup.strategies(arguments)  # before the tasks are loaded
    if not arguments.dry_run or arguments.probe:
        models.read_ahead()
        verifiers.read_ahead()
    bound = _limits.limits(arguments, models.name)
    plans = [replace(plan, limits=bound) for plan in _setup.plans(arguments, models, judges, verifiers)]
    out = Path(arguments.output_dir)
    engines: list[Models | Verifiers] = [verifiers, *{models, judges or models}]
    if arguments.probe and not arguments.dry_run:
        raise UsageError("--probe is part of --dry-run. Say both, or --limit to evaluate few problems.")
    if arguments.dry_run:
        from harness.commands import _estimate

        if arguments.probe:
            evaluate_all([_few(plan, arguments.probe) for plan in plans], engines, out, arguments.argv)
        return _estimate.show(plans, out, as_json=arguments.json, prices=_limits.prices(arguments, models.name))
    finished = evaluate_all(plans, engines, out, arguments.argv)
    _tell(finished, as_json=arguments.json)
    limit = next((run.reached for run in finished if run.reached), None)
    if limit is not None:
        raise LimitError(limit)
    return IncompleteError.code if any(run.state != "complete" for run in finished) else 0


def _few(plan: Plan, count: int) -> Plan:
    """The same plan for a few problems of all levels. The whole run finds their answers in its sibling's log."""
    from tasks.selection import select

    return replace(plan, task=replace(plan.task, problems=select(plan.task.problems, limit=count)), shard=None)


def evaluate_all(
    plans: Sequence[Plan],
    models: Collection[Models | Verifiers],
    out: Path,
    argv: Sequence[str],
    blocks: Sequence[Blocks | None] | None = None,
) -> list[Finished]:
    """Run the plans one after the other over one engine and one grading pool, in blocks where there are any. SIGTERM
    ends a run as Ctrl-C does."""
    import asyncio
    import signal

    from harness.evaluate import evaluate
    from scorers.pool import GradingPool

    async def everything() -> list[Finished]:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        try:
            finished: list[Finished] = []
            for plan, block in zip(plans, blocks or [None] * len(plans), strict=True):
                finished.append(await evaluate(plan, out, pool, command=["harness", *argv], blocks=block))
                if finished[-1].reached:
                    break
            return finished
        finally:
            for each in models:
                await each.close()

    with GradingPool(workers=max(1, (os.cpu_count() or 2) // 2)) as pool:
        try:
            return asyncio.run(everything())
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None


def _tell(finished: Sequence[Finished], *, as_json: bool) -> None:
    """The tables, and where the runs are."""
    from harness.run import Run
    from reports import tokens, views
    from reports.tables import markdown

    results = [{"run": str(run.folder), "state": run.state, "results": run.results} for run in finished]
    if as_json:
        print(json.dumps(results, allow_nan=False))
    else:
        print()
        runs = [Run.open(run.folder) for run in finished]
        print(markdown(runs, by="level"))
        if lengths := [view for run in runs for view in tokens.short(run)]:
            print("\n" + views.markdown(lengths))
    for run in finished:
        for warning in run.warnings:
            print(f"warning: {run.folder.name}: {warning}", file=sys.stderr)
        if run.state != "complete" and not run.reached:
            print(f"harness: {incomplete(run)}", file=sys.stderr)


def incomplete(run: Finished) -> str:
    """What is missing of a run, and why."""
    count = (run.results or {})["problems"]
    missing = f"{count['selected'] - count['finished']} of {count['selected']} problems have no result"
    return f"{run.folder} is incomplete: {missing}{_first_error(run.folder)}. The same command tries them again."


def _first_error(folder: Path) -> str:
    from harness.run import Run

    errors = (p["error"] for p in Run.open(folder).lines("problems.jsonl") if p["status"] == "error")
    first = next(errors, "")
    return f" ({first[:160]})" if first else ""


def _count(text: str) -> int:
    """A whole number from 0 on."""
    try:
        value = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number") from None
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return value


def _positive(text: str) -> int:
    """A whole number from 1 on."""
    value = _count(text)
    if value == 0:
        raise argparse.ArgumentTypeError("0 is too small, it starts at 1")
    return value


def _shard(text: str) -> tuple[int, int]:
    """`2/4`: the second of four parts."""
    first, slash, second = text.partition("/")
    if not (slash and first.isdecimal() and second.isdecimal() and 1 <= int(first) <= int(second)):
        raise argparse.ArgumentTypeError(f"'{text}' is no part. The second of four is 2/4")
    return int(first), int(second)


def _limit(text: str) -> int:
    """lm-eval writes limits as `25.0` too."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None
    if value != int(value):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of problems")
    return int(value)
