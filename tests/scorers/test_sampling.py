"""The variance over new samples of the same problems, against its definition and against simulation."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scorers.curves import g_pass_at_all_k, pass_hat_all_k
from scorers.estimators import best_curve, g_pass_at_k, maj_curve, pass_at_k, pass_hat_k
from scorers.sampling import (
    best_variances,
    count_variances,
    maj_variances,
    mean_variance,
    pass_variances,
    standard_error,
    value_variance,
)

T = TypeVar("T")


def jackknife(n: int, value: Callable[[Sequence[int]], float]) -> float:
    left = [value([i for i in range(n) if i != j]) for j in range(n)]
    mean = sum(left) / n
    return (n - 1) / n * sum((x - mean) ** 2 for x in left)


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", None]), st.sampled_from([0.1, 0.5, 0.7, None]), st.booleans()),
        min_size=3,
        max_size=9,
    )
)
def test_each_equals_the_jackknife_by_its_definition(pairs: list[tuple[str | None, float | None, bool]]) -> None:
    n = len(pairs)
    answers, scores = [p[0] for p in pairs], [p[1] for p in pairs]
    correct = [p[2] for p in pairs]  # flags may disagree within an answer
    ks = list(range(1, n))

    def kept(values: Sequence[T], left: Sequence[int]) -> list[T]:
        return [values[i] for i in left]

    def passed(k: int) -> float:
        return jackknife(n, lambda left: pass_at_k(n - 1, sum(kept(correct, left)), k))

    def voted(k: int) -> float:
        return jackknife(n, lambda left: maj_curve(kept(answers, left), kept(correct, left), [k])[0])

    def best(k: int) -> float:
        return jackknife(n, lambda left: best_curve(kept(scores, left), kept(values, left), [k])[0])

    values = [float(c) for c in correct]
    assert pass_variances(n, sum(correct), ks) == pytest.approx(list(map(passed, ks)), abs=1e-12)
    assert maj_variances(answers, correct, ks) == pytest.approx(list(map(voted, ks)), abs=1e-12)
    assert best_variances(scores, values, ks) == pytest.approx(list(map(best, ks)), abs=1e-12)


@given(st.integers(2, 9).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_counts_are_enough_for_the_others(nc: tuple[int, int]) -> None:
    n, c = nc
    flags = [True] * c + [False] * (n - c)
    ks = list(range(1, n))

    def half(right: int, k: int) -> float:
        return g_pass_at_k(n - 1, right, k, 0.5)

    hat = [jackknife(n, lambda left, k=k: pass_hat_k(n - 1, sum(flags[i] for i in left), k)) for k in ks]
    tau = [jackknife(n, lambda left, k=k: half(sum(flags[i] for i in left), k)) for k in ks]
    assert count_variances(pass_hat_all_k, n, c, ks) == pytest.approx(hat, abs=1e-12)
    assert count_variances(lambda n, c: g_pass_at_all_k(n, c, 0.5), n, c, ks) == pytest.approx(tau, abs=1e-12)


@given(st.integers(2, 12).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_the_mean_has_its_unbiased_form_which_the_jackknife_equals(nc: tuple[int, int]) -> None:
    n, c = nc
    flags = [1] * c + [0] * (n - c)
    assert mean_variance(n, c) == pytest.approx(statistics.variance(flags) / n)
    if n > 2:
        assert pass_variances(n, c, [1])[0] == pytest.approx(mean_variance(n, c), abs=1e-12)


def test_it_is_the_variance_over_new_samples() -> None:
    rng = random.Random(5)
    n, k = 24, 4
    values, variances = [], []
    for _ in range(3000):
        c = sum(rng.random() < 0.2 for _ in range(n))
        values.append(pass_at_k(n, c, k))
        variances.append(pass_variances(n, c, [k])[0])
    assert statistics.mean(v for v in variances if v is not None) == pytest.approx(statistics.variance(values), rel=0.1)


def test_what_cannot_be_had_is_none() -> None:
    assert mean_variance(1, 1) is None
    assert pass_variances(4, 2, [3, 4]) == [pytest.approx(pass_variances(4, 2, [3])[0]), None]
    assert maj_variances(["a"], [True], [1]) == [None]
    assert best_variances([0.5], [1.0], [1]) == [None]
    assert value_variance([7]) is None
    assert value_variance([3, 5]) == 1.0
    assert standard_error([]) is None
    assert standard_error([0.04, None]) is None
    assert standard_error([0.04, 0.05]) == pytest.approx(0.3 / 2)
