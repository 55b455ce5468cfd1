"""Accuracy per doubling over a series of runs: exact on a line, covering intervals, and a check that finds a bend."""

from __future__ import annotations

import numpy as np
import pytest

from scorers.trend import log_trend

COSTS = np.array([100.0, 200.0, 400.0, 800.0])


def series(rng: np.random.Generator, means: list[float], problems: int = 150) -> np.ndarray:
    """Right or wrong per problem and run, problems of different difficulty and dependent over runs."""
    shift = rng.normal(0, 0.15, size=(problems, 1))
    return (rng.uniform(size=(problems, 4)) < np.clip(np.array(means) + shift, 0, 1)).astype(float)


def test_points_on_a_line() -> None:
    found = log_trend([[0.1, 0.2, 0.3, 0.4]] * 8, [list(COSTS)] * 8)
    assert found is not None
    assert found.slope == pytest.approx(0.1)
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1))
    assert found.intercept + found.slope * np.log2(100) == pytest.approx(0.1)


def test_intervals_cover_and_the_check_is_calm_on_a_line() -> None:
    rng = np.random.default_rng(0)
    inside, alarms = 0, 0
    for _ in range(80):
        found = log_trend(series(rng, [0.3, 0.4, 0.5, 0.6]), np.tile(COSTS, (150, 1)))
        assert found is not None and found.misfit is not None
        inside += found.low <= 0.1 <= found.high
        alarms += found.misfit < 0.05
    assert inside >= 70
    assert alarms <= 11


def test_a_hump_is_found() -> None:
    rng = np.random.default_rng(1)
    found = log_trend(series(rng, [0.2, 0.7, 0.7, 0.2], 300), np.tile(COSTS, (300, 1)))
    assert found is not None and found.misfit is not None and found.misfit < 1e-6
    assert abs(found.slope) < 0.05


def test_what_has_no_trend() -> None:
    assert log_trend([[0.1, 0.2]] * 8, [[5.0, 5.0]] * 8) is None
    assert log_trend([[0.1, 0.2]] * 3, [[5.0, 6.0]] * 3) is None
    assert log_trend([[0.1]] * 8, [[5.0]] * 8) is None
    two = log_trend([[0.0, 1.0]] * 8, [[5.0, 10.0]] * 8)
    assert two is not None and two.slope == pytest.approx(1) and two.misfit is None
