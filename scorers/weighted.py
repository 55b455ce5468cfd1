"""Whole curves of weighted majority voting, wmaj@k.

The answer with the greatest sum of scores among k responses wins. Real scores have no polynomial formula: each subset
has a sum of its own. Three cases are exact all the same, the rest is Monte Carlo and says by how much it may be off:

* k = 1, 2 and n; every k for up to ENUMERATED responses, whose subsets are all visited, and for answers of equal worth;
* scores on a grid (votes of a judge, 0 or 1, tenths), whose sums are few: the formula of majority voting with the sum
  in the place of the number of votes, see `weighted_maj_on_grid`.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from scorers.curves import LARGEST, binomials, pass_at_all_k, product, quadrature, times_power
from scorers.estimators import check_lengths, cluster_worths, weighted_maj_estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from scorers.curves import Curve

__all__ = ["weighted_maj_at_all_k", "weighted_maj_on_grid"]

ENUMERATED = 12
PERMUTATIONS = 128
"""Random orders: 0.044 of error at most for a problem, and over M problems √M times less."""
FINEST = 10
"""Scores are looked at as multiples of 1, 1/2 … 1/FINEST."""
MAX_SUM = 256
"""Of all levels of a problem together; the work on a grid grows with it, and beyond it sampling is quicker."""
_TIE = 1e-12
_CELLS = 1 << 19  # array elements per batch of orders: some MB


def weighted_maj_at_all_k(
    answers: Sequence[str | None],
    correct: Sequence[bool],
    scores: Sequence[float | None],
    *,
    seed: int = 0,
    permutations: int = PERMUTATIONS,
) -> tuple[Curve, Curve]:
    """wmaj@k for k = 1 … n and its Monte Carlo standard error, 0 where it is exact; see `weighted_maj_estimate`.

    The error of a sampled k is at least 1/permutations: draws that all agree prove no more. Raises ValueError for an
    infinite score of an answer, lists of different lengths, and no response."""
    import numpy as np

    check_lengths(answers, correct, scores)
    n = len(answers)
    if n < 1:
        raise ValueError("a problem needs at least one response")
    weights = [_weight(answer, score) for answer, score in zip(answers, scores, strict=True)]
    worths = {float(worth) for _, worth in cluster_worths(answers, correct).values()} or {0.0}
    if len(worths) == 1:
        voting = sum(answer is not None for answer in answers)
        return worths.pop() * pass_at_all_k(n, voting), np.zeros(n)
    if n <= ENUMERATED:
        exact = [weighted_maj_estimate(answers, correct, weights, k)[0] for k in range(1, n + 1)]
        return np.array(exact), np.zeros(n)
    levels = _on_grid(weights) if n <= LARGEST else None
    if levels is not None:
        return weighted_maj_on_grid(answers, correct, levels), np.zeros(n)
    curve, error = _sampled(answers, correct, weights, seed, permutations)
    curve[1] = _of_two(answers, correct, weights)
    for k in (1, n):
        curve[k - 1] = weighted_maj_estimate(answers, correct, weights, k)[0]
    error[[0, 1, n - 1]] = 0.0
    return curve, error


def _weight(answer: str | None, score: float | None) -> float:
    if answer is None or score is None or math.isnan(score):
        return 0.0
    if math.isinf(score):
        raise ValueError("an infinite score cannot be summed into a vote")
    return float(score)


def _on_grid(weights: Sequence[float]) -> list[int] | None:
    """The weights in units of the coarsest grid that holds them; None without one, or if the sums would be too many."""
    if min(weights) < 0 or sum(weights) > MAX_SUM:
        return None
    for parts in range(1, FINEST + 1):
        exact = [weight * parts for weight in weights]
        levels = list(map(round, exact))
        if all(math.isclose(level, value, rel_tol=1e-12) for level, value in zip(levels, exact, strict=True)):
            return levels if sum(levels) <= MAX_SUM else None
    return None


def weighted_maj_on_grid(answers: Sequence[str | None], correct: Sequence[bool], levels: Sequence[int]) -> Curve:
    """wmaj@k for k = 1 … n ≤ LARGEST, exact, for scores that are whole numbers from 0 on.

    With A_i[τ] the polynomial in x that counts the non-empty draws from answer i by their number, of sum τ:

        P_k(j) = 1/C(n,k) Σ_τ [x^k] A_j[τ] ∫₀¹ (1+x)^n_0 Π_{i≠j} (1 + Σ_{σ<τ} A_i[σ] + y A_i[τ]) dy

    as for `maj_curve`, where the sum is the number of votes. Doubles over terms that are never negative; answers that
    cannot reach τ collapse into (1+x)^m. Raises ValueError for a negative level and lists of different lengths.
    """
    import numpy as np

    check_lengths(answers, correct, levels)
    n = len(answers)
    if not 1 <= n <= LARGEST or min(levels) < 0:
        raise ValueError(f"1 to {LARGEST} responses with levels from 0 on are needed")
    drawn: defaultdict[str, list[int]] = defaultdict(list)
    for answer, level in zip(answers, levels, strict=True):
        if answer is not None:
            drawn[answer].append(level)
    kinds = {answer: tuple(sorted(found)) for answer, found in drawn.items()}
    worths: defaultdict[tuple[int, ...], float] = defaultdict(float)
    for answer, (_, share) in cluster_worths(answers, correct).items():
        worths[kinds[answer]] += float(share)
    rivals = Counter(kinds.values())
    tables = {kind: _sums(kind) for kind in rivals}
    counts = np.zeros(n + 1)
    for kind, worth in worths.items():
        if worth:
            counts += worth * _winning(n, kind, rivals - Counter([kind]), tables)
    return np.minimum(counts[1:] / binomials(n)[1:], 1.0)


def _sums(kind: Sequence[int]) -> NDArray[np.float64]:
    """A[τ, s]: how many draws of s ≥ 1 responses of these levels have the sum τ."""
    import numpy as np

    table = np.zeros((sum(kind) + 1, len(kind) + 1))
    table[0, 0] = 1.0
    for level in kind:
        table[level:, 1:] += table[: len(table) - level, :-1].copy()
    table[0, 0] = 0.0
    return table


def _winning(
    n: int, kind: tuple[int, ...], rivals: Counter[tuple[int, ...]], tables: dict[tuple[int, ...], NDArray[np.float64]]
) -> Curve:
    """Draws of 0 … n responses that one answer of `kind` wins, ties shared."""
    import numpy as np

    own = tables[kind]
    highest = max(map(sum, rivals), default=-1)
    total = np.zeros(n + 1)
    clear = product(own[highest + 1 :].sum(axis=0), binomials(n - len(kind)))
    total[: len(clear)] += clear
    below = {other: np.cumsum(tables[other], axis=0) for other in rivals}
    for tau in range(min(sum(kind), highest) + 1):
        strong = [(other, m) for other, m in rivals.items() if sum(other) >= tau]
        free = n - len(kind) - sum(len(other) * m for other, m in strong)
        for node, weight in _nodes(sum(m for _, m in strong)):
            draws = product(own[tau], binomials(free))
            for other, m in strong:
                factor = node * tables[other][tau] + (below[other][tau - 1] if tau else 0.0)
                factor[0] += 1.0
                draws = times_power(draws, factor, m, n)
            total[: len(draws)] += weight * draws
    return total


def _nodes(ties: int) -> Iterator[tuple[float, float]]:
    nodes, weights = quadrature(ties // 2 + 1)
    return zip(nodes.tolist(), weights.tolist(), strict=True)


def _of_two(answers: Sequence[str | None], correct: Sequence[bool], weights: Sequence[float]) -> float:
    """wmaj@2 over all pairs: the greater score, half of each where they tie, the other one's where one abstains."""
    import numpy as np

    worth = {answer: float(share) for answer, (_, share) in cluster_worths(answers, correct).items()}
    values = np.array([0.0 if answer is None else worth[answer] for answer in answers])
    votes = np.array([answer is not None for answer in answers])
    weight = np.array(weights)
    slack = _TIE * (np.abs(weight)[:, None] + np.abs(weight)[None, :])
    gap = weight[:, None] - weight[None, :]
    share = np.where(np.abs(gap) <= slack, 0.5, (gap > 0).astype(float))
    # Of one answer both are worth the same, so that who wins does not matter; an abstention never wins.
    share = np.where(votes[None, :], share, 1.0) * votes[:, None]
    np.fill_diagonal(share, 0.0)
    n = len(values)
    return float(values @ share.sum(axis=1)) / (n * (n - 1) / 2)


def _sampled(
    answers: Sequence[str | None], correct: Sequence[bool], weights: Sequence[float], seed: int, permutations: int
) -> tuple[Curve, Curve]:
    """Means over random orders and their errors: the first k of an order are a uniform subset, so that one order serves
    every k, and the sums per answer grow along it."""
    import numpy as np

    n = len(answers)
    clusters = cluster_worths(answers, correct)
    worth = np.array([float(share) for _, share in clusters.values()])
    column = {answer: i for i, answer in enumerate(clusters)}
    votes = np.zeros((n, len(column)))
    here = np.zeros((n, len(column)), dtype=bool)
    for i, (answer, weight) in enumerate(zip(answers, weights, strict=True)):
        if answer is not None:
            here[i, column[answer]] = True
            votes[i, column[answer]] = weight
    generator = np.random.default_rng(seed)
    total, squares = np.zeros(n), np.zeros(n)
    size = max(1, _CELLS // votes.size)
    for start in range(0, permutations, size):
        orders = generator.random((min(size, permutations - start), n)).argsort(axis=1)
        drawn = votes[orders]
        present = np.logical_or.accumulate(here[orders], axis=1)
        sums = np.where(present, np.cumsum(drawn, axis=1), -np.inf)
        slack = _TIE * np.cumsum(np.abs(drawn).sum(axis=2), axis=1)
        winners = present & (sums >= (sums.max(axis=2) - slack)[:, :, None])
        outcome = (winners @ worth) / np.maximum(winners.sum(axis=2), 1)
        total += outcome.sum(axis=0)
        squares += (outcome**2).sum(axis=0)
    mean = total / permutations
    error = np.sqrt(np.maximum(squares / permutations - mean**2, 0.0) / (permutations - 1))
    return mean, np.maximum(error, 1 / permutations)
