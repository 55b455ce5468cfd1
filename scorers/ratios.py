"""Ratios of sums over problems: events per token, events per chance.

A problem has a numerator and a denominator (events and tokens of all its responses); the value is Σa / Σb. The unit of
uncertainty is the problem: the standard error is that of the linearised ratio, √(M/(M−1) · Σ(a_i − R·b_i)²) / Σb
(Cochran 1977, Sampling Techniques, section 6.3), whatever the dependence inside a problem.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from scorers.intervals import FEWEST, Estimate, _score_interval, _t_quantile

__all__ = ["rate_estimate", "share_estimate"]

_POISSON_ZERO = -math.log(0.025)
"""The upper 97.5 % bound of a Poisson mean of which nothing was seen."""


def rate_estimate(events: Sequence[float], exposure: Sequence[float], *, per: float = 1.0) -> Estimate | None:
    """Events per `per` units of exposure, with a 95 % interval; None without exposure.

    The interval is symmetric on the scale of the logarithm, with t of M − 1 degrees of freedom, and its error is at
    least that of independent events (Poisson), since equal problems do not make a rate certain. Where nothing was seen
    it goes from 0 to Poisson's bound, but for one problem. Fewer than `FEWEST` problems have none else."""
    total, size = _sums(events, exposure)
    if size <= 0:
        return None
    rate, count = total / size, len(events)
    if total == 0 and count > 1:
        return Estimate(0.0, None, 0.0, per * _POISSON_ZERO / size, count)
    if count < FEWEST:
        return Estimate(per * rate, None, None, None, count)
    error = max(_error(events, exposure, rate, size), math.sqrt(total) / size)
    factor = math.exp(_t_quantile(count - 1, 0.95) * error / rate)
    return Estimate(per * rate, per * error, per * rate / factor, per * rate * factor, count)


def share_estimate(hits: Sequence[float], chances: Sequence[float]) -> Estimate | None:
    """Hits per chance, from 0 to 1, with Wilson's 95 % interval at the effective number of chances, p(1 − p)/se², and t
    for z; without any spread the problems with a chance count as one chance each. None without chances."""
    total, size = _sums(hits, chances)
    if size <= 0:
        return None
    with_chance = [(hit, chance) for hit, chance in zip(hits, chances, strict=True) if chance > 0]
    share, count = min(total / size, 1.0), len(with_chance)
    error = _error([h for h, _ in with_chance], [c for _, c in with_chance], share, size) if count > 1 else None
    effective = share * (1 - share) / error**2 if error else float(count)
    low, high = _score_interval(share, min(max(effective, 1.0), size), _t_quantile(max(1, count - 1), 0.95))
    return Estimate(share, error, low, high, count)


def _sums(above: Sequence[float], below: Sequence[float]) -> tuple[float, float]:
    if len(above) != len(below):
        raise ValueError(f"{len(above)} numerators for {len(below)} denominators")
    return math.fsum(above), math.fsum(below)


def _error(above: Sequence[float], below: Sequence[float], ratio: float, size: float) -> float:
    count = len(above)
    spread = math.fsum((a - ratio * b) ** 2 for a, b in zip(above, below, strict=True))
    return math.sqrt(spread * count / (count - 1)) / size
