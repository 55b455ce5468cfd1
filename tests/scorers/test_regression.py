"""Lines with robust errors: exact on a line, White's by hand, intervals that cover under heteroscedasticity."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.regression import line

FEW = st.floats(-5, 5, allow_nan=False).map(lambda v: round(v, 2))


@settings(deadline=None)
@given(st.lists(FEW, min_size=3, max_size=20, unique=True), FEW, FEW)
def test_points_on_a_line(xs: list[float], a: float, b: float) -> None:
    found = line(xs, [a + b * x for x in xs])
    assert found is not None
    assert found.slope == pytest.approx(b, abs=1e-6)
    assert found.intercept == pytest.approx(a, abs=1e-6)
    assert found.se == pytest.approx(0, abs=1e-6)


def test_the_error_is_white_s() -> None:
    x, y = np.array([1.0, 2, 3, 4, 5]), np.array([1.0, 3, 2, 6, 4])
    found = line(list(x), list(y))
    assert found is not None
    away = x - x.mean()
    slope = (away * y).sum() / (away**2).sum()
    residual = y - y.mean() - slope * away
    plain = np.sqrt((away**2 * residual**2).sum()) / (away**2).sum()
    assert found.slope == pytest.approx(slope)
    assert found.se == pytest.approx(plain * np.sqrt(5 / 4 * 4 / 3))


def test_repeating_every_point_in_its_cluster_proves_nothing() -> None:
    x, y = [1.0, 2, 3, 4, 5], [1.0, 3, 2, 6, 4]
    once, ten = line(x, y), line(x * 10, y * 10, clusters=list("abcde") * 10)
    assert once is not None and ten is not None
    assert ten.se < once.se * 1.05 and ten.se > once.se * 0.8  # the (N−1)/(N−2) alone differs
    assert (ten.points, ten.clusters) == (50, 5)


def test_a_curve_bends_and_a_line_does_not() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, 200)
    noise = rng.normal(0, 0.1, 200)
    straight, curved = line(x, x + noise), line(x, x**2 + noise)
    assert straight is not None and straight.bend is not None and straight.bend > 0.01
    assert curved is not None and curved.bend is not None and curved.bend < 1e-6


def test_intervals_cover_though_the_spread_grows_with_x() -> None:
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(200):
        x = rng.uniform(0, 4, 80)
        found = line(x, 2 * x + rng.normal(size=80) * x**2)
        assert found is not None
        inside += found.low <= 2 <= found.high
    assert inside >= 180


def test_what_determines_no_line_has_none() -> None:
    assert line([1, 1, 1, 1], [1, 2, 3, 4]) is None
    assert line([1, 2], [1, 2]) is None
    assert line([1, 2, 3, 4], [1, 2, 3, 4], clusters=["a", "a", "b", "b"]) is None
    with pytest.raises(ValueError, match="as many"):
        line([1, 2, 3], [1, 2])
