"""HARP: problems of US mathematics contests from 1950 to 2024, with all their human solutions (MIT licence).

`harp` has the 4,780 short-answer problems, levels 1 to 6; `harp_mcq` the 4,110 multiple-choice ones, levels 1 to 4,
most of which are the same problems with their choices. A document:

    {"problem_id": "2001/AMC_12/7", "problem": "...", "answer": "$\\frac{1}{2}$", "level": 2, "subject": "algebra",
     "difficulty": null, "solutions": ["...", "..."], "contest": "2001/AMC_12", "year": "2001"}

Answers keep their `$...$`: taking it off is the grader's business. In `harp_mcq` the answer is the letter, the problem
ends with the lettered choices, and `choices` lists their texts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tasks import data, documents

if TYPE_CHECKING:
    from datasets import Dataset


def load(scorer: str = documents.DEFAULT_SCORER, **_: Any) -> dict[str, Dataset]:
    """The short-answer problems as lm-eval wants them. Raises UsageError when the data cannot be had."""
    return documents.splits(map(_document, data.rows("harp")), scorer)


def load_mcq(scorer: str = "choice", **_: Any) -> dict[str, Dataset]:
    """The multiple-choice problems as lm-eval wants them. Raises UsageError when the data cannot be had."""
    return documents.splits(rows_mcq(), scorer)


def rows_mcq() -> Iterator[dict[str, Any]]:
    """One document per multiple-choice problem, in the order of the file."""
    for row in data.rows("harp_mcq"):
        choices = sorted(row["choices"].items())
        listed = "\n".join(f"({letter}) {text}" for letter, text in choices)
        yield {
            **_document(row),
            "problem": f"{row['problem']}\n\n{listed}",
            "answer": row["answer_choice"],
            "choices": [text for _, text in choices],
            "choice_text": row["answer"],
        }


def _document(row: Mapping[str, Any]) -> dict[str, Any]:
    solutions = [row[f"solution_{number}"] for number in range(1, row["num_solutions"] + 1)]
    return {
        "problem_id": f"{row['year']}/{row['contest']}/{row['number']}",
        "problem": row["problem"],
        "answer": row["answer"] or None,
        "level": row["level"],
        "subject": row["subject"],
        "difficulty": None,
        "solutions": solutions,
        "contest": f"{row['year']}/{row['contest']}",
        "year": str(row["year"]),
    }
