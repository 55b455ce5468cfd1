"""Grading which step of a given solution is the first wrong one."""

from __future__ import annotations

import pytest

from harness.core import Problem, ScorerRef
from scorers import first_error
from scorers.first_error import grade


def problem(label: str | None) -> Problem:
    return Problem("p", "?", label)


def test_the_version_is_that_of_the_rules_tested_here() -> None:
    """Version 2 takes `<answer>…</answer>` for an answer; who changes what counts raises it."""
    assert first_error.VERSION == "2"
    assert ScorerRef(first_error.FUNCTION, version=first_error.VERSION).function == "scorers.first_error:grade"


@pytest.mark.parametrize(
    ("label", "response"),
    [
        ("3", r"Step 3 divides by zero. \boxed{3}"),
        ("-1", r"All steps are right: $\boxed{-1}$."),
        ("0", r"\boxed{0}"),
        ("4", r"\boxed{04}"),
        ("2", r"\boxed{ 2 }"),
        ("2", r"\boxed{+2}"),
        ("2", r"First \boxed{1}, but no: the paragraph is \boxed{2}"),
        ("5", "So the first mistake is there.\n<answer>5</answer>"),
        ("5", "<answer> 5 </answer>"),
        ("7", "The answer is 7."),
        ("2", r"<think>Perhaps \boxed{1}.</think>It is \boxed{2}."),
    ],
)
def test_exactly_the_labelled_step_is_right(label: str, response: str) -> None:
    found = grade(response, problem(label))
    assert found.correct is True
    assert found.canonical == label


@pytest.mark.parametrize(
    ("label", "response", "named"),
    [
        ("3", r"\boxed{2}", "2"),
        ("3", r"\boxed{4}", "4"),
        ("-1", r"\boxed{1}", "1"),
        ("0", r"\boxed{-1}", "-1"),
        ("3", "<answer>4</answer>", "4"),
        ("1", r"\boxed{10}", "10"),
    ],
)
def test_another_step_is_wrong(label: str, response: str, named: str) -> None:
    found = grade(response, problem(label))
    assert found.correct is False
    assert found.canonical == named
    assert f"where {label} is the label" in found.reason


@pytest.mark.parametrize(
    "response",
    [
        "",
        "I cannot find a mistake.",
        r"\boxed{}",
        r"\boxed{\text{Step 3}}",
        r"\boxed{3.0}",
        r"\boxed{6/2}",
        r"\boxed{3, 4}",
        r"\boxed{1000003}" + "0",
        "<answer>the third</answer>",
    ],
)
def test_a_response_that_names_no_step_is_wrong(response: str) -> None:
    found = grade(response, problem("3"))
    assert found.correct is False
    assert found.reason == "the response names no step"


@pytest.mark.parametrize("response", [r"\boxed{3}", "no step", ""])
def test_a_solution_without_a_label_is_not_judged(response: str) -> None:
    assert grade(response, problem(None)).correct is None


def test_numbers_are_counted_in_one_writing() -> None:
    """Votes of several critics are cast for numbers, not for the ways to write them."""
    assert {grade(text, problem("3")).canonical for text in (r"\boxed{3}", r"\boxed{03}", "<answer>3</answer>")} == {
        "3"
    }
