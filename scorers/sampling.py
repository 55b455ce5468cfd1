"""How much a number would change with new samples of the same problems.

The spread over problems (`scorers.intervals`) answers for problems like these that were not asked. Whoever compares
two runs on a fixed benchmark also wants the other variance: the problems stay, the responses are drawn again. Of
independent problems it is Σ Var_i / M², with Var_i the variance of problem i's estimate over draws of its n responses
(Miller 2024, "Adding Error Bars to Evals", section 3). For the mean Var_i has an unbiased form; for the other
estimators, which are U-statistics of the responses, it is the delete-1 jackknife (Efron & Stein 1981), which needs one
response more than k.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from scorers.curves import best_at_all_k, maj_at_all_k, pass_at_all_k

if TYPE_CHECKING:
    from scorers.curves import Curve

__all__ = ["best_variances", "maj_variances", "mean_variance", "pass_variances", "standard_error"]

Variances = list[float | None]
T = TypeVar("T")


def standard_error(variances: Sequence[float | None]) -> float | None:
    """√(Σ Var_i)/M over problems; None if there is none or one of them has no variance."""
    known = [v for v in variances if v is not None]
    if not known or len(known) < len(variances):
        return None
    return math.sqrt(math.fsum(known)) / len(known)


def mean_variance(n: int, c: int) -> float | None:
    """The unbiased variance of c/n over new draws, c(n−c)/(n²(n−1)); None for one response."""
    return None if n < 2 else c * (n - c) / (n * n * (n - 1))


def pass_variances(n: int, c: int, ks: Sequence[int]) -> Variances:
    """Jackknife variances of pass@k for `ks`."""
    left: list[tuple[int, Callable[[], Curve]]] = [
        (c, lambda: pass_at_all_k(n - 1, c - 1)),
        (n - c, lambda: pass_at_all_k(n - 1, c)),
    ]
    return _jackknife(n, left, ks)


def maj_variances(answers: Sequence[str | None], correct: Sequence[bool], ks: Sequence[int]) -> Variances:
    """Jackknife variances of maj@k for `ks`."""
    sizes = Counter(answers)
    rights = Counter(answer for answer, flag in zip(answers, correct, strict=True) if flag)
    # Answers of one size with as many right flags are alike: leaving out either gives the same number.
    kinds = [(a is None, sizes[a], rights[a], flag) for a, flag in zip(answers, correct, strict=True)]
    return _by_kind(kinds, lambda i: maj_at_all_k(_without(answers, i), _without(correct, i)), ks)


def best_variances(scores: Sequence[float | None], values: Sequence[float], ks: Sequence[int]) -> Variances:
    """Jackknife variances of best@k for `ks`."""
    kinds = list(zip(map(repr, scores), values, strict=True))
    return _by_kind(kinds, lambda i: best_at_all_k(_without(scores, i), _without(values, i)), ks)


def _by_kind(kinds: Sequence[object], without: Callable[[int], Curve], ks: Sequence[int]) -> Variances:
    """The jackknife where leaving out responses of one kind gives one number."""
    first = {kind: i for i, kind in reversed(list(enumerate(kinds)))}
    left = [(count, partial(without, first[kind])) for kind, count in Counter(kinds).items()]
    return _jackknife(len(kinds), left, ks)


def _jackknife(n: int, left: Iterable[tuple[int, Callable[[], Curve]]], ks: Sequence[int]) -> Variances:
    """(n−1)/n Σ_j (θ_(−j) − θ̄)²; `left` holds how many responses, left out, give which curve."""
    if n < 2 or all(k >= n for k in ks):
        return [None] * len(ks)
    curves = [(count, curve()) for count, curve in left if count]
    found: Variances = []
    for k in ks:
        if k >= n:
            found.append(None)
            continue
        mean = math.fsum(count * curve[k - 1] for count, curve in curves) / n
        found.append((n - 1) / n * math.fsum(count * (curve[k - 1] - mean) ** 2 for count, curve in curves))
    return found


def _without(values: Sequence[T], index: int) -> list[T]:
    return [*values[:index], *values[index + 1 :]]
