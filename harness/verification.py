"""A verifier as a strategy sees it: bound to one problem, paths in, the same paths with scores out."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from harness.core import BackendError, Desk, Path, Scores, UsageError, Verifier
from harness.steps import split_steps

AGGREGATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "last": lambda scores: scores[-1],
    "min": min,
    "product": math.prod,
    "mean": lambda scores: math.fsum(scores) / len(scores),
}
"""How the scores of a path's steps become one ("last" is the default of Beeching et al., 2024; "min" and "product" are
those of Lightman et al., 2023)."""


class Verification:
    """v over one problem. `aggregation` is a key of AGGREGATIONS, used where a verifier gives no score of the whole."""

    def __init__(self, verifier: Verifier, desk: Desk, *, delimiter: str = "\n\n", aggregation: str = "last") -> None:
        if aggregation not in AGGREGATIONS:
            raise UsageError(f"-V aggregation is one of {', '.join(AGGREGATIONS)}, not '{aggregation}'.")
        self.partial = verifier.partial
        self.uses_gold = verifier.uses_gold
        self._verifier = verifier
        self._desk = desk
        self._delimiter = delimiter
        self._aggregate = AGGREGATIONS[aggregation]

    async def score(self, paths: Sequence[Path], *, split: bool = True) -> list[Path]:
        """The paths with `score` and `step_scores`, in their order; all are scored side by side. Their text is cut into
        steps anew, unless `split` is False: a path's own steps are somebody's, blank lines in them or not.

        Raises UsageError if the verifier scores whole responses only and one is not finished, BackendError if it gives
        no score, one that is no number, or another number of scores than there are steps."""
        return list(await asyncio.gather(*[self._one(path, split) for path in paths]))

    async def _one(self, path: Path, split: bool) -> Path:
        if not (path.finished or self.partial):
            name = type(self._verifier).__name__.lower()
            raise UsageError(
                f"The verifier '{name}' scores finished responses only, and this strategy asks about partial ones. "
                "Take one that scores steps (`harness list verifiers`), or a strategy that scores whole responses."
            )
        steps = (split_steps(path.text, self._delimiter) if split else path.steps) or ("",)
        scores = await self._verifier.score(replace(path, steps=steps), self._desk)
        return replace(path, score=self._value(scores, len(steps)), step_scores=scores.steps)

    def _value(self, scores: Scores, steps: int) -> float:
        """The score of the whole path."""
        if (scores.outcome is None and len(scores.steps) != steps) or (scores.steps and len(scores.steps) != steps):
            raise BackendError(f"The verifier gave {len(scores.steps)} scores for {steps} steps.", retryable=False)
        value = self._aggregate(scores.steps) if scores.outcome is None else scores.outcome
        if not all(map(math.isfinite, (*scores.steps, value))):
            raise BackendError("The verifier gave a score that is no finite number.", retryable=False)
        return value
