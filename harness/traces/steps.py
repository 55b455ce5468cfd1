"""The steps of a text, with their places."""

from __future__ import annotations

from dataclasses import dataclass

from harness.core import split_steps
from harness.traces.detector import Detector
from harness.traces.text import tokens_of

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
class Step:
    """A step from `start` to `end` (characters, without the white space around it), and its tokens."""

    start: int
    end: int
    tokens: tuple[str, ...]


def steps(text: str, delimiter: str) -> list[Step]:
    """The steps of a text in order; pieces of nothing but white space are none."""
    places = []
    bodies = []
    position = 0
    for piece in split_steps(text, delimiter):
        body = piece.strip()
        if body:
            start = position + len(piece) - len(piece.lstrip())
            places.append((start, start + len(body)))
            bodies.append(body)
        position += len(piece)
    return [Step(*place, tuple(own)) for place, own in zip(places, tokens_of(bodies), strict=True)]
