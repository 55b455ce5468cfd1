"""How much a number would change with new samples of the same problems.

The spread over problems (`scorers.intervals`) answers for problems like these that were not asked. Whoever compares
two runs on a fixed benchmark also wants the other variance: the problems stay, the responses are drawn again. Of
independent problems it is Σ Var_i / M², with Var_i the variance of problem i's estimate over draws of its n responses
(Miller 2024, "Adding Error Bars to Evals", section 3). For the mean Var_i has an unbiased form; for the other
estimators, which are U-statistics of the responses, it is the delete-1 jackknife (Efron & Stein 1981), which needs one
response more than k.

Leaving out one of several responses that are alike gives the same number, so that pass@k and its kin need two curves a
problem, maj@k one for each size of answer, and best@k has all n of them from two running sums.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from scorers.curves import LARGEST, last_of, maj_of_clusters, pass_at_all_k, score_groups
from scorers.estimators import check_lengths, maj_curve

if TYPE_CHECKING:
    from scorers.curves import Curve

__all__ = [
    "best_variances",
    "count_variances",
    "maj_variances",
    "mean_variance",
    "pass_variances",
    "standard_error",
    "value_variance",
]

Variances = list[float | None]


def standard_error(variances: Sequence[float | None]) -> float | None:
    """√(Σ Var_i)/M over problems; None if there is none or one of them has no variance."""
    known = [v for v in variances if v is not None]
    if not known or len(known) < len(variances):
        return None
    return math.sqrt(math.fsum(known)) / len(known)


def mean_variance(n: int, c: int) -> float | None:
    """The unbiased variance of c/n over new draws, c(n−c)/(n²(n−1)); None for one response."""
    return None if n < 2 else c * (n - c) / (n * n * (n - 1))


def value_variance(values: Sequence[float]) -> float | None:
    """The unbiased variance of a mean of n responses' values (tokens) over new draws, s²/n; None for one response."""
    n = len(values)
    if n < 2:
        return None
    mean = math.fsum(values) / n
    return math.fsum((value - mean) ** 2 for value in values) / (n * (n - 1))


def pass_variances(n: int, c: int, ks: Sequence[int]) -> Variances:
    """Jackknife variances of pass@k for `ks`."""
    return count_variances(pass_at_all_k, n, c, ks)


def count_variances(curve: Callable[[int, int], Curve], n: int, c: int, ks: Sequence[int]) -> Variances:
    """Jackknife variances for `ks` of what depends on the numbers of responses and right ones alone: `curve(n, c)`."""
    kinds = [(c, c - 1), (n - c, c)]
    return _jackknife(n, ((count, curve(n - 1, left)) for count, left in kinds if count and n > 1), ks)


def maj_variances(answers: Sequence[str | None], correct: Sequence[bool], ks: Sequence[int]) -> Variances:
    """Jackknife variances of maj@k for `ks`."""
    check_lengths(answers, correct)
    n, top = len(answers), max((k for k in ks if k < len(answers)), default=0)
    if not top:
        return [None] * len(ks)
    sizes = Counter(answers)
    rights = Counter(answer for answer, flag in zip(answers, correct, strict=True) if flag)
    clusters = Counter((size, rights[answer]) for answer, size in sizes.items() if answer is not None)
    # Answers of one size with as many right flags are alike.
    kinds = Counter(
        None if answer is None else (sizes[answer], rights[answer], bool(flag))
        for answer, flag in zip(answers, correct, strict=True)
    )

    def left(kind: tuple[int, int, bool] | None) -> Curve:
        rest = clusters.copy()
        if kind is not None:
            size, right, flag = kind
            rest[size, right] -= 1
            if size > 1:
                rest[size - 1, right - flag] += 1
        return _majority(n - 1, list(rest.elements()), top)

    return _jackknife(n, ((count, left(kind)) for kind, count in kinds.items()), ks)


def _majority(n: int, clusters: Sequence[tuple[int, int]], top: int) -> Curve:
    """maj@k up to `top` from (size, how many of its flags are right) of each answer."""
    import numpy as np

    if n <= LARGEST:
        return maj_of_clusters(n, [(size, right / size) for size, right in clusters], top)
    answers = [f"{i}" for i, (size, _) in enumerate(clusters) for _ in range(size)]
    correct = [place < right for size, right in clusters for place in range(size)]
    silent = n - len(answers)
    return np.array(maj_curve([*answers, *[None] * silent], [*correct, *[False] * silent], range(1, top + 1)))


def best_variances(scores: Sequence[float | None], values: Sequence[float], ks: Sequence[int]) -> Variances:
    """Jackknife variances of best@k for `ks`.

    Of n−1 responses in ascending order of score the i-th has the weight W_i = C(i−1, k−1)/C(n−1, k). Without one of the
    group g of equal scores the groups below keep their places, those above move down by one, and g has one place less
    and the mean of its rest."""
    import numpy as np

    groups = score_groups(scores, values)
    n = len(scores)
    wanted = sorted({k for k in ks if k < n})
    if not wanted:
        return [None] * len(ks)
    # S[e] = Σ_{i ≤ e} W_i for each wanted k, and the sizes and means of the groups
    weights = last_of(n - 1)[:, [k - 1 for k in wanted]]
    sums = np.vstack([np.zeros(len(wanted)), np.cumsum(weights, axis=0)])
    sizes = np.array([len(group) for group in groups])
    means = np.array([math.fsum(group) / len(group) for group in groups])[:, None]
    ends = np.cumsum(sizes)
    starts = ends - sizes
    lower = np.cumsum(means[:-1] * (sums[ends[:-1]] - sums[starts[:-1]]), axis=0)
    upper = np.cumsum((means[1:] * (sums[ends[1:] - 1] - sums[starts[1:] - 1]))[::-1], axis=0)[::-1]
    others = np.zeros((len(groups), len(wanted)))
    others[1:] += lower
    others[:-1] += upper
    own = sums[ends - 1] - sums[starts]
    rest = [(math.fsum(group) - v) / max(len(group) - 1, 1) for group in groups for v in group]
    place = np.repeat(np.arange(len(groups)), sizes)
    left = others[place] + np.array(rest)[:, None] * own[place]
    found = dict(zip(wanted, ((n - 1) / n * ((left - left.mean(axis=0)) ** 2).sum(axis=0)).tolist(), strict=True))
    return [found.get(k) for k in ks]


def _jackknife(n: int, left: Iterable[tuple[int, Curve]], ks: Sequence[int]) -> Variances:
    """(n−1)/n Σ_j (θ_(−j) − θ̄)²; `left` holds how many responses, left out, give which curve."""
    import numpy as np

    wanted = sorted({k for k in ks if k < n})
    if not wanted:
        return [None] * len(ks)
    kinds = list(left)
    counts = np.array([count for count, _ in kinds], dtype=float)
    values = np.array([curve[[k - 1 for k in wanted]] for _, curve in kinds])
    spread = counts @ (values - counts @ values / n) ** 2
    found = dict(zip(wanted, ((n - 1) / n * spread).tolist(), strict=True))
    return [found.get(k) for k in ks]
