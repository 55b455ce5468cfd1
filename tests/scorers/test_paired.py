"""Paired statistics against enumeration, scipy and simulation."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scorers import paired
from scorers.intervals import Estimate

small = st.lists(st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0]), min_size=1, max_size=10)


@settings(deadline=None)
@given(small)
def test_sign_flips_by_enumeration(differences: list[float]) -> None:
    seen = abs(sum(differences))
    signs = itertools.product([1, -1], repeat=len(differences))
    values = [abs(sum(s * d for s, d in zip(pattern, differences, strict=True))) for pattern in signs]
    exact = sum(value >= seen - 1e-12 for value in values) / len(values)
    assert paired.sign_flip_p(differences) == pytest.approx(exact)


def test_sign_flips_by_drawing_agree_with_scipy() -> None:
    rng = random.Random(3)
    differences = [rng.gauss(0.1, 0.4) for _ in range(60)]
    reference = stats.permutation_test(
        (differences,), lambda x, axis: x.mean(axis=axis), permutation_type="samples", n_resamples=20_000, rng=1
    )
    assert paired.sign_flip_p(differences) == pytest.approx(reference.pvalue, abs=0.01)
    assert paired.sign_flip_p(differences, seed=1) == paired.sign_flip_p(differences, seed=1)


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5).filter(bool), min_size=15, max_size=18), st.sampled_from([1, 3, 4, 8, 12]))
def test_sign_flips_of_counts_are_exact_beyond_enumeration(steps: list[int], responses: int) -> None:
    ways = {0: 1}
    for step in steps:
        totals: dict[int, int] = {}
        for total, count in ways.items():
            for end in (total + step, total - step):
                totals[end] = totals.get(end, 0) + count
        ways = totals
    exact = sum(count for total, count in ways.items() if abs(total) >= abs(sum(steps))) / 2 ** len(steps)
    found = paired.sign_flip_p([step / responses for step in steps])
    assert found == pytest.approx(exact, rel=1e-6, abs=1e-12)
    assert found == paired.sign_flip_p([step / responses for step in steps], seed=1)


def test_sign_flips_of_many_counts_agree_with_drawing_and_with_mcnemar(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(5)
    right = [(rng.random() < 0.7) - (rng.random() < 0.64) for _ in range(2000)]
    exact = paired.mcnemar_exact(right.count(-1), right.count(1))
    assert paired.sign_flip_p([float(d) for d in right]) == pytest.approx(exact, rel=1e-9)
    shares = [sum(rng.random() < 0.51 for _ in range(8)) / 8 - 0.5 for _ in range(500)]
    found = paired.sign_flip_p(shares)
    monkeypatch.setattr(paired, "_lattice_p", lambda sums: None)
    assert paired.sign_flip_p(shares) == pytest.approx(found, abs=0.015)


def test_a_cluster_flips_as_a_whole() -> None:
    differences, clusters = [0.5] * 12, ["a"] * 6 + ["b"] * 6
    assert paired.sign_flip_p(differences) < 0.01
    assert paired.sign_flip_p(differences, clusters=clusters) == 0.5
    wide, narrow = paired.paired_estimate(differences, clusters=clusters), paired.paired_estimate(differences)
    assert wide is not None
    assert narrow is not None
    assert wide.high - wide.low > narrow.high - narrow.low  # type: ignore[operator]


@settings(deadline=None)
@given(small)
def test_intervals_hold_the_mean_and_are_never_of_zero_width(differences: list[float]) -> None:
    found = paired.paired_estimate(differences)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1
    assert found.high - found.low > 1e-6
    assert found.problems == len(differences)


def test_the_interval_covers() -> None:
    rng = random.Random(1)
    hits = 0
    for _ in range(600):
        differences = [rng.choices([-1, 0, 1], [0.08, 0.8, 0.12])[0] for _ in range(150)]
        found = paired.paired_estimate(differences)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 0.04 <= found.high
    assert 0.93 <= hits / 600 <= 0.985


def test_the_interval_of_many_responses_is_that_of_t() -> None:
    """Differences of means of many responses are small: the smoothing must not drown them."""
    rng = random.Random(4)
    differences = [rng.gauss(0.0, 0.06) for _ in range(200)]
    found = paired.paired_estimate(differences)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert found.high - found.low == pytest.approx(high - low, rel=0.05)
    assert found.high - found.low >= high - low


def test_nothing_seen_is_no_proof_of_nothing() -> None:
    """500 equal pairs: as wide as if four whole problems had been added; a clustered set is wider."""
    found = paired.paired_estimate([0.0] * 500)
    assert found is not None
    assert found.se == 0
    assert found.high == pytest.approx(stats.t.ppf(0.975, 499) * math.sqrt(4 / (500 * 499)))
    clustered = paired.paired_estimate([0.0] * 500, clusters=[i // 5 for i in range(500)])
    assert clustered is not None
    assert clustered.high > found.high  # type: ignore[operator]


def test_tokens_have_no_bounds() -> None:
    rng = random.Random(6)
    differences = [rng.gauss(30, 200) for _ in range(100)]
    found = paired.paired_estimate(differences, bounds=None, whole=400.0)
    assert found is not None
    low, high = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    same = paired.paired_estimate([0.0] * 100, bounds=None, whole=400.0)
    assert same is not None
    assert same.high == pytest.approx(stats.t.ppf(0.975, 99) * 400 * math.sqrt(4 / (100 * 99)))
    assert paired.paired_estimate([5.0], bounds=None) == Estimate(5.0, None, None, None, 1)


@settings(deadline=None)
@given(st.lists(st.sampled_from([-0.75, -0.25, 0.0, 0.25, 0.5]), min_size=4, max_size=12), st.integers(1, 4))
def test_clustered_error_is_millers(differences: list[float], size: int) -> None:
    clusters = [i // size for i in range(len(differences))]
    groups = len(set(clusters))
    found = paired.paired_estimate(differences, clusters=clusters)
    assert found is not None
    if groups < 2:
        assert (found.se, found.low, found.high) == (None, -1.0, 1.0)
        return
    mean = sum(differences) / len(differences)
    sums = [sum(d - mean for d, c in zip(differences, clusters, strict=True) if c == g) for g in range(groups)]
    error = math.sqrt(groups / (groups - 1) * sum(s * s for s in sums)) / len(differences)
    assert found.se == pytest.approx(error, abs=1e-12)


@settings(deadline=None)
@given(st.integers(0, 40), st.integers(0, 40))
def test_mcnemar_is_the_binomial_test(b: int, c: int) -> None:
    tail = sum(math.comb(b + c, i) for i in range(min(b, c) + 1)) / 2 ** (b + c)
    assert paired.mcnemar_exact(b, c) == pytest.approx(min(1.0, 2 * tail) if b != c else 1.0)


def test_holm_by_hand_and_by_its_laws() -> None:
    assert paired.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert paired.holm([]) == []
    assert paired.holm([0.9, 0.8]) == [1.0, 1.0]


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_monotone_and_never_below(p_values: list[float]) -> None:
    adjusted = paired.holm(p_values)
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))
    assert max(adjusted) <= 1
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    assert all(adjusted[a] <= adjusted[b] for a, b in itertools.pairwise(order))


def test_the_detectable_effect_has_its_power() -> None:
    se = 0.02
    effect = paired.minimum_detectable_effect(se)
    power = stats.norm.sf(1.959964 - effect / se)
    assert power == pytest.approx(0.8, abs=1e-3)
    assert paired.problems_needed(se, 100, effect) == 100
    assert paired.problems_needed(se, 100, effect / 2) == 400
    with pytest.raises(ValueError, match="positive"):
        paired.problems_needed(se, 100, 0)


def test_ratios_against_simulation() -> None:
    rng = random.Random(2)
    hits = 0
    for _ in range(400):
        base = [rng.lognormvariate(5, 0.6) for _ in range(80)]
        candidate = [b * 1.2 * rng.lognormvariate(-0.045, 0.3) for b in base]
        found = paired.ratio_estimate(base, candidate)
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        hits += found.low <= 1.2 <= found.high
    assert 0.92 <= hits / 400 <= 0.98
    assert paired.ratio_estimate([0.0], [1.0]) is None
    assert paired.ratio_estimate([], []) is None


def test_a_ratio_of_clusters_is_less_certain() -> None:
    rng = random.Random(5)
    base = [100.0] * 40
    candidate = [100 * factor for factor in [rng.uniform(0.8, 1.4) for _ in range(8)] for _ in range(5)]
    alone = paired.ratio_estimate(base, candidate)
    together = paired.ratio_estimate(base, candidate, clusters=[i // 5 for i in range(40)])
    single = paired.ratio_estimate(base, candidate, clusters=["one"] * 40)
    assert alone is not None
    assert together is not None
    assert single is not None
    assert alone.value == together.value
    assert together.se > 2 * alone.se  # type: ignore[operator]
    assert (single.se, single.low, single.high) == (None, None, None)


def test_responses_shrink_the_noise_of_sampling_alone() -> None:
    # ω² = 3e-4 and σ²/n = 1e-4 with n = 4: a goal of √3.5e-4 needs 8 responses, one of √3e-4 has none.
    assert paired.responses_needed(0.02, 0.01, math.sqrt(3.5e-4), 4) == 8
    assert paired.responses_needed(0.02, 0.01, math.sqrt(3e-4) - 1e-9, 4) is None
    assert paired.responses_needed(0.02, 0.01, 0.5, 4) == 4


@pytest.mark.parametrize(
    ("low", "value", "high", "expected"),
    [
        (-0.08, -0.05, -0.02, "regression"),
        (-0.006, -0.004, -0.002, "non-inferior"),  # certain, and too small to matter
        (-0.01, 0.0, 0.01, "non-inferior"),
        (-0.05, -0.01, 0.03, "inconclusive"),
        (0.01, 0.03, 0.05, "non-inferior"),
    ],
)
def test_three_verdicts(low: float, value: float, high: float, expected: str) -> None:
    estimate = Estimate(value, 0.01, low, high, 100)
    assert paired.verdict(estimate, margin=0.02, minimum_effect=0.005) == expected


def test_correlation_is_none_where_a_side_does_not_vary() -> None:
    assert paired.correlation([0, 1, 0, 1], [0, 1, 0, 1]) == pytest.approx(1)
    assert paired.correlation([1, 1], [0, 1]) is None
