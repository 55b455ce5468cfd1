"""First wrong steps: F1, thresholds and step AUROC against what they are by definition."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.localization import (
    Solution,
    best_threshold,
    cross_fitted,
    f1,
    f1_interval,
    place,
    step_auroc,
)

SCORES = st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5, 0.8, 1.0]), min_size=1, max_size=4)


@st.composite
def solutions(draw: st.DrawFn, most: int = 14) -> list[Solution]:
    found = []
    for number in range(draw(st.integers(4, most))):
        scores = draw(SCORES)
        label = draw(st.integers(-1, len(scores) - 1))
        found.append(Solution(str(number), draw(st.sampled_from("ab")), number // 2, label, tuple(scores)))
    return found


def judged(found: list[Solution], threshold: float) -> list[bool]:
    return [place(s.scores, threshold) == s.label for s in found]


def test_f1_is_the_harmonic_mean_of_both_sides_and_the_mean_of_subsets() -> None:
    found = [Solution(str(i), "a", i, label) for i, label in enumerate([-1, -1, 0, 2, 1])]
    assert f1(found, [True, False, True, True, False]) == pytest.approx(2 * (1 / 2 * 2 / 3) / (1 / 2 + 2 / 3))
    assert f1(found, [False, False, True, True, True]) == 0.0
    assert f1(found, [False] * 5) == 0.0
    more = [Solution("x", "b", 7, -1), Solution("y", "b", 8, 0)]
    assert f1([*found, *more], [True, False, True, True, False, True, True]) == pytest.approx((4 / 7 + 1) / 2)
    assert f1(found[:2], [True, True]) is None
    assert f1([], []) is None


@settings(deadline=None)
@given(solutions())
def test_the_best_threshold_is_better_than_every_other(found: list[Solution]) -> None:
    best = best_threshold(found)
    if best is None:
        assert f1(found, [True] * len(found)) is None
        return
    reached = f1(found, judged(found, best))
    assert reached is not None
    for threshold in (-1.0, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9, 1.0, 2.0):
        other = f1(found, judged(found, threshold))
        assert other is not None
        assert other <= reached + 1e-9


@settings(deadline=None)
@given(solutions())
def test_step_auroc_is_what_pairs_say(found: list[Solution]) -> None:
    right = [x for s in found for i, x in enumerate(s.scores) if s.label < 0 or i < s.label]
    wrong = [s.scores[s.label] for s in found if s.label >= 0]
    value, _ = step_auroc(found, resamples=20)
    if not right or not wrong:
        assert value is None
    else:
        won = sum((a > b) + (a == b) / 2 for a, b in product(right, wrong))
        assert value == pytest.approx(won / (len(right) * len(wrong)))


def test_halves_share_no_problem_and_thresholds_come_from_the_other_half() -> None:
    # Every problem has a solution that is right and one that is not; scores are 0.9, and 0.4 at the wrong step.
    found = []
    for number in range(20):
        found.append(Solution(f"r{number}", "a", number, -1, (0.9, 0.9)))
        found.append(Solution(f"w{number}", "a", number, 1, (0.9, 0.4)))
    right, thresholds = cross_fitted(found) or ([], (0.0, 0.0))
    assert all(right)
    assert all(0.4 < threshold <= 0.9 for threshold in thresholds)
    # One half's thresholds must not come from itself: shift the scores of one half of the problems.
    from scorers.localization import _halves

    second = _halves(found)
    assert sum(second) == 20
    assert all(second[i] == second[i + 1] for i in range(0, 40, 2))
    shifted = [
        Solution(s.id, s.subset, s.question, s.label, tuple(x / 10 for x in s.scores) if there else s.scores)
        for s, there in zip(found, second, strict=True)
    ]
    right, thresholds = cross_fitted(shifted) or ([], (0.0, 0.0))
    assert thresholds[0] > 0.4
    assert thresholds[1] <= 0.09
    # Scores of 0.09 at a threshold above 0.4: every first step is flagged; and below 0.09 no step ever is.
    assert [r for r, there in zip(right, second, strict=True) if there] == [False] * 20
    kept = [(s.label, r) for s, r, there in zip(shifted, right, second, strict=True) if not there]
    assert all(r is (label < 0) for label, r in kept)


def test_intervals_hold_the_value_and_widen_where_solutions_share_problems() -> None:
    alone = [Solution(str(i), "a", i, (-1, 0)[i % 2]) for i in range(120)]
    right = [i % 3 != 0 for i in range(120)]
    one = f1_interval(alone, right)
    value = f1(alone, right)
    assert one is not None
    assert value is not None
    assert one.low < value < one.high
    # Pairs that always fall together carry half the information.
    twice = [Solution(f"{s.id}{k}", "a", s.question, s.label) for s in alone[:60] for k in "xy"]
    two = f1_interval(twice, [r for r in right[:60] for _ in "xy"])
    assert two is not None
    assert 1.2 < two.se / one.se < 1.7
    assert f1_interval(alone[:5], right[:5]) is None
