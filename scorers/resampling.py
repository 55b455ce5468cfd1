"""Intervals by the bootstrap, for what has no formula: medians and ratios over problems.

Problems, or clusters of them, are drawn with replacement; the library is scipy (`scipy.stats.bootstrap`), the interval
the bias-corrected and accelerated one (BCa, Efron 1987), or the percentile one where BCa has no value. Few problems
have none: of less than MIN_UNITS even the range from the least to the greatest holds the median in under 95 %.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["MIN_UNITS", "RESAMPLES", "SEED", "Bootstrap", "median_interval", "median_ratio_interval", "ratio_interval"]

SEED = 0
RESAMPLES = 2000
MIN_UNITS = 6
"""The first M with 1 − 2/2^M above 95 %."""
_CELLS = 1 << 21  # array elements per batch of resamples: some tens of MB


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """A 95 % interval and how it was made: "BCa" or "percentile"."""

    low: float
    high: float
    method: str


def median_interval(values: Sequence[float], *, clusters: Sequence[Hashable] | None = None) -> Bootstrap | None:
    """The interval of the median of one value per problem; None for too few problems, or clusters, or equal values."""
    units, place = _units(len(values), clusters)
    return _bootstrap(_median(values, units, place), units, len(values))


def median_ratio_interval(
    above: Sequence[float], below: Sequence[float], *, clusters: Sequence[Hashable] | None = None
) -> Bootstrap | None:
    """The interval of the median of `above` over that of `below`, both random over the same problems; None as for
    `median_interval`. Raises ValueError as `ratio_interval` does."""
    if len(above) != len(below) or not all(value > 0 for value in below):
        raise ValueError("a numerator and a positive denominator for each problem are needed")
    units, place = _units(len(above), clusters)
    top, base = _median(above, units, place), _median(below, units, place)
    return _bootstrap(lambda drawn: top(drawn) / base(drawn), units, len(above))


def _median(values: Sequence[float], units: int, place: NDArray[np.intp]) -> Callable[[NDArray[np.intp]], Array]:
    """The median of the problems of the units drawn, as a function of these."""
    import numpy as np

    numbers = np.array(values, dtype=float)
    if units == len(numbers):
        return lambda drawn: np.asarray(np.median(numbers[drawn], axis=-1))
    order = numbers.argsort(kind="stable")
    ordered, unit = numbers[order], place[order]

    def median(drawn: NDArray[np.intp]) -> Array:
        rows = drawn.reshape(-1, drawn.shape[-1])
        cells = rows + units * np.arange(len(rows))[:, None]
        times = np.bincount(cells.ravel(), minlength=units * len(rows)).reshape(len(rows), units)
        below = np.cumsum(times[:, unit], axis=1)
        half = below[:, -1:] / 2
        middle: Array = (ordered[(below < half).sum(axis=1)] + ordered[(below <= half).sum(axis=1)]) / 2
        return middle.reshape(drawn.shape[:-1])

    return median


def ratio_interval(
    above: Sequence[float], below: Sequence[float], *, clusters: Sequence[Hashable] | None = None
) -> Bootstrap | None:
    """The interval of Σ above / Σ below over problems, both random and paired; None as for `median_interval`.

    Raises ValueError for lists of different lengths and a denominator that is not above 0."""
    import numpy as np

    if len(above) != len(below) or not all(value > 0 for value in below):
        raise ValueError("a numerator and a positive denominator for each problem are needed")
    units, place = _units(len(above), clusters)
    top = np.bincount(place, weights=np.array(above, dtype=float), minlength=units)
    base = np.bincount(place, weights=np.array(below, dtype=float), minlength=units)
    return _bootstrap(lambda drawn: top[drawn].sum(axis=-1) / base[drawn].sum(axis=-1), units, units)


def _units(count: int, clusters: Sequence[Hashable] | None) -> tuple[int, NDArray[np.intp]]:
    """How many units are drawn, and the unit of each problem."""
    import numpy as np

    if clusters is None:
        return count, np.arange(count)
    if len(clusters) != count:
        raise ValueError(f"{len(clusters)} clusters for {count} values")
    number = {label: i for i, label in enumerate(dict.fromkeys(clusters))}
    return len(number), np.array([number[label] for label in clusters], dtype=np.intp)


def _bootstrap(statistic: Callable[[NDArray[np.intp]], Array], units: int, size: int) -> Bootstrap | None:
    """The interval of a statistic of the units' numbers; `size` is how many cells one resample takes."""
    if units < MIN_UNITS:
        return None
    import numpy as np
    from scipy import stats

    data = (np.arange(units),)
    options: dict[str, Any] = {"n_resamples": RESAMPLES, "batch": max(1, _CELLS // size), "vectorized": True}
    for method in ("BCa", "percentile"):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # a degenerate distribution has no BCa: the next method is tried
            found = stats.bootstrap(
                data, lambda drawn, axis=-1: statistic(drawn), method=method, rng=np.random.default_rng(SEED), **options
            ).confidence_interval
        low, high = float(found.low), float(found.high)
        if math.isfinite(low) and math.isfinite(high) and low < high:
            return Bootstrap(low, high, method)
    return None
