r"""Where is the first mistake in a given solution? The response names the step in \boxed{}, from 0; -1 is "nowhere"."""

from __future__ import annotations

import re

from harness.core import Grade, Problem
from scorers.extract import extract

VERSION = "2"
FUNCTION = "scorers.first_error:grade"
_NUMBER = re.compile(r"[+-]?\d{1,6}")


def grade(response: str, problem: Problem) -> Grade:
    """Right if the number of the step is the label (Zheng et al., 2024: exactly that step). A response that names no
    number is wrong, as in the paper; a problem without a label is never judged."""
    found = extract(response)
    number = str(int(found.answer)) if found.answer and _NUMBER.fullmatch(found.answer.strip()) else None
    if problem.answer is None:
        return Grade(None, found.answer, number or found.answer, found.rule, "the solution has no label")
    if number is None:
        return Grade(False, found.answer, found.answer, found.rule, "the response names no step")
    right = number == problem.answer
    return Grade(right, found.answer, number, found.rule, f"{number}, where {problem.answer} is the label")
