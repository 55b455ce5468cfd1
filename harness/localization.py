"""The rows of results.json for a task that asks where the first mistake of a given solution is (ProcessBench).

A run of it is an ordinary one: the answer is the number of a step, and accuracy is how often exactly that step was
named. What such a task is measured by stands beside it: F1 per subset (the level) and its mean, for critics and
verifiers alike; and for verifiers, whose step scores are stored, F1 at a threshold from held-out data and AUROC.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.run import Json, Run
from scorers.first_error import FUNCTION
from scorers.intervals import mean_estimate
from scorers.localization import Interval, Solution, cross_fitted, f1, f1_interval, step_auroc

METRICS = ("f1", "accuracy_erroneous", "accuracy_correct", "f1_tuned", "step_auroc")
Judged = tuple[Solution, bool]


def concerns(run: Run) -> bool:
    """Whether a run is of such a task."""
    return bool(run.manifest["identity"]["scorer"]["function"] == FUNCTION)


def rows(run: Run) -> list[Json]:
    """Tidy rows, per level and over all; `unjudged` counts the solutions without an answer of the run: errors."""
    judged: list[Judged] = []
    missing: list[Any] = []
    for problem, responses in run.by_problem():
        if problem["status"] != "ok" or problem["correct"] is None:
            missing.append(problem["level"])
            continue
        question = (problem.get("groups") or {}).get("question", problem["problem_id"])
        scores = tuple(responses[0]["step_scores"]) if len(responses) == 1 else ()
        solution = Solution(problem["problem_id"], problem["level"], question, int(problem["gold"]), scores)
        judged.append((solution, problem["correct"]))
    found: list[Json] = []
    for level in sorted({solution.subset for solution, _ in judged} | set(missing), key=str):
        own = [pair for pair in judged if pair[0].subset == level]
        found += _group(own, ("level", level), missing.count(level))
    threshold = run.manifest["identity"]["strategy"]["parameters"].get("threshold")
    found += _group(judged, ("all", None), len(missing))
    tuned = _tuned(judged, len(missing)) if threshold is not None else []
    for row in found:
        if threshold is not None and row["metric"] != "step_auroc":
            row["threshold"] = threshold
    return [*found, *tuned]


def _group(judged: Sequence[Judged], group: tuple[str, Any], missing: int) -> list[Json]:
    """F1, its two parts, and the AUROC of the steps where there are scores."""
    solutions, right = [s for s, _ in judged], [r for _, r in judged]
    found = [_row("f1", group, f1(solutions, right), f1_interval(solutions, right), (len(judged), missing))]
    for metric, clean in (("accuracy_erroneous", False), ("accuracy_correct", True)):
        own = [(s, r) for s, r in judged if (s.label < 0) is clean]
        labels = [(s.subset, s.question) for s, _ in own]
        part = mean_estimate([float(r) for _, r in own], clusters=labels)
        known = part is not None and None not in (part.low, part.high, part.se)
        span = Interval(part.low, part.high, part.se) if part is not None and known else None  # type: ignore[arg-type]
        found.append(_row(metric, group, None if part is None else part.value, span, (len(own), missing)))
    if solutions and all(s.scores for s in solutions):
        found.append(_row("step_auroc", group, *step_auroc(solutions), (len(judged), missing)))
    return found


def _tuned(judged: Sequence[Judged], missing: int) -> list[Json]:
    """F1 with each half of the problems judged at the threshold that is best on the other; none where that has no
    value."""
    solutions = [s for s, _ in judged]
    fitted = cross_fitted(solutions) if solutions and all(s.scores for s in solutions) else None
    if fitted is None:
        return []
    right, thresholds = fitted
    found = []
    for level in [*sorted({s.subset for s in solutions}, key=str), None]:
        own = [(s, r) for s, r in zip(solutions, right, strict=True) if level is None or s.subset == level]
        members, verdicts = [s for s, _ in own], [r for _, r in own]
        value, span = f1(members, verdicts), f1_interval(members, verdicts)
        group = ("all", None) if level is None else ("level", level)
        found.append(_row("f1_tuned", group, value, span, (len(own), missing)) | {"thresholds": list(thresholds)})
    return found


def _row(
    metric: str, group: tuple[str, Any], value: float | None, span: Interval | None, covers: tuple[int, int]
) -> Json:
    """One row in the form of all others; `covers` counts the solutions with and without an answer. What a new response
    to the same solution would change has no formula."""
    ends = {name: None if span is None or value is None else getattr(span, name) for name in ("se", "low", "high")}
    name = {"metric": metric, "k": None, "group": group[0], "value_of_group": group[1]}
    return {**name, "value": value, **ends, "se_samples": None, "problems": covers[0], "unjudged": covers[1]}
