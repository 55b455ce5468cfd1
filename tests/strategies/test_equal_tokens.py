"""Tree search against parallel sampling at equal tokens, where the truth is known.

In the toy world a response is right if all its steps are. Sampling n responses and choosing by a perfect verifier
succeeds with 1 − (1 − q^d)^n; a search that may stop at a wrong step and go on from right ones needs far fewer tokens.
With a verifier that knows nothing, neither is better than one response.
"""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness import registry
from harness.analysis.anytime import curve
from harness.analysis.cost import costs
from harness.core import Problem
from harness.run import Run
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import run, small_task, toy_plan

ACCURACY, DEPTH, PROBLEMS = 0.6, 6, 40
SEARCHES: list[tuple[str, dict[str, Any]]] = [
    ("beam", {"n": 8, "width": 4}),
    ("dvts", {"n": 8, "width": 4}),
    ("best_first", {"width": 4, "max_steps": 8, "expansions": 24}),
    ("mcts", {"simulations": 3}),
]


def made(strategy: str, noise: float, out: Path, pool: GradingPool, **parameters: Any) -> Run:
    """A run over problems of one depth."""
    one = small_task(1).problems[0]
    problems = tuple(replace(one, id=f"equal/{i}", level=DEPTH - 2) for i in range(PROBLEMS))
    task = replace(small_task(1), problems=problems)
    known = registry.parameters(registry.component("strategy", strategy))
    defaults = {name: parameter.default for name, parameter in known.items()}
    plan = toy_plan(
        task, strategy=strategy, step_accuracy=ACCURACY, verifier=ToyVerifier("default", noise=noise), **parameters
    )
    return Run.open(run(replace(plan, parameters={**defaults, **parameters}), out, pool).folder)


def accuracy(opened: Run) -> float:
    return float(opened.results()["metrics"][0]["value"])


def tokens(opened: Run) -> float:
    found = costs(opened)
    return sum(cost.usage.completion_tokens for cost in found) / len(found)


def test_sampling_is_as_good_as_theory_says(tmp_path: Path, pool: GradingPool) -> None:
    opened = made("best_of_n", 0.0, tmp_path, pool, n=16)
    for row in curve(opened):
        if row["rule"] == "best":
            expected = 1 - (1 - ACCURACY**DEPTH) ** row["k"]
            assert abs(row["value"] - expected) < 4 * math.sqrt(expected * (1 - expected) / PROBLEMS), row


@pytest.mark.parametrize(("strategy", "parameters"), [s for s in SEARCHES if s[0] in registry.names("strategy")])
def test_a_search_beats_sampling_at_equal_tokens(
    strategy: str, parameters: dict[str, Any], tmp_path: Path, pool: GradingPool
) -> None:
    search = made(strategy, 0.2, tmp_path, pool, **parameters)
    one = tokens(made("best_of_n", 0.2, tmp_path, pool, n=1))
    n = math.ceil(tokens(search) / one)
    sampling = made("best_of_n", 0.2, tmp_path, pool, n=n)
    assert tokens(sampling) > 0.95 * tokens(search), "sampling must not be the poorer one"
    gain = accuracy(search) - accuracy(sampling)
    assert gain > 3 * math.sqrt(0.5 / PROBLEMS), (accuracy(search), accuracy(sampling), n)


def test_a_verifier_that_knows_nothing_makes_no_search_better_than_one_response(
    tmp_path: Path, pool: GradingPool
) -> None:
    class Blind(ToyVerifier):
        """Scores that follow from the text and have nothing to do with the truth."""

        async def score(self, path: Any, desk: Any) -> Any:
            blurred = replace(path, prompt=replace(path.prompt, problem_id="another"), steps=path.steps)
            return await super().score(blurred, desk)

    one = small_task(1).problems[0]
    problems: tuple[Problem, ...] = tuple(replace(one, id=f"equal/{i}", level=DEPTH - 2) for i in range(PROBLEMS))
    task = replace(small_task(1), problems=problems)
    expected = ACCURACY**DEPTH
    for strategy, parameters in (("best_of_n", {"n": 8}), ("beam", {"n": 8, "width": 4})):
        plan = toy_plan(task, strategy=strategy, step_accuracy=ACCURACY, verifier=Blind("t", noise=0.5), **parameters)
        found = accuracy(Run.open(run(plan, tmp_path, pool).folder))
        assert abs(found - expected) < 4 * math.sqrt(expected * (1 - expected) / PROBLEMS), (strategy, found)
