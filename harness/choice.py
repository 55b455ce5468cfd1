"""The rules that choose one of a problem's candidate responses, all evaluated on every selection.

The rules that count answers need the canonical forms which grading finds, so they are applied after it; a strategy only
names its rule. Ties go to the earlier response: what one answer is worth on average over ties, the estimators say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from harness.core import CUT

RULES = ("first", "best", "majority", "weighted_majority")


def choices(
    answers: Sequence[str | None],
    scores: Sequence[float | None],
    weights: Mapping[str, Sequence[float]],
    reasons: Sequence[str | None],
) -> dict[str, int | None]:
    """The index that each rule chooses; None where there is no candidate, or no score to choose by.

    Lists hold an entry per candidate: the canonical answer (None abstains), the verifier's score, the strategy's own
    weights by name, the finish reason. Every rule but "first" passes over responses that were cut where there is a
    whole one.
    """
    every = range(len(answers))
    whole = [i for i in every if reasons[i] not in CUT] or list(every)
    voters = [i for i in whole if answers[i] is not None]
    scored = [i for i in whole if scores[i] is not None]
    found: dict[str, int | None] = {
        "first": 0 if answers else None,
        "majority": _vote(answers, voters, [1.0] * len(answers)) if voters else (whole[0] if whole else None),
        "best": max(scored, key=lambda i: (scores[i], -i)) if scored else None,
    }
    weighed = [i for i in voters if scores[i] is not None]  # a response without a score abstains: it is not worth 0
    found["weighted_majority"] = _vote(answers, weighed, scores) if weighed else found["best"]
    for name, values in weights.items():
        found[name] = max(whole, key=lambda i: (values[i], -i)) if whole else None
    return found


def _vote(answers: Sequence[str | None], voters: Sequence[int], weights: Sequence[float | None]) -> int:
    """The first response of the answer with the largest sum of weights, of which every voter has one."""
    sums: defaultdict[str | None, float] = defaultdict(float)
    for i in voters:
        sums[answers[i]] += weights[i] or 0.0
    winner = max(sums, key=lambda answer: sums[answer])  # the first of equals, in the order of the responses
    return next(i for i in voters if answers[i] == winner)
