"""Steps that take up an earlier state again."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from harness.traces.detector import Detector, Event
from harness.traces.similarity import GRAM, Likeness
from harness.traces.steps import Steps

LEAST = 0.15
SHARED = 6
DETECTOR = Detector(
    name="returns",
    version="1",
    definition=(
        "Step i returns to an earlier state if, of all steps before it, the one most like it (Jaccard "
        f"similarity of token {GRAM}-grams) is a step j < i − 1, with a similarity of at least {LEAST} and at "
        f"least {SHARED} shared {GRAM}-grams. A repetition and a step of a template are no return, and where a "
        "return goes on step by step (i after j, i + 1 after j + 1) it is counted once. This measures going "
        "over the same ground, not what the model meant by it."
    ),
    source="Meta-CoT paper, section 4.4 (backtracking); the measure is this project's",
)


def returns(steps: Steps, likenesses: Sequence[Likeness], repeating: Collection[int]) -> list[Event]:
    """The returning steps; `of` is the start of the step returned to. `repeating` are the numbers of those that say
    an earlier step again, with the same numbers or with others."""
    found = []
    before: int | None = None  # the earlier step that the previous step went back to or repeated
    for number, like in enumerate(likenesses):
        target = like.like
        clear = number in repeating or (like.similarity >= LEAST and like.shared >= SHARED)
        if target is None or not clear or target >= number - 1 or likenesses[number - 1].same == target:
            before = None
            continue
        if number not in repeating and (before is None or target != before + 1):
            found.append(Event("return", *steps.places[number], steps.places[target][0]))
        before = target
    return found
