"""Whole curves k = 1 … n of the subset estimators, for many problems at once.

The numbers are those of `scorers.estimators`, which counts in exact integers a k at a time. Here the same sums run in
double precision over terms that are never negative, so that no digits cancel: with u = 2⁻⁵³ the relative error of
pass^k, G-Pass@k and maj@k stays below 8(n+8)u (2·10⁻¹³ at n = 256) and that of pass@k and best@k below the same
bound times the largest value. `tests/scorers/test_curves.py` holds them to it against exact fractions. Counts of
subsets must fit a double, n ≤ 1000; beyond that the exact functions are used for maj@k and scipy's hypergeometric law
for G-Pass@k.

A curve is an array of n numbers, entry k−1 for k.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from scorers.estimators import check_lengths, cluster_worths, maj_curve, rank, weighted_maj_estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Curve = NDArray[np.float64]

__all__ = [
    "best_at_all_k",
    "error_bound",
    "g_pass_at_all_k",
    "maj_at_all_k",
    "mg_pass_at_all_k",
    "pass_at_all_k",
    "pass_hat_all_k",
    "weighted_maj_at_all_k",
]

LARGEST = 1000
ENUMERATED = 12
PERMUTATIONS = 128
"""Random orders for weighted majority: 0.044 of error at most for a problem, and over M problems √M times less."""
_CELLS = 1 << 19  # array elements per batch of orders: some MB


def error_bound(n: int) -> float:
    """The proven bound on the rounding of these curves, relative to the largest value."""
    return 8 * (n + 8) * 2.0**-53


@lru_cache(maxsize=64)
def _shares(n: int) -> Curve:
    """R[e, k−1] = C(e, k)/C(n, k) for e = 0 … n: the share of the draws that stay within e of the n responses.

    Built as a product of k factors (e−i)/(n−i), each rounded twice."""
    import numpy as np

    ends, drawn = np.arange(n + 1.0)[:, None], np.arange(float(n))[None, :]
    table: Curve = np.cumprod(np.maximum(ends - drawn, 0.0) / (n - drawn), axis=1)
    table.setflags(write=False)
    return table


@lru_cache(maxsize=4096)
def pass_at_all_k(n: int, c: int) -> Curve:
    """pass@k for k = 1 … n; see `pass_at_k`."""
    _check(n, c)
    return _frozen(1.0 - _shares(n)[n - c])


@lru_cache(maxsize=4096)
def pass_hat_all_k(n: int, c: int) -> Curve:
    """pass^k for k = 1 … n; see `pass_hat_k`."""
    _check(n, c)
    return _frozen(_shares(n)[c].copy())


@lru_cache(maxsize=4096)
def g_pass_at_all_k(n: int, c: int, tau: float) -> Curve:
    """G-Pass@k for k = 1 … n; see `g_pass_at_k`."""
    import numpy as np

    _check(n, c)
    if not 0 <= tau <= 1:
        raise ValueError(f"tau must lie between 0 and 1; got {tau}")
    ks = np.arange(1, n + 1)
    needed = np.maximum(1, np.ceil(tau * ks - 1e-9)).astype(int)
    tail = _tails(n, c)
    return _frozen(np.minimum(tail[ks - 1, np.minimum(needed, c + 1)], 1.0))


@lru_cache(maxsize=4096)
def mg_pass_at_all_k(n: int, c: int) -> Curve:
    """mG-Pass@k for k = 1 … n: (2/k) Σ_{i=⌈k/2⌉+1..k} P(at least i of k correct) (Liu et al. 2024, eq. 5)."""
    import numpy as np

    _check(n, c)
    tail = np.pad(_tails(n, c), ((0, 0), (0, n - c)))
    sums = [2 / k * tail[k - 1, (k + 1) // 2 + 1 : k + 1].sum() for k in range(1, n + 1)]
    return _frozen(np.array(sums))


@lru_cache(maxsize=16)
def _tails(n: int, c: int) -> Curve:
    """T[k−1, j] = P(at least j of k drawn are correct), j = 0 … c+1, from C(c, j)·C(n−c, k−j)/C(n, k)."""
    import numpy as np

    drawn, right = np.arange(1, n + 1)[:, None], np.arange(c + 1)[None, :]
    wrong = drawn - right
    possible = (wrong >= 0) & (wrong <= n - c)
    if n > LARGEST:
        from scipy.stats import hypergeom

        law = hypergeom.pmf(right, n, c, drawn)
    else:
        law = _binomials(c)[right] * _binomials(n - c)[np.where(possible, wrong, 0)] / _binomials(n)[drawn]
    rows = np.zeros((n, c + 2))
    rows[:, : c + 1] = np.cumsum(np.where(possible, law, 0.0)[:, ::-1], axis=1)[:, ::-1]
    return _frozen(rows)


def best_at_all_k(scores: Sequence[float | None], values: Sequence[float]) -> Curve:
    """best@k for k = 1 … n; see `best_at_k`. With g over groups of equal score that end at e_g in ascending order:
    E_k = Σ_g v_g (R[e_g, k] − R[e_{g−1}, k]), R the share of draws within the e lowest."""
    import numpy as np

    check_lengths(scores, values)
    n = len(scores)
    _check(n, 0)
    if not all(map(math.isfinite, values)):
        raise ValueError("values must be finite numbers")
    groups: defaultdict[tuple[bool, float], list[float]] = defaultdict(list)
    for score, value in zip(scores, values, strict=True):
        groups[rank(score)].append(float(value))
    steps = np.zeros(n + 1)
    end = 0
    for key in sorted(groups):
        mean = math.fsum(groups[key]) / len(groups[key])
        steps[end] -= mean
        end += len(groups[key])
        steps[end] += mean
    curve: Curve = steps @ _shares(n)
    return curve


def maj_at_all_k(answers: Sequence[str | None], correct: Sequence[bool]) -> Curve:
    """maj@k for k = 1 … n; see `maj_curve`, whose formula this is. Problems with the same numbers share the work."""
    import numpy as np

    check_lengths(answers, correct)
    n = len(answers)
    _check(n, 0)
    clusters = list(cluster_worths(answers, correct).values())
    if n > LARGEST:
        return np.array(maj_curve(answers, correct, range(1, n + 1)))
    worths: defaultdict[int, float] = defaultdict(float)
    for size, worth in clusters:
        worths[size] += float(worth)
    sizes = tuple(sorted(size for size, _ in clusters))
    curve = np.zeros(n)
    for size, total in worths.items():
        if total:
            curve = curve + total * _wins(n, size, sizes)
    return np.minimum(curve, 1.0)


@lru_cache(maxsize=16384)
def _wins(n: int, size: int, sizes: tuple[int, ...]) -> Curve:
    """P_k that one cluster of `size` among `sizes` wins, ties shared; what `sizes` leave of n abstains."""
    rivals = Counter(sizes)
    rivals[size] -= 1
    largest = max((s for s, m in rivals.items() if m), default=0)
    # From `largest` + 1 votes on no rival can tie: the tail of a hypergeometric law.
    wins = _tails(n, size)[:, min(largest + 1, size + 1)].copy()
    counts = _binomials(n)
    for votes in range(1, min(size, largest) + 1):
        draws = _draws(n - size, rivals, votes, n - votes)
        wins[votes - 1 :] += math.comb(size, votes) * draws[: n - votes + 1] / counts[votes:]
    return _frozen(wins)


def _draws(others: int, rivals: Counter[int], votes: int, degree: int) -> Curve:
    """Draws of 0 … degree of the other responses that leave no rival above `votes`, each counted as 1/(1 + ties).

    ∫₀¹ y^ties dy = 1/(ties+1) is taken by Gauss–Legendre quadrature, which is exact for polynomials in y of the degree
    that can occur and has positive weights; polynomials in x are multiplied coefficient by coefficient. A node that is
    off by u moves the integral by no more than (ties+1)u. One vote needs none of it: a rival drawn at all is a tie."""
    import numpy as np

    strong = [(s, m) for s, m in rivals.items() if m and s >= votes and votes <= degree]
    free = others - sum(s * m for s, m in strong)
    loose = _binomials(free)[: degree + 1]
    if not strong:
        return np.pad(loose, (0, degree + 1 - len(loose)))
    ties = min(sum(m for _, m in strong), degree // votes)
    total = np.zeros(degree + 1)
    if votes == 1:
        tied: Curve = np.ones(1)
        for s, m in strong:
            tied = _product(tied, _binomials(m) * float(s) ** np.arange(m + 1))[: degree + 1]
        product = np.convolve(tied / np.arange(1, len(tied) + 1), loose)[: degree + 1]
        total[: len(product)] = product
        return total
    for node, weight in zip(*_quadrature(ties // 2 + 1), strict=True):
        product = loose
        for s, m in strong:
            factor = _binomials(s)[: votes + 1].copy()
            factor[votes] *= node
            product = _times_power(product, factor, m, degree)
        total[: len(product)] += weight * product
    return total


def _times_power(product: Curve, factor: Curve, power: int, degree: int) -> Curve:
    """product · factor^power, up to x^degree, by repeated squaring."""
    while power:
        if power & 1:
            product = _product(product, factor)[: degree + 1]
        power >>= 1
        if power:
            factor = _product(factor, factor)[: degree + 1]
    return product


def _product(a: Curve, b: Curve) -> Curve:
    """The coefficients of a product of polynomials."""
    import numpy as np

    return np.asarray(np.convolve(a, b), dtype=np.float64)


@lru_cache(maxsize=1024)
def _quadrature(nodes: int) -> tuple[Curve, Curve]:
    """Gauss–Legendre nodes and weights on [0, 1]."""
    import numpy as np

    points, weights = np.polynomial.legendre.leggauss(nodes)
    return (points + 1) / 2, weights / 2


@lru_cache(maxsize=LARGEST + 1)
def _binomials(s: int) -> Curve:
    """C(s, j) for j = 0 … s, each exact and rounded once."""
    import numpy as np

    return _frozen(np.array([float(math.comb(s, j)) for j in range(s + 1)]))


def weighted_maj_at_all_k(
    answers: Sequence[str | None],
    correct: Sequence[bool],
    scores: Sequence[float | None],
    *,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> tuple[Curve, Curve]:
    """wmaj@k for k = 1 … n and its Monte Carlo standard error; see `weighted_maj_estimate`.

    The first k of a random order are a uniform subset, so that one order serves every k: sums per answer grow along
    it. Exact, with error 0, for k = 1 and k = n, everywhere up to ENUMERATED responses, whose subsets are all visited,
    and everywhere if all answers are worth the same."""
    import numpy as np

    check_lengths(answers, correct, scores)
    n = len(answers)
    _check(n, 0)
    clusters = cluster_worths(answers, correct)
    worth = np.array([float(w) for _, w in clusters.values()] or [0.0])
    if len(set(worth)) == 1:
        silent = sum(answer is None for answer in answers)
        return worth[0] * (1.0 - _shares(n)[silent]), np.zeros(n)
    if n <= ENUMERATED:
        exact = [weighted_maj_estimate(answers, correct, scores, k)[0] for k in range(1, n + 1)]
        return np.array(exact), np.zeros(n)
    column = {answer: i for i, answer in enumerate(clusters)}
    votes = np.zeros((n, len(column)))
    here = np.zeros((n, len(column)), dtype=bool)
    for i, (answer, score) in enumerate(zip(answers, scores, strict=True)):
        if answer is not None:
            here[i, column[answer]] = True
            votes[i, column[answer]] = 0.0 if score is None or math.isnan(score) else score
    if not np.isfinite(votes).all():
        raise ValueError("an infinite score cannot be summed into a vote")
    generator = np.random.default_rng(seed)
    total, squares = np.zeros(n), np.zeros(n)
    size = max(1, _CELLS // votes.size)
    for start in range(0, permutations, size):
        orders = generator.random((min(size, permutations - start), n)).argsort(axis=1)
        drawn = votes[orders]
        present = np.logical_or.accumulate(here[orders], axis=1)
        sums = np.where(present, np.cumsum(drawn, axis=1), -np.inf)
        slack = 1e-12 * np.cumsum(np.abs(drawn).sum(axis=2), axis=1)
        winners = present & (sums >= (sums.max(axis=2) - slack)[:, :, None])
        outcome = (winners @ worth) / np.maximum(winners.sum(axis=2), 1)
        total += outcome.sum(axis=0)
        squares += (outcome**2).sum(axis=0)
    mean = total / permutations
    error = np.sqrt(np.maximum(squares / permutations - mean**2, 0.0) / (permutations - 1))
    error = np.maximum(error, 1 / permutations)
    mean[0], error[0], error[-1] = math.fsum(w * s for s, w in clusters.values()) / n, 0.0, 0.0
    return mean, error


def _check(n: int, c: int) -> None:
    if n < 1 or not 0 <= c <= n:
        raise ValueError(f"a problem needs at least one response and 0 to n correct ones; got n = {n}, c = {c}")


def _frozen(curve: Curve) -> Curve:
    """Cached arrays are shared, so nobody may write to them."""
    curve.setflags(write=False)
    return curve
