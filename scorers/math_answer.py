"""Grades free-form mathematical answers: the final answer of the response against the problem's."""

from __future__ import annotations

from harness.core import Grade, Problem
from scorers.equivalence import Verdict, compare, vote_form
from scorers.extract import extract
from scorers.reading import read

VERSION = "7"


def grade(response: str, problem: Problem) -> Grade:
    """The grade of a response. Without a gold answer the verdict is None; without an answer it is False."""
    found = extract(response)
    if found.answer is None:
        correct = False if problem.answer and problem.answer.strip() else None
        return Grade(correct, rule=found.rule, reason="no final answer")
    answer = found.answer
    if len(found.line) > 1 and (several := ", ".join(found.line)) and len(several) < 4000:
        together = compare(problem.answer or "", several)
        if together.correct and _is_several(problem.answer or ""):
            return Grade(True, several, vote_form(several), found.rule, together.reason)
    verdict = compare(problem.answer, answer) if problem.answer else Verdict(None, "the problem has no gold answer")
    return Grade(verdict.correct, answer, vote_form(answer), found.rule, verdict.reason)


def _is_several(gold: str) -> bool:
    """Whether the gold answer is more than one value, so that several boxes may give them."""
    reading = read(gold.strip())
    return reading is not None and reading.node.op in ("list", "set", "rel")
