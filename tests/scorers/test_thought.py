"""Answers that stand in the thinking alone, for tasks that want them looked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Problem
from harness.thinking import split, unmarked
from scorers import math_answer
from scorers.thought import grade

PROBLEM = Problem("p1", "What is 2 + 3?", "5")
MATH = "scorers.math_answer:grade"
BOX = r"\boxed{5}"
MARKERS = [
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
    ("Here is my thought process:", "Here is my response:"),
    ("", "</think>"),
]


@pytest.mark.parametrize(("opening", "closing"), MARKERS)
def test_thinking_counts_where_the_answer_part_states_nothing(opening: str, closing: str) -> None:
    response = f"{opening} So it is {BOX}. {closing} That was easy."
    assert math_answer.grade(response, PROBLEM).answer is None
    found = grade(response, PROBLEM, scorer=MATH)
    assert (found.correct, found.answer, found.rule) == (True, "5", "boxed, in the thinking")


@pytest.mark.parametrize(("opening", "closing"), MARKERS)
def test_the_answer_part_comes_first(opening: str, closing: str) -> None:
    response = rf"{opening} So it is {BOX}. {closing} \boxed{{6}}"
    assert grade(response, PROBLEM, scorer=MATH) == math_answer.grade(response, PROBLEM)


def test_thinking_that_was_cut_counts() -> None:
    assert grade(rf"<think> {BOX} or \boxed{{7}}, or", PROBLEM, scorer=MATH).answer == "7"
    nothing = grade("<think> hm", PROBLEM, scorer=MATH)
    assert (nothing.correct, nothing.answer, nothing.rule) == (False, None, "unfinished thinking")


def test_without_thinking_it_is_the_scorer_itself() -> None:
    for response in ("", "five", f"It is {BOX}", "The answer is 5."):
        assert grade(response, PROBLEM, scorer=MATH) == math_answer.grade(response, PROBLEM)


PIECES = st.sampled_from(
    [*(mark for pair in MARKERS for mark in pair), "<think", ">", "think\n", "\nanswer\n", BOX, " a "]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_unmarked_thinking_has_no_markers_and_loses_nothing_else(text: str) -> None:
    plain = unmarked(text)
    assert split(plain).family is None
    assert plain.count("boxed") == text.count("boxed")
