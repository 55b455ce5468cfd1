"""The steps of a text, with their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.steps import split_steps
from harness.traces.detector import Detector
from harness.traces.text import MARK, tokens_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DETECTOR = Detector(
    name="steps",
    version="1",
    definition=(
        "A step is a piece of the text ended by the run's step delimiter (a blank line unless the run says "
        "otherwise), cut by the same function that cuts the steps of searches and process reward models. Its "
        "tokens, for every measure of similarity, are words, numbers, LaTeX commands and other signs in lower "
        "case; spacing, layout, braces, punctuation, Markdown and the label in front ('Step 3:') are left out, "
        "numbers are kept."
    ),
    source="Meta-CoT paper (arXiv 2501.04682), section 2: the step as the action of the decision process",
)


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a text: `places` (start and end in characters, without the white space around), and their tokens.

    `ids` are those of all steps in a row, one number for each different token; step i has those from `bounds[i]` to
    `bounds[i + 1]`. `figures` says which of them are numbers."""

    places: Sequence[tuple[int, int]]
    ids: NDArray[np.int64]
    bounds: Sequence[int]
    figures: NDArray[np.bool_]
    vocabulary: Sequence[str]

    def __len__(self) -> int:
        return len(self.places)

    def size(self, number: int) -> int:
        """How many tokens a step has."""
        return self.bounds[number + 1] - self.bounds[number]

    def said(self, number: int) -> NDArray[np.int64]:
        """The ids of a step's tokens."""
        return self.ids[self.bounds[number] : self.bounds[number + 1]]

    def numbers(self, number: int) -> frozenset[int]:
        """The ids of the numbers in a step."""
        return frozenset(self.said(number)[self.figures[self.bounds[number] : self.bounds[number + 1]]].tolist())

    def tokens(self, number: int) -> list[str]:
        """A step's tokens."""
        return [self.vocabulary[i] for i in self.said(number).tolist()]


def steps(text: str, delimiter: str) -> Steps:
    """The steps of a text in order; pieces of nothing but white space are none."""
    import numpy as np

    places, bodies = _pieces(text, delimiter)
    flat = tokens_of(bodies) if bodies else []
    index = {token: number for number, token in enumerate(dict.fromkeys([MARK, *flat]))}
    ids = np.fromiter(map(index.__getitem__, flat), np.int64, len(flat))
    marks = np.flatnonzero(ids == 0)
    ids = ids[ids != 0]
    bounds = [0, *(marks - np.arange(len(marks))).tolist(), len(ids)] if bodies else [0]
    figure = np.fromiter((token[0].isdigit() for token in index), np.bool_, len(index))
    return Steps(places, ids, bounds, figure[ids], list(index))


def _pieces(text: str, delimiter: str) -> tuple[list[tuple[int, int]], list[str]]:
    """The places and the texts of the steps."""
    places, bodies = [], []
    position = 0
    for piece in split_steps(text, delimiter):
        body = piece.strip()
        if body:
            start = position + len(piece) - len(piece.lstrip())
            places.append((start, start + len(body)))
            bodies.append(body)
        position += len(piece)
    return places, bodies
