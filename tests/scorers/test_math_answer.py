"""Grading a response by its final answer."""

from __future__ import annotations

import pytest

from harness.core import Problem, ScorerRef
from scorers.math_answer import grade
from scorers.pool import GradingPool


def problem(answer: str | None) -> Problem:
    return Problem("p", "?", answer)


def test_right_and_wrong() -> None:
    right = grade(r"so $\boxed{\frac{2}{4}}$", problem(r"\frac12"))
    assert (right.correct, right.answer, right.canonical, right.rule) == (True, r"\frac{2}{4}", "1/2", "boxed")
    wrong = grade(r"so $\boxed{\frac{2}{3}}$", problem(r"\frac12"))
    assert (wrong.correct, wrong.canonical) == (False, "2/3")


def test_no_answer_is_wrong_and_abstains() -> None:
    found = grade("I give up at 12", problem("12"))
    assert (found.correct, found.answer, found.canonical, found.reason) == (False, None, None, "no final answer")
    assert grade(r"<think> \boxed{12}", problem("12")).correct is False


@pytest.mark.parametrize("gold", [None, "", "  "])
def test_without_a_gold_answer_nothing_is_judged(gold: str | None) -> None:
    found = grade(r"\boxed{12}", problem(gold))
    assert (found.correct, found.answer, found.canonical) == (None, "12", "12")
    assert grade("nothing", problem(gold)).correct is None


def test_several_boxes_on_one_line_are_a_list() -> None:
    assert grade(r"The solutions are \boxed{3}, \boxed{5}.", problem("3, 5")).correct is True
    assert grade(r"The solutions are \boxed{5} and \boxed{3}.", problem(r"\{3,5\}")).correct is True
    assert grade("The solutions are \\boxed{3}\nand \\boxed{5}.", problem("3, 5")).correct is False
    assert grade(r"Either \boxed{3} or \boxed{5}.", problem("5")).correct is True
    assert grade(r"Either \boxed{3} or \boxed{5}.", problem("3")).correct is False


def test_hedging_is_not_rewarded() -> None:
    assert grade(r"\boxed{3 \text{ or } 5}", problem("3")).correct is False
    assert grade(r"\boxed{3, 5}", problem("5")).correct is False


def test_answers_to_one_problem_share_a_form() -> None:
    forms = {grade(rf"\boxed{{{a}}}", problem("5")).canonical for a in ["5", "x=5", r"5\text{ cm}", "5.0", r"5^\circ"]}
    assert forms == {"5"}


def test_in_the_pool() -> None:
    scorer = ScorerRef("scorers.math_answer:grade")
    with GradingPool(timeout=10) as pool:
        assert pool.grade(scorer, r"\boxed{\sqrt{8}}", problem(r"2\sqrt2")).correct is True
        assert pool.grade(scorer, r"\boxed{\int_0^1 x\,dx}", problem(r"\frac12")).correct is True
        assert pool.grade(scorer, r"\boxed{9^{9^{9^9}}}", problem("5")).correct is False
        assert pool.grade(scorer, r"\boxed{6}", problem("5")).correct is False
