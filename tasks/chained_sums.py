"""Sums that grow by a term with each level, made here: no data file is needed, and a very small model solves some.

    {"problem_id": "chained_sums/3-07", "problem": "What is 7 + 5 - 9 + 4?", "answer": "7", "level": 3, ...}

A level has 50 problems. Those of level L are L additions and subtractions of numbers between 1 and 9; no running total
is negative, and none comes twice. It is for a first look and for trying out a pipeline; of reasoning it says little.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tasks import documents

if TYPE_CHECKING:
    from datasets import Dataset

LEVELS = range(1, 6)
PER_LEVEL = 50
LARGEST = 9


def load(scorer: str = documents.DEFAULT_SCORER, **_: Any) -> dict[str, Dataset]:
    """The sums as lm-eval wants them, level by level."""
    return documents.splits(rows(), scorer)


def rows() -> Iterator[dict[str, Any]]:
    """One document per sum; the same ones every time."""
    draw = random.Random("chained_sums 1")  # noqa: S311 - no secret
    for level in LEVELS:
        found: dict[str, int] = {}
        while len(found) < PER_LEVEL:
            text, total = _sum(draw, level)
            found[text] = total
        for number, (text, total) in enumerate(found.items(), 1):
            yield {
                "problem_id": f"chained_sums/{level}-{number:02}",
                "problem": f"What is {text}?",
                "answer": str(total),
                "level": level,
                "subject": None,
                "difficulty": None,
                "solutions": None,
            }


def _sum(draw: random.Random, operations: int) -> tuple[str, int]:
    """The text of a sum and what it makes. What would fall below zero is added."""
    total = draw.randint(1, LARGEST)
    text = str(total)
    for _ in range(operations):
        number = draw.randint(1, LARGEST)
        minus = draw.random() < 0.5 and number <= total
        total += -number if minus else number
        text += f" {'-' if minus else '+'} {number}"
    return text, total
