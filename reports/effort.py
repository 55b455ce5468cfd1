"""Does more thinking pay? One run at a time, then several: a series of budgets, sequential against parallel."""

from __future__ import annotations

from collections.abc import Sequence

from harness.analysis import effort
from harness.core import NotComparableError
from harness.outcomes import Outcome
from harness.run import Json, Run
from reports import equal_cost, sides
from reports.cost import head
from reports.forms import probability
from reports.sides import Side
from reports.tables import caption
from reports.tokens import found
from reports.views import View, percent
from scorers.intervals import mean_estimate
from scorers.trend import log_trend

SERIES = ("greedy", "budget_forcing")
"""The strategies that make one response, whose thinking a budget cuts or a "Wait" prolongs."""
SEQUENTIAL = ("revise", "budget_forcing")
PARALLEL = ("sample", "self_consistency")
LOWER = "per doubling: points of accuracy with every doubling of the tokens"


def views(runs: Sequence[Run]) -> list[View]:
    """Everything that these runs can say."""
    shown = [view for run in runs for view in of_run(run)]
    several = [sides.of_run(run, partial=True) for run in runs]
    shown += [view for group in _alike(several) for view in (series(group), sequential(group)) if view is not None]
    return shown


def of_run(run: Run) -> list[View]:
    """Within and across the problems of one run; the attempts where they were made in order."""
    own = found(run)
    strategy = run.manifest["identity"]["strategy"]["name"]
    shown = [_ranks(run, own), _within(run, own)]
    if strategy != "budget_forcing":  # whose lengths are the budget's and not the model's
        shown.append(_across(run, own))
    if strategy == "revise":
        shown.append(_attempts(run, own))
    return [view for view in shown if view is not None]


def _ranks(run: Run, own: Sequence[Outcome]) -> View | None:
    rows = effort.by_rank(own)
    body = [[_rank(r), str(r["problems"]), _tokens(r["tokens"]), percent(r), _share(r["cut"])] for r in rows]
    notes = ["rank 1: the shortest response of each problem; ties share their ranks"]
    header = ["length", "problems", "tokens", "accuracy [95 %]", "cut"]
    return _view(run, "accuracy by length within a problem", (header, body), notes, rows)


def _within(run: Run, own: Sequence[Outcome]) -> View | None:
    rows = effort.within(own)
    index = {(r["scope"], r["metric"]): r for r in rows}
    body = []
    for scope in ("all", "whole"):
        longer, wins = index.get((scope, "longer")), index.get((scope, "right_is_shorter"))
        if longer is None or wins is None:
            continue
        slope = index.get((scope, "per_doubling"))
        p = "n/a" if wins["p"] is None else probability(wins["p"])
        body.append([scope, str(longer["problems"]), _factor(longer), percent(wins), p, _points(slope)])
    notes = [
        "over the problems with right and with wrong responses; whole: without the responses that were cut",
        "right/wrong: how many times as long the right ones are, a geometric mean; p: van Elteren's test, by problem",
        LOWER,
    ]
    header = ["responses", "problems", "right/wrong tokens [95 %]", "right is shorter, % [95 %]", "p"]
    header.append("per doubling [95 %]")
    return _view(run, "right against wrong responses of the same problem", (header, body), notes, rows)


def _across(run: Run, own: Sequence[Outcome]) -> View | None:
    rows = effort.across(own)
    if not rows:
        return None
    fit, fifths = rows[0], rows[1:]
    body = [
        [_rank(r), str(r["responses"]), _tokens(r["tokens"]), percent(r), f"{100 * r['fitted']:.1f}"] for r in fifths
    ]
    bend = "n/a" if fit["bend"] is None else probability(fit["bend"])
    notes = [
        f"all responses on log2 tokens: {_points(fit)} points per doubling; p {bend} that a line would bend as much",
        "hard problems are long and wrong: this mixes their difficulty with what length does",
    ]
    header = ["length", "responses", "tokens", "accuracy [95 %]", "line"]
    return _view(run, "accuracy by length across problems", (header, body), notes, rows)


def _attempts(run: Run, own: Sequence[Outcome]) -> View | None:
    rows = effort.attempts(own)
    names = ("any_right", "majority", "wrong_to_right", "right_to_wrong")
    body = [
        [str(r["rank"]), str(r["problems"]), _tokens(r["tokens"]), percent(r), *(_share(r[name]) for name in names)]
        for r in rows
    ]
    header = ["attempt", "problems", "tokens so far", "accuracy [95 %]", "any right", "majority", "wrong → right"]
    notes = ["the changes are shares of the attempts before that were wrong, or right"]
    return _view(run, "accuracy at each attempt", ([*header, "right → wrong"], body), notes, rows)


def _alike(several: Sequence[Side]) -> list[list[Side]]:
    """The sides by task, problems and model, in their order."""
    groups: dict[tuple[str, str], list[Side]] = {}
    for side in several:
        groups.setdefault((side.task, side.model), []).append(side)
    return list(groups.values())


def series(group: Sequence[Side]) -> View | None:
    """A series of budgets: each run's tokens and accuracy over the problems of all, and the trend through them."""
    own = [side for side in group if side.strategy["name"] in SERIES]
    if len(own) < 2:
        return None
    shared = [p for p in own[0].outcomes if all(_one(side, p) is not None for side in own)]
    if not shared:
        return None
    made = [_Budget(side, [side.outcomes[p] for p in shared]) for side in own]
    made.sort(key=lambda budget: budget.cost)
    trend = log_trend(
        [[budget.right[i] for budget in made] for i in range(len(shared))],
        [[float(budget.tokens[i]) for budget in made] for i in range(len(shared))],
    )
    rows: list[Json] = []
    body = []
    for place, budget in enumerate(made):
        row = budget.row() | {"residual": None if trend is None else trend.residuals[place]}
        away = "n/a" if trend is None else f"{100 * trend.residuals[place]:+.1f}"
        numbers = [_tokens(row[name]) for name in ("tokens", "thinking_tokens", "forced_tokens")]
        body.append([budget.label, *numbers, _share(row["cut"]), percent(row), away])
        rows.append({"task": own[0].task, "model": own[0].model, "metric": "budget_series"} | row)
    notes = [f"over the {len(shared):,} problems that all of these runs judged; tokens per problem"]
    if any(side.strategy["name"] == "greedy" for side in own):
        notes.append("greedy: no budget, at temperature 0")
    if trend is not None:
        gain = _points({"value": trend.slope, "low": trend.low, "high": trend.high})
        notes.append(f"accuracy on log2 tokens: {gain} points per doubling (bootstrap over problems)")
        if trend.misfit is not None:
            notes[-1] += f"; p {probability(trend.misfit)} that points of a line would lie so far off it"
        rows.append(
            {"task": own[0].task, "model": own[0].model, "metric": "budget_trend", "value": trend.slope}
            | {"low": trend.low, "high": trend.high, "p": trend.misfit, "problems": trend.problems}
        )
    header = ["strategy", "tokens", "thinking", "forced", "cut", "accuracy [95 %]", "off the line"]
    return View(f"a series of budgets · {own[0].task} · {own[0].model}", header, body, notes, rows)


class _Budget:
    """One run of a series, over the problems that all have."""

    def __init__(self, side: Side, outcomes: Sequence[Outcome]) -> None:
        self.label, self.run = parameters(side), side.label
        self.right = [float(o.chosen_correct is True) for o in outcomes]
        self.tokens = [sum(o.tokens) for o in outcomes]
        self._outcomes = outcomes
        self.cost = _mean(self.tokens)

    def row(self) -> Json:
        """Means per problem, and the accuracy with its interval."""
        estimate = mean_estimate(self.right)
        row: Json = {"run": self.run, "strategy": self.label, "tokens": self.cost, "problems": len(self.right)}
        row["thinking_tokens"] = _mean([sum(o.thinking) for o in self._outcomes])
        row["forced_tokens"] = _mean([sum(a["forced_tokens"] for a in o.apart) for o in self._outcomes])
        row["cut"] = _mean([_mean([float(c) for c in o.truncated]) for o in self._outcomes])
        return row | {name: None if estimate is None else getattr(estimate, name) for name in ("value", "low", "high")}


def _one(side: Side, problem: str) -> bool | None:
    outcome = side.outcomes.get(problem)
    return None if outcome is None or not any(outcome.tokens) else outcome.chosen_correct


def sequential(group: Sequence[Side]) -> View | None:
    """Each sequential run against each parallel one, at the tokens that the sequential one took."""
    first = [side for side in group if side.strategy["name"] in PARALLEL]
    second = [side for side in group if side.strategy["name"] in SEQUENTIAL]
    rows, body = [], []
    for b in second:
        for a in first:
            names = [parameters(b), parameters(a)]
            try:
                data = equal_cost.compare(a, b, axis="generated", metric="maj@k")
            except NotComparableError as error:
                met = "no cost in common" if "no cost" in str(error) else "other data or prompts"
                body.append([*names, *["n/a"] * 3, met])
                continue
            for row in data["rows"]:
                numbers = [_tokens(row["budget"]), f"{100 * row['b']:.1f}", f"{100 * row['a']:.1f}"]
                body.append([*names, *numbers, _points({"value": row["difference"], **row})])
                about = {"metric": "sequential_minus_parallel", "sequential": b.label, "parallel": a.label}
                rows.append({"task": b.task, "model": b.model, **about, **row, "problems": data["problems"]})
    if not body:
        return None
    header = ["sequential", "parallel", "tokens", "sequential, %", "parallel, %", "difference [95 %]"]
    notes = ["parallel: majority of as many responses as cost the same, between k and k + 1 the mean of the two"]
    return View(f"sequential against parallel · {second[0].task} · {second[0].model}", header, body, notes, rows)


def parameters(side: Side) -> str:
    """A strategy with its parameters, those of tags and texts left out."""
    given = side.strategy["parameters"]
    kept = ", ".join(f"{k}={v}" for k, v in given.items() if v is not None and not isinstance(v, str))
    return f"{side.strategy['name']}({kept})" if kept else str(side.strategy["name"])


def _view(
    run: Run, what: str, shown: tuple[list[str], list[list[str]]], notes: list[str], rows: Sequence[Json]
) -> View | None:
    """A table of one run, header and cells; None where there is nothing in it."""
    header, body = shown
    tidy = [head(run) | row for row in rows]
    return View(f"{what} · {caption(run)}", header, body, notes, tidy) if body else None


def _rank(row: Json) -> str:
    return f"{row['rank']} of {row['of']}"


def _factor(row: Json) -> str:
    if row["low"] is None:
        return f"×{row['factor']:.3g}"
    return f"×{row['factor']:.3g} [{2 ** row['low']:.3g}, {2 ** row['high']:.3g}]"


def _points(row: Json | None) -> str:
    if row is None or row["value"] is None:
        return "n/a"
    return f"{100 * row['value']:+.1f} [{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]"


def _tokens(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def _share(value: float | None) -> str:
    return "n/a" if value is None else f"{100 * value:.0f} %"


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
