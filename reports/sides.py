"""One side of a comparison: a run, or a run of a baseline file, as a number per problem and metric."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import baseline
from harness.baseline import Baseline
from harness.core import IncompleteError, UsageError
from harness.outcomes import CURVES, Outcome, outcomes
from harness.run import Json, Run

PLAIN = ("accuracy", "completion_tokens", "total_tokens", "truncated")


@dataclass(frozen=True)
class Side:
    """A side by name. `outcomes` is empty for a baseline file, which holds counts and no responses."""

    label: str
    lines: Baseline
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def task(self) -> str:
        """The task's name."""
        return str(self.lines.identity["task"]["name"])

    @property
    def strategy(self) -> Json:
        """The strategy's name and parameters."""
        strategy: Json = self.lines.identity["strategy"]
        return strategy

    @property
    def model(self) -> str:
        """The model as the user named it."""
        return str(self.lines.head["model"])

    @property
    def exchangeable(self) -> bool:
        """Whether the responses of a problem are independent draws, so that the metrics at smaller k mean something."""
        return self.strategy["name"] in ("sample", "best_of_n", "self_consistency")

    def value(self, problem: str, metric: str) -> float | None:
        """A metric of one problem: None where it is not judged, failed or not there. Raises UsageError for a metric
        that there is not."""
        line = self.lines.problems.get(problem)
        if line is None or line["status"] != "ok":
            return None
        if metric in ("completion_tokens", "total_tokens"):
            return float(line[metric])
        if metric == "truncated":
            return line["truncated"] / line["n"] if line["n"] else None
        outcome = self.outcomes.get(problem)
        if metric == "accuracy" or outcome is None:
            return baseline.value(line, metric)
        return _value_at_k(outcome, *_at_k(metric))

    def variance(self, problem: str, metric: str) -> float | None:
        """The variance of a problem's value over new samples, None where it cannot be had."""
        outcome = self.outcomes.get(problem)
        if outcome is None or metric in PLAIN:
            return None
        curve, k = _at_k(metric)
        return outcome.variances(curve, [k])[0]


def _at_k(metric: str) -> tuple[str, int]:
    """("maj@k", 8) of "maj@8". Raises UsageError, the nearest match named."""
    match = re.fullmatch(r"([a-z-]+[@^])([1-9]\d*)", metric)
    if match is not None and f"{match[1]}k" in CURVES:
        return f"{match[1]}k", int(match[2])
    known = [*PLAIN, *(name.replace("k", "4") for name in CURVES if name[-1] == "k")]
    near = difflib.get_close_matches(metric, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else ""
    raise UsageError(f"Metric '{metric}' is not known.{hint} Say {', '.join(known)}, with any k.")


def _value_at_k(outcome: Outcome, curve: str, k: int) -> float | None:
    """A curve at k, None where fewer than k responses are judged."""
    return min(max(float(outcome.curve(curve)[k - 1]), 0.0), 1.0) if k <= len(outcome.judged) else None


def default_metric(side: Side) -> str:
    """accuracy; the mean over responses where a strategy only draws them."""
    return "pass@1" if side.strategy["name"] == "sample" else "accuracy"


def of_run(run: Run, *, partial: bool = False) -> Side:
    """A run as a side. Raises IncompleteError for one that is not complete, unless `partial`."""
    state = run.manifest["state"]
    if state != "complete" and not partial:
        raise IncompleteError(f"{run.folder} is {state}. Finish it with the command that began it, then compare.")
    found = {outcome.problem_id: outcome for outcome in outcomes(run) if outcome.status == "ok"}
    verifier = run.manifest.get("verifier") or {}
    warnings = (f"{run.name}: its verifier sees the gold answers.",) if verifier.get("uses_gold") else ()
    return Side(str(run.folder), baseline.reduce(run, votes=False), found, warnings)


def read(path: Path) -> list[Side]:
    """The sides at a path: a run folder, a folder of runs, or a baseline file. Raises UsageError where none is."""
    if path.is_file():
        return [Side(f"{path} ({each.head['run']})", each) for each in baseline.read(path)]
    if path.is_dir() and not (path / "manifest.json").exists():
        folders = sorted(p.parent for p in path.glob("*/manifest.json"))
        if folders:
            return [of_run(Run.open(folder)) for folder in folders]
    return [of_run(Run.open(path))]


def kind(side: Side) -> tuple[Any, ...]:
    """What pairs sides of two folders: task and strategy with its parameters."""
    strategy = side.strategy
    return (side.task, strategy["name"], tuple(sorted((k, str(v)) for k, v in strategy["parameters"].items())))


def pairs(base: Sequence[Side], candidate: Sequence[Side]) -> list[tuple[Side, Side]]:
    """The sides that belong together: the only two there are, else those of one task and strategy."""
    if len(base) == len(candidate) == 1:
        return [(base[0], candidate[0])]
    there = {kind(side): side for side in candidate}
    found = [(side, there[kind(side)]) for side in base if kind(side) in there]
    if not found:
        raise UsageError("The two hold no runs of one task and strategy. Name two run folders.")
    return found
