"""Whole curves k = 1 … n of the subset estimators.

The numbers are those of `scorers.estimators`, which counts in exact integers a k at a time. Here the same sums run in
double precision over terms that are never negative, so that no digits cancel and roundings only add up. With u = 2⁻⁵³,
to first order in u, the relative error of pass^k, G-Pass@k and maj@k, and the error of pass@k and best@k relative to
the largest value, stay below `error_bound(n)` = (6 + ½ log₂ n)(n + 16)u, 3·10⁻¹³ at n = 256:

* a share C(e, k)/C(n, k) is a product of k quotients, 2k roundings; best@k weighs means with such shares and sums n of
  them, G-Pass@k sums n terms of 5 roundings each: below (3n + 5)u.
* maj@k, the work for t ≥ 2 votes. A coefficient of a product of two polynomials of lengths p and q adds min(p, q)
  roundings to theirs. A factor of length t+1 (2 roundings a coefficient) raised to the power m by squaring collects
  m(4 + t + ½ t log₂ m), so all M ≤ n/2 rivals, Mt ≤ n, collect n(3 + ½ log₂(n/2)). The quadrature sums n/4 + 1
  terms; its nodes and weights are rounded once, so that the power of a node adds (n/2 + 1)/2. The sum over t has n/2
  terms of 4 roundings, the one over sizes √(2n). Together n(4¼ + ½ log₂(n/2)) + √(2n) + 16. One vote costs 2½ n.

`tests/scorers/test_curves.py` holds them to it against exact fractions. Counts of subsets must fit a double, n ≤ 1000;
beyond that the exact functions are used for maj@k and scipy's hypergeometric law for G-Pass@k, without this bound.

A curve is an array of n numbers, entry k−1 for k.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from scorers.estimators import check_lengths, cluster_worths, maj_curve, rank

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Curve = NDArray[np.float64]

__all__ = [
    "best_at_all_k",
    "error_bound",
    "g_pass_at_all_k",
    "maj_at_all_k",
    "maj_of_clusters",
    "mg_pass_at_all_k",
    "pass_at_all_k",
    "pass_hat_all_k",
]

LARGEST = 1000
BITS = 192


def error_bound(n: int) -> float:
    """The bound on the rounding of these curves, relative to the largest value; the module says why it holds."""
    return (6 + math.log2(n) / 2) * (n + 16) * 2.0**-53


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
        law = binomials(c)[right] * binomials(n - c)[np.where(possible, wrong, 0)] / binomials(n)[drawn]
    rows = np.zeros((n, c + 2))
    rows[:, : c + 1] = np.cumsum(np.where(possible, law, 0.0)[:, ::-1], axis=1)[:, ::-1]
    return _frozen(rows)


@lru_cache(maxsize=64)
def last_of(n: int) -> Curve:
    """W[i, k−1] = C(i, k−1)/C(n, k) for i = 0 … n−1: how likely the (i+1)-th lowest of n is the highest of k drawn."""
    import numpy as np

    ks = np.arange(1.0, n + 1)
    before = np.ones((n, n))
    if n > 1:
        before[:, 1:] = _shares(n - 1)[:n]
    return _frozen(before * (ks / n))


def best_at_all_k(scores: Sequence[float | None], values: Sequence[float]) -> Curve:
    """best@k for k = 1 … n; see `best_at_k`. E_k = Σ_i v_i C(i−1, k−1)/C(n, k) over the responses in ascending order of
    score, v_i the mean value of those with the score of the i-th."""
    import numpy as np

    groups = score_groups(scores, values)
    means = [math.fsum(group) / len(group) for group in groups for _ in group]
    curve: Curve = np.array(means) @ last_of(len(means))
    return curve


def score_groups(scores: Sequence[float | None], values: Sequence[float]) -> list[list[float]]:
    """The values by score, ascending; those without a score (None, NaN) come first."""
    check_lengths(scores, values)
    _check(len(scores), 0)
    if not all(map(math.isfinite, values)):
        raise ValueError("values must be finite numbers")
    groups: defaultdict[tuple[bool, float], list[float]] = defaultdict(list)
    for score, value in zip(scores, values, strict=True):
        groups[rank(score)].append(float(value))
    return [groups[key] for key in sorted(groups)]


def maj_at_all_k(answers: Sequence[str | None], correct: Sequence[bool]) -> Curve:
    """maj@k for k = 1 … n; see `maj_curve`, whose formula this is. Problems with the same numbers share the work."""
    import numpy as np

    check_lengths(answers, correct)
    n = len(answers)
    _check(n, 0)
    if n > LARGEST:
        return np.array(maj_curve(answers, correct, range(1, n + 1)))
    clusters = [(size, float(worth)) for size, worth in cluster_worths(answers, correct).values()]
    return maj_of_clusters(n, clusters, n)


def maj_of_clusters(n: int, clusters: Iterable[tuple[int, float]], top: int) -> Curve:
    """maj@k for k = 1 … `top` ≤ n ≤ LARGEST from the size and the worth of each answer; what is left of n abstains."""
    import numpy as np

    worths: defaultdict[int, float] = defaultdict(float)
    sizes = []
    for size, worth in clusters:
        worths[size] += worth
        sizes.append(size)
    ordered = tuple(sorted(sizes))
    curve = np.zeros(top)
    for size, total in worths.items():
        if total:
            curve = curve + total * _wins(n, size, ordered, top)
    return np.minimum(curve, 1.0)


@lru_cache(maxsize=16384)
def _wins(n: int, size: int, sizes: tuple[int, ...], top: int) -> Curve:
    """P_k that one cluster of `size` among `sizes` wins, ties shared, for k = 1 … `top`; the rest of n abstains."""
    rivals = Counter(sizes)
    rivals[size] -= 1
    largest = max((s for s, m in rivals.items() if m), default=0)
    # From `largest` + 1 votes on no rival can tie: the tail of a hypergeometric law.
    wins = _tails(n, size)[:top, min(largest + 1, size + 1)].copy()
    counts = binomials(n)
    for votes in range(1, min(size, largest, top) + 1):
        degree = top - votes
        # Weaker rivals cannot matter, nor those of which a draw so short cannot hold `votes`.
        strong = tuple((s, m) for s, m in sorted(rivals.items()) if m and s >= votes and votes <= degree)
        wins[votes - 1 :] += math.comb(size, votes) * _draws(n - size, strong, votes, degree) / counts[votes : top + 1]
    return _frozen(wins)


@lru_cache(maxsize=2048)
def _draws(others: int, strong: tuple[tuple[int, int], ...], votes: int, degree: int) -> Curve:
    """Draws of 0 … degree of the other responses that leave no rival above `votes`, each counted as 1/(1 + ties).

    `strong` has (size, how many such rivals), the rest of the others is drawn freely: what leaves one response out of
    it shares the result. ∫₀¹ y^ties dy = 1/(ties+1) is taken by Gauss–Legendre quadrature, which is exact for
    polynomials in y of the degree that can occur and has positive weights; polynomials in x are multiplied coefficient
    by coefficient. One vote needs none of it: a rival drawn at all is a tie."""
    import numpy as np

    loose = binomials(others - sum(s * m for s, m in strong))[: degree + 1]
    total = np.zeros(degree + 1)
    if not strong:
        total[: len(loose)] = loose
    elif votes == 1:
        tied: Curve = np.ones(1)
        for s, m in strong:
            tied = product(tied, binomials(m) * float(s) ** np.arange(m + 1))[: degree + 1]
        found = product(tied / np.arange(1, len(tied) + 1), loose)[: degree + 1]
        total[: len(found)] = found
    else:
        ties = min(sum(m for _, m in strong), degree // votes)
        for node, weight in zip(*quadrature(ties // 2 + 1), strict=True):
            found = loose
            for s, m in strong:
                factor = binomials(s)[: votes + 1].copy()
                factor[votes] *= node
                found = times_power(found, factor, m, degree)
            total[: len(found)] += weight * found
    return _frozen(total)


def times_power(start: Curve, factor: Curve, power: int, degree: int) -> Curve:
    """start · factor^power, up to x^degree, by repeated squaring."""
    while power:
        if power & 1:
            start = product(start, factor)[: degree + 1]
        power >>= 1
        if power:
            factor = product(factor, factor)[: degree + 1]
    return start


def product(a: Curve, b: Curve) -> Curve:
    """The coefficients of a product of polynomials."""
    import numpy as np

    return np.asarray(np.convolve(a, b), dtype=np.float64)


@lru_cache(maxsize=512)
def quadrature(nodes: int) -> tuple[Curve, Curve]:
    """Gauss–Legendre nodes and weights on [0, 1], each rounded once.

    numpy's weights lose up to half of their digits near the ends (relative errors of 3·10⁻¹¹ for 250 nodes), since
    2/((1 − x²)P'²) is taken at rounded nodes. Here Newton's method goes on from numpy's nodes in integers of BITS bits.
    """
    import numpy as np

    one = 1 << BITS
    found = []
    for start in np.polynomial.legendre.leggauss(nodes)[0]:
        x = int(float(start) * 2.0**60) << (BITS - 60)
        for _ in range(3):  # errors of 1e-16, 1e-29, and below the last bit; the last slope gives the weight
            before, here = one, x
            for degree in range(2, nodes + 1):
                before, here = here, ((2 * degree - 1) * (x * here >> BITS) - (degree - 1) * before) // degree
            below = one - (x * x >> BITS)
            slope = (nodes * (before - (x * here >> BITS)) << BITS) // below
            x -= (here << BITS) // slope
        weight = Fraction(one**3, (one - (x * x >> BITS)) * slope * slope)
        found.append((float(Fraction(one + x, 2 * one)), float(weight)))
    return _frozen(np.array([x for x, _ in found])), _frozen(np.array([w for _, w in found]))


@lru_cache(maxsize=LARGEST + 1)
def binomials(s: int) -> Curve:
    """C(s, j) for j = 0 … s, each exact and rounded once."""
    import numpy as np

    return _frozen(np.array([float(math.comb(s, j)) for j in range(s + 1)]))


def _check(n: int, c: int) -> None:
    if n < 1 or not 0 <= c <= n:
        raise ValueError(f"a problem needs at least one response and 0 to n correct ones; got n = {n}, c = {c}")


def _frozen(curve: Curve) -> Curve:
    """Cached arrays are shared, so nobody may write to them."""
    curve.setflags(write=False)
    return curve
