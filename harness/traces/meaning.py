"""Steps that say an earlier step again in other words, by the vectors of a sentence-embedding model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from harness.traces.detector import Event
from harness.traces.similarity import GRAM
from harness.traces.steps import Steps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["COSINE", "MOST", "Embed", "meanings"]

COSINE = 0.9
MOST = 2000
"""Steps of a text that are compared, since all pairs of them are; later ones are not."""
Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]
"""A row of length 1 for each text."""


def meanings(text: str, steps: Steps, repeated: Collection[int], embed: Embed) -> dict[int, Event]:
    """The step's number → an event of the kind "semantic", for steps with a cosine of at least COSINE to an earlier one
    with the same numbers. `repeated` are the steps that are known to repeat one; they are not looked at."""
    import numpy as np

    own = [i for i in range(len(steps)) if steps.size(i) >= GRAM and i not in repeated][:MOST]
    if len(own) < 2:
        return {}
    rows = embed([text[slice(*steps.places[i])] for i in own])
    near = np.argwhere(np.tril(rows @ rows.T, -1) >= COSINE).tolist()
    found: dict[int, Event] = {}
    for later, earlier in near:
        number, first = own[later], own[earlier]
        if number not in found and steps.numbers(number) == steps.numbers(first):
            start, end = steps.places[number]
            found[number] = Event("semantic", start, end, steps.places[first][0])
    return found
