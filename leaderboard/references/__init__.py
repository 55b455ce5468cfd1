"""Published figures that runs stand beside, cited; a JSON file per benchmark."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from harness.run import Json
from reports.charts import Box


@cache
def _reference(task: str) -> Json | None:
    """The file of a task, or of the one that it is a variant of."""
    for file in files("leaderboard.references").iterdir():
        name = file.name.removesuffix(".json")
        if file.name.endswith(".json") and (task == name or task.startswith(f"{name}_")):
            found: Json = json.loads(file.read_text(encoding="utf-8"))
            return found
    return None


SHOWN = ("gpt-4o", "o1-preview")
"""The models whose accuracy is drawn; the file has all."""


def accuracies(task: str) -> tuple[list[tuple[str, list[float]]], str]:
    """(name, a share per level) of published accuracies, and the citation; nothing where there is none."""
    found = _reference(task)
    if found is None:
        return [], ""
    return [(f"{name} (published)", found["accuracy_by_level"][name]) for name in SHOWN], found["accuracy_citation"]


def series(task: str) -> tuple[list[tuple[str, list[Box]]], str]:
    """(name, a box per level) of each published series of tokens by level, and the citation; nothing where there is
    none."""
    found = _reference(task)
    if found is None:
        return [], ""
    named = [
        (each["name"], [Box(str(i + 1), *quartiles) for i, quartiles in enumerate(each["quartiles"])])
        for each in found["tokens_by_level"]
    ]
    return named, found["citation"]
