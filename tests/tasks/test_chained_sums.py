from __future__ import annotations

import re
from hashlib import sha256
from itertools import accumulate

from scorers import math_answer
from tasks import chained_sums
from tasks.loading import load_task


def terms(problem: str) -> list[int]:
    return [int(term.replace(" ", "")) for term in re.findall(r"(?:[+-] )?\d+", problem)]


def test_every_sum_is_right_and_its_level_is_its_length() -> None:
    rows = list(chained_sums.rows())
    assert len({row["problem"] for row in rows}) == len({row["problem_id"] for row in rows}) == 250
    for row in rows:
        numbers = terms(row["problem"])
        assert sum(numbers) == int(row["answer"])
        assert len(numbers) == row["level"] + 1
        assert all(1 <= abs(number) <= chained_sums.LARGEST for number in numbers)
        assert min(accumulate(numbers)) >= 0
    assert {row["level"]: 50 for row in rows} == dict.fromkeys(chained_sums.LEVELS, 50)
    assert any(" - " in row["problem"] for row in rows) and any(" + " in row["problem"] for row in rows)


def test_they_are_the_same_ones_every_time() -> None:
    text = "\n".join(f"{row['problem']} {row['answer']}" for row in chained_sums.rows())
    assert sha256(text.encode()).hexdigest()[:16] == "88c67711498d0c6a"


def test_the_task_grades_an_answer() -> None:
    problem = load_task("chained_sums").problems[0]
    assert problem.level == 1
    assert math_answer.grade(rf"\boxed{{{problem.answer}}}", problem).correct is True
    assert math_answer.grade(rf"\boxed{{{int(problem.answer) + 1}}}", problem).correct is False
