"""MATH-500: the 500 test problems of OpenAI's PRM800K split of the MATH data set (MIT licence), levels 1 to 5.

A document:

    {"problem_id": "test/precalculus/807.json", "problem": "...", "answer": "...", "level": 2, "subject": "Precalculus",
     "difficulty": null, "solutions": ["..."]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tasks import data, documents

if TYPE_CHECKING:
    from datasets import Dataset


def load(scorer: str = documents.DEFAULT_SCORER, **_: Any) -> dict[str, Dataset]:
    """The problems as lm-eval wants them. Raises UsageError when the data cannot be had."""
    return documents.splits(rows(), scorer)


def rows() -> Iterator[dict[str, Any]]:
    """One document per problem, in the order of the file."""
    for row in data.rows("math500"):
        yield {
            "problem_id": row["unique_id"],
            "problem": row["problem"],
            "answer": row["answer"] or None,
            "level": row["level"],
            "subject": row["subject"],
            "difficulty": None,
            "solutions": [row["solution"]],
        }
