"""Rank ranges: agree with the paired interval, cover the truth, and say nothing where nothing is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.paired import paired_estimate
from scorers.ranks import paired_p_values, rank_ranges

VALUES = st.sampled_from([0.0, 0.25, 0.5, 1.0])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=2, max_size=60), st.sampled_from([0.9, 0.95, 0.99]))
def test_p_is_the_level_at_which_the_interval_touches_zero(pairs: list[tuple[float, float]], confidence: float) -> None:
    base, candidate = np.array(pairs).T
    [p] = paired_p_values(base, candidate[None, :])
    estimate = paired_estimate(list(candidate - base), confidence=confidence)
    assert estimate is not None
    assert estimate.low is not None
    assert estimate.high is not None
    outside = estimate.low > 0 or estimate.high < 0
    if abs(p - (1 - confidence)) > 1e-9:
        assert outside == (p < 1 - confidence)


def test_missing_values_are_left_out() -> None:
    rng = np.random.default_rng(1)
    base, candidate = rng.random(30), rng.random(30)
    whole = paired_p_values(base, candidate[None, :])
    padded = [np.concatenate([v, [np.nan, 0.5]]) for v in (base, candidate)]
    padded[1][-1] = np.nan
    assert paired_p_values(padded[0], padded[1][None, :]) == pytest.approx(whole)
    assert paired_p_values(np.array([0.0, np.nan]), np.array([[1.0, 1.0]])) == [1.0]


def test_equal_runs_share_all_ranks_and_distant_ones_none() -> None:
    rng = np.random.default_rng(2)
    ability = np.array([0.95, 0.6, 0.6, 0.1])
    values = (rng.random((4, 400)) < ability[:, None]).astype(float)
    values[2] = values[1]
    assert rank_ranges(values) == [(1, 1), (2, 3), (2, 3), (4, 4)]
    assert rank_ranges(values[:1]) == [(1, 1)]
    assert rank_ranges(np.full((3, 10), np.nan)) == [(1, 3)] * 3


def test_a_best_rank_is_seldom_claimed_by_chance() -> None:
    """Six equal runs: some pair is told apart in at most about 5 % of the tables (Holm's promise)."""
    rng = np.random.default_rng(3)
    wrong = 0
    for _ in range(300):
        difficulty = rng.beta(0.6, 0.6, 80)
        values = rng.binomial(4, difficulty, (6, 80)) / 4
        wrong += any(found != (1, 6) for found in rank_ranges(values))
    assert wrong / 300 <= 0.08
