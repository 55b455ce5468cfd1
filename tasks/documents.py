"""From an lm-eval document to a problem, and from a grade back to lm-eval's metric.

A document of ours has the columns

    problem_id, problem, answer, level, subject, difficulty, solutions

of which all but the first two may be null, and whatever else its scorer needs (`choices`, `numbers` ...); `steps` are
those of a solution that is to be judged. The column
`scorer` names the module in `scorers` that grades it; it comes from `metadata.scorer` of the task's YAML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from harness.core import Grade, Message, Problem, UsageError

if TYPE_CHECKING:
    from datasets import Dataset

COLUMNS = ("problem_id", "problem", "answer", "level", "subject", "difficulty", "solutions")
DEFAULT_SCORER = "math_answer"


def splits(rows: Iterable[Mapping[str, Any]], scorer: str = DEFAULT_SCORER) -> dict[str, Dataset]:
    """What an lm-eval `custom_dataset` function returns: the documents as the split "test", each with its scorer."""
    from datasets import Dataset

    return {"test": Dataset.from_list([{**row, "scorer": scorer} for row in rows])}


def are_ours(columns: Iterable[str], task: str) -> bool:
    """Whether documents with these columns are in our format rather than another lm-eval task's own.

    Raises UsageError for something in between: a `problem_id`, but not all the other columns.
    """
    present = set(columns)
    if "problem_id" not in present:
        return False
    missing = [name for name in COLUMNS if name not in present]
    if missing:
        raise UsageError(
            f"The documents of task '{task}' have a column problem_id but no column {missing[0]}. "
            f"Every document needs {', '.join(COLUMNS)}; what a benchmark does not have is null."
        )
    return True


def problem_of(doc: Mapping[str, Any], messages: Sequence[Message] = (), text: str = "") -> Problem:
    """The problem in a document of ours; an empty answer is none. Raises UsageError naming the unusable field."""
    for name in ("problem_id", "problem"):
        if not isinstance(doc.get(name), str) or not doc[name].strip():
            raise UsageError(f"Field {name} of document {doc.get('problem_id')!r} is {doc.get(name)!r}, not a text.")
    for name, kinds in (
        ("level", int | str),
        ("subject", str),
        ("difficulty", int | float),
        ("solutions", list),
        ("steps", list),
    ):
        if doc.get(name) is not None and not isinstance(doc[name], kinds):
            raise UsageError(f"Field {name} of document {doc['problem_id']!r} is {doc[name]!r}, of the wrong type.")
    answer, difficulty = doc.get("answer"), doc.get("difficulty")
    return Problem(
        id=doc["problem_id"],
        statement=doc["problem"],
        answer=str(answer) if answer is not None and str(answer).strip() else None,
        level=doc.get("level"),
        subject=doc.get("subject"),
        difficulty=None if difficulty is None else float(difficulty),
        solutions=tuple(solution for solution in doc.get("solutions") or () if solution),
        messages=tuple(messages),
        text=text,
        given=tuple(doc.get("steps") or ()),
        doc=doc,
    )


def scorer_function(scorer: str) -> str:
    """The "module:function" behind `metadata.scorer`: a module of `scorers`, or already in that form."""
    return scorer if ":" in scorer else f"scorers.{scorer}:grade"


def process_results(doc: Mapping[str, Any], results: Sequence[Any]) -> dict[str, float]:
    """lm-eval's `process_results`: the verdict that the harness gives too, with "could not be judged" as 0.

    `results` holds the response, or (without a filter) the list of responses whose first one counts.
    """
    response = results[0] if isinstance(results[0], str) else results[0][0]
    module, _, function = scorer_function(doc.get("scorer") or DEFAULT_SCORER).partition(":")
    # Imported by name: which scorer it is stands in the document, as it does in a ScorerRef.
    grade: Callable[[str, Problem], Grade] = getattr(import_module(module), function)
    return {"exact_match": float(grade(response, problem_of(doc)).correct is True)}
