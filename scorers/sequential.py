"""When an evaluation may stop: group-sequential tests of a paired difference with spent alpha.

A new checkpoint is compared with a baseline on the same problems, block by block. Looking after every block with a
fixed test would multiply its error; here each look may spend only its part of the error (Lan & DeMets 1983) under a
spending function of O'Brien & Fleming's shape, which keeps nearly all of it for the end. Two one-sided questions are
asked at each look, each with an error of at most alpha over all looks together:

    worse        H0: Δ ≥ 0        is given up when the upper bound of Δ falls below 0
    not worse    H0: Δ ≤ −margin  is given up when the lower bound of Δ rises above −margin

No Δ lies in both null hypotheses, so at most one of the two errors can be made, and neither needs a share of the other.

Δ is the mean difference over the problems that the benchmark stands for, of which its problems are a sample. Who asks
about these very problems and no others has a finite population, drawn without replacement: the variance of a partial
mean is then smaller by the share of problems not yet drawn, and the bounds here are wider than they need be.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri, stdtrit

__all__ = ["Bounds", "Look", "boundaries", "crossing", "detectable", "look", "paired_bounds", "spending"]

Decision = Literal["regression", "noninferior"]
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(400)
_FAR = 8.5
"""Standard deviations beyond which a normal density is nothing in double precision."""
_NOTHING = 1e-13
"""Error too small to be spent by numerical integration: it waits for the next look."""
_SMOOTHING = 4.0
"""Weight of the prior problems in the variance of differences, see `paired_bounds`."""


def spending(time: float, alpha: float) -> float:
    """The error that may be spent up to `time` (0 to 1) of a one-sided test: 2 − 2Φ(z_{α/2}/√time).

    Lan & DeMets (1983), Biometrika 70, 659–663, their α₁*: O'Brien and Fleming's shape."""
    if not 0 <= time <= 1 or not 0 < alpha < 1:
        raise ValueError(f"time {time} must lie in [0, 1] and alpha {alpha} in (0, 1)")
    return 0.0 if time == 0 else float(2 * ndtr(ndtri(alpha / 2) / math.sqrt(time)))


class _Walk:
    """Brownian motion that is stopped where it crosses: the density of the paths that go on.

    Armitage, McPherson & Rowe (1969), JRSS A 132, 235–244: the density after each look is the one before it, folded
    with the normal step between, here by Gauss-Legendre quadrature."""

    def __init__(self) -> None:
        self._information = 0.0
        self._points = np.zeros(1)
        self._mass = np.ones(1)

    def beyond(self, information: float, bound: float, drift: float = 0.0) -> float:
        """The probability of going on until now and lying above the standardised `bound` at this look."""
        step = math.sqrt(information - self._information)
        moved = self._points + drift * (information - self._information)
        return float(self._mass @ ndtr((moved - bound * math.sqrt(information)) / step))

    def stop_above(self, information: float, bound: float, drift: float = 0.0) -> None:
        """Go on from this look with the paths below the bound alone."""
        root, gained = math.sqrt(information), information - self._information
        centre = drift * information
        low, high = centre - _FAR * root, min(bound * root, centre + _FAR * root)
        points = (high - low) / 2 * _NODES + (high + low) / 2
        distance = (points[:, None] - self._points[None, :] - drift * gained) / math.sqrt(gained)
        density = np.exp(-(distance**2) / 2) @ self._mass / math.sqrt(2 * math.pi * gained)
        self._points, self._mass = points, density * _WEIGHTS * (high - low) / 2
        self._information = information


def _check(information: Sequence[float]) -> None:
    if any(b <= a for a, b in zip([0.0, *information], information, strict=False)):
        raise ValueError(f"information must grow from look to look: {list(information)}")


def boundaries(information: Sequence[float], times: Sequence[float], alpha: float) -> list[float]:
    """The standardised bounds of a one-sided test at its looks; infinite where there is nothing to spend yet.

    `information` is what each look rests on (the number of problems; only ratios count), `times` the share of the plan
    that is over then, which decides how much of `alpha` may be spent. The two differ where problems drop out: the plan
    was made before any answer was seen, the information is what came of it. The last time of a finished plan is 1."""
    _check(information)
    _check(times)
    if len(times) != len(information):
        raise ValueError(f"{len(information)} looks with {len(times)} times")
    return list(_boundaries(tuple(information), tuple(times), alpha))


@lru_cache(maxsize=256)
def _boundaries(information: tuple[float, ...], times: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    walk, spent, bounds = _Walk(), 0.0, []
    for amount, time in zip(information, times, strict=True):
        left = spending(time, alpha) - spent
        if left < _NOTHING:
            bound = math.inf
        else:
            bound = float(brentq(lambda z, a=amount, p=left: walk.beyond(a, z) - p, -_FAR, _FAR, xtol=1e-10))
            spent += left
        bounds.append(bound)
        walk.stop_above(amount, bound)
    return tuple(bounds)


def crossing(information: Sequence[float], bounds: Sequence[float], drift: float = 0.0) -> list[float]:
    """The probability of first lying above each bound; under H0 `drift` is 0.

    `drift` is the expected standardised statistic at information 1: power is the sum at the drift of an effect."""
    _check(information)
    walk, found = _Walk(), []
    for amount, bound in zip(information, bounds, strict=True):
        found.append(walk.beyond(amount, bound, drift))
        walk.stop_above(amount, bound, drift)
    return found


@dataclass(frozen=True, slots=True)
class Bounds:
    """A mean difference over problems with two bounds, each of which is wrong with probability `level` at most."""

    mean: float
    low: float
    high: float
    problems: int


def paired_bounds(
    differences: Sequence[float] | npt.NDArray[np.float64], level: float, *, smoothing: float = _SMOOTHING
) -> Bounds:
    """One-sided bounds of the mean of per-problem differences of values in [0, 1], from the paired t statistic.

    Blocks are small at first and differences between two checkpoints rare and lopsided, where the plain t statistic
    fails: 50 problems without any difference have no variance, yet one problem in 50 may well be lost. So (a) the sum
    of squares is smoothed with the weight of four problems of the greatest variance, 4 · 1, as `intervals` does ("plus
    four", Agresti & Coull 1998), which vanishes as problems are added; (b) the skewness is taken out by Hall's (1992,
    JRSS B 54, 221–228) transformation g(T) = T + γT²/3 + γ²T³/27 + γ/6 with γ = Σ(d − d̄)³/(Σ(d − d̄)² + 4)^{3/2}, which
    leaves symmetric differences as they are. g(T) is compared with Student's t of n − 1 degrees of freedom (the
    significance-level approach to sequential t tests; Jennison & Turnbull 2000, section 11.5). `smoothing` is another
    weight in place of 4.
    """
    d = np.asarray(differences, dtype=float)
    if not np.all(np.abs(d) <= 1):
        raise ValueError("differences of values in [0, 1] must lie in [-1, 1]")
    count = len(d)
    mean = float(d.mean()) if count else 0.0
    if count < 2 or level <= 0:
        return Bounds(mean, -1.0, 1.0, count)
    centred = d - mean
    squares = float(centred @ centred) + smoothing
    error = math.sqrt(squares / (count * (count - 1)))
    skewness = float((centred**3).sum()) / squares**1.5
    quantile = -float(stdtrit(count - 1, level))
    low = mean - error * _unskewed(quantile, skewness)
    high = mean - error * _unskewed(-quantile, skewness)
    return Bounds(mean, max(-1.0, low), min(1.0, high), count)


def _unskewed(value: float, skewness: float) -> float:
    """The inverse of Hall's transformation: the T at which g(T) is `value`."""
    if abs(skewness) < 1e-9:
        return value
    return 3 / skewness * (math.cbrt(1 + skewness * (value - skewness / 6)) - 1)


@dataclass(frozen=True, slots=True)
class Look:
    """What is known after a block: the bounds at this look's level and what they decide, if anything yet."""

    bounds: Bounds
    time: float
    level: float
    decision: Decision | None


def look(
    differences: Sequence[Sequence[float]],
    times: Sequence[float],
    *,
    margin: float,
    min_effect: float,
    alpha: float,
) -> Look:
    """The latest look at paired differences (candidate − baseline) that came in blocks.

    `differences` holds the blocks so far, `times` the share of the plan that was over after each. A block without any
    pair is no look. Worse goes before not worse where both are proven, as for a small and certain loss."""
    counts = np.cumsum([len(block) for block in differences])
    looks = [i for i, block in enumerate(differences) if len(block)]
    if looks and looks[-1] != len(times) - 1 and times[-1] == 1:
        looks[-1] = len(times) - 1  # nothing came of the last block: the last look is the one that may spend the rest
    bounds = boundaries([float(counts[i]) for i in looks], [times[i] for i in looks], alpha)
    level = float(ndtr(-bounds[-1])) if bounds else 0.0
    found = paired_bounds(np.concatenate([np.zeros(0), *differences]), level)
    decision: Decision | None = None
    if found.high < 0 and found.mean <= -min_effect:
        decision = "regression"
    elif found.low > -margin:
        decision = "noninferior"
    return Look(found, times[-1], level, decision)


def detectable(
    differences: Sequence[float], problems: int, times: Sequence[float], alpha: float, power: float = 0.8
) -> float | None:
    """The smallest true difference that the whole plan detects with `power`, given the spread of these differences.

    (z_last + z_power) · sd/√problems with the plan's last bound in place of z_alpha (Miller 2024, section 5, has it for
    a fixed test); crossing earlier adds to the power, so it errs on the safe side. None below two differences."""
    count = len(differences)
    if count < 2:
        return None
    d = np.asarray(differences, dtype=float)
    spread = math.sqrt((float(((d - d.mean()) ** 2).sum()) + _SMOOTHING) / (count - 1))
    last = boundaries(list(times), list(times), alpha)[-1]
    return float((last + ndtri(power)) * spread / math.sqrt(problems))
