"""Rates and shares as ratios of sums over problems."""

from __future__ import annotations

import math

import numpy as np
import pytest

from scorers.ratios import rate_estimate, share_estimate


def test_a_rate_is_events_over_exposure_with_the_linearised_error() -> None:
    events, exposure = [3, 0, 5, 2], [1000, 2000, 3000, 500]
    found = rate_estimate(events, exposure, per=1000)
    assert found is not None and found.value == pytest.approx(1000 * 10 / 6500)
    residuals = np.array(events) - 10 / 6500 * np.array(exposure)
    error = 1000 * math.sqrt((residuals**2).sum() * 4 / 3) / 6500
    assert found.se == pytest.approx(max(error, 1000 * math.sqrt(10) / 6500))
    assert found.low is not None and found.high is not None
    assert found.low * found.high == pytest.approx(found.value**2)


def test_a_rate_of_nothing_has_an_upper_bound_and_one_problem_no_interval() -> None:
    none = rate_estimate([0, 0], [600, 400], per=1000)
    assert none is not None and (none.value, none.low) == (0.0, 0.0)
    assert math.exp(-float(none.high or 0) * 1000 / 1000) == pytest.approx(0.025)
    one = rate_estimate([4], [1000])
    assert one is not None and one.value == 0.004 and one.low is None and one.high is None
    two = rate_estimate([4, 5], [1000, 1000])
    assert two is not None and two.value == 0.0045 and two.low is None and two.high is None
    assert rate_estimate([], []) is None and rate_estimate([0], [0]) is None


def test_shares_stay_in_bounds_and_are_wilsons_for_one_chance_each() -> None:
    from scorers.intervals import mean_estimate

    hits = [1, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1]
    found, plain = share_estimate(hits, [1] * 12), mean_estimate(hits)
    assert found is not None and plain is not None
    assert found.value == pytest.approx(plain.value) and found.se == pytest.approx(plain.se)
    assert found.low == pytest.approx(plain.low, abs=0.03) and found.high == pytest.approx(plain.high, abs=0.03)
    for hits, chances in (([0, 0], [3, 5]), ([3, 5], [3, 5]), ([0, 2, 0], [0, 2, 0])):
        edge = share_estimate(hits, chances)
        assert edge is not None and 0 <= float(edge.low or 0) < float(edge.high or 0) <= 1
    assert share_estimate([0, 0], [0, 0]) is None


def test_lists_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 numerators for 1"):
        rate_estimate([1, 2], [3])


def test_the_intervals_cover() -> None:
    """Events that come in bunches, problems of different lengths: about 95 of 100 intervals hold the truth."""
    rng = np.random.default_rng(0)
    rates, shares = 0, 0
    for _ in range(400):
        exposure = rng.integers(500, 5000, 40)
        activity = rng.gamma(2.0, 0.5, 40)  # a problem's own, mean 1
        found = rate_estimate(rng.poisson(exposure * activity * 0.002).tolist(), exposure.tolist())
        rates += found is not None and float(found.low or 0) <= 0.002 <= float(found.high or 0)
        chances = rng.integers(1, 9, 40)
        share = share_estimate(rng.binomial(chances, rng.beta(2, 6, 40)).tolist(), chances.tolist())
        shares += share is not None and float(share.low or 0) <= 0.25 <= float(share.high or 0)
    assert rates >= 400 * 0.91 and shares >= 400 * 0.91
