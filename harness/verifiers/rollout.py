"""Monte Carlo value: how often does the policy, from here, come to the right answer?"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.core import Backend, Desk, Grade, Path, Request, Sampling, Scores, UsageError


class Rollout:
    """The share of `k` completions of a path that end well (Wang et al., 2024, Math-Shepherd's soft estimate).

    `against` "gold" asks the grader, which is an analysis; "majority" takes the share of the most frequent answer."""

    partial = True
    concurrency = 64

    def __init__(
        self, name: str, backend: Backend, *, k: int = 8, against: str = "majority", temperature: float = 0.8,
        max_tokens: int = 2048,
    ) -> None:  # fmt: skip
        if against not in ("gold", "majority"):
            raise UsageError(f"-V against is gold or majority, not '{against}'.")
        self.uses_gold = against == "gold"
        self._backend, self._k = backend, k
        self._sampling = Sampling(temperature=temperature, max_tokens=max_tokens)
        self.identity: Mapping[str, Any] = {
            "verifier": "rollout",
            "version": "2",
            "model": dict(backend.identity),
            "k": k,
            "against": against,
            "temperature": temperature,
            "max_tokens": max_tokens,
        }
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """The outcome alone: the value of the path as it stands. A finished path has one ending, its own: against gold
        it is right or not, by majority it needs no completion and is worth what `k` answers from the prompt agree."""
        if path.finished and self.uses_gold:
            return Scores(outcome=_right(await desk.grade(path.text)))
        prefix = "" if path.finished else path.text
        seeds = (_seed(path, prefix, draw) for draw in range(self._k))
        base = replace(self._sampling, stop=tuple(desk.stop))
        ending = path.ending if prefix else ()
        requests = [Request(path.prompt, prefix, replace(base, seed=seed), ending=ending) for seed in seeds]
        ends = await asyncio.gather(*[desk.complete(request, self._backend) for request in requests])
        grades = await asyncio.gather(*[desk.grade(prefix + end.text) for end in ends])
        if self.uses_gold:
            return Scores(outcome=sum(map(_right, grades)) / len(grades))
        votes = Counter(_vote(grade) for grade in grades if grade.answer is not None)
        if path.finished:
            own = await desk.grade(path.text)
            return Scores(outcome=votes[_vote(own)] / len(grades) if own.answer is not None else 0.0)
        return Scores(outcome=max(votes.values(), default=0) / len(grades))

    async def close(self) -> None:
        """The engine is the policy's."""


def _right(grade: Grade) -> float:
    return float(grade.correct is True)


def _vote(grade: Grade) -> str:
    return str(grade.answer if grade.canonical is None else grade.canonical)


def _seed(path: Path, prefix: str, draw: int) -> int:
    """A stream of its own: no completion repeats a draw of the policy."""
    material = f"rollout\x1f{path.prompt.problem_id}\x1f{prefix}\x1f{draw}"
    return int.from_bytes(hashlib.sha256(material.encode("utf-8", "surrogatepass")).digest()[:4], "big") >> 1
