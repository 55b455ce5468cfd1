"""The policy's own confidence in what it wrote."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from harness.core import Backend, BackendError, Desk, Path, Request, Sampling, Scores


class Confidence:
    """exp of the mean log-probability of a step's tokens under the policy itself, in (0, 1] (Kang et al., 2025, call
    its kind self-certainty; Manakul et al., 2023)."""

    partial = True
    uses_gold = False
    concurrency = 64

    def __init__(self, name: str, backend: Backend) -> None:
        self._backend = backend
        self.identity: Mapping[str, Any] = {"verifier": "confidence", "model": dict(backend.identity)}
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """One call for the path, whose log-probabilities are shared out among the steps by the tokens of the text up to
        each step's end; a token across two steps belongs to the first."""
        if not path.text:
            return Scores((0.0,) * len(path.steps))
        tokenizer = self._backend.tokenizer
        if tokenizer is None:
            raise BackendError(
                "The verifier 'confidence' needs the model's tokenizer (-M tokenizer=…).", retryable=False
            )
        request = Request(path.prompt, path.text, Sampling(max_tokens=0), ending=path.ending)
        found = (await desk.complete(request, self._backend)).logprobs
        scores: list[float] = []
        start, text = 0, ""
        whole = len(tokenizer.encode(path.text, special_tokens=False))
        for number, step in enumerate(path.steps, 1):
            text += step
            last = number == len(path.steps)
            end = (
                len(found) if last else len(tokenizer.encode(text, special_tokens=False)) * len(found) // max(whole, 1)
            )
            part = found[start:end]
            # A step without a token of its own shares the step's before.
            scores.append(math.exp(math.fsum(part) / len(part)) if part else (scores[-1] if scores else 1.0))
            start = max(start, end)
        return Scores(tuple(scores))

    async def close(self) -> None:
        """The engine is the policy's."""
