"""Does more thinking pay? Accuracy against the length of responses, within problems and across them.

Across problems the answer is confounded: hard problems are long and wrong. Within a problem the length is the model's
own choice, so the responses of one problem are compared with each other: by their rank in length (the Meta-CoT paper,
Figure 24), by how much longer the right ones are than the wrong ones, and by a test that is conditional on how many of
each problem's responses are right. What more tokens would do is a third question, which only runs at several budgets
answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import groupby

from harness.outcomes import Outcome
from harness.run import Json
from scorers.intervals import mean_estimate
from scorers.regression import Line, line

MOST_RANKS = 8
"""More responses than this are shown in fifths of the ranks."""
Response = tuple[int, bool, bool]
"""Tokens, right, cut."""


def judged(outcome: Outcome) -> list[Response]:
    """The judged responses of a problem that generated anything."""
    every = [(outcome.tokens[i], outcome.correct[i] is True, outcome.truncated[i]) for i in outcome.judged]
    return [each for each in every if each[0] > 0]


def by_rank(found: Sequence[Outcome]) -> list[Json]:
    """Accuracy of the shortest response of each problem, the next one, and so on; ties share their ranks.

    Over the problems with as many judged responses as the most have. Rows: `rank` of `of`, accuracy with its interval,
    the mean tokens at that rank and the share that was cut. Empty for one response a problem."""
    problems = [sorted(judged(o)) for o in found]
    most = max(map(len, problems), default=0)
    kept = [own for own in problems if len(own) == most]
    if most < 2:
        return []
    bins = most if most <= MOST_RANKS else 5
    rows = []
    for place in range(bins):
        ranks = [rank for rank in range(most) if rank * bins // most == place]
        values = [_mean([_shared(own)[rank] for rank in ranks]) for own in kept]
        here = [own[rank] for own in kept for rank in ranks]
        row = {"metric": "accuracy_by_length_rank", "rank": place + 1, "of": bins, **_estimate(values, (0.0, 1.0))}
        rows.append(row | {"tokens": _mean([t for t, _, _ in here]), "cut": _mean([c for _, _, c in here])})
    return rows


def _shared(own: Sequence[Response]) -> list[float]:
    """The chance to be right at each rank of sorted responses, where those of equal length come in any order."""
    shared: list[float] = []
    for _, tied in groupby(own, key=lambda each: each[0]):
        flags = [right for _, right, _ in tied]
        shared += [_mean(flags)] * len(flags)
    return shared


def within(found: Sequence[Outcome]) -> list[Json]:
    """Right against wrong responses of the same problem, of all responses and of the whole ones alone.

    `longer`: mean over problems of the difference of mean log2 tokens, right minus wrong; `factor` is 2^value.
    `per_doubling`: the slope of right (0 or 1) on log2 tokens with an intercept for each problem.
    `right_is_shorter`: the share of a problem's pairs of a right and a wrong response whose right one is shorter, ties
    half; `p` is van Elteren's (1960) two-sided test, stratified by problem, that length says nothing."""
    rows = []
    for scope in ("all", "whole"):
        problems = [(o.problem_id, [r for r in judged(o) if scope == "all" or not r[2]]) for o in found]
        mixed = [(name, own) for name, own in problems if len({right for _, right, _ in own}) == 2]
        if not mixed:
            continue
        longer = [_mean(_logs(own, right=True)) - _mean(_logs(own, right=False)) for _, own in mixed]
        row: Json = {"scope": scope, "problems": len(mixed)}
        gain = _estimate(longer, None)
        factor = 2.0 ** gain["value"]
        rows.append({**row, "metric": "longer", **gain, "factor": factor})
        if (fit := _fixed_effects(mixed)) is not None:
            rows.append({**row, "metric": "per_doubling", **_of(fit), "bend": fit.bend})
        wins = [_mean(list(_pairs(own))) for _, own in mixed]
        rows.append({**row, "metric": "right_is_shorter", **_estimate(wins, (0.0, 1.0)), "p": van_elteren(mixed)})
    return rows


def _logs(own: Sequence[Response], *, right: bool) -> list[float]:
    return [math.log2(t) for t, r, _ in own if r is right]


def _pairs(own: Sequence[Response]) -> Iterator[float]:
    """1 where a right response is shorter than a wrong one, 0.5 where as long, 0 where longer, over all pairs."""
    good, bad = [t for t, r, _ in own if r], [t for t, r, _ in own if not r]
    return (1.0 if a < b else 0.5 if a == b else 0.0 for a in good for b in bad)


def _fixed_effects(mixed: Sequence[tuple[str, Sequence[Response]]]) -> Line | None:
    """Right on log2 tokens, both minus their problem's mean, clustered by problem."""
    x, y, names = [], [], []
    for name, own in mixed:
        logs, flags = [math.log2(t) for t, _, _ in own], [float(r) for _, r, _ in own]
        x += [value - _mean(logs) for value in logs]
        y += [value - _mean(flags) for value in flags]
        names += [name] * len(own)
    return line(x, y, names)


def van_elteren(mixed: Sequence[tuple[str, Sequence[Response]]]) -> float | None:
    """The two-sided p-value of Σ_i (W_i − E W_i)/(n_i + 1) over problems, W_i the rank sum of the right responses among
    a problem's n_i by length; conditional on how many are right, with midranks and the variance for ties, in the normal
    limit. None where all lengths of every problem are equal."""
    total = variance = 0.0
    for _, own in mixed:
        size, right = len(own), sum(r for _, r, _ in own)
        ranks = _midranks([t for t, _, _ in own])
        middle = (size + 1) / 2
        total += sum(rank - middle for rank, (_, r, _) in zip(ranks, own, strict=True) if r) / (size + 1)
        spread = sum((rank - middle) ** 2 for rank in ranks)
        variance += right * (size - right) / (size * (size - 1)) * spread / (size + 1) ** 2
    return math.erfc(abs(total) / math.sqrt(2 * variance)) if variance > 0 else None


def _midranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    first = {v: i for i, v in reversed(list(enumerate(ordered)))}
    count = {v: ordered.count(v) for v in first}
    return [first[v] + (count[v] + 1) / 2 for v in values]


def across(found: Sequence[Outcome], *, fifths: int = 5) -> list[Json]:
    """Right on log2 tokens over all responses, clustered by problem, and the check of that line: accuracy and fitted
    value in each fifth of the lengths. It mixes the difficulty of problems with what length does."""
    points = [(math.log2(t), float(r), o.problem_id) for o in found for t, r, _ in judged(o)]
    fit = line([x for x, _, _ in points], [y for _, y, _ in points], [name for _, _, name in points])
    if fit is None:
        return []
    rows: list[Json] = [
        {"metric": "across_per_doubling", **_of(fit), "intercept": fit.intercept, "bend": fit.bend}
        | {"problems": fit.clusters, "responses": fit.points}
    ]
    points.sort()
    for place in range(fifths):
        own = points[place * len(points) // fifths : (place + 1) * len(points) // fifths]
        if own:
            fitted = _mean([fit.intercept + fit.slope * x for x, _, _ in own])
            names = [name for _, _, name in own]
            found_here = _estimate([y for _, y, _ in own], (0.0, 1.0), names)
            row = {"metric": "accuracy_by_length", "rank": place + 1, "of": fifths, **found_here, "fitted": fitted}
            rows.append(row | {"tokens": 2 ** _mean([x for x, _, _ in own]), "responses": len(own)})
    return rows


def attempts(found: Sequence[Outcome]) -> list[Json]:
    """Of a strategy whose responses are attempts in order (`revise`): at attempt j its accuracy, whether any so far is
    right, what the majority of those so far says, the changes from the attempt before, and the tokens up to here.

    Over the problems whose attempts were all made and judged."""
    most = max((len(o.correct) for o in found), default=0)
    kept = [o for o in found if len(o.judged) == len(o.correct) == most]
    rows = []
    for j in range(most if kept else 0):
        so_far = [[bool(c) for c in o.correct[: j + 1]] for o in kept]
        row: Json = {"metric": "attempt", "rank": j + 1, "of": most, **_estimate([f[j] for f in so_far], (0.0, 1.0))}
        row["any_right"] = _mean([any(flags) for flags in so_far])
        row["majority"] = _mean([_majority(o, j + 1) for o in kept])
        row["tokens"] = _mean([sum(o.tokens[: j + 1]) for o in kept])
        for name, was in (("right_to_wrong", True), ("wrong_to_right", False)):
            before = [flags for flags in so_far if j and flags[j - 1] is was]
            row[name] = _mean([flags[j] is not was for flags in before]) if before else None
        rows.append(row)
    return rows


def _majority(outcome: Outcome, count: int) -> bool:
    """Whether the most frequent of the first answers is right; the earliest of equals, none if there is none."""
    answers = outcome.answers[:count]
    votes = [a for a in answers if a is not None]
    if not votes:
        return False
    winner = max(dict.fromkeys(votes), key=votes.count)
    return outcome.correct[answers.index(winner)] is True


def _of(fit: Line) -> Json:
    return {"value": fit.slope, "se": fit.se, "low": fit.low, "high": fit.high}


def _estimate(
    values: Sequence[float], bounds: tuple[float, float] | None, clusters: Sequence[str] | None = None
) -> Json:
    """value, se, low, high (95 % over problems) and the number of problems."""
    found = mean_estimate([float(v) for v in values], bounds=bounds, clusters=clusters)
    row: Json = {name: None if found is None else getattr(found, name) for name in ("value", "se", "low", "high")}
    return {**row, "problems": len(set(clusters)) if clusters is not None else len(values)}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
