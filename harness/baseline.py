"""A baseline: what later checkpoints are compared with, small enough to be committed and readable as a diff.

A text file of JSON lines: for each run one head (schema "harness.baseline/1": model, identity, coverage), a line per
metric of the whole, then a line per problem in the order of the benchmark: how many responses, how many of them right,
what they cost. It holds no problem text, no answers and no responses. A run folder reduces to the same lines, so that
two checkpoints are compared line by line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core import IncompleteError, NotComparableError, UsageError
from harness.files import digest, dumps
from harness.outcomes import Outcome, scored
from harness.results import default_ks
from harness.run import IMPORTED, Json, Run, differing
from scorers.estimators import pass_at_k, pass_hat_k

SCHEMA = "harness.baseline/1"
_DIGITS = 6
"""Decimals of the values per problem."""
_FIELDS = ("problem_id", "level", "subject", "status", "n", "c", "unjudged")


@dataclass(frozen=True, slots=True)
class Baseline:
    """One run of a baseline file: its head, and its problems' lines by id in the benchmark's order."""

    head: Json
    problems: dict[str, Json]
    metrics: list[Json] = field(default_factory=list)

    @property
    def identity(self) -> Json:
        """What the run was asked; the model as a digest."""
        identity: Json = self.head["identity"]
        return identity

    @property
    def tokens(self) -> int:
        """All completion tokens."""
        return sum(problem["completion_tokens"] for problem in self.problems.values())

    def values(self, metric: str) -> dict[str, float]:
        """The metric's value of each problem that has one."""
        found = {name: value(problem, metric) for name, problem in self.problems.items()}
        return {name: number for name, number in found.items() if number is not None}


def reduce(run: Run, *, votes: bool = True) -> Baseline:
    """A run in the form of a baseline, finished or not; without `votes` the metrics that take time are left out."""
    ks = (run.manifest.get("ks") or None) if votes else [1]
    problems = {problem["problem_id"]: _line(problem, responses, ks) for problem, responses in run.by_problem()}
    identity = run.manifest["identity"]
    head = {
        "schema": SCHEMA,
        "model": run.manifest["model"],
        "run": run.name,
        "identity_digest": run.manifest["identity_digest"],
        "identity": {**identity, "model": digest(identity["model"])},
        "packages": run.manifest.get("environment", {}).get("packages", {}),
    }
    return Baseline(head, problems)


def baseline(run: Run) -> Baseline:
    """A baseline made from a complete run. Raises IncompleteError for a run that is not."""
    state = run.manifest["state"]
    if state == IMPORTED:
        raise UsageError(
            f"{run.folder} was imported, and without token counts, which a gate compares. "
            "Make the baseline of a run of `harness eval`; `harness compare` takes imported runs."
        )
    if state != "complete":
        raise IncompleteError(
            f"{run.folder} is {state}; a baseline needs every problem. Finish it with `harness eval`."
        )
    made, results = reduce(run), run.results()
    rows = [
        {name: row[name] for name in ("metric", "k", "value", "low", "high", "problems")}
        for row in results["metrics"]
        if row["group"] == "all"
    ]
    totals = {"problems": results["problems"], "usage": results["usage"]["asked"]}
    return Baseline({**made.head, "totals": totals}, made.problems, rows)


def _line(problem: Json, responses: Sequence[Json], ks: Sequence[int] | None) -> Json:
    """A problem's line; `values` holds the metrics that do not follow from the counts."""
    usage, outcome = problem.get("usage") or {}, Outcome.of(problem, responses)
    return {
        **{name: problem[name] for name in _FIELDS},
        "correct": problem["correct"],
        "completion_tokens": usage.get("completion_tokens", 0 if outcome.total_tokens is not None else None),
        "total_tokens": outcome.total_tokens,
        "truncated": sum(outcome.truncated) if outcome.truncated or not responses else None,
        "values": _votes(outcome, ks),
    }


def _votes(outcome: Outcome, ks: Sequence[int] | None) -> dict[str, float]:
    """maj@k, best@k and wmaj@k at k above 1, of the responses that were judged."""
    judged = outcome.judged
    wanted = [k for k in ks or default_ks(len(judged)) if 1 < k <= len(judged)]
    if not wanted:
        return {}
    curves = ["maj@k", *(["best@k", "wmaj@k"] if scored([outcome]) else [])]
    found = {curve.replace("k", str(k)): float(outcome.curve(curve)[k - 1]) for curve in curves for k in wanted}
    return {name: round(value, _DIGITS) for name, value in found.items()}


def value(problem: Mapping[str, Any], metric: str) -> float | None:
    """A metric of one problem's line, None where it has too few judged responses. Raises UsageError for a metric that
    there is not."""
    if metric == "accuracy":
        return None if problem["correct"] is None else float(problem["correct"])
    match = re.fullmatch(r"(pass[@^]|maj@|best@|wmaj@)([1-9]\d*)", metric)
    if match is None:
        raise UsageError(
            f"Metric '{metric}' is not known. Say accuracy, pass@1, pass@4, pass^4, maj@4, best@4 or wmaj@4."
        )
    k, judged = int(match[2]), problem["n"] - problem["unjudged"]
    if k > judged:
        return None
    if match[1] == "pass@" or k == 1:
        return pass_at_k(judged, problem["c"], k)
    if match[1] == "pass^":
        return pass_hat_k(judged, problem["c"], k)
    found: float | None = problem["values"].get(metric)
    return found


def lines(baselines: Iterable[Baseline]) -> str:
    """The text of a baseline file."""
    return "".join(
        dumps(line) + "\n" for each in baselines for line in (each.head, *each.metrics, *each.problems.values())
    )


def read(path: Path) -> list[Baseline]:
    """The runs of a baseline file. Raises UsageError where it is missing or no baseline."""
    hint = "`harness baseline RUN -o FILE` makes one."
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The baseline {path} cannot be read: {error.strerror}. {hint}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text and no baseline. {hint}") from None
    found: list[Baseline] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            _take(json.loads(line), found)
        except (ValueError, LookupError, TypeError):
            raise UsageError(f"{path}, line {number}, is no line of a baseline of schema {SCHEMA}. {hint}") from None
    if not found:
        raise UsageError(f"The baseline {path} is empty. {hint}")
    return found


def _take(record: Json, found: list[Baseline]) -> None:
    """One line of a file. Raises ValueError, LookupError or TypeError for what is none."""
    if "schema" in record:
        if record["schema"] != SCHEMA or not isinstance(record["identity"]["sampling"], dict):
            raise ValueError(record["schema"])
        found.append(Baseline(record, {}))
    elif "problem_id" in record:
        n, c, unjudged = (int(record[name]) for name in ("n", "c", "unjudged"))
        if not (0 <= c <= n - unjudged <= n and record["completion_tokens"] >= 0):
            raise ValueError(record["problem_id"])
        found[-1].problems[record["problem_id"]] = record
    else:
        found[-1].metrics.append(record)


def asked(identity: Mapping[str, Any]) -> Json:
    """What two runs must share to be compared: all of their identity but the model, the seed and, of imported runs, the
    file that they come from."""
    rest = {name: part for name, part in identity.items() if name not in ("model", "source")}
    return {**rest, "sampling": {name: part for name, part in identity["sampling"].items() if name != "seed"}}


def require_comparable(base: Mapping[str, Any], candidate: Mapping[str, Any]) -> None:
    """Raises NotComparableError naming the fields in which two identities differ, model and seed apart."""
    if fields := differing(asked(base), asked(candidate)):
        raise NotComparableError(
            f"The candidate cannot be compared with the baseline: they differ in {', '.join(fields)}. "
            "Evaluate it as the baseline was evaluated, or make a new baseline."
        )
