"""Omni-MATH: olympiad problems with a difficulty from 1 to 10 (data card: Apache-2.0).

`omni_math` has all 4,428 problems, `omni_math_rule` the 2,816 whose answers the authors found fit for grading by rules.
A document:

    {"problem_id": "omni/17", "problem": "...", "answer": "...", "level": 5, "subject": "Number Theory",
     "difficulty": 5.5, "solutions": null, "domain": [...], "source": "HMMT_2", "rule_gradable": true}

* `level` is the difficulty rounded down, 1 to 9, because reports are by level.
* `subject` is the second step of the first domain path; null where the file at hand names no domain.
* `rule_gradable` is null where the file at hand does not say.
* Nine answers are empty; they become null, and those problems are asked but never judged.
* 22 problems occur twice in the full set, some under another source; both rows stay. Five lines of the rule subset
  repeat another one exactly; they are dropped, and an id (`omni_rule/<line>`, from 0) counts them all the same.
* Some rows lost backslashes on their way through JSON: `\\frac` became a form feed and `rac`. `repaired` restores the
  commands where nothing else can have been meant. It leaves stray form feeds (broken ligatures in prose) as they are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tasks import data, documents

if TYPE_CHECKING:
    from datasets import Dataset

# A control character stands for the backslash and the first letter that JSON took for an escape. The rests are no words
# of their own; over both files every match was checked to be a lost command.
_LOST = re.compile(r"\f(?=rac\b)|\t(?=imes\b|ext\{|riangle\b)|\n(?=abla\b|eq\b)")
_LETTER = {"\f": r"\f", "\t": r"\t", "\n": r"\n"}


def load(scorer: str = documents.DEFAULT_SCORER, **_: Any) -> dict[str, Dataset]:
    """All problems as lm-eval wants them. Raises UsageError when the data cannot be had."""
    return documents.splits(rows(), scorer)


def load_rule(scorer: str = documents.DEFAULT_SCORER, **_: Any) -> dict[str, Dataset]:
    """The rule-gradable subset as lm-eval wants it. Raises UsageError when the data cannot be had."""
    return documents.splits(rows_rule(), scorer)


def rows() -> Iterator[dict[str, Any]]:
    """One document per problem, in the official order."""
    for index, row in enumerate(data.rows("omni_math")):
        yield _document(f"omni/{index}", row, row.get("rule_gradable"))


def rows_rule() -> Iterator[dict[str, Any]]:
    """One document per different line of the rule subset, in its order."""
    seen = set()
    for line, row in enumerate(data.rows("omni_math_rule")):
        content = json.dumps(row, sort_keys=True)
        if content not in seen:
            seen.add(content)
            yield _document(f"omni_rule/{line}", row, rule_gradable=True)


def repaired(text: str) -> str:
    """`text` with lost LaTeX commands restored and line ends as line feeds."""
    return _LOST.sub(lambda match: _LETTER[match[0]], text.replace("\r\n", "\n"))


def _document(problem_id: str, row: Mapping[str, Any], rule_gradable: bool | None) -> dict[str, Any]:
    domain = row["domain"] or []
    path = domain[0].split(" -> ") if domain else []
    solution = row["solution"]
    return {
        "problem_id": problem_id,
        "problem": repaired(row["problem"]),
        "answer": repaired(row["answer"]) if row["answer"].strip() else None,
        "level": int(row["difficulty"]),
        "subject": path[1] if len(path) > 1 else None,
        "difficulty": row["difficulty"],
        "solutions": [repaired(solution)] if solution else None,
        "domain": domain,
        "source": row["source"],
        "rule_gradable": rule_gradable,
    }
