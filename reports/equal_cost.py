"""Different strategies at equal cost: what each would be worth for the same tokens, calls or depth.

A strategy that draws k independent responses has a curve: accuracy V(k) and cost C(k) for k = 1 … n. At a budget
between C(k) and C(k+1) it draws k with one probability and k+1 with the other, so that the expected cost is the budget
exactly; its accuracy is then linear in between. A search has one point, its own. Both are means over the same problems,
and so random: the bootstrap resamples problems and takes accuracy and cost along.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.core import NotComparableError, UsageError
from harness.outcomes import Outcome
from harness.registry import unknown
from harness.run import Json, differing
from reports.forms import points, safe, table
from reports.sides import Side
from scorers.curves import best_at_all_k

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

SCHEMA = "harness.equal-cost/1"
AXES = {
    "generated": "generated tokens, the verifier's included",
    "total": "tokens read and written, the verifier's included",
    "calls": "calls, the verifier's included",
    "serial": "tokens on the longest chain of calls",
}
DRAWS = 2000
BUDGETS = 9
METRICS = {"sample": "maj@k", "self_consistency": "maj@k", "best_of_n": "best@k"}


@dataclass(frozen=True)
class Curve:
    """One side over the shared problems: rows are problems, columns k (one column for a search)."""

    values: Array
    costs: Array
    metric: str


def compare(a: Side, b: Side, *, axis: str, metric: str | None = None, seed: int = 0) -> Json:
    """The difference b − a at equal cost. `metric` names the curve ("pass@k", "maj@k", "best@k") of strategies that
    draw; the default is the strategy's own. Raises UsageError for an unknown axis or metric, NotComparableError where
    the two have no problems or no cost in common."""
    import numpy as np

    if axis not in AXES:
        raise UsageError(unknown("Axis", axis, AXES))
    _require_same_task(a, b)
    names = [n for n in a.outcomes if n in b.outcomes and a.outcomes[n].correct and b.outcomes[n].correct]
    if not names:
        raise NotComparableError(f"{a.label} and {b.label} share no problem with responses. Compare runs of one task.")
    sides = [_curve(side, names, axis, metric) for side in (a, b)]
    kept = ~np.any(np.isnan(np.concatenate([part for s in sides for part in (s.values, s.costs)], axis=1)), axis=1)
    if not kept.any():
        raise NotComparableError("No problem has judged responses on both sides. `harness score` grades a run again.")
    first, second = (Curve(s.values[kept], s.costs[kept], s.metric) for s in sides)
    weights = np.full((1, int(kept.sum())), 1 / kept.sum())
    budgets = _budgets(first, second)
    exact = _differences(first, second, weights, budgets)
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(int(kept.sum()), weights[0], size=DRAWS) / kept.sum()
    resampled = _differences(first, second, drawn, budgets)
    rows = [
        {"budget": float(budget), "a": float(exact[0][0, i]), "b": float(exact[1][0, i]),
         **_interval(exact[1][0, i] - exact[0][0, i], resampled[1][:, i] - resampled[0][:, i])}
        for i, budget in enumerate(budgets)
    ]  # fmt: skip
    return {
        "schema": SCHEMA,
        "task": a.task,
        "axis": axis,
        "a": _about(a, first),
        "b": _about(b, second),
        "problems": int(kept.sum()),
        "seed": seed,
        "draws": DRAWS,
        "rows": rows,
        "area": _area(exact, resampled, budgets),
        "multiplier": _multiplier(first, second, weights, drawn),
    }


def _require_same_task(a: Side, b: Side) -> None:
    """The same data, prompts and grader; strategies, verifiers and budgets may differ."""
    for side in (a, b):
        if not side.outcomes:
            raise UsageError(f"{side.label} holds no responses. --at-equal takes run folders.")
    names = ("task", "prompts", "scorer", "judge")
    first, second = ({name: side.lines.identity.get(name) for name in names} for side in (a, b))
    if fields := differing(first, second):
        raise NotComparableError(
            f"{a.label} and {b.label} cannot be compared at equal cost: they differ in {', '.join(fields)}. "
            "Evaluate both strategies on the same problems and prompts."
        )


def _curve(side: Side, names: list[str], axis: str, metric: str | None) -> Curve:
    """Accuracy and cost of each problem at each k; NaN where a problem has no value."""
    import numpy as np

    outcomes = [side.outcomes[name] for name in names]
    if not side.exchangeable:
        chosen = [[np.nan if o.chosen_correct is None else float(o.chosen_correct)] for o in outcomes]
        return Curve(np.array(chosen), np.array([[float(_cost(o, axis))] for o in outcomes]), "accuracy")
    wanted = metric or METRICS[side.strategy["name"]]
    if wanted not in ("pass@k", "maj@k", "best@k"):
        raise UsageError(f"--at-equal takes the curves pass@k, maj@k and best@k, not '{wanted}'.")
    if wanted == "best@k" and all(score is None for o in outcomes for score in o.scores):
        raise UsageError(f"{side.label} has no verifier's scores for best@k. Say --metric maj@k or pass@k.")
    n = min(len(o.judged) for o in outcomes if o.judged)
    values, costs = np.full((len(outcomes), n), np.nan), np.full((len(outcomes), n), np.nan)
    for row, outcome in enumerate(outcomes):
        if outcome.judged:
            values[row] = outcome.curve(wanted)[:n]
            costs[row] = _costs(outcome, axis, n)
    return Curve(values, costs, wanted)


def _cost(outcome: Outcome, axis: str) -> float:
    """What a problem cost in all."""
    use = outcome.usage
    if axis == "generated":
        return use.get("completion_tokens", 0) + use.get("verifier_completion_tokens", 0)
    if axis == "total":
        return use.get("prompt_tokens", 0) + use.get("completion_tokens", 0) + use.get("verifier_tokens", 0)
    if axis == "calls":
        return use.get("calls", 0) + use.get("verifier_calls", 0)
    return use.get("serial_tokens", 0)


def _costs(outcome: Outcome, axis: str, n: int) -> Any:
    """The expected cost of k responses, k = 1 … n: proportional, but for the depth, which is the longest one's."""
    import numpy as np

    if axis == "serial":
        tokens = [float(t) for t in outcome.tokens]
        return best_at_all_k(tokens, tokens)[:n]
    return _cost(outcome, axis) / len(outcome.correct) * np.arange(1, n + 1)


def _budgets(a: Curve, b: Curve) -> Array:
    """Budgets that both can spend, evenly spread on a logarithmic scale; ends within 5 % of each other meet."""
    import numpy as np

    spans = [(float(c.costs.mean(axis=0)[0]), float(c.costs.mean(axis=0)[-1])) for c in (a, b)]
    low, high = max(s[0] for s in spans), min(s[1] for s in spans)
    if low > high * 1.05:
        told = " and ".join(f"{s[0]:,.0f} to {s[1]:,.0f}" for s in spans)
        raise NotComparableError(
            f"There is no cost that both can have: they cover {told}. "
            "Draw more responses with the cheaper one (-S n=…)."
        )
    return np.unique(np.geomspace(max(low, 1e-9), max(high, low, 1e-9), BUDGETS))


def _at(curve: Curve, weights: Array, budgets: Array) -> Array:
    """Accuracy at each budget for each weighting of the problems (rows)."""
    import numpy as np

    values, costs = weights @ curve.values, weights @ curve.costs
    return np.array([np.interp(budgets, cost, value) for cost, value in zip(costs, values, strict=True)])


def _differences(a: Curve, b: Curve, weights: Array, budgets: Array) -> tuple[Array, Array]:
    return _at(a, weights, budgets), _at(b, weights, budgets)


def _interval(value: float, drawn: Array) -> Json:
    """A difference with its percentile interval."""
    import numpy as np

    low, high = np.quantile(drawn, [0.025, 0.975])
    return {"difference": float(value), "low": float(low), "high": float(high)}


def _area(exact: tuple[Array, Array], drawn: tuple[Array, Array], budgets: Array) -> Json | None:
    """The mean difference over the logarithm of the budget: the area between the curves by its width."""
    import numpy as np

    if len(budgets) < 2:
        return None
    places = np.log(budgets)
    width = places[-1] - places[0]
    value = float(np.trapezoid(exact[1][0] - exact[0][0], places) / width)
    return _interval(value, np.trapezoid(drawn[1] - drawn[0], places, axis=1) / width)


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


def _multiplier(a: Curve, b: Curve, weights: Array, drawn: Array) -> Json | None:
    """How many times the budget a needs for the best accuracy that both reach: B_a/B_b, above 1 where b is cheaper.

    None where one side's whole curve lies above it. `undefined` is the share of bootstrap draws without a value."""
    import numpy as np

    def ratio(w: Array) -> Array:
        goal = np.minimum((w @ a.values).max(axis=1), (w @ b.values).max(axis=1))
        ratios: Array = _reached(a, w, goal) / _reached(b, w, goal)
        return ratios

    value, spread = float(ratio(weights)[0]), ratio(drawn)
    known = spread[np.isfinite(spread)]
    if not np.isfinite(value) or not len(known):
        return None
    goal = float(min((weights @ a.values).max(), (weights @ b.values).max()))
    low, high = np.quantile(known, [0.025, 0.975])
    undefined = 1 - len(known) / len(spread)
    return {"accuracy": goal, "value": value, "low": float(low), "high": float(high), "undefined": undefined}


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
        [f"{r['budget']:,.0f}", points(r["a"]), points(r["b"]), _difference(r)]
        for r in found["rows"]
    ]  # fmt: skip
    said = [
        f"{found['problems']:,} problems; the interval is the paired bootstrap's over problems, seed {found['seed']}."
    ]
    if found["area"]:
        said.append(f"Mean difference over the logarithm of the cost: {_difference(found['area'])} points.")
    if m := found["multiplier"]:
        said.append(
            f"To reach {points(m['accuracy'])} %, a needs {m['value']:.2f} times "
            f"[{m['low']:.2f}, {m['high']:.2f}] what b needs."
        )
    return "\n\n".join(
        [
            f"### {found['task']}: b − a at equal cost, in {AXES[found['axis']]} per problem",
            table(["", "strategy", "model", "metric", "cost", "run"], sides, left=4),
            table(["cost", "a, %", "b, %", "difference [95 %]"], rows, left=0),
            "\n".join(said),
        ]
    )


def _difference(row: Json) -> str:
    low, high = points(row["low"], signed=True), points(row["high"], signed=True)
    return f"{points(row['difference'], signed=True)} [{low}, {high}]"
