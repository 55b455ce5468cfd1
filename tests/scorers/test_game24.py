"""Grading the game of 24."""

from __future__ import annotations

import pytest

from harness.core import Problem
from scorers.game24 import grade


def problem(*numbers: int) -> Problem:
    return Problem("p", "?", None, doc={"numbers": list(numbers)})


@pytest.mark.parametrize(
    ("expression", "numbers"),
    [
        ("(10 - 4) * (13 - 9)", (4, 9, 10, 13)),
        ("(10-4)(13-9) = 24", (4, 9, 10, 13)),
        (r"(10-4)\times(13-9)=24", (4, 9, 10, 13)),
        (r"\left(10-4\right)\cdot\left(13-9\right)", (4, 9, 10, 13)),
        (r"\frac{8}{3-\frac{8}{3}}", (3, 3, 8, 8)),
        ("8/(3-8/3)", (3, 3, 8, 8)),
        (r"8 \div (3 - 8 \div 3)", (3, 3, 8, 8)),
        ("8÷(3−8÷3)", (3, 3, 8, 8)),
        ("4 × 6 × (3 - 2)", (2, 3, 4, 6)),
        (r"\dfrac{6\cdot 8}{4-2}", (2, 4, 6, 8)),
        ("$6 + 6 + 6 + 6 = 24$", (6, 6, 6, 6)),
        (r"\frac{8}{3-\frac83}", (3, 3, 8, 8)),
        ("[(1+2)+3]*4", (1, 2, 3, 4)),
    ],
)
def test_solutions(expression: str, numbers: tuple[int, ...]) -> None:
    assert grade(rf"So \boxed{{{expression}}}", problem(*numbers)).correct is True


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1*2*3*4*1", "it uses"),
        ("2*3*4", "it uses"),
        ("24", "it uses"),
        ("1+2+3+4", "it makes 10"),
        ("12*(3-1)", "it uses"),
        ("4!", "not an expression"),
        ("(1+2+3)*4=25", "not an expression"),
        ("(1+2+3)*4=24=24", "not an expression"),
        ("(1+2+3*4", "not an expression"),
        ("2^3*(4-1)", "not an expression"),
        (r"\sqrt{4}*12", "not an expression"),
        ("1/(2-2)", "a division by zero"),
        ("-1+2+3+4", "not an expression"),
        ("1 2 3 4", "not an expression"),
        ("__import__('os')", "not an expression"),
        ("(" * 100 + "1" + ")" * 100, "not an expression"),
        ("1+" * 500 + "1", "not an expression"),
        ("1" * 100, "not an expression"),
        (r"2\frac{3}{4}*1", "not an expression"),
    ],
)
def test_failures_have_a_reason(expression: str, reason: str) -> None:
    found = grade(rf"\boxed{{{expression}}}", problem(1, 2, 3, 4))
    assert found.correct is False
    assert found.reason.startswith(reason)


def test_no_answer_and_no_numbers() -> None:
    assert grade("hard", problem(1, 2, 3, 4)).reason == "no final answer"
    assert grade(r"\boxed{1+2}", Problem("p", "?", None)).correct is None


def test_order_and_grouping_do_not_split_votes() -> None:
    same = ["(1+2+3)*4", "4*(3+(2+1))", r"4\cdot(1+3+2)=24", r"(3+2+1)\times 4"]
    assert len({grade(rf"\boxed{{{e}}}", problem(1, 2, 3, 4)).canonical for e in same}) == 1
    other = grade(r"\boxed{1*2*3*4}", problem(1, 2, 3, 4)).canonical
    assert other != grade(r"\boxed{(1+2+3)*4}", problem(1, 2, 3, 4)).canonical
    assert grade(r"\boxed{6-(2-4)}", problem(1)).canonical == grade(r"\boxed{4+6-2}", problem(1)).canonical


def test_an_expression_in_answer_tags() -> None:
    assert grade("So <answer>(10 - 4) * (13 - 9)</answer>", problem(4, 9, 10, 13)).correct is True
    assert grade("So <answer>10 + 4 + 13 - 9</answer>", problem(4, 9, 10, 13)).correct is False
