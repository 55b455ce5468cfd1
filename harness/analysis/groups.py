"""Finished problems by level or subject, the unit over which every number of a report is a mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from harness.run import Json
from scorers.intervals import mean_estimate

T = TypeVar("T")


def grouped(items: Sequence[T], by: str, problem: Callable[[T], Json]) -> Iterator[tuple[Any, list[T]]]:
    """(value of the group, its items) in order, the whole last under None; `problem` gives an item's problem line."""
    present = {problem(item).get(by) for item in items} - {None}
    for value in sorted(present, key=lambda v: (isinstance(v, str), v)):
        yield value, [item for item in items if problem(item).get(by) == value]
    yield None, list(items)


def estimate(values: Sequence[float], *, bounds: tuple[float, float] | None = (0.0, 1.0)) -> Json:
    """value, se, low, high (95 % over problems) and the number of problems; nulls without values."""
    found = mean_estimate(values, bounds=bounds)
    row: Json = {name: None if found is None else getattr(found, name) for name in ("value", "se", "low", "high")}
    return {**row, "problems": len(values)}
