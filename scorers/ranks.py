"""Ranks that the data cannot exclude: an interval on a score is none on a rank."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from scorers.paired import holm

__all__ = ["paired_p_values", "rank_ranges"]

Array = npt.NDArray[np.float64]
_PSEUDO = 4.0


def paired_p_values(base: Array, candidates: Array) -> Array:
    """Two-sided p of the mean paired difference of each row of `candidates` to `base`; NaN marks a missing value.

    The test whose interval is `paired_estimate`'s (values in [0, 1], no clusters): p is the level at which that
    interval just touches 0, so the two never disagree. Student's t with a smoothed sum of squares, the skewness taken
    out by Hall's transformation (see `sequential.paired_bounds`). Fewer than two pairs prove nothing: p = 1."""
    differences = candidates - base[None, :]
    known = ~np.isnan(differences)
    d = np.where(known, differences, 0.0)
    count = known.sum(axis=1)
    enough = count > 1
    n = np.where(enough, count, 2)
    mean = d.sum(axis=1) / n
    centred = np.where(known, d - mean[:, None], 0.0)
    more = _PSEUDO * ((d**2).sum(axis=1) + 1.0) / ((d != 0).sum(axis=1) + 1)
    squares = (centred**2).sum(axis=1) + more
    skewness = (centred**3).sum(axis=1) / squares**1.5
    t = mean / np.sqrt(squares / (n * (n - 1)))
    g = t + skewness * t**2 / 3 + skewness**2 * t**3 / 27 + skewness / 6
    found: Array = np.where(enough & (mean != 0), 2 * stdtr(n - 1, -np.abs(g)), 1.0)
    return found


def rank_ranges(values: Array, *, alpha: float = 0.05) -> list[tuple[int, int]]:
    """The best and the worst rank of each row (a run; columns are problems, NaN where one has no value).

    The best rank counts the runs that are provably better, the worst those provably worse: all pairs are tested with
    `paired_p_values` and adjusted together by Holm's method at `alpha`. The larger mean over the shared problems is the
    better one."""
    runs = len(values)
    pairs: list[tuple[int, int, float]] = []
    p_values: list[float] = []
    for a in range(runs - 1):
        p = paired_p_values(values[a], values[a + 1 :])
        gaps: Any = np.where(np.isnan(values[a + 1 :] - values[a]), 0.0, values[a + 1 :] - values[a]).sum(axis=1)
        pairs += [(a, a + 1 + i, float(gap)) for i, gap in enumerate(gaps)]
        p_values += p.tolist()
    above, below = [0] * runs, [0] * runs
    for (a, b, gap), p_holm in zip(pairs, holm(p_values), strict=True):
        if p_holm < alpha and gap != 0:
            winner, loser = (b, a) if gap > 0 else (a, b)
            above[loser] += 1
            below[winner] += 1
    return [(1 + above[i], runs - below[i]) for i in range(runs)]
