"""All detectors over one text, each part of the work done once."""

from __future__ import annotations

from dataclasses import dataclass

from harness.traces import attempts as answers
from harness.traces import formulas as written
from harness.traces import markers as phrases
from harness.traces import repetition, returns, steps
from harness.traces.attempts import Statement, attempts
from harness.traces.detector import Detector, Event
from harness.traces.formulas import formulas
from harness.traces.markers import markers
from harness.traces.meaning import Embed, meanings
from harness.traces.repetition import KINDS, repetitions
from harness.traces.similarity import likeness

MOST_CHARACTERS = 2_000_000
"""Characters of a text that are read; what comes after is left out."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What was found in one text. `tokens` are those of `harness.traces.text`; `attempts` and every event have their
    places in characters. `cut` says that the text, or its statements, were too many to be read whole."""

    steps: int
    tokens: int
    repeating_steps: int
    repeated_tokens: int
    repeated_grams: float
    formulas: int
    events: tuple[Event, ...]
    attempts: tuple[Statement, ...]
    cut: bool


def detectors() -> tuple[Detector, ...]:
    """The cards of everything a scan looks for."""
    return (
        steps.DETECTOR,
        repetition.DETECTOR,
        written.DETECTOR,
        *phrases.detectors(),
        returns.DETECTOR,
        answers.DETECTOR,
    )


def scan(text: str, delimiter: str, embed: Embed | None = None) -> Scan:
    """Everything the detectors find in a text. Linear in its length, and bounded; a pure function. `embed` also finds
    steps of like meaning, at the cost of an embedding model and of comparing all pairs of steps."""
    whole = len(text) <= MOST_CHARACTERS
    text = text[:MOST_CHARACTERS]
    pieces = steps.steps(text, delimiter)
    likenesses, again = likeness(pieces)
    repeated = repetitions(pieces, likenesses)
    if embed is not None:
        repeated |= meanings(text, pieces, repeated, embed)
    saying_again = {number: event for number, event in repeated.items() if event.kind in KINDS}
    count, restated = formulas(text)
    stated, more = attempts(text)
    events = [
        *repeated.values(),
        *returns.returns(pieces, likenesses, repeated),
        *restated,
        *markers(text),
    ]
    return Scan(
        steps=len(pieces),
        tokens=len(pieces.ids),
        repeating_steps=len(saying_again),
        repeated_tokens=sum(pieces.size(number) for number in saying_again),
        repeated_grams=again,
        formulas=count,
        events=tuple(sorted(events, key=lambda e: (e.start, e.end, e.kind))),
        attempts=tuple(stated),
        cut=more or not whole,
    )
