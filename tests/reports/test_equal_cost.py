"""Strategies at equal cost: mixing k and k + 1, who pays for what, the bootstrap, and what is refused."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cli import main
from harness.core import NotComparableError, UsageError
from harness.outcomes import Outcome
from harness.run import Run
from harness.verifiers.toy import Toy
from reports import cost_curves, equal_cost, sides
from reports.cost_curves import Curve
from reports.sides import Side
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Over 30 small problems: 16 draws, best of 8, a beam search, greedy, draws that a verifier scored afterwards."""
    task, out = small_task(30), tmp_path_factory.mktemp("runs")
    verified: dict[str, Any] = {"verifier": Toy("default", noise=0.4), "verifier_name": "toy/default"}
    plans = {
        "many": toy_plan(task, step_accuracy=0.8, n=16),
        "best": toy_plan(task, step_accuracy=0.8, strategy="best_of_n", n=8, weighted=False, **verified),
        "weighted": toy_plan(task, step_accuracy=0.8, strategy="best_of_n", n=8, weighted=True, **verified),
        "beam": toy_plan(task, step_accuracy=0.8, strategy="beam", n=4, width=2, max_steps=6, **verified),
        "greedy": toy_plan(task, step_accuracy=0.8, strategy="greedy"),
        "scored": toy_plan(task, step_accuracy=0.8, n=8, **verified),
    }
    with GradingPool(workers=1) as pool:
        return {name: run(plan, out / name, pool).folder for name, plan in plans.items()}


def side(runs: dict[str, Path], name: str) -> Side:
    return sides.of_run(Run.open(runs[name]))


def with_outcomes(one: Side, change: Any) -> Side:
    return replace(one, outcomes={name: change(outcome) for name, outcome in one.outcomes.items()})


# --------------------------------------------------------------------------------------------------------------- mixing


def test_mixing_k_and_k_plus_one_costs_the_budget_exactly() -> None:
    values = np.array([[0.0, 0.5, 1.0], [1.0, 1.0, 1.0]])
    costs = np.array([[10.0, 20.0, 30.0], [20.0, 40.0, 60.0]])
    curve = Curve(values, costs, "pass@k")
    found = equal_cost._at(curve, np.array([[0.5, 0.5]]), np.array([[15.0, 22.5, 45.0]]))
    assert found[0] == pytest.approx([0.5, 0.625, 1.0])


@given(st.integers(2, 6), st.data())
def test_the_mixture_is_a_policy_of_that_cost(n: int, data: st.DataObject) -> None:
    """At any budget some probability of drawing k + 1 in place of k has that cost and that accuracy."""
    numbers = st.floats(1, 9)
    values = np.array([data.draw(st.lists(st.floats(0, 1), min_size=n, max_size=n)) for _ in range(3)])
    steps = np.array([data.draw(st.lists(numbers, min_size=n, max_size=n)) for _ in range(3)])
    curve = Curve(values, np.cumsum(steps, axis=1), "maj@k")
    weights = np.full((1, 3), 1 / 3)
    v, c = values.mean(axis=0), curve.costs.mean(axis=0)
    budget = c[0] + data.draw(st.floats(0, 1)) * (c[-1] - c[0])
    k = max(i for i in range(n) if c[i] <= budget + 1e-9)
    q = 0.0 if k == n - 1 else (budget - c[k]) / (c[k + 1] - c[k])
    expected = v[k] if k == n - 1 else (1 - q) * v[k] + q * v[k + 1]
    assert equal_cost._at(curve, weights, np.array([[budget]]))[0, 0] == pytest.approx(expected, abs=1e-6)


def test_the_curve_is_the_mean_of_all_subsets(runs: dict[str, Path]) -> None:
    """pass@2 and its cost against enumeration of the pairs of responses, one problem."""
    many = side(runs, "many")
    name, outcome = next((n, o) for n, o in many.outcomes.items() if 0 < o.right < 16)
    curve = cost_curves.cost_curve(many, [name], "serial", "pass@k")
    pairs = list(itertools.combinations(range(16), 2))
    assert curve.values[0, 1] == pytest.approx(np.mean([any(outcome.correct[i] for i in pair) for pair in pairs]))
    longest = [max(outcome.tokens[i] for i in pair) for pair in pairs]
    assert curve.costs[0, 1] == pytest.approx(np.mean(longest))
    generated = cost_curves.cost_curve(many, [name], "generated", "pass@k")
    assert generated.costs[0, 1] == pytest.approx(np.mean([sum(outcome.tokens[i] for i in p) for p in pairs]))


# ----------------------------------------------------------------------------------------------------------- comparison


def test_a_strategy_equals_itself_at_every_cost(runs: dict[str, Path]) -> None:
    many = side(runs, "many")
    found = equal_cost.compare(many, many, axis="generated")
    assert len(found["rows"]) == equal_cost.BUDGETS
    assert all(row["difference"] == 0 == row["low"] == row["high"] for row in found["rows"])
    assert found["area"]["difference"] == 0
    assert found["multiplier"]["value"] == pytest.approx(1)


@pytest.mark.parametrize("axis", list(cost_curves.AXES))
@pytest.mark.parametrize("name", ["best", "weighted", "beam"])
def test_every_axis_and_kind(runs: dict[str, Path], axis: str, name: str) -> None:
    many, other = side(runs, "many"), side(runs, name)
    if name == "beam":  # a search of the toy model makes more calls, and waits for more, than its 16 draws
        with pytest.raises(NotComparableError, match="no cost that both can have"):
            equal_cost.compare(many, other, axis="calls")
        other = with_cost(other, calls=9, verifier_calls=0, serial_tokens=68)
    found = equal_cost.compare(many, other, axis=axis, seed=3)
    assert found == equal_cost.compare(many, other, axis=axis, seed=3)
    assert found["problems"] == 30
    assert found["b"]["metric"] == {"best": "best@k", "weighted": "wmaj@k", "beam": "accuracy"}[name]
    assert (len(found["rows"]) == 1) == (name == "beam")
    assert all(
        row["low"] <= row["difference"] + 1e-9 and row["difference"] - 1e-9 <= row["high"] for row in found["rows"]
    )
    json.dumps(found, allow_nan=False)
    assert "at equal cost" in equal_cost.markdown(found)


def with_cost(one: Side, **usage: int) -> Side:
    return with_outcomes(one, lambda o: replace(o, usage={**o.usage, **usage}))


def test_a_search_is_compared_at_its_own_cost_in_every_draw(runs: dict[str, Path]) -> None:
    """Half of the problems cost the search ten times as much: its cost moves with the draw, and so does the budget."""
    many, beam = side(runs, "many"), side(runs, "beam")
    base = {name: o.usage["completion_tokens"] for name, o in many.outcomes.items()}
    dear = set(list(base)[::2])
    outcomes = {
        name: replace(o, usage={**o.usage, "completion_tokens": base[name] // (2 if name in dear else 10)})
        for name, o in beam.outcomes.items()
    }
    found = equal_cost.compare(many, replace(beam, outcomes=outcomes), axis="generated")
    [row] = found["rows"]
    assert row["budget"] == pytest.approx(found["b"]["cost"][0])
    first = cost_curves.cost_curve(many, list(base), "generated", None)
    second = cost_curves.cost_curve(replace(beam, outcomes=outcomes), list(base), "generated", None)
    drawn, _ = equal_cost.resample(None, 30, 0)
    spent = equal_cost._spent(first, second, drawn, np.array([row["budget"]]))
    assert spent.shape == (equal_cost.DRAWS, 1)
    assert spent.std() > 0


def test_only_who_asks_the_verifier_pays_it(runs: dict[str, Path]) -> None:
    scored = with_cost(side(runs, "scored"), verifier_tokens=8000, verifier_calls=8)
    names = list(scored.outcomes)
    voted = cost_curves.cost_curve(scored, names, "total", "maj@k").costs
    chosen = cost_curves.cost_curve(scored, names, "total", "best@k").costs
    assert chosen - voted == pytest.approx(np.tile(1000.0 * np.arange(1, 9), (len(names), 1)))


def test_unjudged_responses_shorten_and_unjudged_problems_are_left_out(runs: dict[str, Path]) -> None:
    many = side(runs, "many")
    first, second = list(many.outcomes)[:2]

    def unjudged(outcome: Outcome, count: int) -> Outcome:
        return replace(outcome, correct=[None] * count + outcome.correct[count:])

    outcomes = {**many.outcomes, first: unjudged(many.outcomes[first], 2), second: unjudged(many.outcomes[second], 15)}
    found = equal_cost.compare(many, replace(many, outcomes=outcomes), axis="calls")
    assert (found["problems"], found["left_out"]) == (29, 1)
    assert (found["a"]["points"], found["b"]["points"]) == (16, 14)
    assert "(1 left out: not judged)" in equal_cost.markdown(found)


def test_clusters_are_resampled_whole(runs: dict[str, Path]) -> None:
    drawn, level = equal_cost.resample(["a", "b", "a", "c"], 4, 0)
    assert np.array_equal(drawn[:, 0], drawn[:, 2])
    assert drawn.sum(axis=1) == pytest.approx(1.0)
    assert level < equal_cost.resample(None, 40, 0)[1] < 0.025  # few units: wider
    many, best = side(runs, "many"), side(runs, "best")
    found = equal_cost.compare(many, best, axis="generated", cluster="level")
    alone = equal_cost.compare(many, best, axis="generated")
    assert found["area"]["difference"] == alone["area"]["difference"]
    assert found["area"]["low"] != alone["area"]["low"]
    with pytest.raises(UsageError, match="'contest' is not known"):
        equal_cost.compare(many, best, axis="generated", cluster="contest")


def test_the_multiplier_by_hand() -> None:
    """a reaches 0.6 at 30, b at 15: b needs half; where a side begins above, the number is a bound."""
    values, costs = np.array([[0.2, 0.4, 0.6]] * 2), np.array([[10.0, 20.0, 30.0]] * 2)
    weights = np.full((1, 2), 0.5)
    a, b = Curve(values, costs, "maj@k"), Curve(values, costs / 2, "maj@k")
    found = equal_cost._multiplier(a, b, weights, weights, 0.02)
    assert found is not None
    assert (found["value"], found["accuracy"], found["bound"], found["undefined"]) == (2.0, 0.6, None, 0.0)
    high = Curve(values + 0.35, costs, "maj@k")
    assert equal_cost._multiplier(a, high, weights, weights, 0.02)["value"] == pytest.approx(30 / 12.5)  # type: ignore[index]
    above = Curve(values + 0.5, costs, "maj@k")
    bounded = equal_cost._multiplier(a, above, weights, weights, 0.02)
    assert bounded is not None
    assert (bounded["value"], bounded["bound"]) == (3.0, "at least")


# ------------------------------------------------------------------------------------------------------------- refusals


def test_a_cost_that_the_run_does_not_hold(runs: dict[str, Path]) -> None:
    old = with_outcomes(
        side(runs, "beam"), lambda o: replace(o, usage={k: v for k, v in o.usage.items() if k != "serial_tokens"})
    )
    with pytest.raises(NotComparableError, match="does not say how long its longest chain"):
        equal_cost.compare(side(runs, "many"), old, axis="serial")


def test_costs_that_never_meet(runs: dict[str, Path]) -> None:
    many, greedy = side(runs, "many"), side(runs, "greedy")
    with pytest.raises(NotComparableError, match="no cost that both can have"):
        equal_cost.compare(with_cost(greedy, completion_tokens=10**6), many, axis="generated")
    with pytest.raises(NotComparableError, match="share 0 problems"):
        equal_cost.compare(many, with_outcomes(many, lambda o: replace(o, correct=[None] * 16)), axis="calls")


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--at-equal", "totl"], 2, "Axis 'totl' is not known. Did you mean 'total'?"),
        (["--at-equal", "total", "--metric", "maj@4"], 2, "takes the curves pass@k, maj@k, best@k, wmaj@k"),
        (["--at-equal", "total", "--metric", "best@k"], 2, "has no verifier's scores for best@k"),
        (["--at-equal", "total", "--strict"], 2, "--strict is for a verdict"),
        (["--at-equal", "total", "--max-token-ratio", "2"], 2, "--max-token-ratio is for a verdict"),
        (["--at-equal", "total", "--format", "junit"], 2, "has the forms md and json"),
        (["--at-equal", "total", "-o", "x.xml"], 2, "has the forms json, md"),
        (["--at-equal", "calls"], 0, ""),
    ],
)
def test_the_command(
    runs: dict[str, Path], capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str
) -> None:
    assert main(["compare", str(runs["many"]), str(runs["greedy"]), *options]) == code
    out, err = capsys.readouterr()
    assert said in err
    assert (out == "") == (code != 0)
