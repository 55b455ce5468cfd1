"""What a run will cost, from problems that were asked the same before: by level, with a range that says how sure it is.

Hard problems take more tokens, so the forecast is stratified: the mean of each level times the problems it will have.
The range is the 95 % prediction interval of the sum: what is not known of the means, and the chance of the problems.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.stats import t

from harness.core import Level


@dataclass(frozen=True, slots=True)
class Forecast:
    """A sum over problems, with its 95 % prediction interval, from so many problems seen."""

    expected: float
    low: float
    high: float
    seen: int


def forecast(seen: Sequence[tuple[Level | None, float]], planned: Mapping[Level | None, int]) -> Forecast | None:
    """The sum of a cost over `planned` problems by level, from (level, cost) of problems that were `seen`.

    A level of which fewer than two were seen is taken for the average one. None where fewer than two were seen."""
    if len(seen) < 2:
        return None
    by_level: dict[Level | None, list[float]] = defaultdict(list)
    for level, cost in seen:
        by_level[level].append(cost)
    everything = [cost for _, cost in seen]
    told = {level: values for level, values in by_level.items() if len(values) >= 2}
    residual, degrees = _residual(told or {None: everything})
    expected = variance = 0.0
    for level, count in planned.items():
        values = told.get(level, everything)
        expected += count * math.fsum(values) / len(values)
        variance += residual * (count**2 / len(values) + count)
    reach = float(t.ppf(0.975, degrees)) * math.sqrt(variance)
    return Forecast(expected, max(0.0, expected - reach), expected + reach, len(seen))


def _residual(groups: Mapping[Level | None, Sequence[float]]) -> tuple[float, int]:
    """The variance of the costs around the mean of their group, of all groups together, and its degrees of freedom."""
    squares, degrees = 0.0, 0
    for values in groups.values():
        mean = math.fsum(values) / len(values)
        squares += math.fsum((value - mean) ** 2 for value in values)
        degrees += len(values) - 1
    return squares / degrees, degrees
