"""The gold answer as a verifier: an upper bound for what choosing can reach, and never a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.core import Desk, Path, Scores


class Oracle:
    """1 for a response that the grader finds right, else 0. It sees the gold answer; tables say so."""

    partial = False
    uses_gold = True
    concurrency = 64

    def __init__(self, name: str = "") -> None:
        self.identity: Mapping[str, Any] = {"verifier": "oracle"}
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """The outcome alone; a response that cannot be judged is not right."""
        grade = await desk.grade(path.text)
        return Scores(outcome=float(grade.correct is True))

    async def close(self) -> None:
        """Nothing to let go."""
