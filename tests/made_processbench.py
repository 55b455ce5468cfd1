"""Solutions in ProcessBench's format, made up, in which the toy verifier finds the first wrong step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.synthetic import right_value

SUBSETS = ("gsm8k", "math", "olympiadbench", "omnimath")
Shape = tuple[int, int, int]
"""(number of steps, the first wrong one or -1, the label in the file): what the verifier finds, and what counts."""
SHAPES: Mapping[str, Sequence[Shape]] = {
    # Correct 1 of 2, erroneous 2 of 3: F1 = 2 * (1/2 * 2/3) / (1/2 + 2/3) = 4/7.
    "gsm8k": [(3, -1, -1), (3, 1, -1), (3, 0, 0), (3, 2, 2), (3, 2, 1)],
    # All found: 1.
    "math": [(2, -1, -1), (4, 3, 3)],
    # Correct 1 of 1, erroneous 0 of 2: 0.
    "olympiadbench": [(2, -1, -1), (2, 0, 1), (3, -1, 2)],
    # Correct 2 of 2, erroneous 1 of 2: 2/3.
    "omnimath": [(1, -1, -1), (2, -1, -1), (2, 1, 1), (3, -1, 0)],
}
F1 = {"gsm8k": 4 / 7, "math": 1.0, "olympiadbench": 0.0, "omnimath": 2 / 3}


def rows(subset: str, shapes: Sequence[Shape]) -> list[dict[str, Any]]:
    """The rows of one file."""
    return [
        {
            "id": f"{subset}-{number}",
            "generator": "nobody",
            "problem": f"What is {number} + {number} in {subset}?",
            "steps": [_step(f"{subset}-{number}", i, count, i != wrong) for i in range(count)],
            "final_answer_correct": label < 0,
            "label": label,
        }
        for number, (count, wrong, label) in enumerate(shapes)
    ]


def _step(problem_id: str, index: int, count: int, right: bool) -> str:
    value = right_value(problem_id, index + 1)
    return f"We go on.\n\nStep {index + 1} of {count}: we add and it gives {value if right else (value + 1) % 1000}."


def write(folder: Path, shapes: Mapping[str, Sequence[Shape]] = SHAPES) -> Path:
    """A data folder with the four files, as JSON arrays."""
    (folder / "processbench").mkdir(parents=True)
    for subset, own in shapes.items():
        (folder / "processbench" / f"{subset}.json").write_text(json.dumps(rows(subset, own)))
    return folder
