"""Whole curves of weighted majority voting against the enumeration of all subsets, and where they must be exact."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers import curves, weighted
from scorers.estimators import weighted_maj_estimate
from scorers.weighted import weighted_maj_at_all_k, weighted_maj_on_grid

label = st.sampled_from(["a", "b", "c", "d", None])
graded = st.tuples(label, st.booleans(), st.integers(0, 4))


def enumerated(labels: list[str | None], correct: list[bool], scores: list[float | None]) -> list[float]:
    found = [weighted_maj_estimate(labels, correct, scores, k) for k in range(1, len(labels) + 1)]
    assert all(error == 0 for _, error in found), "more subsets than are enumerated"
    return [value for value, _ in found]


@settings(deadline=None, max_examples=60)
@given(st.lists(graded, min_size=1, max_size=9))
def test_on_a_grid_it_is_exact(rows: list[tuple[str | None, bool, int]]) -> None:
    labels, correct, levels = [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]
    exact = enumerated(labels, correct, [float(level) for level in levels])
    assert weighted_maj_on_grid(labels, correct, levels) == pytest.approx(exact, abs=1e-13)


@settings(deadline=None, max_examples=10)
@given(st.lists(graded, min_size=13, max_size=14), st.sampled_from([1, 3, 4, 10]))
def test_scores_on_a_grid_are_noticed(rows: list[tuple[str | None, bool, int]], parts: int) -> None:
    labels, correct = [r[0] for r in rows], [r[1] for r in rows]
    scores: list[float | None] = [r[2] / parts if r[2] else None for r in rows]
    curve, error = weighted_maj_at_all_k(labels, correct, scores)
    assert not error.any()
    assert curve == pytest.approx(enumerated(labels, correct, scores), abs=1e-13)


@pytest.mark.parametrize("sizes", [[20, 12, 5, 1, 1, 1], [6] * 6, [1] * 40])
def test_equal_scores_on_a_grid_are_a_plain_majority(sizes: list[int]) -> None:
    labels: list[str | None] = [str(i) for i, size in enumerate(sizes) for _ in range(size)] + [None] * 3
    correct = [answer == "0" for answer in labels]
    found, error = weighted_maj_at_all_k(labels, correct, [0.5] * len(labels))
    assert not error.any()
    assert found == pytest.approx(curves.maj_at_all_k(labels, correct), rel=1e-12)


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.tuples(label, st.booleans(), st.one_of(st.none(), st.floats(-2, 2))), min_size=13, max_size=16),
    st.integers(0, 1000),
)
def test_one_two_and_all_are_exact_and_the_rest_within_its_error(
    rows: list[tuple[str | None, bool, float | None]], seed: int
) -> None:
    labels, correct, scores = [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]
    curve, error = weighted_maj_at_all_k(labels, correct, scores, seed=seed)
    exact = enumerated(labels, correct, scores)
    assert [error[0], error[1], error[-1]] == [0, 0, 0]
    for k, (value, spread) in enumerate(zip(curve, error, strict=True)):
        assert abs(value - exact[k]) <= 6 * spread + 1e-12


def test_too_fine_or_negative_scores_are_sampled_with_their_error() -> None:
    labels: list[str | None] = ["a", "b", None] * 10
    correct = [answer == "a" for answer in labels]
    for scores in ([math.pi * i for i in range(30)], [-1.0, 1.0, 2.0] * 10, [50.0, 40.0, 1.0] * 10):
        curve, error = weighted_maj_at_all_k(labels, correct, scores)
        assert (error[2:-1] >= 1 / weighted.PERMUTATIONS).all()
        again, _ = weighted_maj_at_all_k(labels, correct, scores)
        assert (curve == again).all()


def test_what_cannot_be_summed_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        weighted_maj_at_all_k(["a"] * 13, [True] * 13, [math.inf] * 13)
    with pytest.raises(ValueError, match="at least one response"):
        weighted_maj_at_all_k([], [], [])
    with pytest.raises(ValueError, match="levels"):
        weighted_maj_on_grid(["a"], [True], [-1])
    silent, _ = weighted_maj_at_all_k([None] * 13, [False] * 13, [None] * 13)
    assert (silent == np.zeros(13)).all()
