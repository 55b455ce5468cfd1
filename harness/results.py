"""results.json: every number of a run, derived from its problems.jsonl and responses.jsonl and from nothing else."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from harness import localization
from harness.analysis import tokens
from harness.calls import billed
from harness.core import Usage, UsageError
from harness.outcomes import CURVES, GROUPS, SEQUENTIAL, Outcome, scored
from harness.outcomes import outcomes as read
from harness.registry import unknown
from harness.run import RESULTS_SCHEMA, Json, Run
from scorers.intervals import NON_NEGATIVE, mean_estimate, quantiles
from scorers.resampling import RESAMPLES, SEED, median_interval, ratio_interval
from scorers.sampling import standard_error, value_variance

UNSCORED = tuple(name for name in CURVES if name not in ("best@k", "wmaj@k"))
SHOWN = 64


def default_ks(n: int) -> list[int]:
    """1, 2, 4 … up to n, and n."""
    powers = [2**i for i in range(n.bit_length()) if 2**i <= n]
    return powers if not powers or powers[-1] == n else [*powers, n]


def build(run: Run, ks: Sequence[int] | None = None, *, cluster: str | None = None) -> Json:
    """results.json of a run. `ks` are the k of the @k metrics (default 1, 2, 4 … n); k > n has the value null.

    `se`, `low` and `high` are for new problems of the same kind, dependent within one value of the field `cluster`;
    `se_samples` is for new responses to the same problems, null where it cannot be had: at k = n, for one response a
    problem, for wmaj@k. Raises UsageError where no problem has that field."""
    outcomes = read(run)
    _check_cluster(outcomes, cluster)
    identity = run.manifest["identity"]
    n = max((len(outcome.correct) for outcome in outcomes), default=0)
    ks = sorted(set(ks)) if ks else default_ks(n)
    rows: list[Json] = []
    sequential = identity["strategy"]["name"] in SEQUENTIAL
    for group, members in _groups(outcomes):
        rows += _rows(members, [] if sequential else ks, group, cluster)
        rows += _attempt_rows(members, n, group, cluster) if sequential else []
    if localization.concerns(run):
        rows += localization.rows(run)
    return {
        "schema": RESULTS_SCHEMA,
        "task": identity["task"]["name"],
        "model": run.manifest["model"],
        "strategy": identity["strategy"],
        "verifier": run.manifest.get("verifier"),
        "problems": {
            "selected": len(run.manifest["problem_ids"]),
            "finished": sum(o.status == "ok" for o in outcomes),
            "errors": sum(o.status == "error" for o in outcomes),
            "unjudged": sum(o.status == "ok" and o.chosen_correct is None for o in outcomes),
        },
        "judge": _judge(run, outcomes),
        "usage": _usage(run),
        "cluster": cluster,
        "bootstrap": {"seed": SEED, "resamples": RESAMPLES, "library": "scipy.stats.bootstrap"},
        "metrics": rows,
        "curves": {} if sequential else _curves(outcomes, n, cluster),
    }


def _groups(outcomes: Sequence[Outcome]) -> Iterable[tuple[tuple[str, Any], list[Outcome]]]:
    """("all", None), then each level and each subject in order, with their problems."""
    finished = [outcome for outcome in outcomes if outcome.status == "ok"]
    yield ("all", None), finished
    for name in GROUPS:
        present = {outcome.groups[name] for outcome in finished} - {None}
        for value in sorted(present, key=lambda v: (isinstance(v, str), v)):
            yield (name, value), [outcome for outcome in finished if outcome.groups[name] == value]


def _rows(
    outcomes: Sequence[Outcome], ks: Sequence[int], group: tuple[str, Any], cluster: str | None = None
) -> list[Json]:
    """All metrics of one group of problems."""
    unjudged = sum(len(o.correct) - len(o.judged) for o in outcomes)
    decided = [o for o in outcomes if o.chosen_correct is not None]
    chosen = [float(o.chosen_correct is True) for o in decided]
    undecided = len(outcomes) - len(chosen)
    rows = [_row("accuracy", None, group, chosen, undecided, clusters=_labels(decided, cluster))]
    for metric in CURVES if scored(outcomes) else UNSCORED:
        rows += _curve_rows(outcomes, metric, ks, group, unjudged=unjudged, cluster=cluster)
    for metric, per_response in _PER_RESPONSE.items():
        members = [o for o in outcomes if per_response(o)]
        means = [_mean(per_response(o)) for o in members]
        bounds = (0.0, 1.0) if metric == "truncated" else NON_NEGATIVE
        row = _row(metric, None, group, means, 0, bounds=bounds, clusters=_labels(members, cluster))
        if metric == "truncated":  # tables take from it how many problems a line is about, whether it is known or not
            row["problems"] = sum(bool(o.correct) for o in outcomes)
        if metric != "human_tokens":
            row["se_samples"] = standard_error([value_variance(per_response(o)) for o in members])
        if metric in ("completion_tokens", "thinking_tokens") and any(means):
            found = median_interval(means, clusters=_labels(members, cluster))
            row |= {"median_low": found and found.low, "median_high": found and found.high}
        rows.append(row)
    known = [o for o in outcomes if o.total_tokens is not None]
    totals = [float(o.total_tokens or 0) for o in known]
    rows.append(_row("total_tokens", None, group, totals, 0, bounds=NON_NEGATIVE, clusters=_labels(known, cluster)))
    rows.append(_human_ratio(outcomes, group, cluster))
    return rows + tokens.further(outcomes, group, cluster=cluster)


ATTEMPTS: dict[str, Callable[[Sequence[bool]], float | None]] = {
    "attempt@k": lambda right: float(right[-1]),
    "any@k": lambda right: float(any(right)),
    "fixed@k": lambda right: None if len(right) < 2 or right[-2] else float(right[-1]),
    "broken@k": lambda right: float(not right[-1]) if len(right) > 1 and right[-2] else None,
}
"""What is said of attempt k from the verdicts on the first k: is it right; was one so far; is it right where the one
before was wrong, and wrong where that was right (None: it was not). The Meta-CoT paper, Figure 10."""


def _attempt_rows(
    outcomes: Sequence[Outcome], n: int, group: tuple[str, Any], cluster: str | None = None
) -> list[Json]:
    """The numbers of each attempt in turn, over the problems that have it and whose attempts up to it were judged."""
    rows = []
    for k in range(1, n + 1):
        members = [o for o in outcomes if len(o.correct) >= k]
        judged = [(o, [bool(x) for x in o.correct[:k]]) for o in members if None not in o.correct[:k]]
        for metric, of in ATTEMPTS.items():
            found = [(o, value) for o, right in judged if (value := of(right)) is not None]
            if found or metric in ("attempt@k", "any@k"):
                values, labels = [value for _, value in found], _labels([o for o, _ in found], cluster)
                rows.append(_row(metric, k, group, values, len(members) - len(judged), clusters=labels))
    return rows


_PER_RESPONSE: dict[str, Callable[[Outcome], Sequence[float]]] = {
    "completion_tokens": lambda o: o.tokens,
    "thinking_tokens": lambda o: o.thinking,
    "human_tokens": lambda o: o.human_tokens,
    "truncated": lambda o: o.truncated,
}
"""What each response (or human solution) has a number of; a problem's value is their mean."""


def _human_ratio(outcomes: Sequence[Outcome], group: tuple[str, Any], cluster: str | None) -> Json:
    """Mean tokens of a response over mean tokens of a human solution, over the problems that have both; its interval is
    by the bootstrap, since both are random over problems. Of new samples only the numerator is."""
    members = [o for o in outcomes if o.tokens and any(o.human_tokens)]
    row = _row("human_ratio", None, group, [], 0) | {"problems": len(members)}
    if not members:
        return row
    model, human = [_mean(o.tokens) for o in members], [_mean(o.human_tokens) for o in members]
    row["value"] = math.fsum(model) / math.fsum(human)
    found = ratio_interval(model, human, clusters=_labels(members, cluster))
    if found is not None:
        row |= {"low": found.low, "high": found.high, "interval": found.method}
    noise = standard_error([value_variance(o.tokens) for o in members])
    row["se_samples"] = None if noise is None else noise * len(members) / math.fsum(human)
    return row


def _curve_rows(
    outcomes: Sequence[Outcome],
    metric: str,
    ks: Sequence[int],
    group: tuple[str, Any],
    *,
    unjudged: int,
    cluster: str | None,
) -> list[Json]:
    """A curve at each of `ks`, over the problems with at least k judged responses, with both variances."""
    rows = []
    for i, k in enumerate(ks):
        members = [o for o in outcomes if len(o.judged) >= k]
        values = [min(max(float(o.curve(metric)[k - 1]), 0.0), 1.0) for o in members]
        row = _row(metric, k, group, values, unjudged, clusters=_labels(members, cluster))
        row["se_samples"] = standard_error([o.variances(metric, ks)[i] for o in members])
        errors = [error[k - 1] for o in members if (error := o.monte_carlo(metric)) is not None]
        if errors:
            row["se_monte_carlo"] = math.sqrt(math.fsum(float(e) ** 2 for e in errors)) / len(members)
        rows.append(row)
    return rows


def _labels(members: Sequence[Outcome], cluster: str | None) -> list[Any] | None:
    """The cluster of each problem; one without a label is a cluster of its own."""
    if cluster is None:
        return None
    return [o.problem_id if o.groups.get(cluster) is None else ("cluster", o.groups[cluster]) for o in members]


def _curves(outcomes: Sequence[Outcome], n: int, cluster: str | None = None) -> Json:
    """Every k of each curve up to SHOWN, then SHOWN more evenly spread: lists of the same length for k, value, low and
    high (new problems), over the problems that have k judged responses."""
    finished = [o for o in outcomes if o.status == "ok"]
    ks = sorted({*range(1, min(n, SHOWN) + 1), *(round(SHOWN + i * (n - SHOWN) / SHOWN) for i in range(1, SHOWN + 1))})
    ks = [k for k in ks if k <= n]
    found: Json = {}
    for metric in CURVES if scored(finished) else UNSCORED:
        rows = []
        for k in ks:
            members = [o for o in finished if len(o.judged) >= k]
            values = [min(max(float(o.curve(metric)[k - 1]), 0.0), 1.0) for o in members]
            rows.append((k, len(values), mean_estimate(values, clusters=_labels(members, cluster))))
        found[metric] = {"k": [k for k, _, _ in rows], "problems": [size for _, size, _ in rows]} | {
            name: [None if e is None else round(getattr(e, name), 6) for _, _, e in rows]
            for name in ("value", "low", "high")
        }
    return found


def _row(
    metric: str,
    k: int | None,
    group: tuple[str, Any],
    values: Sequence[float],
    unjudged: int,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
    clusters: Sequence[Any] | None = None,
) -> Json:
    """One tidy row; a metric that covers no problem has nulls. Token metrics carry their quartiles besides."""
    estimate = mean_estimate(values, bounds=bounds, clusters=clusters)
    row: Json = {"metric": metric, "k": k, "group": group[0], "value_of_group": group[1]}
    for name in ("value", "se", "low", "high"):
        row[name] = None if estimate is None else getattr(estimate, name)
    row |= {"se_samples": None, "problems": len(values), "unjudged": unjudged}
    if bounds == NON_NEGATIVE:
        q25, median, q75 = quantiles(values) if values else (None, None, None)
        row |= {"q25": q25, "median": median, "q75": q75}
    return row


def _check_cluster(outcomes: Sequence[Outcome], cluster: str | None) -> None:
    known = {name for outcome in outcomes for name, value in outcome.groups.items() if value is not None}
    if cluster is not None and outcomes and cluster not in known:
        raise UsageError(unknown("Cluster", cluster, known))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _judge(run: Run, outcomes: Sequence[Outcome]) -> Json | None:
    """Who judged what the rules left open, on how many responses it had an opinion, and how often it contradicts the
    verdict that stands; null without a judge."""
    name = run.manifest.get("judge")
    if name is None:
        return None
    pairs = [(o.opinions[i], o.correct[i]) for o in outcomes for i in range(len(o.correct))]
    given = [(opinion, verdict) for opinion, verdict in pairs if opinion is not None]
    disagreed = sum(opinion is not verdict for opinion, verdict in given)
    return {"name": name, "opinions": len(given), "disagreements": disagreed}


def _usage(run: Run) -> Json:
    """`asked`: what the strategies were billed, cached or not. `generated`: what this run's own calls produced."""
    asked = generated = Usage()
    names = [f.name for f in fields(Usage)]
    for problem in run.lines("problems.jsonl"):
        if problem.get("usage"):
            asked += Usage(**{name: problem["usage"].get(name, 0) for name in names})
    for call in run.lines("calls.jsonl"):
        if "from" not in call:
            generated += billed(call["kind"], call["result"])
    return {"asked": asdict(asked), "generated": asdict(generated)}
