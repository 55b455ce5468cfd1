"""How well the first wrong step of a solution is found (ProcessBench, Zheng et al., 2024, section 3.3).

F1 is the harmonic mean of two accuracies: on solutions with a wrong step (exactly that step is named) and on those
without one (none is named). Over several subsets it is the mean of their F1.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from scorers.resampling import MIN_UNITS, RESAMPLES, SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

__all__ = ["Interval", "Solution", "best_threshold", "cross_fitted", "f1", "f1_interval", "place", "step_auroc"]

UNDEFINED = 0.05
"""The share of resamples without a value from which on there is no interval."""


@dataclass(frozen=True, slots=True)
class Solution:
    """One labelled solution: its subset, the problem it is about, its label (-1: no step is wrong), and the scores of
    its steps where they are known."""

    id: str
    subset: Hashable
    question: Hashable
    label: int
    scores: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Interval:
    """A 95 % interval and a standard error, by a bootstrap over problems within each subset."""

    low: float
    high: float
    se: float


def place(scores: Sequence[float], threshold: float) -> int:
    """The first step that is scored below the threshold, -1 where none is."""
    return next((i for i, score in enumerate(scores) if score < threshold), -1)


def f1(solutions: Sequence[Solution], right: Sequence[bool]) -> float | None:
    """The mean over subsets of the harmonic mean of both accuracies, 0 where both are; None where a subset lacks one of
    the two kinds."""
    values = []
    for subset in dict.fromkeys(solution.subset for solution in solutions):
        own = [(s.label < 0, r) for s, r in zip(solutions, right, strict=True) if s.subset == subset]
        clean, wrong = ([r for kind, r in own if kind is side] for side in (True, False))
        if not clean or not wrong:
            return None
        a, b = sum(clean) / len(clean), sum(wrong) / len(wrong)
        values.append(2 * a * b / (a + b) if a + b else 0.0)
    return sum(values) / len(values) if values else None


def f1_interval(solutions: Sequence[Solution], right: Sequence[bool]) -> Interval | None:
    """The percentile interval of `f1`: problems, with all their solutions, are drawn anew within each subset. None for
    fewer than MIN_UNITS problems in a subset, and where too many draws lack one of the two kinds."""
    import numpy as np

    rng = np.random.default_rng(SEED)
    total = np.zeros(RESAMPLES)
    subsets = list(dict.fromkeys(solution.subset for solution in solutions))
    for subset in subsets:
        table = np.array(_counts([(s, r) for s, r in zip(solutions, right, strict=True) if s.subset == subset]))
        if len(table) < MIN_UNITS:
            return None
        sums = rng.multinomial(len(table), [1 / len(table)] * len(table), size=RESAMPLES) @ table
        with np.errstate(invalid="ignore", divide="ignore"):
            a, b = sums[:, 0] / sums[:, 1], sums[:, 2] / sums[:, 3]
            total += np.where(a + b > 0, 2 * a * b / (a + b), np.where(a + b == 0, 0.0, np.nan)) / len(subsets)
    return _interval(total) if subsets else None


def _counts(pairs: Sequence[tuple[Solution, bool]]) -> list[list[int]]:
    """Per problem: solutions without a wrong step found right, all of them; and the same of those with one."""
    rows: dict[Hashable, list[int]] = {}
    for solution, right in pairs:
        row = rows.setdefault(solution.question, [0, 0, 0, 0])
        at = 0 if solution.label < 0 else 2
        row[at] += right
        row[at + 1] += 1
    return list(rows.values())


def _interval(draws: Array) -> Interval | None:
    import numpy as np

    known = draws[np.isfinite(draws)]
    if len(known) < (1 - UNDEFINED) * len(draws):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return Interval(float(low), float(high), float(known.std(ddof=1)))


def best_threshold(solutions: Sequence[Solution]) -> float | None:
    """The threshold with the highest `f1`, the lowest of equals; None where `f1` has no value.

    A solution is judged right by the thresholds t of one interval: score of the wrong step < t ≤ every score before it
    (no upper end at the first step; no lower end where no step is wrong). So it is enough to count the ends of these,
    and to try one t between any two that follow each other, and one beyond each end."""
    import numpy as np

    if f1(solutions, [True] * len(solutions)) is None:
        return None
    low = np.array([s.scores[s.label] if s.label >= 0 else -np.inf for s in solutions])
    high = np.array([min(s.scores[: s.label] if s.label >= 0 else s.scores, default=np.inf) for s in solutions])
    ends = np.unique([x for x in (*low, *high) if np.isfinite(x)])
    tried = np.array([ends[0], *(ends[:-1] + ends[1:]) / 2, np.nextafter(ends[-1], np.inf)])
    clean = np.array([s.label < 0 for s in solutions])
    total = np.zeros(len(tried))
    for subset in dict.fromkeys(s.subset for s in solutions):
        own = np.array([s.subset == subset for s in solutions])
        a, b = (_share(low[own & kind], high[own & kind], tried) for kind in (clean, ~clean))
        total += np.divide(2 * a * b, a + b, out=np.zeros_like(a), where=a + b > 0)
    return float(tried[int(total.round(12).argmax())])


def _share(low: Array, high: Array, tried: Array) -> Array:
    """The share of intervals (low, high] that hold each of the thresholds; an empty one holds none."""
    import numpy as np

    full = low < high
    begun = np.searchsorted(np.sort(low[full]), tried, side="left")
    ended = np.searchsorted(np.sort(high[full]), tried, side="left")
    share: Array = (begun - ended) / len(low)
    return share


def cross_fitted(solutions: Sequence[Solution]) -> tuple[list[bool], tuple[float, float]] | None:
    """Whether each solution is judged right at the threshold that is best on the half that it is not in, and the two
    thresholds (best on the first half, and on the second). The halves share no problem. None where one has none."""
    second = _halves(solutions)
    parts: tuple[list[Solution], list[Solution]] = ([], [])
    for solution, there in zip(solutions, second, strict=True):
        parts[there].append(solution)
    first, other = map(best_threshold, parts)
    if first is None or other is None:
        return None
    right = [place(s.scores, first if there else other) == s.label for s, there in zip(solutions, second, strict=True)]
    return right, (first, other)


def _halves(solutions: Sequence[Solution]) -> list[bool]:
    """Whether each solution is in the second half: within each subset every other problem in the order of a hash."""
    second: dict[tuple[Hashable, Hashable], bool] = {}
    for subset in dict.fromkeys(s.subset for s in solutions):
        names = {str(s.question): s.question for s in solutions if s.subset == subset}
        ordered = sorted(names, key=lambda name: sha256(name.encode()).digest())
        second |= {(subset, names[name]): bool(i % 2) for i, name in enumerate(ordered)}
    return [second[s.subset, s.question] for s in solutions]


def step_auroc(solutions: Sequence[Solution], *, resamples: int = RESAMPLES) -> tuple[float | None, Interval | None]:
    """The probability that a right step is scored above a wrong one, ties a half, and its interval over problems. Steps
    after the first wrong one have no label and are left out. (None, None) where there are no two to compare."""
    import numpy as np

    rows = [
        (score, i != s.label, (s.subset, s.question))
        for s in solutions
        for i, score in enumerate(s.scores[: s.label + 1] if s.label >= 0 else s.scores)
    ]
    if len({right for _, right, _ in rows}) < 2:
        return None, None
    units = {unit: number for number, unit in enumerate(dict.fromkeys(unit for _, _, unit in rows))}
    score, right = np.array([r[0] for r in rows]), np.array([r[1] for r in rows])
    unit = np.array([units[r[2]] for r in rows])
    order = score.argsort(kind="stable")
    tied = np.unique(score[order], return_inverse=True)[1]
    value = _area(np.ones(len(rows)), right[order], tied)
    if len(units) < MIN_UNITS:
        return value, None
    rng = np.random.default_rng(SEED)
    draws = [_area(_times(rng, len(units))[unit[order]], right[order], tied) for _ in range(resamples)]
    return value, _interval(np.array(draws))


def _times(rng: np.random.Generator, units: int) -> Array:
    """How often each unit is drawn."""
    import numpy as np

    return np.bincount(rng.integers(units, size=units), minlength=units).astype(float)


def _area(times: Array, right: NDArray[np.bool_], tied: NDArray[np.intp]) -> float:
    """AUROC of rows in the order of their scores that count `times` each; `tied` numbers the groups of equal scores."""
    import numpy as np

    good = np.bincount(tied, weights=times * right)
    bad = np.bincount(tied, weights=times * ~right)
    pairs = good.sum() * bad.sum()
    below = np.cumsum(bad) - bad
    return float((good * (below + bad / 2)).sum() / pairs) if pairs else float("nan")
