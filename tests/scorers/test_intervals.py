"""Intervals over problems: identities with known formulas, bounds, width, and real coverage."""

import json
import math
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.intervals import NON_NEGATIVE, Estimate, mean_estimate, quantiles, wilson

# The first example may import numpy or scipy, and the machine may be busy: no limit per example.
unhurried = settings(deadline=None)
T_2 = 4.302652729911275  # 97.5 % points of t with 2 and 29 degrees of freedom
T_29 = 2.045229642132703
shares = st.lists(st.floats(0, 1), min_size=1, max_size=40)


def score_interval(p, n, q):
    centre, half = p + q * q / (2 * n), q * math.sqrt(p * (1 - p) / n + q * q / (4 * n * n))
    return (centre - half) / (1 + q * q / n), (centre + half) / (1 + q * q / n)


def test_wilson_matches_published_values():
    # Newcombe (1998), table I, method 3.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(29, 29, 0.99)[0] < wilson(29, 29, 0.95)[0] < wilson(29, 29)[1] == 1.0


@pytest.mark.parametrize(("successes", "n", "confidence"), [(1, 0, 0.95), (-1, 3, 0.95), (4, 3, 0.95), (1, 3, 1.0)])
def test_wilson_refuses_impossible_counts(successes, n, confidence):
    with pytest.raises(ValueError):
        wilson(successes, n, confidence)


@pytest.mark.parametrize("successes", [0, 1, 12, 30])
def test_zero_one_values_get_wilson_with_t(successes):
    estimate = mean_estimate([1.0] * successes + [0.0] * (30 - successes))
    p = successes / 30
    assert estimate.value == p
    assert estimate.se == pytest.approx(math.sqrt(p * (1 - p) / 29))
    assert (estimate.low, estimate.high) == pytest.approx(score_interval(p, 30, T_29), abs=1e-12)


@unhurried
@given(shares)
def test_bounded_intervals_hold_their_mean_stay_in_bounds_and_have_width(values):
    estimate = mean_estimate(values)
    assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1
    assert estimate.high - estimate.low > 0.1 / len(values)
    assert estimate.problems == len(values)
    json.dumps(asdict(estimate), allow_nan=False)


@unhurried
@given(shares, st.integers(0, 39))
def test_intervals_of_percentages_are_those_of_shares(values, shift):
    plain = mean_estimate(values)
    scaled = mean_estimate([100 * value + shift for value in values], bounds=(shift, 100 + shift + 1e-9))
    for name in ("value", "low", "high"):
        assert getattr(scaled, name) == pytest.approx(100 * getattr(plain, name) + shift, abs=1e-5)


@unhurried
@given(st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_clusters_of_one_problem_change_nothing(values):
    assert mean_estimate(values, clusters=range(len(values))) == mean_estimate(values)


@pytest.mark.parametrize("value", [0.0, 0.1, 0.5, 1.0])
def test_equal_values_are_not_certain(value):
    estimate = mean_estimate([value] * 30)
    assert (estimate.value, estimate.se) == (value, 0.0)
    assert (estimate.low, estimate.high) == pytest.approx(score_interval(value, 30, T_29), abs=1e-12)


def test_one_lucky_response_does_not_narrow_the_interval():
    """At 0 % the bound says how many problems might be solvable; one correct response of 256 hardly changes it."""
    nothing, almost = mean_estimate([0.0] * 100), mean_estimate([0.0] * 99 + [1 / 256])
    assert almost.high == pytest.approx(nothing.high, rel=0.01)
    assert almost.low > 0


def test_many_responses_per_problem_narrow_the_interval():
    coin, steady = mean_estimate([0.0, 1.0] * 100), mean_estimate([0.4, 0.6] * 100)
    assert steady.high - steady.low < 0.35 * (coin.high - coin.low)


def test_one_problem_has_no_standard_error_and_a_wide_interval():
    for value in (0.0, 0.3, 1.0):
        estimate = mean_estimate([value])
        assert estimate.se is None
        assert estimate.high - estimate.low > 0.9
    pair = mean_estimate([1.0, 1.0])
    assert pair.low > mean_estimate([1.0]).low


def test_no_values_have_no_estimate():
    assert mean_estimate([]) is None
    assert mean_estimate([], bounds=None) is None


def test_unbounded_values_get_the_t_interval():
    estimate = mean_estimate([5.0, 6.0, 10.0], bounds=None)
    assert estimate.value == 7.0
    assert estimate.se == pytest.approx(math.sqrt(14 / 6))
    assert estimate.high - 7 == pytest.approx(T_2 * math.sqrt(14 / 6))
    assert mean_estimate([812.0], bounds=None) == Estimate(812.0, None, None, None, 1)


def test_counts_get_the_t_interval_of_their_logarithm():
    estimate = mean_estimate([5.0, 6.0, 10.0], bounds=NON_NEGATIVE)
    factor = math.exp(T_2 * math.sqrt(14 / 6) / 7)
    assert (estimate.value, estimate.se) == (7.0, pytest.approx(math.sqrt(14 / 6)))
    assert (estimate.low, estimate.high) == pytest.approx((7 / factor, 7 * factor))
    assert mean_estimate([812.0], bounds=NON_NEGATIVE) == Estimate(812.0, None, None, None, 1)
    assert mean_estimate([50.0, 70.0], bounds=NON_NEGATIVE) == Estimate(60.0, 10.0, None, None, 2)
    assert mean_estimate([5.0, 6.0, 10.0], bounds=NON_NEGATIVE, clusters="aab").low is None
    assert mean_estimate([0.0] * 3, bounds=NON_NEGATIVE) == Estimate(0.0, 0.0, 0.0, 0.0, 3)
    with pytest.raises(ValueError, match="negative"):
        mean_estimate([3.0, -1.0], bounds=NON_NEGATIVE)


@unhurried
@given(st.lists(st.floats(0, 1e6), min_size=3, max_size=20), st.sampled_from([0.5, 0.95, 1 - 1e-9]))
def test_intervals_of_counts_are_finite_and_above_zero(values, confidence):
    estimate = mean_estimate(values, bounds=NON_NEGATIVE, confidence=confidence)
    assert 0 <= estimate.low <= estimate.value <= estimate.high < math.inf
    assert estimate.low > 0 or estimate.value < 1e-80


def test_many_counts_have_the_t_interval():
    values = np.random.default_rng(0).lognormal(6, 0.7, 2000).tolist()
    counts, free = mean_estimate(values, bounds=NON_NEGATIVE), mean_estimate(values, bounds=None)
    assert (counts.low, counts.high) == pytest.approx((free.low, free.high), rel=1e-3)


@pytest.mark.parametrize("problems", [3, 5, 20])
def test_intervals_of_skewed_counts_cover_as_often_as_those_of_t(problems):
    """Lognormal lengths, σ = 0.8, which means of tokens per problem have about: 1,500 runs each."""
    rng, truth = np.random.default_rng(problems), math.exp(6 + 0.8**2 / 2)
    runs = rng.lognormal(6, 0.8, (1500, problems)).tolist()
    covered = {
        bounds: sum(e.low <= truth <= e.high for e in (mean_estimate(run, bounds=bounds) for run in runs)) / len(runs)
        for bounds in (NON_NEGATIVE, None)
    }
    assert covered[NON_NEGATIVE] >= covered[None]
    assert covered[NON_NEGATIVE] > 0.9


def test_clustered_error_is_millers():
    values, labels = [1.0, 1.0, 0.0, 0.0, 1.0, 0.0], ["a", "a", "b", "b", "c", "c"]
    # Cluster sums of residuals are 1, -1, 0: sqrt(3/2 * 2) / 6.
    assert mean_estimate(values, clusters=labels).se == pytest.approx(math.sqrt(3) / 6)
    assert mean_estimate(values, clusters=labels, bounds=None).high == pytest.approx(
        0.5 + 4.302652729911275 * 3**0.5 / 6
    )


def test_copies_of_a_problem_in_one_cluster_add_nothing():
    values = [1.0, 0.0, 0.0, 1.0, 1.0]
    once = mean_estimate(values)
    labels = [i for i in range(5) for _ in range(3)]
    thrice = mean_estimate([values[i] for i in labels], clusters=labels)
    assert thrice.se == pytest.approx(once.se)
    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high), abs=0.03)
    zeros = mean_estimate([0.0] * 15, clusters=labels)
    assert zeros.high == pytest.approx(mean_estimate([0.0] * 5).high)
    almost = mean_estimate([0.0] * 14 + [1 / 256], clusters=labels)
    assert almost.high == pytest.approx(zeros.high, rel=0.01)


def test_a_single_cluster_counts_as_one_problem():
    one = mean_estimate([1.0, 1.0, 1.0], clusters=["aime"] * 3)
    assert one.se is None
    assert one.low == mean_estimate([1.0]).low


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([math.nan], {}),
        ([math.inf], {"bounds": None}),
        ([1.5], {}),
        ([0.5], {"bounds": (1.0, 1.0)}),
        ([0.5], {"clusters": []}),
        ([0.5], {"confidence": 1.0}),
    ],
)
def test_senseless_input_is_refused(values, options):
    with pytest.raises(ValueError):
        mean_estimate(values, **options)


@pytest.mark.parametrize(("p", "problems"), [(0.3, 100), (0.5, 200), (0.9, 100)])
@pytest.mark.parametrize("responses", [1, 16])
def test_real_coverage_is_near_what_is_promised(p, problems, responses):
    """Problems differ (beta: mostly hopeless or easy), responses are drawn: does the interval hold the true mean?"""
    random = np.random.default_rng(20250101)
    held = 0
    for _ in range(1500):
        difficulty = random.beta(0.6 * p, 0.6 * (1 - p), problems)
        estimate = mean_estimate(list(random.binomial(responses, difficulty) / responses))
        held += estimate.low <= p <= estimate.high
    assert 0.92 < held / 1500 < 0.98


def test_real_coverage_of_clusters():
    random = np.random.default_rng(7)
    labels = [i // 5 for i in range(200)]
    held = 0
    for _ in range(1500):
        values = (random.random(200) < np.repeat(random.beta(1, 1, 40), 5)).astype(float)
        estimate = mean_estimate(list(values), clusters=labels)
        held += estimate.low <= 0.5 <= estimate.high
    assert 0.92 < held / 1500 < 0.98


@unhurried
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_quantiles_are_numpys(values):
    assert quantiles(values) == pytest.approx(tuple(np.quantile(values, [0.25, 0.5, 0.75])), rel=1e-9, abs=1e-6)


def test_quantiles_need_finite_values():
    assert quantiles([7]) == (7.0, 7.0, 7.0)
    assert quantiles([1, 2, 3, 4, 5]) == (2.0, 3.0, 4.0)
    for values in ([], [math.nan]):
        with pytest.raises(ValueError):
            quantiles(values)
