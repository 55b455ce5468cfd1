"""Lengths that were cut: Kaplan–Meier quantiles with the limit as censoring.

A response that was cut at the limit would have been longer; that is all that is known of its length. Kaplan & Meier
(1958) estimate the distribution of lengths from whole and cut ones alike, as long as being cut depends on nothing but
the limit. With one limit for all, quantiles below it are the plain ones, and those above it are unknown: None. Limits
differ where a context or a budget leaves less room. The library is scipy (`scipy.stats.ecdf`); its answer is the test
of the weighted form here, which the bootstrap over problems needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scorers.resampling import MIN_UNITS, RESAMPLES, SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_CELLS = 1 << 21  # array elements per batch of resamples: some tens of MB


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of lengths. `value` is None where too many were cut to know it, and then at least `at_least`; so are
    the ends of its 95 % interval, which is None as a whole where there are too few problems."""

    value: float | None
    at_least: float
    low: float | None = None
    high: float | None = None


def quantile(
    lengths: Sequence[Sequence[float]], cut: Sequence[Sequence[bool]], q: float = 0.5, *, interval: bool = True
) -> Quantile | None:
    """The q-quantile of all responses, a list per problem, each problem weighing the same; None without responses.

    The interval is the percentile bootstrap over problems; a bound that too many draws do not reach is None."""
    import numpy as np

    times = np.array([t for own in lengths for t in own], dtype=float)
    if not len(times):
        return None
    seen = ~np.array([c for own in cut for c in own], dtype=bool)
    unit = np.array([i for i, own in enumerate(lengths) for _ in own])
    size = np.array([len(own) for own in lengths if own], dtype=float)
    unit = np.unique(unit, return_inverse=True)[1]
    order = np.lexsort((~seen, times))  # what ends at a length comes before what is cut at it
    times, seen, unit = times[order], seen[order], unit[order]
    share = 1 / size[unit]
    value = float(_quantiles(times, seen, share[None, :], q)[0])
    known = None if np.isinf(value) else value
    least = float(times[-1])
    count = len(size)
    if not interval or count < MIN_UNITS:
        return Quantile(known, least)
    rng = np.random.default_rng(SEED)
    batch = max(1, _CELLS // len(times))
    found: list[float] = []
    for start in range(0, RESAMPLES, batch):
        rows = min(batch, RESAMPLES - start)
        times_drawn = rng.multinomial(count, np.full(count, 1 / count), size=rows).astype(float)
        found += _quantiles(times, seen, times_drawn[:, unit] * share, q).tolist()
    ends = np.quantile(found, [0.025, 0.975], method="closest_observation")
    low, high = (None if np.isinf(end) else float(end) for end in ends)
    return Quantile(known, least, low, high)


def _quantiles(times: Array, seen: NDArray[np.bool_], weights: Array, q: float) -> Array:
    """The smallest length that at most 1 − q outlive, under each row of weights; infinite where none is.

    S(t) = Π over lengths t_i ≤ t that were seen of 1 − d_i/n_i, with n_i the weight of all that are no shorter."""
    import numpy as np

    at_risk = np.cumsum(weights[:, ::-1], axis=1)[:, ::-1]
    first = np.searchsorted(times, times, side="left")  # ties are at risk together
    last = np.searchsorted(times, times, side="right") - 1
    died = np.where(seen, weights, 0.0)
    together = np.cumsum(died, axis=1)
    risk = at_risk[:, first]
    with np.errstate(divide="ignore", invalid="ignore"):
        done = np.where(risk > 0, (together[:, last] - together[:, first] + died[:, first]) / risk, 0.0)
    own = np.zeros(len(times), dtype=bool)
    own[np.unique(first)] = True
    survival = np.cumprod(np.where(own, 1 - np.clip(done, 0, 1), 1.0), axis=1)
    reached = survival <= 1 - q + 1e-12
    place = reached.argmax(axis=1)
    result: Array = np.where(reached.any(axis=1), times[place], np.inf)
    return result
