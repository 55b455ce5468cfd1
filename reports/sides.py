"""One side of a comparison: a run, or a run of a baseline file, as a number per problem and metric."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import baseline
from harness.baseline import Baseline
from harness.core import IncompleteError, NotComparableError, UsageError
from harness.files import digest
from harness.outcomes import CURVES, DRAWING, GROUPS, Outcome, outcomes
from harness.registry import unknown
from harness.run import Json, Run, uses_gold
from scorers.sampling import mean_variance

TOKENS = ("completion_tokens", "total_tokens", "prompt_tokens", "thinking_tokens", "verifier_tokens", "serial_tokens")
"""What a problem cost in all, its responses together."""
COSTS = (*TOKENS, "truncated")
"""Of these less is better."""
PLAIN = ("accuracy", *COSTS)


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

    def groups(self, problem: str) -> Mapping[str, Any]:
        """The labels of a problem: level, subject and whatever the task has besides."""
        outcome = self.outcomes.get(problem)
        if outcome is not None:
            return outcome.groups
        return {name: self.lines.problems.get(problem, {}).get(name) for name in GROUPS}

    @property
    def exchangeable(self) -> bool:
        """Whether the responses of a problem are independent draws, so that the metrics at smaller k mean something."""
        return self.strategy["name"] in DRAWING

    def value(self, problem: str, metric: str) -> float | None:
        """A metric of one problem: None where it is not judged, failed or not there. Raises UsageError for a metric
        that there is not."""
        line = self.lines.problems.get(problem)
        if line is None or line["status"] != "ok":
            return None
        if metric in ("completion_tokens", "total_tokens"):
            return float(line[metric])
        if metric in TOKENS:
            found = self.outcomes[problem].usage.get(metric) if problem in self.outcomes else None
            return None if found is None else float(found)
        if metric == "truncated":
            return line["truncated"] / line["n"] if line["n"] else None
        outcome = self.outcomes.get(problem)
        if metric == "accuracy" or outcome is None:
            return baseline.value(line, metric)
        return _value_at_k(outcome, *_at_k(metric))

    def variance(self, problem: str, metric: str) -> float | None:
        """The variance of a problem's value over new samples, None where it cannot be had."""
        line, outcome = self.lines.problems.get(problem), self.outcomes.get(problem)
        if metric == "pass@1" and line is not None:
            return mean_variance(line["n"] - line["unjudged"], line["c"])
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
    warnings = (f"{run.name}: its verifier or strategy sees the gold answers.",) if uses_gold(run.manifest) else ()
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


def labels(side: Side, names: Sequence[str], cluster: str | None) -> list[Any] | None:
    """The cluster of each problem; one without a label is a cluster of its own. Raises UsageError for an unknown field,
    the nearest match named."""
    if cluster is None:
        return None
    groups = [side.groups(name) for name in names]
    known = {key for group in groups for key, value in group.items() if value is not None}
    if names and cluster not in known:
        raise UsageError(unknown("Cluster", cluster, known))
    return [
        name if group.get(cluster) is None else ("cluster", group[cluster])
        for name, group in zip(names, groups, strict=True)
    ]


def pairs(base: Sequence[Side], candidate: Sequence[Side]) -> tuple[list[tuple[Side, Side]], list[Side]]:
    """The sides that belong together, and those that stay alone.

    The only two there are; else those that were asked the same; if none were, those of one task and strategy, so that
    what differs between them can be named or allowed. Raises UsageError where several of one side might be meant,
    NotComparableError where none belong together."""
    if len(base) == len(candidate) == 1:
        return [(base[0], candidate[0])], []
    for key in (_asked, _kind):
        first, second = _by(key, base), _by(key, candidate)
        shared = [name for name in first if name in second]
        if twice := next((g for name in shared for g in (first[name], second[name]) if len(g) > 1), None):
            names = " and ".join(side.label for side in twice[:2])
            raise UsageError(f"{names} are of one task and strategy. Name the two run folders to compare.")
        if shared:
            alone = [side for each in (first, second) for name in each if name not in shared for side in each[name]]
            return [(first[name][0], second[name][0]) for name in shared], alone
    raise NotComparableError("The two hold no runs of one task and strategy. Name two run folders.")


def _by(key: Callable[[Side], Any], sides: Sequence[Side]) -> dict[Any, list[Side]]:
    found: dict[Any, list[Side]] = {}
    for side in sides:
        found.setdefault(key(side), []).append(side)
    return found


def _asked(side: Side) -> str:
    return digest(baseline.asked(side.lines.identity))


def _kind(side: Side) -> tuple[str, str]:
    return side.task, side.strategy["name"]
