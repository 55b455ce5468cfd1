"""Steps that say an earlier step again."""

from __future__ import annotations

from collections.abc import Sequence

from harness.traces.detector import Detector, Event
from harness.traces.similarity import GRAM, LAST, Likeness
from harness.traces.steps import Steps

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
KINDS = ("exact", "near", "semantic")
"""The kinds that count as repetition."""


def repetitions(steps: Steps, likenesses: Sequence[Likeness]) -> dict[int, Event]:
    """The repeating step's number → its event; `of` is where the earlier step starts."""
    found = {}
    templates: dict[bytes, int] = {}
    masked = steps.ids.copy()
    masked[steps.figures] = -1  # all numbers are the same number
    for number, like in enumerate(likenesses):
        if steps.size(number) < GRAM:
            continue
        form = masked[steps.bounds[number] : steps.bounds[number + 1]].tobytes()
        template = templates.setdefault(form, number)
        if like.same is not None:
            found[number] = _event("exact", steps, number, like.same)
        elif like.like is not None and like.similarity >= THETA:
            kind = "near" if steps.numbers(number) == steps.numbers(like.like) else "template"
            found[number] = _event(kind, steps, number, like.like)
        elif template != number:
            found[number] = _event("template", steps, number, template)
    return found


def _event(kind: str, steps: Steps, number: int, earlier: int) -> Event:
    return Event(kind, *steps.places[number], steps.places[earlier][0])
