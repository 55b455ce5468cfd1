"""Grades the answer part of a response and, where that states no answer, the thinking before it.

For models that finish their thinking and never repeat its result, or are cut while they think. A task says so with
`metadata: {look_in_thinking: true}`; without it, thinking is never looked at.
"""

from __future__ import annotations

from dataclasses import replace

from harness.core import Grade, Problem
from harness.thinking import split, unmarked
from scorers.worker import load

VERSION = "1"


def grade(response: str, problem: Problem, *, scorer: str) -> Grade:
    """The grade that `scorer` ("module:function") gives to the answer part; if it finds no answer there, the one that
    it gives to the thinking, if it finds one there. The rule says where the answer was found."""
    found: Grade = load(scorer)(response, problem)
    thinking = split(response).thinking
    if found.answer is not None or not thinking:
        return found
    thought: Grade = load(scorer)(unmarked(thinking), problem)
    return found if thought.answer is None else replace(thought, rule=f"{thought.rule}, in the thinking")
