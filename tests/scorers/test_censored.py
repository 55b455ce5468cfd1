"""Kaplan–Meier medians of lengths that were cut: scipy's answer, the plain median, and intervals that cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.censored import quantile

LENGTHS = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=25)


@settings(deadline=None)
@given(LENGTHS, st.sampled_from([0.25, 0.5, 0.75]))
def test_it_is_scipy_s(pairs: list[tuple[int, bool]], q: float) -> None:
    from scipy.stats import CensoredData, ecdf

    whole = [t for t, cut in pairs if not cut]
    found = quantile([[t] for t, _ in pairs], [[cut] for _, cut in pairs], q, interval=False)
    assert found is not None and found.at_least == max(t for t, _ in pairs)
    sf = ecdf(CensoredData(uncensored=whole, right=[t for t, cut in pairs if cut])).sf
    below = [float(t) for t, p in zip(sf.quantiles, sf.probabilities, strict=True) if p <= 1 - q + 1e-9 and t in whole]
    assert found.value == (min(below) if below else None)


@settings(deadline=None)
@given(st.lists(st.integers(1, 100), min_size=1, max_size=40))
def test_without_a_cut_it_is_the_lower_median(lengths: list[int]) -> None:
    found = quantile([[t] for t in lengths], [[False]] * len(lengths), interval=False)
    assert found is not None and found.value == sorted(lengths)[math.ceil(len(lengths) / 2) - 1]


def test_a_problem_weighs_the_same_with_many_responses_as_with_one() -> None:
    found = quantile([[1] * 9, [5], [7]], [[False] * 9, [False], [False]], interval=False)
    assert found is not None and found.value == 5


def test_what_most_outlive_is_unknown() -> None:
    found = quantile([[5.0]] * 20, [[i > 4] for i in range(20)])
    assert found is not None
    assert (found.value, found.at_least, found.high) == (None, 5.0, None)
    assert quantile([], []) is None
    few = quantile([[3.0]], [[False]])
    assert few is not None and (few.value, few.low, few.high) == (3.0, None, None)


def test_the_interval_covers_the_median_of_what_was_never_seen() -> None:
    """Lengths of 100 · e^N(0,1) cut at 150: the median 100 lies below the limit."""
    rng = np.random.default_rng(1)
    inside = 0
    for _ in range(60):
        true = np.exp(rng.normal(size=60)) * 100
        found = quantile([[t] for t in np.minimum(true, 150)], [[bool(t > 150)] for t in true])
        assert found is not None and found.low is not None
        inside += found.low <= 100 <= (math.inf if found.high is None else found.high)
    assert inside >= 51  # of 60; a 95 % interval has less with probability 0.002


@pytest.mark.parametrize("q", [0.25, 0.75])
def test_other_limits_for_other_problems(q: float) -> None:
    """Cut at 10 or at 100: a plain quantile of the numbers would take the tens for lengths."""
    lengths = [[10.0]] * 10 + [[float(t)] for t in range(41, 61)]
    cut = [[True]] * 10 + [[False]] * 20
    found = quantile(lengths, cut, q, interval=False)
    assert found is not None and found.value == {0.25: 45.0, 0.75: 55.0}[q]
