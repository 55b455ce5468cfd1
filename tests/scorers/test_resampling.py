"""Bootstrap intervals: the same every time, blind to copies within a cluster, and of the promised coverage."""

from __future__ import annotations

import numpy as np
import pytest

from scorers.resampling import MIN_UNITS, median_interval, ratio_interval

RANDOM = np.random.default_rng(3)
TOKENS = [float(v) for v in np.round(RANDOM.lognormal(6, 1, 41))]
HUMAN = [float(v) for v in np.round(RANDOM.lognormal(5, 1, 41)) + 1]


def test_they_hold_the_value_and_repeat() -> None:
    middle, ratio = median_interval(TOKENS), ratio_interval(TOKENS, HUMAN)
    assert middle is not None
    assert ratio is not None
    assert middle.low < np.median(TOKENS) < middle.high
    assert ratio.low < sum(TOKENS) / sum(HUMAN) < ratio.high
    assert (middle, ratio) == (median_interval(TOKENS), ratio_interval(TOKENS, HUMAN))
    assert middle.method == "BCa"


def test_copies_of_a_problem_in_one_cluster_add_nothing() -> None:
    copies = [i for i in range(41) for _ in range(3)]
    tokens, human = [TOKENS[i] for i in copies], [HUMAN[i] for i in copies]
    once, thrice = median_interval(TOKENS), median_interval(tokens, clusters=copies)
    assert once is not None
    assert thrice is not None
    assert (thrice.low, thrice.high) == (once.low, once.high)
    first, third = ratio_interval(TOKENS, HUMAN), ratio_interval(tokens, human, clusters=copies)
    assert first is not None
    assert third is not None
    assert (third.low, third.high) == pytest.approx((first.low, first.high))
    assert median_interval(tokens) != thrice


def test_scale_and_order_of_problems_are_no_matter_for_width() -> None:
    one, two = ratio_interval(TOKENS, HUMAN), ratio_interval([2 * t for t in TOKENS], HUMAN)
    assert one is not None
    assert two is not None
    assert (two.low, two.high) == pytest.approx((2 * one.low, 2 * one.high))


def test_few_problems_or_no_spread_have_no_interval() -> None:
    assert MIN_UNITS == 6
    assert median_interval(TOKENS[:5]) is None
    assert median_interval(TOKENS[:6]) is not None
    assert median_interval([], clusters=[]) is None
    assert median_interval([2048.0] * 20) is None
    assert ratio_interval(TOKENS, HUMAN, clusters=[i % 5 for i in range(41)]) is None


def test_senseless_input_is_refused() -> None:
    for above, below in (([1.0], []), ([1.0], [0.0])):
        with pytest.raises(ValueError, match="positive denominator"):
            ratio_interval(above, below)
    with pytest.raises(ValueError, match="clusters"):
        median_interval([1.0], clusters=[])


def test_coverage_is_near_what_is_promised() -> None:
    random = np.random.default_rng(11)
    held = [0, 0]
    for _ in range(150):
        tokens, human = random.lognormal(6, 0.8, 60), random.lognormal(5, 0.8, 60)
        middle, ratio = median_interval(tokens.tolist()), ratio_interval(tokens.tolist(), human.tolist())
        assert middle is not None
        assert ratio is not None
        held[0] += middle.low <= np.exp(6) <= middle.high
        held[1] += ratio.low <= np.e <= ratio.high
    assert all(0.88 <= count / 150 <= 0.99 for count in held)
