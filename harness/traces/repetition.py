"""Steps that say an earlier step again."""

from __future__ import annotations

from collections.abc import Sequence

from harness.traces.detector import Detector, Event
from harness.traces.similarity import GRAM, LAST, Likeness
from harness.traces.steps import Step
from harness.traces.text import is_number

THETA = 0.6
"""The Jaccard similarity from which on two steps say the same."""
DETECTOR = Detector(
    name="repetition",
    version="1",
    definition=(
        "A step repeats an earlier step of the same text if their tokens are the same (kind 'exact'), or if the "
        f"Jaccard similarity of their sets of token {GRAM}-grams is at least {THETA} and both hold the same "
        "numbers (kind 'near'). Steps that have the same words and signs with other numbers are counted apart "
        f"(kind 'template': cases, tables) and are no repetition. Steps of fewer than {GRAM} tokens repeat "
        f"nothing. A {GRAM}-gram is looked up in the last {LAST} different steps that had it. Repetition rate: "
        "repeating steps over steps. Repeated-token share: their tokens over all tokens. Repeated 5-gram share: "
        "token 5-grams of the whole text that stood earlier in it, which also sees loops inside one step. "
        "'semantic', where a sentence-embedding model was named: cosine of at least 0.9 with an earlier step "
        "that has the same numbers, and neither exact nor near."
    ),
    source="Meta-CoT paper, section 4.4 (semantically identical steps in traces of o1)",
)
_FIGURES = {ord(figure): None for figure in "0123456789"}
KINDS = ("exact", "near", "semantic")
"""The kinds that count as repetition."""


def repetitions(steps: Sequence[Step], likenesses: Sequence[Likeness]) -> dict[int, Event]:
    """The repeating step's number → its event; `of` is where the earlier step starts."""
    found = {}
    masked: dict[str, int] = {}
    for number, (step, like) in enumerate(zip(steps, likenesses, strict=True)):
        if len(step.tokens) < GRAM:
            continue
        template = masked.setdefault(" ".join(step.tokens).translate(_FIGURES), number)
        if like.same is not None:
            found[number] = _event("exact", step, steps[like.same])
        elif like.like is not None and like.similarity >= THETA:
            other = steps[like.like]
            found[number] = _event("near" if numbers(step) == numbers(other) else "template", step, other)
        elif template != number:
            found[number] = _event("template", step, steps[template])
    return found


def numbers(step: Step) -> set[str]:
    """The numbers that stand in a step."""
    return {token for token in step.tokens if is_number(token)}


def _event(kind: str, step: Step, earlier: Step) -> Event:
    return Event(kind, step.start, step.end, earlier.start)
