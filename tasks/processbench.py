"""ProcessBench (Zheng et al., 2024; data card: Apache-2.0): given solutions in which the first wrong step is labelled.

A document:

    {"problem_id": "gsm8k-0", "problem": "...", "answer": "1", "level": "gsm8k", "subject": "erroneous",
     "difficulty": null, "solutions": null, "steps": ["...", "..."], "final_answer_correct": false,
     "generator": "Qwen2-7B-Instruct", "question": "gsm8k-0"}

* `answer` is the label: the number of the first wrong step from 0, "-1" where every step is right.
* `level` is the subset, `subject` says whether there is a wrong step: "erroneous" or "correct".
* `question` names the first solution of the same problem: OlympiadBench's part has 1,000 solutions of 561 problems,
  and solutions of one problem are no independent samples.

Four files, `processbench/gsm8k.json` and so on, each a JSON array, JSON lines (.jsonl) or Parquet (.parquet). What is
fetched is pinned by the commit; no digests of the files are published, so it is held to the numbers of the paper's
Table 2 instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import UsageError
from tasks import data, documents

if TYPE_CHECKING:
    from datasets import Dataset

REVISION = "3bdcd5371ed567559a78f559c01c13a6deee7604"
PUBLISHED = {"gsm8k": (193, 207), "math": (406, 594), "olympiadbench": (339, 661), "omnimath": (241, 759)}
"""Solutions without and with a wrong step, per subset."""
SUFFIXES = (".json", ".jsonl", ".parquet")
_FIELDS = (("id", str, "a text"), ("problem", str, "a text"), ("steps", list, "a list"), ("label", int, "a number"))
_HUB = f"https://huggingface.co/datasets/Qwen/ProcessBench/resolve/{REVISION}/"


def load(scorer: str = "first_error", **_: Any) -> dict[str, Dataset]:
    """All solutions as lm-eval wants them. Raises UsageError when the data cannot be had."""
    return documents.splits(rows(), scorer)


def rows() -> Iterator[dict[str, Any]]:
    """One document per solution, subset by subset, in the order of the files."""
    for subset, published in PUBLISHED.items():
        path, fetched = data.either([f"processbench/{subset}{s}" for s in SUFFIXES], f"{_HUB}{subset}.json")
        read = [_checked(row, path, number) for number, row in enumerate(_objects(path), 1)]
        wrong = sum(row["label"] >= 0 for row in read)
        if fetched and (len(read) - wrong, wrong) != published:
            raise UsageError(
                f"{path} holds {len(read) - wrong} correct and {wrong} erroneous solutions, where {published[0]} and "
                f"{published[1]} are published. Remove it, or put the official file in its place."
            )
        questions: dict[str, str] = {}
        for row in read:
            yield _document(row, subset, questions.setdefault(" ".join(row["problem"].split()), row["id"]))


def _document(row: Mapping[str, Any], subset: str, question: str) -> dict[str, Any]:
    return {
        "problem_id": row["id"],
        "problem": row["problem"],
        "answer": str(row["label"]),
        "level": subset,
        "subject": "erroneous" if row["label"] >= 0 else "correct",
        "difficulty": None,
        "solutions": None,
        "steps": row["steps"],
        "final_answer_correct": row.get("final_answer_correct"),
        "generator": row.get("generator"),
        "question": question,
    }


def _objects(path: Path) -> Sequence[Any]:
    """The rows of a file in any of its three forms."""
    if path.suffix == ".parquet":
        from pyarrow import ArrowException, parquet

        try:
            return parquet.read_table(path).to_pylist()  # type: ignore[no-any-return]
        except (ArrowException, OSError) as error:
            raise UsageError(f"{path} is not readable as Parquet: {str(error).splitlines()[0]}.") from error
    content = data.read(path)
    if not content.lstrip().startswith(b"["):
        return data.parse(content, path)
    try:
        found = json.loads(content)
    except ValueError as error:
        raise UsageError(f"{path} is not JSON: {error}.") from error
    return found if isinstance(found, list) else [found]


def _checked(row: Any, path: Path, number: int) -> Mapping[str, Any]:
    """A row that is what the format says. Raises UsageError naming what is not."""
    where = f"{path}, row {number}"
    if not isinstance(row, dict):
        raise UsageError(f"{where}, is no object but {type(row).__name__}.")
    for name, kind, called in _FIELDS:
        if not isinstance(row.get(name), kind) or row.get(name) in ("", []):
            raise UsageError(f"{where}: {name} is {str(row.get(name))[:60]!r}, where {called} is expected.")
    if not all(isinstance(step, str) for step in row["steps"]):
        raise UsageError(f"{where}: not every one of the steps is a text.")
    if not -1 <= row["label"] < len(row["steps"]):
        raise UsageError(f"{where}: label {row['label']} names none of the {len(row['steps'])} steps.")
    return row
