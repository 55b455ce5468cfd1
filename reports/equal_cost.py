"""Different strategies at equal cost: what each would be worth for the same tokens, calls or depth.

A strategy that draws k independent responses has a curve: accuracy V(k) and cost C(k) for k = 1 … n. At a budget
between C(k) and C(k+1) it draws k with one probability and k+1 with the other, so that the expected cost is the budget
exactly; its accuracy is then linear in between. A search has one point, its own, and is compared at the cost of that
point. Accuracy and cost are means over the same problems, and so both random: the bootstrap resamples problems, or
clusters of them, and takes both along. Intervals are its percentiles, expanded for few problems (Hesterberg 2015, The
American Statistician 69, 371–386).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.core import NotComparableError, UsageError
from harness.registry import unknown
from harness.run import Json, differing
from reports.cost_curves import AXES, Curve, cost_curve
from reports.forms import points, safe, table
from reports.sides import Side, labels

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCHEMA = "harness.equal-cost/1"
DRAWS = 2000
BUDGETS = 9
MEET = 1.05
"""Costs whose ratio is no more than this count as equal."""


def compare(
    a: Side,
    b: Side,
    *,
    axis: str,
    metric: str | None = None,
    cluster: str | None = None,
    seed: int = 0,
    allowed: Sequence[str] = (),
) -> Json:
    """The difference b − a at equal cost. `metric` names the curve ("pass@k", "maj@k", "best@k", "wmaj@k") of
    strategies that draw; the default is the strategy's own. Raises UsageError for an unknown axis, metric or cluster,
    NotComparableError where the two have no problems or no cost in common."""
    import numpy as np

    if axis not in AXES:
        raise UsageError(unknown("Axis", axis, AXES))
    known = _require_same_task(a, b, allowed)
    shared = [name for name in a.outcomes if name in b.outcomes]
    sides = [cost_curve(side, shared, axis, metric) for side in (a, b)]
    kept = ~np.any(np.isnan(np.concatenate([part for s in sides for part in (s.values, s.costs)], axis=1)), axis=1)
    names = [name for name, there in zip(shared, kept, strict=True) if there]
    if len(names) < 2:
        raise NotComparableError(
            f"{a.label} and {b.label} share {len(names)} problems with judged responses on both sides; two are needed. "
            "Compare runs of one task, or grade them again with `harness score`."
        )
    first, second = (Curve(s.values[kept], s.costs[kept], s.metric) for s in sides)
    weights = np.full((1, len(names)), 1 / len(names))
    drawn, level = resample(labels(b, names, cluster), len(names), seed)
    exact = _budgets(first, second)
    points_ = [_spent(first, second, w, exact) for w in (weights, drawn)]
    at, resampled = ((_at(first, w, s), _at(second, w, s)) for w, s in zip((weights, drawn), points_, strict=True))
    rows = [
        {"budget": float(budget), "a": float(at[0][0, i]), "b": float(at[1][0, i]),
         **_interval(at[1][0, i] - at[0][0, i], resampled[1][:, i] - resampled[0][:, i], level)}
        for i, budget in enumerate(exact)
    ]  # fmt: skip
    return {
        "schema": SCHEMA,
        "task": a.task,
        "axis": axis,
        "a": _about(a, first),
        "b": _about(b, second),
        "problems": len(names),
        "left_out": len(shared) - len(names),
        "cluster": cluster,
        "seed": seed,
        "draws": DRAWS,
        "rows": rows,
        "area": _area(at, resampled, exact, level),
        "multiplier": _multiplier(first, second, weights, drawn, level),
        "allowed": known,
        "warnings": _warnings(a, b, axis, (first, second), known),
    }


def _require_same_task(a: Side, b: Side, allowed: Sequence[str]) -> list[str]:
    """The same data, prompts and grader; strategies, verifiers, models and budgets may differ. Returns what else does
    and is allowed to."""
    for side in (a, b):
        if not side.outcomes:
            raise UsageError(f"{side.label} holds no responses. --at-equal takes run folders.")
    names = ("task", "prompts", "scorer", "judge")
    first, second = ({name: side.lines.identity.get(name) for name in names} for side in (a, b))
    fields = differing(first, second)
    known = [f for f in fields if any(f == name or f.startswith(f"{name}.") for name in allowed)]
    if others := [f for f in fields if f not in known]:
        raise NotComparableError(
            f"{a.label} and {b.label} cannot be compared at equal cost: they differ in {', '.join(others)}. "
            "Evaluate both strategies on the same problems and prompts."
        )
    return known


def _warnings(a: Side, b: Side, axis: str, curves: Sequence[Curve], known: Sequence[str]) -> list[str]:
    found = [*a.warnings, *b.warnings, *(f"They differ in {name}, which was allowed." for name in known)]
    if axis != "serial" and a.lines.identity.get("judge") and any(c.verified for c in curves):
        found.append("The verifier's cost holds the judge's, which graded the answers.")
    return found


def resample(clusters: Sequence[Any] | None, count: int, seed: int) -> tuple[Array, float]:
    """Weights of the problems in each bootstrap draw, a row each, and the tail that the intervals cut off.

    Hesterberg's expanded percentiles: Φ(−t·√(C/(C−1))) with t of C − 1 degrees of freedom for C resampled units, in
    place of 0.025."""
    import numpy as np
    from scipy.special import ndtr, stdtrit

    places = {label: i for i, label in enumerate(dict.fromkeys(clusters or range(count)))}
    unit = np.array([places[label] for label in clusters or range(count)])
    size = len(places)
    if size < 2:
        raise NotComparableError("All problems are in one cluster, which proves nothing. Take another --cluster.")
    drawn = np.random.default_rng(seed).multinomial(size, np.full(size, 1 / size), size=DRAWS)[:, unit]
    level = float(ndtr(stdtrit(size - 1, 0.025) * np.sqrt(size / (size - 1))))
    return drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1), level


def _budgets(a: Curve, b: Curve) -> Array:
    """Budgets that both can spend: the cost of a point, else evenly spread on a logarithmic scale."""
    import numpy as np

    spans = [(float(c.costs.mean(axis=0)[0]), float(c.costs.mean(axis=0)[-1])) for c in (a, b)]
    low, high = max(s[0] for s in spans), min(s[1] for s in spans)
    if low > high * MEET:
        told = " and ".join(f"{s[0]:,.0f} to {s[1]:,.0f}" for s in spans)
        raise NotComparableError(
            f"There is no cost that both can have: they cover {told}. "
            "Draw more responses with the cheaper one (-S n=…)."
        )
    if a.point or b.point:
        return np.array([spans[0][0] if a.point else spans[1][0]])
    return np.unique(np.geomspace(max(low, 1e-9), max(high, low, 1e-9), BUDGETS))


def _spent(a: Curve, b: Curve, weights: Array, budgets: Array) -> Array:
    """The budgets under each weighting of the problems: the same, but for a point, whose cost is its own."""
    import numpy as np

    if a.point or b.point:
        found: Array = weights @ (a if a.point else b).costs
        return found
    return np.broadcast_to(budgets, (len(weights), len(budgets)))


def _at(curve: Curve, weights: Array, budgets: Array) -> Array:
    """Accuracy at the budgets (a row per weighting of the problems)."""
    import numpy as np

    found = zip(budgets, weights @ curve.costs, weights @ curve.values, strict=True)
    return np.array([np.interp(budget, cost, value) for budget, cost, value in found])


def _interval(value: float, drawn: Array, level: float) -> Json:
    """A difference with its percentile interval."""
    import numpy as np

    low, high = np.quantile(drawn, [level, 1 - level])
    return {"difference": float(value), "low": float(low), "high": float(high)}


def _area(exact: tuple[Array, Array], drawn: tuple[Array, Array], budgets: Array, level: float) -> Json | None:
    """The mean difference over the logarithm of the budget: the area between the curves by its width."""
    import numpy as np

    if len(budgets) < 2:
        return None
    places = np.log(budgets)
    width = places[-1] - places[0]
    value = float(np.trapezoid(exact[1][0] - exact[0][0], places) / width)
    return _interval(value, np.trapezoid(drawn[1] - drawn[0], places, axis=1) / width, level)


def _reached(curve: Curve, weights: Array, goal: Array) -> Array:
    """The smallest budget with which each weighting reaches its goal; NaN where none does."""
    import numpy as np

    found = np.full(len(weights), np.nan)
    for row, (value, cost) in enumerate(zip(weights @ curve.values, weights @ curve.costs, strict=True)):
        above = np.flatnonzero(value >= goal[row] - 1e-12)
        if len(above):
            i = above[0]
            part = 1.0 if i == 0 else (goal[row] - value[i - 1]) / (value[i] - value[i - 1])
            found[row] = cost[0] if i == 0 else cost[i - 1] + part * (cost[i] - cost[i - 1])
    return found


def _multiplier(a: Curve, b: Curve, weights: Array, drawn: Array, level: float) -> Json | None:
    """How many times b's budget a needs for the best accuracy that both reach: B_a/B_b, above 1 where b is cheaper.

    `bound` is "at most" where a's cheapest spending does better than that already, "at least" where b's does; both
    make it None. `undefined` is the share of bootstrap draws without a value."""
    import numpy as np

    def ratio(w: Array) -> tuple[Array, Array]:
        goal = np.minimum((w @ a.values).max(axis=1), (w @ b.values).max(axis=1))
        with np.errstate(divide="ignore", invalid="ignore"):
            return _reached(a, w, goal) / _reached(b, w, goal), goal

    (value,), (goal,) = ratio(weights)
    known = [r for r in ratio(drawn)[0] if np.isfinite(r)]
    better = [float((weights @ c.values)[0, 0]) > goal + 1e-12 for c in (a, b)]
    if not np.isfinite(value) or not known or all(better):
        return None
    low, high = np.quantile(known, [level, 1 - level])
    return {
        "accuracy": float(goal),
        "value": float(value),
        "low": float(low),
        "high": float(high),
        "bound": "at most" if better[0] else "at least" if better[1] else None,
        "undefined": 1 - len(known) / len(drawn),
    }


def _about(side: Side, curve: Curve) -> Json:
    costs = curve.costs.mean(axis=0)
    return {
        "run": side.label,
        "model": side.model,
        "strategy": side.strategy,
        "metric": curve.metric,
        "points": len(costs),
        "cost": [float(costs[0]), float(costs[-1])],
    }


def markdown(found: Json) -> str:
    """For the terminal."""
    sides = [
        [name, safe(found[name]["strategy"]["name"]), safe(found[name]["model"]), found[name]["metric"],
         f"{found[name]['cost'][0]:,.0f} – {found[name]['cost'][1]:,.0f}", safe(found[name]["run"])]
        for name in ("a", "b")
    ]  # fmt: skip
    rows = [
        [f"{r['budget']:,.{0 if r['budget'] >= 100 else 1}f}", points(r["a"]), points(r["b"]), _difference(r)]
        for r in found["rows"]
    ]  # fmt: skip
    unit = "problems" if found["cluster"] is None else f"clusters by {safe(found['cluster'])}"
    left = f" ({found['left_out']:,} left out: not judged)" if found["left_out"] else ""
    said = [
        f"{found['problems']:,} problems{left}; intervals by the paired bootstrap over {unit}, seed {found['seed']}."
    ]
    if found["area"]:
        said.append(f"Mean difference over the logarithm of the cost: {_difference(found['area'])} points.")
    if m := found["multiplier"]:
        said.append(
            f"To reach {points(m['accuracy'])} %, a needs {m['bound'] or 'about'} {m['value']:.2f} times "
            f"[{m['low']:.2f}, {m['high']:.2f}] what b needs."
        )
    said += [f"warning: {safe(warning)}" for warning in found["warnings"]]
    return "\n\n".join(
        [
            f"### {safe(found['task'])}: b − a at equal cost, in {AXES[found['axis']]} per problem",
            table(["", "strategy", "model", "metric", "cost", "run"], sides, left=4),
            table(["cost", "a, %", "b, %", "difference [95 %]"], rows, left=0),
            "\n".join(said),
        ]
    )


def _difference(row: Json) -> str:
    low, high = points(row["low"], signed=True), points(row["high"], signed=True)
    return f"{points(row['difference'], signed=True)} [{low}, {high}]"
