"""Means with intervals; the unit of uncertainty is the problem.

The problems of a benchmark stand for the problems one could have asked. A per-problem number (accuracy over n
responses, maj@k, tokens) is one observation z_i however many responses went into it: the spread of z_i over problems
already contains the noise of sampling responses.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from statistics import quantiles as cut_points

__all__ = ["FEWEST", "NON_NEGATIVE", "Estimate", "mean_estimate", "quantiles", "wilson"]

NON_NEGATIVE = (0.0, math.inf)
"""The bounds of what is counted: tokens, calls, seconds, steps."""
FEWEST = 3
"""Observations that an interval on the scale of the logarithm takes: with two, t is 12.7, and where one value is twice
the other its ends are apart by a factor of 5,000."""


@dataclass(frozen=True)
class Estimate:
    """A mean over problems, its standard error, and a confidence interval; None where there is none, never NaN."""

    value: float
    se: float | None
    low: float | None
    high: float | None
    problems: int


def mean_estimate(
    values: Sequence[float],
    *,
    bounds: tuple[float, float] | None = (0.0, 1.0),
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> Estimate | None:
    """Mean of one value per problem with its interval, or None without values.

    `se` is √(Σ(z_i − z̄)²/(M(M−1))), for `clusters` of dependent problems (one contest, one template) Miller's clustered
    error √(C/(C−1)·Σ_c(Σ_{i∈c}(z_i − z̄))²)/M (Miller 2024, "Adding Error Bars to Evals"). It needs two clusters.

    Unbounded values (`bounds` None: differences, logarithms) get the t interval with C−1 degrees of freedom.

    `NON_NEGATIVE` ones (tokens) get it on the scale of the logarithm, z̄·e^(±t·se/z̄) (the delta method: se/z̄ is the
    error of log z̄): it stays above 0 for any number of problems, leans to the right as such values do, and is t's own
    as M grows. Fewer than `FEWEST` problems, or clusters, have none. Where all are 0 it is 0 to 0.

    Bounded values get the Wilson interval with t for z and an effective number of problems, see `_effective_problems`:
    it stays within `bounds`, is never of zero width, and for values at the bounds only (0/1) it is Wilson's own with t
    for z. One problem, or one cluster, is one observation; it takes the t of one degree of freedom, so that it never
    looks more certain than two. Without any bounds one observation has no interval.
    """
    numbers = [float(value) for value in values]
    if not numbers:
        return None
    if not all(math.isfinite(number) for number in numbers):
        raise ValueError("values must be finite numbers")
    if clusters is not None and len(clusters) != len(numbers):
        raise ValueError(f"{len(clusters)} clusters for {len(numbers)} values")
    count = len(numbers)
    mean = math.fsum(numbers) / count
    # Rounding must not take the mean out of the data's range: equal values have exactly themselves as mean.
    mean = min(max(mean, min(numbers)), max(numbers))
    totals = _cluster_sums([number - mean for number in numbers], clusters)
    groups = len(totals)
    spread = math.fsum(total**2 for total in totals)
    se = math.sqrt(spread * groups / (groups - 1)) / count if groups > 1 else None
    t = _t_quantile(max(1, groups - 1), confidence)
    if bounds is None:
        low, high = (None, None) if se is None else (mean - t * se, mean + t * se)
        return Estimate(mean, se, low, high, count)
    if bounds == NON_NEGATIVE:
        if min(numbers) < 0:
            raise ValueError(f"{min(numbers)} among values that are not negative")
        low, high = (None, None) if se is None or groups < FEWEST else _log_interval(mean, se, t)
        return Estimate(mean, se, low, high, count)
    floor, width = bounds[0], bounds[1] - bounds[0]
    if not (0 < width < math.inf and floor <= min(numbers) and max(numbers) <= bounds[1]):
        raise ValueError(f"values from {min(numbers)} to {max(numbers)} with bounds {bounds}")
    share = min(max((mean - floor) / width, 0.0), 1.0)
    equal = min(numbers) == max(numbers)
    size = _effective_problems(share, None if equal else spread / width**2, count, groups)
    low, high = (floor + width * end for end in _score_interval(share, size, t))
    return Estimate(mean, se, max(min(low, mean), floor), min(max(high, mean), bounds[1]), count)


def _log_interval(mean: float, se: float, quantile: float) -> tuple[float, float]:
    """mean · e^(±quantile · se / mean), finite."""
    if mean == 0:
        return 0.0, 0.0
    factor = math.exp(min(quantile * se / mean, 500.0))
    return mean / factor, mean * factor


def _cluster_sums(residuals: Sequence[float], clusters: Sequence[Hashable] | None) -> Sequence[float]:
    if clusters is None:
        return residuals
    sums: defaultdict[Hashable, list[float]] = defaultdict(list)
    for label, residual in zip(clusters, residuals, strict=True):
        sums[label].append(residual)
    return [math.fsum(own) for own in sums.values()]


def _effective_problems(share: float, spread: float | None, count: int, groups: int) -> float:
    """The number of 0/1 problems as informative about the mean as these `count` problems in `groups` clusters.

    n_eff = p(1−p)/Var(mean) (Korn & Graubard 1998), with the variance before its C/(C−1), which the t quantile stands
    for: for 0/1 values this is the number of problems. `spread` is Σ_c(Σ_{i∈c}(z_i − p))² on the scale 0 to 1.

    Near 0 and 1, and for few problems, a small spread is no evidence that the next problem will be like these. Both
    parts are therefore smoothed towards 0/1 problems with the weight of four of the greatest variance (4 · ¼, the
    "plus four" of Agresti & Coull), which leaves 0/1 values as they are and vanishes as M grows. Without any spread
    (`spread` None) nothing is known of it: the problems, or the clusters, count as 0/1 problems.
    """
    if groups == 1:
        return 1.0
    if spread is None:
        return float(groups)
    inflation = (spread + count / groups) / (count * share * (1 - share) + 1)
    return max(1.0, count / inflation)


def _score_interval(share: float, size: float, quantile: float) -> tuple[float, float]:
    """Solutions m of |share − m| = quantile · √(m(1−m)/size): Wilson's score interval (Wilson 1927)."""
    square = quantile**2 / size
    centre = (share + square / 2) / (1 + square)
    half = math.sqrt(square * (share * (1 - share) + square / 4)) / (1 + square)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def wilson(successes: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval for a proportion of independent trials, with the normal quantile."""
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n}")
    return _score_interval(successes / n, n, NormalDist().inv_cdf(_upper_tail(confidence)))


def quantiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile, interpolated linearly between order statistics (numpy's default)."""
    numbers = [float(value) for value in values]
    if not numbers or not all(math.isfinite(number) for number in numbers):
        raise ValueError("quantiles need at least one value, and finite ones")
    if len(numbers) == 1:
        return numbers[0], numbers[0], numbers[0]
    low, middle, high = cut_points(numbers, n=4, method="inclusive")
    return low, middle, high


def _upper_tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1; got {confidence}")
    return (1 + confidence) / 2


@lru_cache(maxsize=256)
def _t_quantile(degrees: int, confidence: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, _upper_tail(confidence)))
