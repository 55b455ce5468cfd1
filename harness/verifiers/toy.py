"""A verifier of the toy world that knows which steps are right, and says so with a known noise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from random import Random
from typing import Any

from harness.core import Desk, Path, Scores
from harness.synthetic import right_so_far


@lru_cache(maxsize=1 << 14)
def _deviate(problem_id: str, text: str) -> float:
    """A draw of the standard normal distribution that belongs to a text; a tree asks for the same again and again."""
    return Random(f"{problem_id}|{text}").gauss(0, 1)  # noqa: S311


class Toy:
    """Scores of the toy model's steps: 1 while all are right, 0 from the first wrong one, each plus Gaussian noise."""

    partial = True
    uses_gold = False
    concurrency = 64

    def __init__(self, name: str, *, noise: float = 0.0) -> None:
        self._noise = noise
        self.identity: Mapping[str, Any] = {"verifier": "toy", "model": name, "noise": noise}
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """A score per step in [0, 1]. The noise of a step is a function of the text up to it."""
        right, scores, so_far = True, [], ""
        for step in path.steps:
            so_far += step
            right = right and all(right_so_far(path.prompt.problem_id, step))
            noise = self._noise * _deviate(path.prompt.problem_id, so_far) if self._noise else 0.0
            scores.append(min(max(float(right) + noise, 0.0), 1.0))
        return Scores(tuple(scores))

    async def close(self) -> None:
        """Nothing to let go."""
