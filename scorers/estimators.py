"""Exact expectations over subsets of one problem's responses: pass@k, pass^k, G-Pass@k, maj@k, best@k, wmaj@k.

A problem has n responses; k of them are drawn uniformly without replacement. Every estimator is the expectation of its
metric over all C(n, k) draws. It uses every response and no order of them, so it varies less than "the first k", and
it is unbiased, which drawing with replacement is not. Counting is done in Python's integers and rounded once at the
end. Whatever has no value (k > n, no response) raises ValueError: a table shows it as "n/a", never clipped.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "best_at_k",
    "best_curve",
    "g_pass_at_k",
    "maj_at_k",
    "maj_curve",
    "pass_at_k",
    "pass_hat_k",
    "weighted_maj_at_k",
    "weighted_maj_estimate",
]

ENUMERATION_LIMIT = 20_000  # subsets; above it weighted majority samples as many instead of visiting all
_TIE = 1e-12  # of the drawn weights' absolute sum: far above float rounding, far below any meant difference
_CELLS = 1 << 20  # array elements per batch of subsets, so that memory stays at some tens of MB


def _check_k(n: int, k: int) -> None:
    if not 1 <= k <= n:
        raise ValueError(f"k must lie between 1 and the number of responses, {n}; got {k}")


def _check_counts(n: int, c: int, k: int) -> None:
    _check_k(n, k)
    if not 0 <= c <= n:
        raise ValueError(f"the number of correct responses must lie between 0 and {n}; got {c}")


def check_lengths(*columns: Sequence[object]) -> None:
    if len({len(column) for column in columns}) > 1:
        raise ValueError(f"one entry per response is needed; got lengths {[len(column) for column in columns]}")


def pass_at_k(n: int, c: int, k: int) -> float:
    """Probability that at least one of k responses is correct: 1 − C(n−c, k)/C(n, k) (Chen et al. 2021)."""
    _check_counts(n, c, k)
    subsets = math.comb(n, k)
    return (subsets - math.comb(n - c, k)) / subsets


def pass_hat_k(n: int, c: int, k: int) -> float:
    """Probability that all k responses are correct, pass^k: C(c, k)/C(n, k) (Yao et al. 2024, τ-bench)."""
    _check_counts(n, c, k)
    return math.comb(c, k) / math.comb(n, k)


def g_pass_at_k(n: int, c: int, k: int, tau: float) -> float:
    """Probability that at least m = max(1, ⌈τk⌉) of k responses are correct (Liu et al. 2024, G-Pass@k).

    Σ_{j≥m} C(c, j)·C(n−c, k−j)/C(n, k), 0 ≤ τ ≤ 1. It is pass@k for τ → 0 and pass^k for τ = 1.
    """
    _check_counts(n, c, k)
    if not 0 <= tau <= 1:
        raise ValueError(f"tau must lie between 0 and 1; got {tau}")
    # 0.07 * 100 is 7.000000000000001 in floats: without the slack its ceiling would ask for one more than 7.
    needed = max(1, math.ceil(tau * k - 1e-9))
    hits = sum(math.comb(c, j) * math.comb(n - c, k - j) for j in range(needed, min(c, k) + 1))
    return hits / math.comb(n, k)


def cluster_worths(answers: Sequence[str | None], correct: Sequence[bool]) -> dict[str, tuple[int, Fraction]]:
    """Size and worth (the mean of its flags) of each answer; abstentions are left out."""
    flags: defaultdict[str, list[bool]] = defaultdict(list)
    for answer, flag in zip(answers, correct, strict=True):
        if answer is not None:
            flags[answer].append(bool(flag))
    return {answer: (len(members), Fraction(sum(members), len(members))) for answer, members in flags.items()}


def maj_at_k(answers: Sequence[str | None], correct: Sequence[bool], k: int) -> float:
    """Expected accuracy of the most frequent answer among k responses (self-consistency, Wang et al. 2022).

    Tied largest clusters share the outcome equally. None abstains: it takes a place in the draw but never votes, and a
    draw of abstentions only is worth 0. Responses with one answer but different flags are worth the mean of the flags.
    """
    return maj_curve(answers, correct, [k])[0]


def maj_curve(answers: Sequence[str | None], correct: Sequence[bool], ks: Sequence[int]) -> list[float]:
    """`maj_at_k` for every k in `ks`, from one dynamic programme.

    With clusters of sizes n_i, worths w_i, n_0 abstentions, and ties shared through ∫y^r dy = 1/(r+1):

        E_k = Σ_j w_j P_k(j),
        P_k(j) = 1/C(n,k) Σ_t C(n_j,t) [x^(k−t)] ∫₀¹ (1+x)^n_0 Π_{i≠j} (Σ_{s<t} C(n_i,s) x^s + y C(n_i,t) x^t) dy

    where t counts the votes for j and the power of y the rivals that tie with it. P_k(j) depends on j by its size only,
    and clusters worth nothing need no P.
    """
    check_lengths(answers, correct)
    n = len(answers)
    for k in ks:
        _check_k(n, k)
    clusters = list(cluster_worths(answers, correct).values())
    sizes = [size for size, _ in clusters]
    worths: defaultdict[int, Fraction] = defaultdict(Fraction)
    for size, worth in clusters:
        worths[size] += worth
    wanted = sorted(set(ks))
    expected = dict.fromkeys(wanted, Fraction(0))
    for size, worth in worths.items():
        if worth:
            rivals = list(sizes)
            rivals.remove(size)
            for k, probability in zip(wanted, _win_probabilities(n, size, rivals, wanted), strict=True):
                expected[k] += worth * probability
    return [float(expected[k]) for k in ks]


def _win_probabilities(n: int, size: int, rivals: Sequence[int], ks: Sequence[int]) -> list[Fraction]:
    """P_k that one cluster of `size` wins against `rivals`, for ascending `ks`; the rest of n abstains."""
    if not ks:
        return []
    top = ks[-1]
    scale = math.lcm(*range(1, min(len(rivals), top) + 2))  # a common denominator of all shares 1/(r+1)
    wins = [0] * len(ks)
    for votes in range(1, min(size, top) + 1):
        shares, draws = _draws_without_majority(n - size, rivals, votes, top - votes)
        factor = math.comb(size, votes) * (scale // shares)
        for position, k in enumerate(ks):
            if k >= votes:
                wins[position] += factor * draws[k - votes]
    return [Fraction(win, scale * math.comb(n, k)) for win, k in zip(wins, ks, strict=True)]


def _draws_without_majority(others: int, rivals: Sequence[int], votes: int, degree: int) -> tuple[int, list[int]]:
    """Draws of 0..degree of the other responses that leave no rival above `votes`, each counted as 1/(1 + ties).

    Returns (shares, draws): the counts are draws[i] / shares. Rivals smaller than `votes` and abstentions cannot
    matter and collapse into one (1+x)^m. A polynomial in x is held as one integer with a fixed number of bytes per
    coefficient (Kronecker substitution), so that Python's big multiplication does the convolution.
    """
    # A draw too short to hold `votes` of a rival is free as well.
    strong = [rival for rival in rivals if votes <= rival and votes <= degree]
    free = others - sum(strong)
    if not strong:
        return 1, [math.comb(free, drawn) for drawn in range(degree + 1)]
    ties = min(len(strong), degree // votes)
    shares = math.lcm(*range(1, ties + 2))
    width = (others + shares.bit_length()) // 8 + 1  # no coefficient exceeds shares * 2^others
    # rows[r] * x^(r*votes) is the coefficient of y^r; only the degrees up to `degree` are kept.
    masks = [(1 << (8 * width * (degree - r * votes + 1))) - 1 for r in range(ties + 1)]
    rows = [1] + [0] * ties
    for rival in strong:
        below = _pack((math.comb(rival, drawn) for drawn in range(votes)), width)
        level = math.comb(rival, votes)
        for r in range(ties, 0, -1):
            rows[r] = (rows[r] * below + rows[r - 1] * level) & masks[r]
        rows[0] = rows[0] * below & masks[0]
    total = sum((row * (shares // (r + 1))) << (8 * width * r * votes) for r, row in enumerate(rows))
    total *= _pack((math.comb(free, drawn) for drawn in range(min(free, degree) + 1)), width)
    packed = (total & masks[0]).to_bytes(width * (degree + 1), "little")
    return shares, [int.from_bytes(packed[width * i : width * (i + 1)], "little") for i in range(degree + 1)]


def _pack(coefficients: Iterable[int], width: int) -> int:
    return int.from_bytes(b"".join(c.to_bytes(width, "little") for c in coefficients), "little")


def best_at_k(scores: Sequence[float | None], values: Sequence[float], k: int) -> float:
    """Expected value of the response with the highest score among k (best-of-n with a verifier, Cobbe et al. 2021).

    Equal scores share the choice equally; None and NaN sort below every number. A value may be correctness, or tokens.
    Correctness as its own score gives pass@k, its negative gives pass^k.
    """
    return best_curve(scores, values, [k])[0]


def best_curve(scores: Sequence[float | None], values: Sequence[float], ks: Sequence[int]) -> list[float]:
    """`best_at_k` for every k in `ks`.

    For groups of equal score, with a_g members of mean value v_g and L_g responses of lower score:
    E_k = Σ_g v_g [C(L_g + a_g, k) − C(L_g, k)] / C(n, k).
    """
    check_lengths(scores, values)
    n = len(scores)
    for k in ks:
        _check_k(n, k)
    if not all(math.isfinite(value) for value in values):
        raise ValueError("values must be finite numbers")
    groups: defaultdict[tuple[bool, float], list[Fraction]] = defaultdict(list)
    for score, value in zip(scores, values, strict=True):
        groups[rank(score)].append(Fraction(float(value)))
    members = [groups[key] for key in sorted(groups)]
    means = [sum(group, Fraction(0)) / len(group) for group in members]
    # One common denominator instead of one fraction per term: integer sums are an order of magnitude quicker.
    scale = math.lcm(*(mean.denominator for mean in means))
    weights = [mean.numerator * (scale // mean.denominator) for mean in means]
    ends = list(itertools.accumulate((len(group) for group in members), initial=0))
    curve = []
    for k in ks:
        below = [math.comb(end, k) for end in ends]
        total = sum(weight * (below[i + 1] - below[i]) for i, weight in enumerate(weights))
        curve.append(total / (scale * below[-1]))
    return curve


def rank(score: float | None) -> tuple[bool, float]:
    return (False, 0.0) if score is None or math.isnan(score) else (True, float(score))


def weighted_maj_at_k(
    answers: Sequence[str | None],
    correct: Sequence[bool],
    scores: Sequence[float | None],
    k: int,
    *,
    seed: int = 0,
    draws: int = ENUMERATION_LIMIT,
) -> float:
    """Expected accuracy of the answer with the largest summed score among k responses; see `weighted_maj_estimate`."""
    return weighted_maj_estimate(answers, correct, scores, k, seed=seed, draws=draws)[0]


def weighted_maj_estimate(
    answers: Sequence[str | None],
    correct: Sequence[bool],
    scores: Sequence[float | None],
    k: int,
    *,
    seed: int = 0,
    draws: int = ENUMERATION_LIMIT,
) -> tuple[float, float]:
    """wmaj@k and its Monte Carlo standard error (verifier-weighted voting, Li et al. 2023; Uesato et al. 2022).

    Scores are summed per answer. A None or NaN score weighs 0, but its answer still stands (it wins where all weigh 0
    or less); a None answer abstains. Totals that agree up to rounding tie and share the outcome. An answer is worth the
    mean of its flags over all n responses, as in `maj_at_k`.

    Real scores have no polynomial formula. The result is exact, with error 0, for k = 1, 2, n, wherever there are at
    most `ENUMERATION_LIMIT` subsets, and where all answers are worth the same. Otherwise it is the mean over `draws`
    subsets drawn with `seed`, and the error is above 0: at least 1/draws, since draws that all agree prove no more.
    """
    import numpy as np

    check_lengths(answers, correct, scores)
    n = len(answers)
    _check_k(n, k)
    if draws < 2:
        raise ValueError(f"draws must be at least 2; got {draws}")
    weight = np.array([_weight(answer, score) for answer, score in zip(answers, scores, strict=True)])
    clusters = cluster_worths(answers, correct)
    subsets = math.comb(n, k)
    worths = {worth for _, worth in clusters.values()} or {Fraction(0)}
    if len(worths) == 1:
        silent = sum(answer is None for answer in answers)
        return float(worths.pop() * Fraction(subsets - math.comb(silent, k), subsets)), 0.0
    column = {answer: index for index, answer in enumerate(clusters)}
    label = np.array([len(column) if answer is None else column[answer] for answer in answers], dtype=np.intp)
    worth = np.array([float(worth) for _, worth in clusters.values()])
    enumerable = k <= 2 or subsets <= ENUMERATION_LIMIT
    size = max(1, _CELLS // (n + len(column)))
    batches = _all_subsets(n, k, size) if enumerable else _drawn_subsets(n, k, draws, seed, size)
    outcome = np.concatenate([_vote(rows, label, weight, worth) for rows in batches])
    value = math.fsum(outcome) / len(outcome)
    if enumerable:
        return value, 0.0
    return value, max(float(outcome.std(ddof=1)) / math.sqrt(draws), 1 / draws)


def _weight(answer: str | None, score: float | None) -> float:
    if answer is None or score is None or math.isnan(score):
        return 0.0
    if math.isinf(score):
        raise ValueError("an infinite score cannot be summed into a vote")
    return float(score)


def _all_subsets(n: int, k: int, size: int) -> Iterator[NDArray[np.intp]]:
    import numpy as np

    combinations = itertools.combinations(range(n), k)
    while batch := list(itertools.islice(combinations, size)):
        yield np.array(batch, dtype=np.intp)


def _drawn_subsets(n: int, k: int, draws: int, seed: int, size: int) -> Iterator[NDArray[np.intp]]:
    import numpy as np

    generator = np.random.default_rng(seed)
    for start in range(0, draws, size):
        # The places of the k smallest of n uniform numbers are a uniform subset.
        yield generator.random((min(size, draws - start), n)).argpartition(k - 1, axis=1)[:, :k]


def _vote(
    rows: NDArray[np.intp], label: NDArray[np.intp], weight: NDArray[np.float64], worth: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Worth of the winning answer of each row of response indices, ties shared; label len(worth) abstains."""
    import numpy as np

    shape = (len(rows), len(worth) + 1)
    cells = (label[rows] + shape[1] * np.arange(len(rows))[:, None]).ravel()
    drawn = weight[rows]
    present = np.bincount(cells, minlength=math.prod(shape)).reshape(shape)[:, :-1] > 0
    totals = np.bincount(cells, weights=drawn.ravel(), minlength=math.prod(shape)).reshape(shape)[:, :-1]
    totals = np.where(present, totals, -np.inf)
    winners = present & (totals >= totals.max(axis=1, keepdims=True) - _TIE * np.abs(drawn).sum(axis=1, keepdims=True))
    shared: NDArray[np.float64] = (winners @ worth) / np.maximum(winners.sum(axis=1), 1)
    return shared
