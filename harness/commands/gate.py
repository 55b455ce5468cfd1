"""Evaluate a new checkpoint against a baseline file, block by block, and stop as soon as the verdict is decided.

harness gate --baseline baselines/math500.jsonl --model vllm/my-checkpoint
harness gate --baseline b.jsonl --model hf/out/checkpoint-500 --margin 1 --blocks 10 --strict -o verdict.json

Task, problems, strategy and sampling are the baseline's. Exit codes: 0 not worse (or undecided), 10 regression, 11
undecided with --strict, 4 the model is not asked as the baseline was, 3 incomplete (the same command goes on).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.commands import _config, _limits
from harness.commands import eval as evaluation
from harness.core import IncompleteError, UsageError

if TYPE_CHECKING:
    from harness.baseline import Baseline
    from harness.commands._setup import Models, Verifiers
    from harness.evaluate import Plan
    from harness.gate import Gate

HELP = "evaluate a new checkpoint against a baseline until it is decided"
REGRESSION, INCONCLUSIVE = 10, 11
SUFFIXES = {".md": "md", ".json": "json", ".xml": "junit"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness eval`, whose defaults are the baseline's here, and the gate's own."""
    gate = parser.add_argument_group("gate")
    gate.add_argument("--baseline", metavar="FILE", help="made by `harness baseline`")
    gate.add_argument("--metric", metavar="M", help="accuracy, pass@1, maj@4 … (default: pass@1 for sample)")
    gate.add_argument("--margin", type=_points, default=2.0, metavar="PP", help="a loss that may be (default 2 points)")
    gate.add_argument(
        "--min-effect", type=_points, default=0.5, metavar="PP", help="the least loss that matters (default 0.5 points)"
    )
    gate.add_argument("--alpha", type=_alpha, default=0.05, metavar="A", help="error of a verdict (default 0.05)")
    gate.add_argument("--blocks", type=_blocks, default=5, metavar="N", help="looks at most (default 5)")
    gate.add_argument("--strict", action="store_true", help="inconclusive is exit code 11")
    gate.add_argument("--format", choices=["md", "json", "junit", "github"], default="md", help="default: md")
    gate.add_argument(
        "-o", "--output", action="append", metavar="FILE", help="the verdict as .md, .json or .xml (JUnit) as well"
    )
    evaluation.add_arguments(parser)
    parser.set_defaults(strategy=None, step_delimiter=None, seed=None)


def run(arguments: argparse.Namespace) -> int:
    """Ask, look, tell; 10 on a regression."""
    from harness import baseline

    arguments = _config.with_config(arguments)
    if not arguments.baseline:
        raise UsageError("--baseline is missing. Say --baseline FILE; `harness baseline RUN -o FILE` makes one.")
    outputs = [Path(name) for name in arguments.output or ()]
    for path in outputs:
        if path.suffix not in SUFFIXES:
            raise UsageError(f"-o {path} ends in none of {', '.join(SUFFIXES)}, which say what to write.")
    if arguments.batch_size and arguments.batch_size.isdigit():
        arguments.M = [f"batch_size={arguments.batch_size}", *(arguments.M or [])]
    bases = baseline.read(Path(arguments.baseline))

    from harness.commands import _setup

    models = _setup.Models.of(arguments)
    judges = _setup.Models.judge(arguments, models)
    verifiers = _setup.Verifiers(arguments, models)
    if arguments.shard:
        raise UsageError("--shard has no effect on a gate, which looks at whole blocks. Leave it out.")
    bound = _limits.limits(arguments, models.name)
    if not arguments.dry_run:
        models.read_ahead()
        verifiers.read_ahead()
    plans = [replace(_plan(base, arguments, models, judges, verifiers), limits=bound) for base in bases]
    if arguments.dry_run:
        from harness.commands import _estimate

        return _estimate.show(plans, Path(arguments.output_dir), as_json=arguments.json)
    return _decide(bases, plans, [verifiers, *{models, judges or models}], arguments, outputs)


def _decide(
    bases: Sequence[Baseline],
    plans: Sequence[Plan],
    models: Collection[Models | Verifiers],
    arguments: argparse.Namespace,
    outputs: Sequence[Path],
) -> int:
    """Run every plan until its verdict is there, and write the verdicts. Several tasks share alpha equally."""
    from harness.evaluate import Blocks
    from harness.files import write_text
    from harness.limits import LimitError
    from harness.run import Run
    from reports import gates
    from tasks.selection import blocks

    parts = [blocks(plan.task.problems, arguments.blocks) for plan in plans]
    gated = [
        _gate(base, [[problem.id for problem in block] for block in part], arguments, len(plans))
        for base, part in zip(bases, parts, strict=True)
    ]
    how = [Blocks(part, gate.enough) for part, gate in zip(parts, gated, strict=True)]
    finished = evaluation.evaluate_all(plans, models, Path(arguments.output_dir), arguments.argv, how)
    for each in finished:
        if each.reached:
            raise LimitError(each.reached)
        if each.state == "incomplete":
            raise IncompleteError(evaluation.incomplete(each))
    results = [gate.result(Run.open(each.folder)) for gate, each in zip(gated, finished, strict=True)]
    verdicts = {result["verdict"] for result in results}
    code = REGRESSION if "regression" in verdicts else 0
    code = INCONCLUSIVE if not code and arguments.strict and "inconclusive" in verdicts else code
    for path in outputs:
        write_text(path, gates.text(results, SUFFIXES[path.suffix]) + "\n")
    chosen = "json" if arguments.json else arguments.format
    if chosen == "github":
        gates.to_github(results, code, os.environ)
    sys.stdout.write(gates.text(results, chosen) + "\n")
    for each in finished:
        for warning in each.warnings:
            print(f"warning: {each.folder.name}: {warning}", file=sys.stderr)
    return code


def _gate(base: Baseline, blocks: Sequence[Sequence[str]], arguments: argparse.Namespace, count: int) -> Gate:
    from harness.gate import Gate, Rule

    metric = arguments.metric or ("pass@1" if base.identity["strategy"]["name"] == "sample" else "accuracy")
    if not base.values(metric):
        raise UsageError(f"The baseline holds no {metric}. --metric pass@1 and --metric accuracy are always there.")
    rule = Rule(metric, arguments.margin / 100, arguments.min_effect / 100, arguments.alpha / count)
    return Gate(base, rule, blocks)


def _plan(
    base: Baseline, arguments: argparse.Namespace, models: Models, judges: Models | None, verifiers: Verifiers
) -> Plan:
    """The plan that asks the model as the baseline was asked. Raises NotComparableError where that cannot be."""
    from harness.baseline import require_comparable
    from harness.commands import _setup

    given = _filled(base, arguments)
    [plan] = _setup.plans(given, models, judges, verifiers)
    if arguments.limit is None and arguments.level is None:
        problems = tuple(problem for problem in plan.task.problems if problem.id in base.problems)
        plan = replace(plan, task=replace(plan.task, problems=problems or plan.task.problems))
    require_comparable(base.identity, plan.identity())
    return plan


def _filled(base: Baseline, arguments: argparse.Namespace) -> argparse.Namespace:
    """The options with what was not given taken from the baseline; what was given stands and is compared."""
    identity = base.identity
    sampling: dict[str, Any] = identity["sampling"]
    given = argparse.Namespace(**vars(arguments))
    if not (given.task or given.tasks):
        given.task = [identity["task"]["name"]]
    if given.strategy is None:
        given.strategy = identity["strategy"]["name"]
        own = [f"{name}={value}" for name, value in identity["strategy"]["parameters"].items()]
        given.S = [*own, *(given.S or [])]
    if not given.gen_kwargs:
        given.temperature = sampling["temperature"] if given.temperature is None else given.temperature
        given.top_p = sampling["top_p"] if given.top_p is None else given.top_p
        given.max_tokens = given.max_tokens or sampling["max_tokens"]
    given.budget = identity.get("budget") if given.budget is None else given.budget
    given.seed = sampling["seed"] if given.seed is None else given.seed
    if given.step_delimiter is None:
        given.step_delimiter = identity["delimiter"].encode("unicode_escape").decode()
    return given


def _points(text: str) -> float:
    """Percentage points from 0 to 100."""
    value = _number(text)
    if not 0 <= value < 100:
        raise argparse.ArgumentTypeError(f"{text} is not from 0 to 100 percentage points")
    return value


def _alpha(text: str) -> float:
    """An error between 0 and a half."""
    value = _number(text)
    if not 0 < value < 0.5:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 0.5")
    return value


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number") from None


def _blocks(text: str) -> int:
    """From 1 to 100."""
    if not text.isdecimal() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to 100")
    return int(text)
