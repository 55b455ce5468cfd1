"""Verifier quality against brute force and against what must hold of it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.quality import auroc, brier, calibration_error, mean_absolute_error

PAIRS = st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 0.7, 1.0]), st.booleans()), min_size=1, max_size=30)


@given(PAIRS)
def test_auroc_is_the_share_of_pairs_in_order(pairs: list[tuple[float, bool]]) -> None:
    right = [score for score, label in pairs if label]
    wrong = [score for score, label in pairs if not label]
    found = auroc([s for s, _ in pairs], [label for _, label in pairs])
    if not right or not wrong:
        assert found is None
        return
    won = sum((r > w) + (r == w) / 2 for r in right for w in wrong)
    assert found == pytest.approx(won / (len(right) * len(wrong)))


@given(PAIRS)
def test_calibration_does_not_depend_on_the_order(pairs: list[tuple[float, bool]]) -> None:
    forward = calibration_error([s for s, _ in pairs], [float(label) for _, label in pairs])
    backward = calibration_error([s for s, _ in reversed(pairs)], [float(label) for _, label in reversed(pairs)])
    assert forward == pytest.approx(backward)
    assert forward is not None
    assert 0 <= forward <= 1


def test_calibration_by_hand() -> None:
    # Two bins: scores 0.1, 0.3 with truths 0, 1 are off by |0.2 − 0.5|; 0.8, 1.0 with truths 1, 1 by |0.9 − 1|.
    assert calibration_error([1.0, 0.1, 0.8, 0.3], [1, 0, 1, 1], bins=2) == pytest.approx((0.3 + 0.1) / 2)
    assert calibration_error([0.0, 1.0, 1.0], [0, 1, 1]) == 0


@given(PAIRS)
def test_perfect_and_worst_scores(pairs: list[tuple[float, bool]]) -> None:
    truth = [float(label) for _, label in pairs]
    assert brier(truth, truth) == mean_absolute_error(truth, truth) == calibration_error(truth, truth) == 0
    worst = [1 - value for value in truth]
    assert brier(worst, truth) == mean_absolute_error(worst, truth) == 1
    assert math.isclose(calibration_error(worst, truth) or 0, 1) or len(set(truth)) == 2


def test_nothing_is_no_number() -> None:
    assert brier([], []) is calibration_error([], []) is mean_absolute_error([], []) is auroc([], []) is None
