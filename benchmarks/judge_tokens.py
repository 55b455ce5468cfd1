"""P(Yes) of a judge: one generated token with its likeliest alternatives, against the log-probabilities of two texts.

    python benchmarks/judge_tokens.py --model vllm/smollm2 --solutions 8

Both ways ask the same engine about the same solutions, in one run and by turns, and say how long a solution took; the
engine is warm. Results belong into RESULTS.md.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import Any

from harness import registry
from harness.core import Backend, Completion, Path, Problem, Prompt, Request
from harness.desk import rendered
from harness.verifiers.judge import Judge

PROBLEM = Problem("bench/1", "A shop sells pens at 3 coins and books at 12. What do 4 pens and 2 books cost?", "36")


class Desk:
    """What the judge asks through."""

    problem, stop = PROBLEM, ()

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.prompt = Prompt(PROBLEM.id, PROBLEM.statement, PROBLEM.statement)

    async def complete(self, request: Request, backend: Backend | None = None) -> Completion:
        """One call."""
        return await self._backend.generate(request)

    def render(self, messages: Any, backend: Backend | None = None) -> Prompt:
        """As the engine's template has it."""
        return rendered(PROBLEM, messages, self._backend)


async def timed(backend: Backend, tops: int, numbers: range) -> tuple[float, list[float]]:
    """Seconds for a solution, one after another, and the values."""
    backend.tops = tops
    judge, desk = Judge("", backend), Desk(backend)
    values = []
    started = time.perf_counter()
    for number in numbers:
        text = f"4 pens cost 12 and 2 books cost 24.\n\nTogether that is {30 + number}, so \\boxed{{{30 + number}}}."
        found = await judge.score(Path(desk.prompt, (text,), finished=True), desk)  # type: ignore[arg-type]
        values.append(float(found.outcome or 0.0))
    return (time.perf_counter() - started) / len(numbers), values


async def main(model: str, count: int) -> None:
    """Both ways, by turns."""
    kind, _, name = model.partition("/")
    backend: Backend = registry.component("backend", kind)(name)
    try:
        own = backend.tops
        await timed(backend, own, range(100, 101))  # starts the engine
        await timed(backend, 0, range(101, 102))
        texts, tokens, pairs = 0.0, 0.0, []
        for part in range(2):
            numbers = range(part * count // 2, (part + 1) * count // 2)
            spent, first = await timed(backend, 0, numbers)
            texts += spent / 2
            spent, second = await timed(backend, own, numbers)
            tokens += spent / 2
            pairs += list(zip(first, second, strict=True))
        print(
            f"{model}, {count} solutions: two texts {texts:.3f} s, one token {tokens:.3f} s, {texts / tokens:.1f} times"
        )
        print("P(Yes), two texts | one token:", " ".join(f"{a:.3f}|{b:.3f}" for a, b in pairs))
    finally:
        await backend.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", default="vllm/smollm2")
    parser.add_argument("--solutions", type=int, default=8)
    given = parser.parse_args()
    asyncio.run(main(given.model, given.solutions))
