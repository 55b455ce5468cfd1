"""How much a step is like the steps before it: Jaccard similarity of token 5-grams, in linear time.

Steps are never compared pair by pair. All 5-grams are sorted once; those that are equal stand side by side, and each
meets the last LAST different steps that had it. Whoever shares one is a pair, and only pairs have a similarity. The
work is bounded by LAST times the number of tokens, whatever the text; packing makes equal numbers of equal 5-grams
only, so nothing depends on a hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.traces.steps import Steps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

__all__ = ["GRAM", "LAST", "Likeness", "likeness"]

GRAM = 5
LAST = 16
"""How many of the latest different steps with a 5-gram are met by the next one that has it."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """Of one step: the first earlier step with the same tokens (`same`), else the earlier one most like it (`like`, the
    first of equals; None if none shares a 5-gram), their Jaccard similarity, and how many 5-grams they share."""

    same: int | None = None
    like: int | None = None
    similarity: float = 0.0
    shared: int = 0


_ALONE = Likeness()


def likeness(steps: Steps) -> tuple[list[Likeness], float]:
    """The likeness of each step to the ones before it, and the share of all 5-grams that stood earlier in the text.

    Steps of fewer than GRAM tokens are like none; an earlier step that said the same as another is known by the first
    of the two."""
    first: dict[bytes, int] = {}
    found = []
    for number in range(len(steps)):
        same = first.setdefault(steps.said(number).tobytes(), number) if steps.size(number) >= GRAM else number
        found.append(_ALONE if same == number else Likeness(same=same, like=same, similarity=1.0))
    if len(steps.ids) < GRAM:
        return found, 0.0
    gram, owner, again = _grams(steps, first.values())
    for later, earlier, similarity, shared in _closest(gram, owner, len(steps)):
        found[later] = Likeness(like=earlier, similarity=similarity, shared=shared)
    return found, again


def _closest(gram: Integers, owner: Integers, steps: int) -> list[tuple[int, int, float, int]]:
    """(step, the earlier step most like it, similarity, shared 5-grams) for every step that shares some."""
    import numpy as np

    size = np.bincount(owner, minlength=steps)
    pairs, shared = _meetings(gram, owner, steps)
    if not len(pairs):
        return []
    later, earlier = np.divmod(pairs, steps)
    similarity = shared / (size[later] + size[earlier] - shared)
    order = np.lexsort((earlier, -similarity, later))
    _, at = np.unique(later[order], return_index=True)
    best = order[at]
    return list(
        zip(later[best].tolist(), earlier[best].tolist(), similarity[best].tolist(), shared[best].tolist(), strict=True)
    )


def _grams(steps: Steps, wanted: Iterable[int]) -> tuple[Integers, Integers, float]:
    """Every different 5-gram of each wanted step as a number, and the step it is of, sorted by both; and the share of
    the 5-grams of the text that stood earlier, within a step or across two."""
    import numpy as np

    ids = steps.ids
    owner = np.repeat(np.arange(len(steps)), np.diff(steps.bounds))
    count = len(ids) - GRAM + 1
    gram = _packed(ids, len(steps.vocabulary), count)
    order = np.argsort(gram, kind="stable")  # owners ascend already
    ordered = gram[order]
    again = float(np.count_nonzero(ordered[1:] == ordered[:-1])) / count
    used = np.zeros(len(steps), dtype=bool)
    used[list(wanted)] = True
    kept = order[used[owner[order]] & (owner[order] == owner[order + GRAM - 1])]
    gram, owner = gram[kept], owner[kept]
    fresh = np.ones(len(gram), dtype=bool)
    fresh[1:] = (gram[1:] != gram[:-1]) | (owner[1:] != owner[:-1])
    return gram[fresh], owner[fresh], again


def _packed(ids: Integers, base: int, count: int) -> Integers:
    """A number for each run of GRAM ids, the same for the same runs and no others."""
    import numpy as np

    packed = ids[:count]
    for place in range(1, GRAM):
        if base > (2**62) // (int(packed.max()) + 1):  # would overflow: number what is there
            packed = np.unique(packed, return_inverse=True)[1].astype(np.int64)
        packed = packed * base + ids[place : place + count]
    return packed


def _meetings(gram: Integers, owner: Integers, texts: int) -> tuple[Integers, Integers]:
    """Pairs (later · texts + earlier) that share 5-grams, and how many."""
    import numpy as np

    met = []
    for lag in range(1, min(LAST, len(gram) - 1) + 1):
        equal = gram[lag:] == gram[:-lag]
        if not equal.any():
            break
        met.append(owner[lag:][equal] * texts + owner[:-lag][equal])
    if not met:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    pairs, shared = np.unique(np.concatenate(met), return_counts=True)
    return pairs, shared
