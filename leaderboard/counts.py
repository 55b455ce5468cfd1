"""What a comparison needs of a run: a few numbers per problem, in the order of its task's problems.

From these a page computes what `harness compare` computes from run folders, for any two runs, so that nothing is stored
per pair: a hundred runs have 4,950.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.core import CUT
from harness.run import Json

__all__ = ["Catalogue", "Counts"]


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
    """Numbers per problem of one run, by the place of the problem: n, c, unjudged, right, tokens, cut.

    `right` is 1 where the chosen response is correct, 0 where it is not, 2 where nothing judged it. A problem that the
    run does not have, or that failed, is None here and -1 in every column of the shard."""

    rows: list[tuple[int, int, int, int, int, int] | None] = field(default_factory=list)

    def put(self, place: int, problem: Json) -> None:
        """Take a problem's line."""
        if problem["status"] != "ok":
            return
        responses, correct = problem["responses"], problem["correct"]
        self.rows.extend([None] * (place + 1 - len(self.rows)))
        self.rows[place] = (
            problem["n"],
            problem["c"],
            sum(1 for r in responses if r["correct"] is None),
            2 if correct is None else int(correct),
            (problem["usage"] or {}).get("completion_tokens", 0),
            sum(1 for r in responses if r["finish_reason"] in CUT),
        )

    def share(self, place: int) -> tuple[int, int] | None:
        """(correct, judged) responses of a problem, None where there are none."""
        row = self.rows[place] if place < len(self.rows) else None
        return None if row is None or row[0] == row[2] else (row[1], row[0] - row[2])

    def data(self) -> Json:
        """As a shard: a column that has one value throughout is that value."""
        rows = [(-1,) * 6 if row is None else row for row in self.rows]
        columns = zip(*rows, strict=True) if rows else [()] * 6
        names = ("n", "c", "unjudged", "right", "tokens", "cut")
        made = {name: _column(column) for name, column in zip(names, columns, strict=True)}
        return {"places": len(rows), **made}


def _column(values: Sequence[int]) -> list[int] | int:
    return values[0] if len(set(values)) == 1 and values[0] >= 0 else list(values)
