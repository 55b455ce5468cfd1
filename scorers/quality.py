"""How good a verifier is: does it rank right above wrong, and do its scores mean what they say?"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby, pairwise

__all__ = ["auroc", "brier", "calibration_error", "mean_absolute_error"]


def auroc(scores: Sequence[float], labels: Sequence[bool]) -> float | None:
    """Probability that a right one is scored above a wrong one, ties a half (Mann & Whitney 1947); None where there
    are no two to compare."""
    right = sum(map(bool, labels))
    wrong = len(labels) - right
    if not right or not wrong:
        return None
    won, below = 0.0, 0
    for _, tied in groupby(sorted(zip(scores, labels, strict=True), key=lambda pair: pair[0]), lambda pair: pair[0]):
        flags = [bool(label) for _, label in tied]
        won += sum(flags) * (below + (len(flags) - sum(flags)) / 2)
        below += len(flags) - sum(flags)
    return won / (right * wrong)


def brier(scores: Sequence[float], values: Sequence[float]) -> float | None:
    """Mean squared difference between score and truth in [0, 1] (Brier 1950); None without scores."""
    if not scores:
        return None
    return math.fsum((score - float(v)) ** 2 for score, v in zip(scores, values, strict=True)) / len(scores)


def mean_absolute_error(scores: Sequence[float], values: Sequence[float]) -> float | None:
    """Mean absolute difference between score and truth (the measure of the Meta-CoT paper's Figure 16)."""
    if not scores:
        return None
    return math.fsum(abs(score - float(v)) for score, v in zip(scores, values, strict=True)) / len(scores)


def calibration_error(scores: Sequence[float], values: Sequence[float], *, bins: int = 10) -> float | None:
    """Expected calibration error with bins of equal mass: Σ_b |mean score − mean truth| · n_b/n (Nixon et al. 2019).

    Equal scores share the mean of their truths, so that the order of ties decides nothing. None without scores."""
    n = len(scores)
    if n == 0:
        return None
    truth: defaultdict[float, list[float]] = defaultdict(list)
    for score, value in zip(scores, values, strict=True):
        truth[score].append(float(value))
    ordered = [(score, math.fsum(truth[score]) / len(truth[score])) for score in sorted(scores)]
    edges = [round(i * n / min(bins, n)) for i in range(min(bins, n) + 1)]
    gaps = [math.fsum(score - value for score, value in ordered[a:b]) for a, b in pairwise(edges)]
    return math.fsum(map(abs, gaps)) / n
