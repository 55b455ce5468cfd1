"""Which answers to one problem count as the same in a vote: those of one canonical form, and equivalent ones of two.

Forms differ between types (`x > 3` and `(3, ∞)`) and between names of a parameter. Only distinct forms are compared, in
the workers of the pool, both ways round: what rounds to another answer is not the same answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from harness.core import Grade, Problem, ScorerRef
from scorers import math_answer
from scorers.equivalence import equivalent
from scorers.pool import GradingPool

MAX_PAIRS = 100
"""Comparisons for one problem; answers beyond keep their own forms."""
SCORER = "scorers.math_answer:grade"
_PAIR = ScorerRef("scorers.clusters:grade", version=math_answer.VERSION)
_NUMBER = re.compile(r"-?\d+(?:/\d+)?")


def grade(response: str, problem: Problem) -> Grade:
    """Whether two answers, handed over as a response and a gold answer, are equivalent both ways round."""
    other = problem.answer or ""
    return Grade(equivalent(other, response) is True and equivalent(response, other) is True)


async def merged(pool: GradingPool, scorer: ScorerRef, grades: Sequence[Grade]) -> list[Grade]:
    """The grades of a problem's responses, equivalent answers under the form of the first of them.

    Answers with different verdicts are never the same answer. Other scorers' grades are left as they are."""
    if scorer.function != SCORER:
        return list(grades)
    leaders: dict[str, Grade] = {}  # the first answer of every form
    for item in grades:
        if item.canonical is not None and item.answer is not None:
            leaders.setdefault(item.canonical, item)
    forms: dict[str, str] = {}
    kept: list[tuple[str, Grade]] = []
    pairs = 0
    for form, item in leaders.items():
        for other, leader in kept:
            if leader.correct is not item.correct or (_NUMBER.fullmatch(form) and _NUMBER.fullmatch(other)):
                continue
            if pairs == MAX_PAIRS:
                continue
            pairs += 1
            pair = Problem("", "", leader.answer)
            if (await pool.grade_async(_PAIR, item.answer or "", pair)).correct:
                forms[form] = other
                break
        else:
            kept.append((form, item))
    return [replace(item, canonical=forms.get(item.canonical or "", item.canonical)) for item in grades]
