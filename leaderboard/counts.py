"""What a comparison needs of a run: a few numbers per problem, in the order of its task's problems.

From these a page computes what `harness compare` computes from run folders, for any two runs, so that nothing is stored
per pair: a hundred runs have 4,950.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core import CUT
from harness.run import Json

__all__ = ["Catalogue", "Counts"]

MISSING = -1


@dataclass
class Catalogue:
    """The problems of one task over all runs of the site, in the order in which they are met."""

    places: dict[str, int] = field(default_factory=dict)
    levels: list[Any] = field(default_factory=list)
    subjects: list[Any] = field(default_factory=list)

    def place(self, problem: Json) -> int:
        """The number of a problem, which is new to it or not."""
        name = problem["problem_id"]
        if name not in self.places:
            self.places[name] = len(self.places)
            self.levels.append(problem["level"])
            self.subjects.append(problem["subject"])
        return self.places[name]

    def data(self) -> Json:
        """As a shard; subjects by number."""
        names = list(dict.fromkeys(name for name in self.subjects if name is not None))
        number = {name: i for i, name in enumerate(names)}
        return {
            "ids": list(self.places),
            "levels": self.levels,
            "subject_names": names,
            "subjects": [None if name is None else number[name] for name in self.subjects],
        }


@dataclass
class Counts:
    """Numbers per problem of one run, by the place of the problem; `MISSING` where a run does not have it, or where it
    failed. `right` is 1 where the chosen response is correct, 0 where it is not, 2 where nothing judged it."""

    n: array[int] = field(default_factory=lambda: array("i"))
    c: array[int] = field(default_factory=lambda: array("i"))
    unjudged: array[int] = field(default_factory=lambda: array("i"))
    right: array[int] = field(default_factory=lambda: array("i"))
    tokens: array[int] = field(default_factory=lambda: array("q"))
    cut: array[int] = field(default_factory=lambda: array("i"))

    def put(self, place: int, problem: Json) -> None:
        """Take a problem's line."""
        if problem["status"] != "ok":
            return
        for column in self._columns():
            column.extend([MISSING] * (place + 1 - len(column)))
        responses = problem["responses"]
        self.n[place], self.c[place] = problem["n"], problem["c"]
        self.unjudged[place] = sum(r["correct"] is None for r in responses)
        self.right[place] = 2 if problem["correct"] is None else int(problem["correct"])
        self.tokens[place] = (problem["usage"] or {}).get("completion_tokens", 0)
        self.cut[place] = sum(r["finish_reason"] in CUT for r in responses)

    def _columns(self) -> Sequence[array[int]]:
        return (self.n, self.c, self.unjudged, self.right, self.tokens, self.cut)

    def share(self, place: int) -> tuple[int, int] | None:
        """(correct, judged) responses of a problem, None where there are none."""
        if place >= len(self.n) or self.n[place] == MISSING:
            return None
        judged = self.n[place] - self.unjudged[place]
        return (self.c[place], judged) if judged else None

    def data(self) -> Json:
        """As a shard: a column that has one value throughout is that value."""
        names = ("n", "c", "unjudged", "right", "tokens", "cut")
        columns = {name: _column(column) for name, column in zip(names, self._columns(), strict=True)}
        return {"places": len(self.n), **columns}


def _column(values: Iterable[int]) -> list[int] | int:
    found = list(values)
    return found[0] if len(set(found)) == 1 and found[0] != MISSING else found
