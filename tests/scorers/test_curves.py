"""Whole curves equal the exact functions at every k, within the bound that is stated."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers import curves
from scorers.estimators import (
    best_at_k,
    best_curve,
    g_pass_at_k,
    maj_curve,
    pass_at_k,
    pass_hat_k,
)

counts = st.integers(1, 40).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
answers = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=40)


def close(curve: np.ndarray, exact: list[float], n: int, scale: float = 1.0) -> None:
    assert curve.shape == (n,)
    assert np.abs(curve - np.array(exact)).max() <= curves.error_bound(n) * scale


@given(counts, st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
def test_counts_decide_pass_curves(nc: tuple[int, int], tau: float) -> None:
    n, c = nc
    ks = range(1, n + 1)
    close(curves.pass_at_all_k(n, c), [pass_at_k(n, c, k) for k in ks], n)
    close(curves.pass_hat_all_k(n, c), [pass_hat_k(n, c, k) for k in ks], n)
    close(curves.g_pass_at_all_k(n, c, tau), [g_pass_at_k(n, c, k, tau) for k in ks], n)


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_mg_pass_by_enumeration(nc: tuple[int, int]) -> None:
    n, c = nc
    exact = []
    for k in range(1, n + 1):
        draws = [sum(d) for d in itertools.combinations([1] * c + [0] * (n - c), k)]
        wanted = range((k + 1) // 2 + 1, k + 1)
        exact.append(float(Fraction(2, k) * sum(Fraction(sum(d >= i for d in draws), len(draws)) for i in wanted)))
    close(curves.mg_pass_at_all_k(n, c), exact, n)


@settings(deadline=None)
@given(answers, st.sets(st.sampled_from("abcd")))
def test_majority_curve(given_answers: list[str | None], right: set[str]) -> None:
    correct = [answer in right for answer in given_answers]
    n = len(given_answers)
    close(curves.maj_at_all_k(given_answers, correct), maj_curve(given_answers, correct, range(1, n + 1)), n)


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1, max_size=12))
def test_majority_curve_with_flags_that_disagree(pairs: list[tuple[str, bool]]) -> None:
    n = len(pairs)
    left, right = [p[0] for p in pairs], [p[1] for p in pairs]
    close(curves.maj_at_all_k(left, right), maj_curve(left, right, range(1, n + 1)), n)


@pytest.mark.parametrize(
    "sizes", [[128, 128], [100, 60, 40, 20, 10, *[1] * 26], [3] * 85, [1] * 256, [64] * 4, [90, 90, 70, 2, 2]]
)
def test_majority_curve_at_256(sizes: list[int]) -> None:
    labels: list[str | None] = [str(i) for i, size in enumerate(sizes) for _ in range(size)]
    labels += [None] * (256 - len(labels))
    correct = [label == "0" for label in labels]
    ks = [1, 2, 3, 7, 16, 64, 100, 128, 200, 255, 256]
    curve = curves.maj_at_all_k(labels, correct)
    exact = maj_curve(labels, correct, ks)
    for k, value in zip(ks, exact, strict=True):
        assert curve[k - 1] == pytest.approx(value, rel=curves.error_bound(256), abs=1e-300)


def test_beyond_a_double_other_ways_answer() -> None:
    labels = ["a", "b"] * 510
    curve = curves.maj_at_all_k(labels[:1001], [label == "a" for label in labels[:1001]])
    assert curve[0] == pytest.approx(501 / 1001)
    assert np.isfinite(curve).all()
    tail = curves.g_pass_at_all_k(1001, 500, 0.5)
    assert tail[99] == pytest.approx(g_pass_at_k(1001, 500, 100, 0.5), rel=1e-9)


@given(
    st.lists(st.tuples(st.sampled_from([None, float("nan"), -1.0, 0.0, 0.5, 2.0]), st.floats(-1e3, 1e3)), min_size=1)
)
def test_best_curve(pairs: list[tuple[float | None, float]]) -> None:
    scores, values = [p[0] for p in pairs], [p[1] for p in pairs]
    n = len(pairs)
    exact = best_curve(scores, values, range(1, n + 1))
    close(curves.best_at_all_k(scores, values), exact, n, scale=max(1e-300, *map(abs, values)))


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_the_oracle_is_pass_and_its_reverse_pass_hat(correct: list[bool]) -> None:
    n, c = len(correct), sum(correct)
    values = [float(flag) for flag in correct]
    close(curves.best_at_all_k(values, values), list(curves.pass_at_all_k(n, c)), n)
    close(curves.best_at_all_k([-v for v in values], values), list(curves.pass_hat_all_k(n, c)), n)
    assert best_at_k(values, values, n) == pytest.approx(float(any(correct)))


@pytest.mark.parametrize("nodes", [1, 2, 7, 43, 64, 129, 250])
def test_nodes_and_weights_are_rounded_once(nodes: int) -> None:
    """Powers of y integrate to 1/(r+1) within the roundings that the bound allows: numpy's weights do not."""
    points, weights = curves.quadrature(nodes)
    assert (points > 0).all()
    assert (weights > 0).all()
    for r in {0, 1, nodes, 2 * nodes - 1}:
        exact = sum(Fraction(w) * Fraction(y) ** r for y, w in zip(points.tolist(), weights.tolist(), strict=True))
        assert abs(exact * (r + 1) - 1) <= Fraction((r + 1) / 2 + 1) * Fraction(2) ** -53


def first_of_order(order: tuple[int, ...], k: int, labels: list[str | None], correct: list[bool]) -> bool:
    """The verdict of a vote among the first k, ties to the answer that came first."""
    votes: dict[str, list[bool]] = {}
    for i in order[:k]:
        if labels[i] is not None:
            votes.setdefault(str(labels[i]), []).append(correct[i])
    return bool(votes) and max(votes.values(), key=len)[0]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(0, 3)), min_size=1, max_size=6))
def test_first_k_averages_over_all_orders_to_the_curves(pairs: list[tuple[str | None, int]]) -> None:
    """What peers do with one order (the first k, ties to whoever came first) is right on average over orders."""
    labels, scores = [p[0] for p in pairs], [float(p[1]) for p in pairs]
    correct = [label == "a" for label in labels]
    n = len(pairs)
    orders = list(itertools.permutations(range(n)))
    passed, voted, best = [], [], []
    for k in range(1, n + 1):
        passed.append(sum(any(correct[i] for i in order[:k]) for order in orders) / len(orders))
        voted.append(sum(first_of_order(order, k, labels, correct) for order in orders) / len(orders))
        best.append(sum(correct[max(order[:k], key=lambda i: scores[i])] for order in orders) / len(orders))
    assert curves.pass_at_all_k(n, sum(correct)) == pytest.approx(passed, abs=1e-12)
    assert curves.maj_at_all_k(labels, correct) == pytest.approx(voted, abs=1e-12)
    assert curves.best_at_all_k(scores, [float(flag) for flag in correct]) == pytest.approx(best, abs=1e-12)


@given(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=40))
def test_two_votes_decide_nothing(labels: list[str]) -> None:
    correct = [label == "a" for label in labels]
    curve = curves.maj_at_all_k(labels, correct)
    assert list(curve[:2]) == pytest.approx([sum(correct) / len(labels)] * 2, rel=curves.error_bound(len(labels)))


def test_nothing_has_no_curve_and_cached_curves_cannot_be_written() -> None:
    for call in (
        lambda: curves.pass_at_all_k(0, 0),
        lambda: curves.maj_at_all_k([], []),
        lambda: curves.pass_at_all_k(2, 3),
    ):
        with pytest.raises(ValueError, match="at least one response"):
            call()
    with pytest.raises(ValueError, match="read-only"):
        curves.pass_at_all_k(3, 1)[0] = 1.0
