"""Boundaries against published ones, the statistic against its known failures, and the rule's error by simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from scorers.sequential import boundaries, crossing, look, paired_bounds, spending


def even(looks: int) -> list[float]:
    return [i / looks for i in range(1, looks + 1)]


# Lan & DeMets' bounds of O'Brien and Fleming's shape, one-sided 0.025, as the R packages ldbounds and gsDesign print.
@pytest.mark.parametrize(
    "published",
    [
        [2.9626, 1.9686],
        [3.7103, 2.5114, 1.9930],
        [4.3326, 2.9631, 2.3590, 2.0141],
        [4.8769, 3.3569, 2.6803, 2.2898, 2.0310],
    ],
)
def test_spending_bounds_are_the_published_ones(published: list[float]) -> None:
    times = even(len(published))
    assert boundaries(times, times, 0.025) == pytest.approx(published, abs=2e-4)


# Jennison & Turnbull (2000), tables 2.3 and 2.1: C_B and C_P at two-sided 0.05. With bounds on one side the error is
# half of it but for the paths that cross both, which are too few to matter.
@pytest.mark.parametrize(("looks", "constant"), [(2, 1.977), (3, 2.004), (4, 2.024), (5, 2.040), (10, 2.087)])
def test_o_brien_and_flemings_own_bounds_have_their_published_error(looks: int, constant: float) -> None:
    bounds = [constant * math.sqrt(looks / i) for i in range(1, looks + 1)]
    assert 2 * sum(crossing(even(looks), bounds)) == pytest.approx(0.05, abs=2e-4)


@pytest.mark.parametrize(("looks", "constant"), [(2, 2.178), (5, 2.413)])
def test_pococks_bounds_have_their_published_error(looks: int, constant: float) -> None:
    assert 2 * sum(crossing(even(looks), [constant] * looks)) == pytest.approx(0.05, abs=2e-4)


def test_one_look_is_the_fixed_test() -> None:
    assert boundaries([500], [1.0], 0.05) == pytest.approx([stats.norm.isf(0.05)])
    assert crossing([1.0], [1.6449], drift=2.4865) == pytest.approx([0.8], abs=1e-3)


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=12),
    st.floats(0.005, 0.2),
)
def test_all_of_alpha_is_spent_and_no_more(sizes: list[int], alpha: float) -> None:
    counts = np.cumsum(sizes)
    times = [float(c / counts[-1]) for c in counts]
    information = [float(c) for c in counts]
    bounds = boundaries(information, times, alpha)
    spent = np.cumsum(crossing(information, bounds))
    assert spent[-1] == pytest.approx(alpha, abs=1e-9)
    assert all(s <= spending(t, alpha) + 1e-9 for s, t in zip(spent, times, strict=True))


def test_a_later_look_does_not_change_an_earlier_bound() -> None:
    assert boundaries([10, 20], [0.25, 0.5], 0.05) == boundaries([10, 20, 30, 40], [0.25, 0.5, 0.75, 1], 0.05)[:2]


def test_problems_that_drop_out_do_not_change_what_is_spent() -> None:
    """The plan fixes the spending; the information fixes how looks hang together."""
    bounds = boundaries([40, 97], [0.5, 1.0], 0.05)
    first, second = crossing([40, 97], bounds)
    assert first == pytest.approx(spending(0.5, 0.05), abs=1e-9)
    assert first + second == pytest.approx(0.05, abs=1e-9)


def test_the_error_is_that_of_a_simulated_walk() -> None:
    rng = np.random.default_rng(3)
    times = np.array([0.1, 0.35, 0.6, 1.0])
    walk = np.cumsum(rng.normal(size=(400_000, 4)) * np.sqrt(np.diff(times, prepend=0)), axis=1)
    bounds = boundaries(list(times), list(times), 0.05)
    crossed = (walk / np.sqrt(times) > bounds).any(axis=1).mean()
    assert crossed == pytest.approx(0.05, abs=0.0015)


@pytest.mark.parametrize(
    ("information", "times"), [([2, 2], [0.5, 1]), ([1, 2], [0.5]), ([1, 2], [1, 0.5]), ([1], [2])]
)
def test_impossible_plans(information: list[float], times: list[float]) -> None:
    with pytest.raises(ValueError, match=r"must|looks"):
        boundaries(information, times, 0.05)


def test_bounds_are_students_for_many_symmetric_differences() -> None:
    rng = np.random.default_rng(1)
    d = rng.choice([-0.5, 0.0, 0.5], 4000)
    found = paired_bounds(d, 0.05)
    half = stats.t.isf(0.05, 3999) * d.std(ddof=1) / math.sqrt(4000)
    assert (found.low, found.high) == pytest.approx((d.mean() - half, d.mean() + half), abs=3e-4)


@given(st.lists(st.floats(-1, 1), max_size=60), st.floats(1e-9, 0.4))
def test_bounds_mirror_and_hold_the_mean(values: list[float], level: float) -> None:
    found, mirrored = paired_bounds(values, level), paired_bounds([-v for v in values], level)
    assert -1 <= found.low < found.mean < found.high <= 1 or found.mean in (-1, 1)
    assert (mirrored.low, mirrored.high) == pytest.approx((-found.high, -found.low), abs=1e-6)
    wider = paired_bounds(values, level / 2)
    assert wider.low <= found.low <= found.high <= wider.high


@pytest.mark.parametrize("met", range(8))
@pytest.mark.parametrize("level", [0.01, 0.045])
def test_rare_losses_are_not_overlooked(met: int, level: float) -> None:
    """Where differences are rare losses of whole problems, their number is Poisson and its exact bound is known: the
    chance to see `met` or fewer must not exceed the level at the rate that the bound admits."""
    count = 4000
    d = [-1.0] * met + [0.0] * (count - met)
    rate = -paired_bounds(d, level).low
    assert stats.binom.cdf(met, count, rate) <= level * 1.02


def test_no_difference_in_fifty_problems_is_no_proof() -> None:
    assert paired_bounds([0.0] * 50, 0.05).low < -0.03
    assert paired_bounds([0.0] * 500, 0.05).low > -0.01


def test_values_beyond_the_unit_interval_are_refused() -> None:
    with pytest.raises(ValueError, match="must lie"):
        paired_bounds([0.1, 2.0], 0.05)


def decide(*blocks: list[float], of: int | None = None) -> str | None:
    total = of or sum(map(len, blocks))
    times = [float(n / total) for n in np.cumsum([len(block) for block in blocks])]
    return look(blocks, times, margin=0.02, min_effect=0.005, alpha=0.05).decision


def test_verdicts() -> None:
    rng = np.random.default_rng(5)
    worse = list(rng.choice([-1.0, 0.0, 1.0], 200, p=[0.3, 0.65, 0.05]))
    same = list(rng.choice([-0.25, 0.0, 0.25], 2000))
    assert decide(worse) == "regression"
    assert decide(same) == "noninferior"
    assert decide([-v for v in worse]) == "noninferior"
    assert decide(list(rng.choice([-1.0, 0.0, 1.0], 40))) is None
    assert decide(same[:100], of=2000) is None, "an early look spends next to nothing"
    assert decide([-0.004] * 4000) == "noninferior", "a certain loss below the least effect that matters"


def test_a_block_without_pairs_is_no_look_and_the_last_spends_the_rest() -> None:
    rng = np.random.default_rng(5)
    block = list(rng.choice([-1.0, 0.0, 1.0], 100, p=[0.3, 0.65, 0.05]))
    found = look([block, [], block], [0.4, 0.6, 1.0], margin=0.02, min_effect=0.005, alpha=0.05)
    again = look([block, block], [0.4, 1.0], margin=0.02, min_effect=0.005, alpha=0.05)
    assert found == again
    late = look([block, []], [0.9, 1.0], margin=0.02, min_effect=0.005, alpha=0.05)
    assert late.level == pytest.approx(0.05)
    nothing = look([[], []], [0.5, 1.0], margin=0.02, min_effect=0.005, alpha=0.05)
    assert (nothing.decision, nothing.bounds.problems) == (None, 0)


@pytest.mark.parametrize(("mean", "forbidden"), [(0.0, "regression"), (-0.02, "noninferior")])
def test_the_rule_keeps_its_error(mean: float, forbidden: str) -> None:
    """400 benchmarks of 300 problems: with an error of 5 %, 35 wrong verdicts would have a chance of 0.1 %."""
    rng = np.random.default_rng(7)
    chances = [0.15 - mean / 2, 0.7, 0.15 + mean / 2]
    wrong = 0
    for _ in range(400):
        d = rng.choice([-1.0, 0.0, 1.0], 300, p=chances)
        for number in range(1, 6):
            blocks = [list(d[60 * i : 60 * i + 60]) for i in range(number)]
            times = even(5)[:number]
            found = look(blocks, times, margin=0.02, min_effect=0.0, alpha=0.05).decision
            if found is not None:
                break
        wrong += found == forbidden
    assert 3 <= wrong <= 34
