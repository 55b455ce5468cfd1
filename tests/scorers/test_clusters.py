"""Votes on equivalent answers of distinct canonical forms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from harness.core import Grade, Problem, ScorerRef
from scorers.clusters import MAX_PAIRS, SCORER, merged
from scorers.pool import GradingPool


def votes(gold: str, answers: Sequence[str], scorer: str = SCORER) -> list[Grade]:
    ref = ScorerRef(scorer)
    with GradingPool() as pool:
        grades = [pool.grade(ref, rf"So \boxed{{{answer}}}", Problem("1", "", gold)) for answer in answers]
        return asyncio.run(merged(pool, ref, grades))


def test_equivalent_answers_of_distinct_forms_share_the_first_ones() -> None:
    answers = [r"x>3", "7", r"(3,\infty)", "3<x", r"x \ge 3", r"[3,\infty)", "7.0"]
    forms = [grade.canonical for grade in votes("x>3", answers)]
    assert forms[0] == forms[2] == forms[3]
    assert forms[4] == forms[5]
    assert forms[1] == forms[6]
    assert len(set(forms)) == 3


def test_the_name_of_a_parameter_does_not_split_a_vote() -> None:
    forms = [
        g.canonical for g in votes("0", [r"k\pi, k\in\mathbb{Z}", r"n\pi, n\in\mathbb{Z}", r"2n\pi, n\in\mathbb{Z}"])
    ]
    assert forms[0] == forms[1] != forms[2]


def test_what_rounds_to_an_answer_is_another_answer() -> None:
    forms = [grade.canonical for grade in votes("5", [r"\frac{1}{3}", "0.333", "0.33"])]
    assert len(set(forms)) == 3


def test_answers_with_different_verdicts_stay_apart() -> None:
    grades = [Grade(True, "x>3", "a"), Grade(False, r"(3,\infty)", "b"), Grade(None, "3<x", "c")]
    with GradingPool() as pool:
        assert asyncio.run(merged(pool, ScorerRef(SCORER), grades)) == grades


def test_responses_without_an_answer_and_other_scorers_are_left_alone() -> None:
    grades = [Grade(False), Grade(True, "x>3", "a"), Grade(True, r"(3,\infty)", "b")]
    with GradingPool() as pool:
        assert asyncio.run(merged(pool, ScorerRef("scorers.game24:grade"), grades)) == grades
        assert asyncio.run(merged(pool, ScorerRef(SCORER), grades))[0] == Grade(False)


def test_the_work_for_one_problem_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def counted(scorer: ScorerRef, response: str, problem: Problem) -> Grade:
        asked.append((response, problem.answer))
        return Grade(False)

    with GradingPool() as pool:
        monkeypatch.setattr(pool, "grade_async", counted)
        numbers = [Grade(False, str(n), str(n)) for n in range(300)]
        assert asyncio.run(merged(pool, ScorerRef(SCORER), numbers)) == numbers
        assert not asked  # numbers differ where their forms do
        formulas = [Grade(False, f"x+{n}", f"f {n}") for n in range(300)]
        assert asyncio.run(merged(pool, ScorerRef(SCORER), formulas)) == formulas
        assert len(asked) == MAX_PAIRS
