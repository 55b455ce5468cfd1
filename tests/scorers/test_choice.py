"""Grading multiple choice."""

from __future__ import annotations

import pytest

from harness.core import Problem
from scorers.choice import chosen_letter, grade

CHOICES = ["$10$", "$\\frac{1}{2}$", "$12$", "$12\\text{ cm}$", "\\text{none of these}"]


def problem(answer: str | None = "B", choices: object = CHOICES) -> Problem:
    return Problem("p", "?", answer, doc={"choices": choices})


@pytest.mark.parametrize(
    "answer",
    ["B", "(B)", "b", r"\text{(B)}", r"\textbf{(B)}", r"\textbf{(B)}\ \frac12", r"\mathrm{(B)}", "B.", "(B) 1/2",
     "B) 0.5", r"\text{B}", "$B$", r"\frac{1}{2}", "0.5", r"\textbf{(B) }\frac12", "Option B"],
)  # fmt: skip
def test_ways_to_choose(answer: str) -> None:
    found = grade(rf"Thus \boxed{{{answer}}}", problem())
    assert (found.correct, found.canonical) == (True, "B")


@pytest.mark.parametrize("answer", ["A", "(C)", "10", r"\textbf{(A)}\ 10", "none of these"])
def test_other_choices_are_wrong(answer: str) -> None:
    found = grade(rf"Thus \boxed{{{answer}}}", problem())
    assert found.correct is False
    assert found.canonical in ("A", "C", "E")


def test_what_is_no_choice_has_no_letter() -> None:
    assert chosen_letter("12", CHOICES) is None  # two choices have this value
    assert chosen_letter("F", CHOICES) is None
    assert chosen_letter("77", CHOICES) is None
    assert grade("no idea", problem()).correct is False
    assert grade("Answer: 77", problem()).canonical is None


def test_choices_by_letter_and_no_choices() -> None:
    by_letter = {"A": "1", "B": "2"}
    assert grade(r"\boxed{2}", problem("B", by_letter)).correct is True
    assert grade(r"\boxed{(B)}", problem("(B)", None)).correct is True
    assert grade(r"\boxed{(B)}", problem(None)).correct is None
    assert grade("The answer is (B).", problem()).correct is True


@pytest.mark.parametrize(
    ("response", "letter"),
    [("So <answer>B</answer>", "B"), ("Answer: C\n<answer>(B)</answer>", "B"), ("<answer>A</answer>", "A")],
)
def test_a_choice_in_answer_tags(response: str, letter: str) -> None:
    found = grade(response, problem())
    assert (found.correct, found.canonical) == (letter == "B", letter)
