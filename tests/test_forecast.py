"""The forecast of a run's cost: exact where costs are, and a range that holds what it promises."""

from __future__ import annotations

import random

import pytest

from harness.forecast import forecast


def test_costs_without_chance_are_known() -> None:
    found = forecast([(1, 10.0), (1, 10.0), (2, 30.0), (2, 30.0)], {1: 5, 2: 7})
    assert found is not None
    assert (found.expected, found.low, found.high, found.seen) == (260.0, 260.0, 260.0, 4)


def test_levels_weigh_as_they_are_planned_and_unseen_ones_are_average() -> None:
    seen = [(1, 10.0), (1, 12.0), (2, 30.0), (2, 34.0)]
    assert forecast(seen, {1: 100}).expected == pytest.approx(1100)  # type: ignore[union-attr]
    assert forecast(seen, {3: 100}).expected == pytest.approx(2150)  # type: ignore[union-attr]
    assert forecast(seen[:1], {1: 1}) is None


def test_the_range_covers_what_comes() -> None:
    draw = random.Random(1)
    cost = {level: (lambda level=level: draw.lognormvariate(4 + level / 3, 0.5)) for level in range(1, 6)}
    planned = {1: 43, 2: 90, 3: 105, 4: 128, 5: 134}
    probe = {1: 2, 2: 3, 3: 3, 4: 4, 5: 4}
    inside = 0
    for _ in range(400):
        found = forecast([(level, cost[level]()) for level, n in probe.items() for _ in range(n)], planned)
        assert found is not None
        inside += found.low <= sum(cost[level]() for level, n in planned.items() for _ in range(n)) <= found.high
    assert 0.88 < inside / 400 <= 1  # 95 % for normal costs; these are skewed
