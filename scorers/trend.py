"""Accuracy against the logarithm of what was spent, over a series of runs of the same problems.

acc = a + b · log2(tokens) through the runs' means by least squares: b is the gain per doubling. Accuracy and tokens are
means over the same problems in every run, so the runs are not independent; the bootstrap resamples problems and takes
all runs of a problem along. Whether the points lie on a line is asked of the residuals as a whole: with their bootstrap
covariance, r'Σ⁺r is χ² of R − 2 degrees of freedom for R runs on a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scorers.resampling import MIN_UNITS, SEED

DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Trend:
    """`slope` per doubling with its 95 % interval (percentiles of the bootstrap), the residual of each run, and the
    p-value of the check that they are noise: None for two runs, or without any noise."""

    slope: float
    intercept: float
    low: float
    high: float
    residuals: tuple[float, ...]
    misfit: float | None
    problems: int


def log_trend(values: Sequence[Sequence[float]], costs: Sequence[Sequence[float]]) -> Trend | None:
    """The trend of rows that are problems and columns that are runs; None for less than two different costs, or too few
    problems. Costs must be above 0 on average in each run."""
    import numpy as np
    from scipy.stats import chi2

    v, c = np.array(values, dtype=float), np.array(costs, dtype=float)
    if v.ndim != 2 or v.shape != c.shape or v.shape[0] < MIN_UNITS or v.shape[1] < 2:
        return None
    count, runs = v.shape

    def fit(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        y, x = weights @ v, np.log2(np.maximum(weights @ c, 1e-12))
        away = x - x.mean(axis=1, keepdims=True)
        spread = (away**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            slope = (away * y).sum(axis=1) / spread
        level = y.mean(axis=1) - slope * x.mean(axis=1)
        return slope, level, y - level[:, None] - slope[:, None] * x

    slope, level, residual = fit(np.full((1, count), 1 / count))
    if not np.isfinite(slope[0]) or np.ptp(np.log2(c.mean(axis=0))) < 1e-9:
        return None
    drawn = np.random.default_rng(SEED).multinomial(count, np.full(count, 1 / count), size=DRAWS) / count
    slopes, _, residuals = fit(drawn)
    kept = np.isfinite(slopes)
    if not kept.any():
        return None
    low, high = np.quantile(slopes[kept], [0.025, 0.975])
    misfit = None
    if runs > 2:
        covariance = np.cov(residuals[kept], rowvar=False)
        inverse = np.linalg.pinv(covariance, rcond=1e-9, hermitian=True)
        rank = min(int(np.linalg.matrix_rank(covariance, hermitian=True)), runs - 2)
        statistic = float(residual[0] @ inverse @ residual[0])
        misfit = float(chi2.sf(statistic, rank)) if rank else None
    return Trend(
        float(slope[0]), float(level[0]), float(low), float(high), tuple(map(float, residual[0])), misfit, count
    )
