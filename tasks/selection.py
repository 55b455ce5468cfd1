"""Choosing part of a benchmark: by level, and a number of problems spread over the levels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise

from harness.core import Level, NothingToDoError, Problem, UsageError


def select(problems: Sequence[Problem], *, limit: int | None = None, levels: str | None = None) -> tuple[Problem, ...]:
    """The problems whose level is in `levels` ("1-3", "5", "1,3-4", or a text label), at most `limit` of them.

    A limit is shared among the levels in proportion to their sizes, and takes the same problems each time: a larger
    limit contains the choice of a smaller one. The benchmark's order is kept. Raises UsageError for a malformed option
    and NothingToDoError when nothing is left.
    """
    if limit is not None and limit < 0:
        raise UsageError(f"--limit {limit} is negative. Give the number of problems to run, e.g. --limit 50.")
    kept = list(problems)
    if levels is not None:
        wanted = _matcher(levels, problems)
        kept = [problem for problem in problems if wanted(problem.level)]
        if not kept:
            raise NothingToDoError(f"No problem has level {levels}. This benchmark has {_present(problems)}.")
    if not kept:
        raise NothingToDoError("The benchmark has no problems.")
    if limit == 0:
        raise NothingToDoError(f"--limit 0 leaves none of the {len(kept)} problems.")
    if limit is None or limit >= len(kept):
        return tuple(kept)
    chosen = set(_ranking(kept)[:limit])
    return tuple(problem for place, problem in enumerate(kept) if place in chosen)


def blocks(problems: Sequence[Problem], count: int) -> list[tuple[Problem, ...]]:
    """The problems in `count` blocks of equal size (fewer if there are fewer problems), each with every level in
    proportion: the first m blocks are what `select` takes with a limit of their size. The plan is always the same."""
    order = _ranking(problems)
    count = min(count, len(order))
    edges = [len(order) * i // count for i in range(count + 1)]
    return [tuple(problems[place] for place in sorted(order[a:b])) for a, b in pairwise(edges)]


def _ranking(problems: Sequence[Problem]) -> list[int]:
    """All places of `problems` in the order in which a growing limit takes them.

    Sainte-Laguë's rule gives the next seat to the level with the largest size / (2 * seats + 1): every level's share
    stays in proportion, and the order of seats does not depend on how many there are. Within a level the order is that
    of a hash of the problem's id: arbitrary, and the same in every process.
    """
    strata: dict[Level | None, list[int]] = defaultdict(list)
    for place, problem in enumerate(problems):
        strata[problem.level].append(place)
    seats = []
    for level, places in strata.items():
        places.sort(key=lambda place: (sha256(problems[place].id.encode()).digest(), place))
        label = "" if level is None else str(level)
        seats += [(Fraction(2 * seat + 1, len(places)), label, place) for seat, place in enumerate(places)]
    return [place for _, _, place in sorted(seats)]


def _matcher(levels: str, problems: Sequence[Problem]) -> Callable[[Level | None], bool]:
    """A test for the levels a specification names. A part that is a label of the benchmark means that label."""
    labels = {str(problem.level) for problem in problems if problem.level is not None}
    only_numbers = all(label.isdecimal() for label in labels)
    wanted: set[str] = set()
    for part in (part.strip() for part in levels.split(",")):
        span = re.fullmatch(r"(\d+)\s*-\s*(\d+)", part)
        if span and part not in labels:
            low, high = int(span[1]), int(span[2])
            if low > high:
                raise UsageError(f"--level {levels}: {part} runs backwards. Write {high}-{low}.")
            wanted |= {label for label in labels if label.isdecimal() and low <= int(label) <= high}
        elif part in labels or (part and not only_numbers):
            wanted.add(part)
        elif part.isdecimal():
            wanted.add(str(int(part)))
        else:
            raise UsageError(
                f"--level {levels} is not understood. Give levels such as 5, 1-3 or 1,3-4; "
                f"this benchmark has {_present(problems)}."
            )
    return lambda level: level is not None and str(level) in wanted


def _present(problems: Sequence[Problem]) -> str:
    found = {str(problem.level) for problem in problems if problem.level is not None}
    ordered = sorted(found, key=lambda label: (int(label) if label.isdecimal() else 0, label))
    return f"levels {', '.join(ordered)}" if ordered else "no levels"
