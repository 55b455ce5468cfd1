"""Does an outcome go with a trait of a response, other things of the problem being equal?

Hard problems have more of both wrong answers and long, doubtful thinking, so responses are compared within a problem:
by conditional logistic regression (problems are the strata), which for a trait that is there or not is Fisher's
noncentral hypergeometric likelihood (Breslow & Day 1980, section 7.2), and by the plain difference of means.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scorers.intervals import Estimate, mean_estimate

__all__ = ["Odds", "Stratum", "odds_ratio", "within_difference"]

_FAR = 30.0
"""A log odds ratio as good as infinite."""
_CHI = 3.841458820694124
"""The 95 % quantile of χ² with one degree of freedom."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """One problem: `n` responses, `exposed` of them with the trait, `correct` of them right, `both` of them both."""

    n: int
    exposed: int
    correct: int
    both: int

    @property
    def informative(self) -> bool:
        """Whether it says anything: responses with and without, right and wrong."""
        return 0 < self.exposed < self.n and 0 < self.correct < self.n

    @staticmethod
    def of(trait: Sequence[bool], correct: Sequence[bool]) -> Stratum:
        """From a value per response."""
        both = sum(t and c for t, c in zip(trait, correct, strict=True))
        return Stratum(len(trait), sum(trait), sum(correct), both)


@dataclass(frozen=True, slots=True)
class Odds:
    """The common odds ratio of being right, with the trait to without it, and its 95 % interval by the likelihood
    ratio. None stands for infinity (`high`), or for a value that the data push to 0 or to infinity (`value`).
    `problems` are the informative ones, `responses` those in them."""

    value: float | None
    low: float | None
    high: float | None
    problems: int
    responses: int


def odds_ratio(strata: Sequence[Stratum]) -> Odds | None:
    """The conditional maximum likelihood estimate; None where no problem is informative."""
    used = [s for s in strata if s.informative]
    if not used:
        return None
    tables = [_weights(s) for s in used]
    seen = sum(s.both for s in used)

    def score(beta: float) -> float:
        return seen - math.fsum(_moments(table, beta)[1] for table in tables)

    def likelihood(beta: float) -> float:
        return seen * beta - math.fsum(_moments(table, beta)[0] for table in tables)

    least, most = sum(table[0][0] for table in tables), sum(table[-1][0] for table in tables)
    inside = least < seen < most
    best = _root(score, -_FAR, _FAR) if inside else -_FAR if seen == least else _FAR
    peak = likelihood(best)

    def excess(beta: float) -> float:
        return 2 * (peak - likelihood(beta)) - _CHI

    low = None if seen == least else _root(lambda beta: -excess(beta), -_FAR, best)
    high = None if seen == most else _root(excess, best, _FAR)
    return Odds(
        value=math.exp(best) if inside else None,
        low=0.0 if low is None else math.exp(low),
        high=None if high is None else math.exp(high),
        problems=len(used),
        responses=sum(s.n for s in used),
    )


def within_difference(strata: Sequence[Stratum]) -> Estimate | None:
    """Mean over problems of P(right | trait) − P(right | no trait), of those that have responses of both kinds; its
    interval is over problems."""
    differences = [s.both / s.exposed - (s.correct - s.both) / (s.n - s.exposed) for s in strata if 0 < s.exposed < s.n]
    return mean_estimate(differences, bounds=(-1.0, 1.0))


def _weights(stratum: Stratum) -> list[tuple[int, float]]:
    """(responses with both, log of the number of ways) for every possible number."""
    n, m, c = stratum.n, stratum.exposed, stratum.correct
    possible = range(max(0, c - (n - m)), min(m, c) + 1)
    return [(u, _log_choose(m, u) + _log_choose(n - m, c - u)) for u in possible]


def _moments(table: Sequence[tuple[int, float]], beta: float) -> tuple[float, float]:
    """Log of the normaliser and mean of the noncentral hypergeometric distribution."""
    exponents = [weight + beta * u for u, weight in table]
    top = max(exponents)
    masses = [math.exp(exponent - top) for exponent in exponents]
    total = math.fsum(masses)
    return top + math.log(total), math.fsum(u * mass for (u, _), mass in zip(table, masses, strict=True)) / total


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    from scipy.optimize import brentq

    if function(low) * function(high) > 0:  # further out than anything that matters
        return low if abs(function(low)) < abs(function(high)) else high
    return float(brentq(function, low, high, xtol=1e-10))
