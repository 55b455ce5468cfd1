"""Conditional logistic regression and the difference within problems."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest

from scorers.stratified import Stratum, odds_ratio, within_difference


def strata(rng: np.random.Generator, count: int, effect: float, n: int = 6) -> list[Stratum]:
    """Problems of very different difficulty; harder ones have the trait more often."""
    found = []
    for ease in rng.normal(0, 1.5, count):
        trait = rng.random(n) < 1 / (1 + math.exp(ease))
        right = rng.random(n) < 1 / (1 + np.exp(-(ease + effect * trait)))
        found.append(Stratum.of(trait.tolist(), right.tolist()))
    return found


def by_enumeration(used: list[Stratum], beta: float) -> float:
    """The conditional log likelihood from its definition: over all sets of right responses of the same size."""
    total = 0.0
    for s in used:
        exposed = [1] * s.exposed + [0] * (s.n - s.exposed)
        weights = [math.exp(beta * sum(exposed[i] for i in who)) for who in combinations(range(s.n), s.correct)]
        total += beta * s.both - math.log(sum(weights))
    return total


def test_the_estimate_and_its_interval_are_the_likelihoods_own() -> None:
    used = strata(np.random.default_rng(1), 40, -0.7)
    found = odds_ratio(used)
    assert found is not None and found.value and found.high and found.low
    best = by_enumeration(used, math.log(found.value))
    for step in (-0.05, 0.05):
        assert by_enumeration(used, math.log(found.value) + step) < best
    for end in (found.low, found.high):
        assert 2 * (best - by_enumeration(used, math.log(end))) == pytest.approx(3.8415, abs=1e-3)
    assert found.problems == sum(s.informative for s in used)


def test_difficulty_is_not_taken_for_the_trait() -> None:
    """Pooled, the trait goes with wrong answers; within problems it does not."""
    used = strata(np.random.default_rng(2), 400, 0.0)
    pooled = sum(s.both for s in used) / sum(s.exposed for s in used)
    others = sum(s.correct - s.both for s in used) / sum(s.n - s.exposed for s in used)
    found, difference = odds_ratio(used), within_difference(used)
    assert pooled < others - 0.2
    assert found is not None and found.low is not None and found.low < 1 < float(found.high or 0)
    assert difference is not None and float(difference.low or 0) < 0 < float(difference.high or 0)


def test_the_interval_covers_and_the_estimate_is_near() -> None:
    rng = np.random.default_rng(3)
    hits, values = 0, []
    for _ in range(100):
        found = odds_ratio(strata(rng, 60, -0.9))
        assert found is not None and found.value is not None
        hits += float(found.low or 0) <= math.exp(-0.9) <= float(found.high or math.inf)
        values.append(math.log(found.value))
    assert hits >= 0.9 * 100 and abs(np.mean(values) + 0.9) < 0.1


def test_where_the_data_push_to_the_edge_one_bound_is_left() -> None:
    up, down = odds_ratio([Stratum(4, 2, 2, 2)] * 2), odds_ratio([Stratum(4, 2, 2, 0)] * 3)
    assert up is not None and (up.value, up.high) == (None, None) and float(up.low or 0) > 1
    assert down is not None and (down.value, down.low) == (None, 0.0) and 0 < float(down.high or 0) < 1


def test_problems_that_say_nothing_are_left_out() -> None:
    silent = [Stratum(4, 0, 2, 0), Stratum(4, 4, 2, 2), Stratum(4, 2, 0, 0), Stratum(4, 2, 4, 2)]
    assert odds_ratio(silent) is None and odds_ratio([]) is None
    found = within_difference(silent)
    assert found is not None and found.problems == 2 and found.value == 0
    assert within_difference([]) is None
