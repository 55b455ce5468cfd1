"""A straight line through numbers of problems, with errors that hold whatever the spread and within clusters.

Least squares; the covariance is the cluster-robust sandwich (Liang & Zeger 1986) times C/(C−1) · (N−1)/(N−2), the
quantile t's with C − 1 degrees of freedom for C clusters. Without clusters every point is its own: White (1980).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

MIN_CLUSTERS = 3


@dataclass(frozen=True, slots=True)
class Line:
    """y = intercept + slope · x. `se`, `low` and `high` (95 %) are the slope's; `bend` is the p-value of a quadratic
    term beside it, the check of its residuals: small where a line does not fit, None where it cannot be had."""

    slope: float
    intercept: float
    se: float
    low: float
    high: float
    points: int
    clusters: int
    bend: float | None


def line(x: Sequence[float], y: Sequence[float], clusters: Sequence[Hashable] | None = None) -> Line | None:
    """The line of y on x; None for less than three clusters, or an x that does not vary.

    Raises ValueError for lists of different lengths."""
    import numpy as np
    from scipy.special import stdtrit

    if len(x) != len(y) or (clusters is not None and len(clusters) != len(x)):
        raise ValueError("a line needs as many x as y, and a cluster for each if there are any")
    xs, ys = np.array(x, dtype=float), np.array(y, dtype=float)
    labels = list(clusters) if clusters is not None else list(range(len(xs)))
    places = {label: i for i, label in enumerate(dict.fromkeys(labels))}
    unit, count = np.array([places[label] for label in labels], dtype=int), len(places)
    if count < MIN_CLUSTERS or np.ptp(xs) == 0:
        return None
    centre = xs.mean()
    found = _fit(np.column_stack([np.ones_like(xs), xs - centre]), ys, unit, count)
    if found is None:
        return None
    (level, slope), error = found
    quantile = float(stdtrit(count - 1, 0.975))
    half = quantile * float(error[1])
    return Line(
        slope=float(slope),
        intercept=float(level - slope * centre),
        se=float(error[1]),
        low=float(slope) - half,
        high=float(slope) + half,
        points=len(xs),
        clusters=count,
        bend=_bend(xs - centre, ys, unit, count),
    )


def _fit(design: Array, ys: Array, unit: NDArray[np.intp], count: int) -> tuple[Array, Array] | None:
    """Coefficients and their standard errors; None where the design does not determine them."""
    import numpy as np

    points, terms = design.shape
    if points <= terms or np.linalg.matrix_rank(design) < terms:
        return None
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ ys
    scores = design * (ys - design @ coefficients)[:, None]
    sums = np.zeros((count, terms))
    np.add.at(sums, unit, scores)
    scale = count / (count - 1) * (points - 1) / (points - terms)
    covariance = scale * inverse @ (sums.T @ sums) @ inverse
    return coefficients, np.sqrt(np.maximum(np.diag(covariance), 0.0))


def _bend(xs: Array, ys: Array, unit: NDArray[np.intp], count: int) -> float | None:
    """The p-value of a quadratic term: two-sided, t with C − 1 degrees of freedom."""
    import numpy as np
    from scipy.special import stdtr

    scale = np.abs(xs).max()
    found = _fit(np.column_stack([np.ones_like(xs), xs / scale, (xs / scale) ** 2]), ys, unit, count)
    if found is None or found[1][2] <= 1e-9 * max(float(np.ptp(ys)), 1e-300):
        return None
    return float(2 * stdtr(count - 1, -abs(found[0][2] / found[1][2])))
