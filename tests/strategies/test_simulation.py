"""Measured success against a simulation of the same world that shares no code with the strategies.

In the toy world a step is right with a known probability, a wrong one spoils the rest, and the verifier says which is
the case with Gaussian noise, cut to [0, 1]. That is all the simulation knows.
"""

from __future__ import annotations

import asyncio
import math
import random
from functools import cache
from typing import Any

import pytest

from harness.core import Problem
from support import search

MEASURED, SIMULATED = 400, 5000  # problems
STEPS = 4  # that may go wrong; the answer follows from them


def verdict(right: bool, noise: float, rng: random.Random) -> float:
    return min(1.0, max(0.0, (1.0 if right else 0.0) + rng.gauss(0, noise)))


def beam_succeeds(n: int, width: int, accuracy: float, noise: float, rng: random.Random) -> bool:
    """One problem. A partial solution is whether it is right so far; of equal scores the first drawn goes first."""
    beams, draws = [True], n
    for _ in range(STEPS):
        drawn = [right and rng.random() < accuracy for right in beams for _ in range(draws)]
        order = sorted(drawn, key=lambda right: -verdict(right, noise, rng))  # each is judged once
        beams, draws = order[: n // width], width
    # All answers that follow from one path are one answer; a wrong path gives one of four, so they are told apart.
    answers = [
        right if right else f"{path}/{rng.randrange(4)}" for path, right in enumerate(beams) for _ in range(width)
    ]
    distinct = list(dict.fromkeys((i // width, answer) for i, answer in enumerate(answers)))
    scores = [verdict(answer is True, noise, rng) for _, answer in distinct]
    return distinct[scores.index(max(scores))][1] is True


def best_of_n_succeeds(n: int, accuracy: float, noise: float, rng: random.Random) -> bool:
    pool = [all(rng.random() < accuracy for _ in range(STEPS)) for _ in range(n)]
    scores = [verdict(right, noise, rng) for right in pool]
    return pool[scores.index(max(scores))]


@cache
def measured(strategy: str, accuracy: float, noise: float, **parameters: Any) -> float:
    """The share of problems that the strategy solves."""
    solved = 0
    world: dict[str, Any] = {"step_accuracy": accuracy, "noise": noise, **parameters}
    with asyncio.Runner() as runner:
        for i in range(MEASURED):
            problem = Problem(f"sim/{i}", f"Problem {i}", "7", level=STEPS - 2, text=f"Problem {i}")
            found = search(strategy, problem=problem, runner=runner, **world).selection
            best = max(found.candidates, key=lambda candidate: candidate.score or 0.0)  # the first of equals
            solved += "\\boxed{7}" in best.text
    return solved / MEASURED


def same(found: float, expected: float) -> bool:
    """Whether two shares agree within three standard errors of their difference."""
    p = (found * MEASURED + expected * SIMULATED) / (MEASURED + SIMULATED)
    return abs(found - expected) <= 3 * math.sqrt(p * (1 - p) * (1 / MEASURED + 1 / SIMULATED))


@pytest.mark.parametrize(("n", "width", "accuracy", "noise"), [(8, 4, 0.4, 0.3), (4, 2, 0.7, 0.8), (4, 4, 0.5, 0.3)])
def test_beam_succeeds_as_often_as_the_simulation(n: int, width: int, accuracy: float, noise: float) -> None:
    rng = random.Random(0)
    expected = sum(beam_succeeds(n, width, accuracy, noise, rng) for _ in range(SIMULATED)) / SIMULATED
    found = measured("beam", accuracy, noise, n=n, width=width)
    assert 0.1 < expected < 0.97  # there is something to miss
    assert same(found, expected), (found, expected)


def test_beam_beats_sampling_as_many_responses_where_the_verifier_sees_steps() -> None:
    """At the same number of steps and a noise under which both simulations differ by far."""
    rng = random.Random(0)
    expected = sum(best_of_n_succeeds(8, 0.4, 0.3, rng) for _ in range(SIMULATED)) / SIMULATED
    sampled = measured("best_of_n", 0.4, 0.3, n=8)
    assert same(sampled, expected), (sampled, expected)
    searched = measured("beam", 0.4, 0.3, n=8, width=4)
    assert searched - sampled > 5 * math.sqrt(0.5 / MEASURED)


@pytest.mark.parametrize(("width", "accuracy"), [(1, 0.8), (2, 0.6), (4, 0.4)])
def test_one_simulation_of_tree_search_succeeds_as_often_as_theory_says(width: int, accuracy: float) -> None:
    """Under a perfect verifier it goes on with a right step wherever one of `width` draws is right."""
    expected = (1 - (1 - accuracy) ** width) ** STEPS
    found = measured("mcts", accuracy, 0.0, simulations=1, width=width)
    assert abs(found - expected) <= 3 * math.sqrt(expected * (1 - expected) / MEASURED), (found, expected)


@pytest.mark.parametrize(("width", "accuracy"), [(2, 0.6), (3, 0.4)])
@pytest.mark.parametrize("formula", ["uct", "puct"])
def test_tree_search_that_drops_wrong_steps_finds_every_right_path_there_is(
    width: int, accuracy: float, formula: str
) -> None:
    """It returns to earlier states until none is left; whether a right path is among them is a branching process."""
    expected = 1.0
    for _ in range(STEPS):
        expected = 1 - (1 - accuracy * expected) ** width
    found = measured("mcts", accuracy, 0.0, simulations=150, width=width, hopeless=0.5, formula=formula)
    assert abs(found - expected) <= 3 * math.sqrt(expected * (1 - expected) / MEASURED), (found, expected)
    assert expected - (1 - (1 - accuracy) ** width) ** STEPS > 0.1  # one walk alone finds far fewer
