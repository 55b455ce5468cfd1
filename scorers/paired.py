"""Two runs on the same problems: what their per-problem differences prove.

The problem is the unit: d_i = candidate − baseline of problem i, each side reduced to one number however many
responses went into it. Pairing takes the difficulty of the problems out, which is most of the variance (Miller 2024,
"Adding Error Bars to Evals", section 4).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from scorers.intervals import Estimate
from scorers.sequential import paired_bounds

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "correlation",
    "holm",
    "mcnemar_exact",
    "minimum_detectable_effect",
    "paired_estimate",
    "problems_needed",
    "ratio_estimate",
    "responses_needed",
    "sign_flip_p",
    "verdict",
]

Verdict = Literal["regression", "non-inferior", "inconclusive"]
EXACT_UP_TO = 14  # units that differ; 2^14 sign patterns are visited, more are drawn
_PSEUDO = 4.0
"""Pseudo-observations that smooth a sum of squares: the "plus four" of Agresti & Coull (1998)."""
_CELLS = 1 << 20
_SIZES, _DENOMINATOR, _PERIOD = 64, 1_000, 1 << 21
"""Limits of `_lattice_p`: different sizes, responses whose shares these are, steps of a period."""


def _sums(differences: Sequence[float], clusters: Sequence[Hashable] | None) -> list[float]:
    """The sum of each cluster; without clusters a problem is one."""
    if clusters is None:
        return [float(d) for d in differences]
    if len(clusters) != len(differences):
        raise ValueError(f"{len(clusters)} clusters for {len(differences)} differences")
    sums: defaultdict[Hashable, list[float]] = defaultdict(list)
    for label, d in zip(clusters, differences, strict=True):
        sums[label].append(float(d))
    return [math.fsum(part) for part in sums.values()]


def sign_flip_p(
    differences: Sequence[float], *, clusters: Sequence[Hashable] | None = None, seed: int = 0, draws: int = 20_000
) -> float:
    """Two-sided p of the paired permutation test (Fisher 1935; Ernst 2004, Statistical Science 19).

    Under H0 a problem's two values could as well have come the other way round, so each difference, or each cluster's
    sum, may change its sign. Exact over all patterns where at most 14 units differ, and where the differences are
    multiples of one fraction, as those of counts are (`_lattice_p`); else (1 + hits)/(1 + draws) over random patterns
    (Phipson & Smyth 2010), which never understates p. No difference at all is p = 1."""
    import numpy as np

    sums = np.array([d for d in _sums(differences, clusters) if d != 0.0])
    if not len(sums):
        return 1.0
    if len(sums) > EXACT_UP_TO and (exact := _lattice_p(sums)) is not None:
        return exact
    seen = abs(sums.sum()) * (1 - 1e-12) - 1e-15
    if len(sums) <= EXACT_UP_TO:
        patterns = np.arange(2 ** len(sums))[:, None] >> np.arange(len(sums))[None, :] & 1
        return float(np.mean(np.abs((1 - 2 * patterns) @ sums) >= seen))
    generator, hits, left = np.random.default_rng(seed), 0, draws
    while left > 0:
        size = min(left, max(1, _CELLS // len(sums)))
        signs = generator.integers(0, 2, (size, len(sums)), dtype=np.int8) * 2 - 1
        hits += int(np.count_nonzero(np.abs(signs @ sums) >= seen))
        left -= size
    return (1 + hits) / (1 + draws)


def _lattice_p(sums: npt.NDArray[np.float64]) -> float | None:
    """The sign-flip p over all patterns of differences j/L with whole j, None where there is no such L that is small.

    The sum S of ±j has the characteristic function φ(t) = Π cos(jt). Over a period M > 2Σ|j| its probabilities are the
    Fourier coefficients of φ at t = 2πk/M, and those of |S| < s add up to (1/M)·Σ_k φ(t_k)·sin((2s−1)πk/M)/sin(πk/M).
    Exact up to rounding, about 1e-12, below which p is not told."""
    import numpy as np

    sizes, times = np.unique(np.abs(sums), return_counts=True)
    if len(sizes) > _SIZES:
        return None
    whole = math.lcm(*(Fraction(float(size)).limit_denominator(_DENOMINATOR).denominator for size in sizes))
    steps = np.rint(sizes * whole)
    period = 2 * float(steps @ times) + 1
    if whole > _DENOMINATOR**2 or period > _PERIOD or np.max(np.abs(steps / whole - sizes)) > 1e-9:
        return None
    seen = abs(round(math.fsum(sums) * whole))
    if seen == 0:
        return 1.0
    k = np.arange(1, int(period) // 2 + 1, dtype=np.int64)
    m = int(period)
    density = np.ones(len(k))
    for step, count in zip(steps.astype(np.int64), times, strict=True):
        density *= np.cos(2 * np.pi / m * (k * step % m)) ** int(count)
    kernel = np.sin(np.pi / m * (k * (2 * seen - 1) % (2 * m))) / np.sin(np.pi / m * k)
    inside = (2 * seen - 1 + 2 * float(density @ kernel)) / m
    return min(1.0, max(1 - inside, 2.0 ** (1 - min(len(sums), 1000)), 1e-12))


def paired_estimate(
    differences: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    bounds: tuple[float, float] | None = (-1.0, 1.0),
    whole: float = 1.0,
) -> Estimate | None:
    """The mean difference of paired values with a two-sided interval, None without pairs.

    Independent differences of values in [0, 1] get `paired_bounds`: t with the skewness taken out. Clusters, and
    `bounds` None (tokens), get the t interval on Miller's clustered error √(C/(C−1)·Σ_c(Σ_{i∈c}(d_i − d̄))²)/M with
    C − 1 degrees of freedom. The sum of squares is smoothed, see `_smoothing`, without bounds only where it is 0:
    problems without any difference are no proof that there is none, so that no interval has zero width. `whole` is the
    difference of one problem that may have gone unseen. `se` is not smoothed. One cluster proves nothing: its interval
    is `bounds`, or None."""
    from scipy.special import stdtrit

    count = len(differences)
    if not count:
        return None
    sums = _sums(differences, clusters)
    mean, groups = math.fsum(sums) / count, len(sums)
    if groups < 2:
        low, high = bounds or (None, None)
        return Estimate(mean, None, low, high, count)
    sizes = [1] * count if clusters is None else _sizes(clusters)
    spread = math.fsum((s - mean * size) ** 2 for s, size in zip(sums, sizes, strict=True))
    se = math.sqrt(spread * groups / (groups - 1)) / count
    more = _smoothing(sums, whole * count / groups) if bounds or not spread else 0.0
    if clusters is None and bounds == (-1.0, 1.0):
        found = paired_bounds(differences, (1 - confidence) / 2, smoothing=more)
        return Estimate(mean, se, found.low, found.high, count)
    reach = float(stdtrit(groups - 1, (1 + confidence) / 2))
    reach *= math.sqrt((spread + more) * groups / (groups - 1)) / count
    floor, ceiling = bounds or (-math.inf, math.inf)
    return Estimate(mean, se, max(floor, mean - reach), min(ceiling, mean + reach), count)


def _smoothing(sums: Sequence[float], whole: float) -> float:
    """What is added to the sum of squares: four pseudo-differences ("plus four", Agresti & Coull 1998) of the size of
    those seen, one difference of a `whole` unit counted among these.

    4·(Σd² + whole²)/(r + 1) over the r units that differ. For right-or-wrong pairs it is 4 always. For means of many
    responses, whose differences are small, it is small too, as a fixed 4 would drown them; where nothing differs, the
    next difference may be a whole one, and it is 4 again. `benchmarks/paired_test.py` has the coverage."""
    seen = [s * s for s in sums if s]
    return _PSEUDO * (math.fsum(seen) + whole * whole) / (len(seen) + 1)


def _sizes(clusters: Sequence[Hashable]) -> list[int]:
    counts: defaultdict[Hashable, int] = defaultdict(int)
    for label in clusters:
        counts[label] += 1
    return list(counts.values())


def ratio_estimate(
    base: Sequence[float],
    candidate: Sequence[float],
    *,
    clusters: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
) -> Estimate | None:
    """Ratio of the means, candidate over baseline, with an interval on its logarithm; None where a mean is 0.

    The delta method for paired means: Var(log r) ≈ Σ_c(Σ_{i∈c}(c_i/c̄ − b_i/b̄))²·C/((C−1)M²), where without `clusters`
    each of the M problems is one (Franz 2007, arXiv 0710.2024, for independent pairs). `se` is that of log r."""
    from scipy.special import stdtrit

    count = len(base)
    if len(candidate) != count:
        raise ValueError(f"{count} and {len(candidate)} values are no pairs")
    if not count or math.fsum(base) <= 0 or math.fsum(candidate) <= 0:
        return None
    old, new = math.fsum(base) / count, math.fsum(candidate) / count
    sums = _sums([c / new - b / old for b, c in zip(base, candidate, strict=True)], clusters)
    groups = len(sums)
    if groups < 2:
        return Estimate(new / old, None, None, None, count)
    se = math.sqrt(math.fsum(s * s for s in sums) * groups / (groups - 1)) / count
    reach = math.exp(float(stdtrit(groups - 1, (1 + confidence) / 2)) * se)
    return Estimate(new / old, se, new / old / reach, new / old * reach, count)


def mcnemar_exact(only_base: int, only_candidate: int) -> float:
    """Two-sided exact p of McNemar's test (1947) for right-or-wrong pairs: of the problems that one side alone has
    right, how unlikely is this split if either side were as likely? A binomial test with probability ½."""
    from scipy.stats import binomtest

    total = only_base + only_candidate
    return 1.0 if total == 0 else float(binomtest(only_candidate, total, 0.5).pvalue)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for having asked them all (Holm 1979): the family errs with at most the stated probability."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, i in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def minimum_detectable_effect(se: float, *, alpha: float = 0.05, power: float = 0.8) -> float:
    """The smallest true difference that a two-sided test at `alpha` finds with `power`: (z_{α/2} + z_power)·se (Miller
    2024, section 5)."""
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2) + ndtri(power)) * se


def problems_needed(se: float, problems: int, effect: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """How many problems like these would detect `effect`, as the variance of a mean falls with their number."""
    if effect <= 0:
        raise ValueError(f"an effect must be positive, not {effect}")
    return math.ceil(problems * (minimum_detectable_effect(se, alpha=alpha, power=power) / effect) ** 2)


def responses_needed(se: float, se_samples: float, goal: float, responses: int) -> int | None:
    """How many responses per problem bring the standard error down to `goal`; None where no number does.

    se² = ω² + σ²/n: n responses shrink the noise of sampling, `se_samples` = σ/√n, and leave how problems differ in
    their change (Miller 2024, section 3)."""
    lasting = max(se**2 - se_samples**2, 0.0)
    if goal**2 <= lasting:
        return None
    return max(responses, math.ceil(responses * se_samples**2 / (goal**2 - lasting)))


def correlation(base: Sequence[float], candidate: Sequence[float]) -> float | None:
    """Pearson's correlation of the pairs, None where a side does not vary: what pairing gains."""
    import numpy as np

    a, b = np.asarray(base, dtype=float), np.asarray(candidate, dtype=float)
    if len(a) < 2 or a.std() == 0 or b.std() == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def verdict(estimate: Estimate, *, margin: float, minimum_effect: float = 0.0) -> Verdict:
    """Three ways, as in trials of equivalence (Schuirmann 1987): a regression is proven (the interval lies below zero
    and the drop is at least `minimum_effect`), non-inferiority is proven (it lies above −margin), or neither is."""
    if estimate.low is None or estimate.high is None:
        return "inconclusive"
    if estimate.high < 0 and estimate.value <= -minimum_effect:
        return "regression"
    return "non-inferior" if estimate.low > -margin else "inconclusive"
