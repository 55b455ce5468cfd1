"""Tokens per second of one engine alone, of the same engine as one Ray actor, and of two: what routing costs.

    python benchmarks/replicas.py [--engine hf] [--requests 64] [--max-tokens 64] [--repeats 2]

The same requests (seeded draws for 8 problems) are asked of all three, in turn in one run, after a warm-up; of several
rounds the best counts. On one machine two replicas share its cores: what they gain there is small, and what a request
costs on its way to an actor and back is what this shows. The answers must be the same.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence

from tabulate import tabulate

from harness import registry
from harness.backends.ray import Ray
from harness.core import Backend, Completion, Prompt, Request, Sampling


def requests(count: int, tokens: int) -> list[Request]:
    """Draws for eight problems, each told by its seed."""
    texts = [
        f"<|im_start|>user\nWhat is {i} + 17? Explain every step.<|im_end|>\n<|im_start|>assistant\n" for i in range(8)
    ]
    return [
        Request(Prompt(f"p{i % 8}", texts[i % 8], texts[i % 8], templated=True), "", Sampling(0.8, 1, tokens, (), i))
        for i in range(count)
    ]


async def timed(backend: Backend, wanted: Sequence[Request], repeats: int) -> tuple[float, list[Completion]]:
    """The best tokens per second of several rounds, and the answers of the last."""
    await asyncio.gather(*map(backend.generate, wanted[:8]))
    best, found = 0.0, []
    for _ in range(repeats):
        started = time.perf_counter()
        found = await asyncio.gather(*map(backend.generate, wanted))
        tokens = sum(each.completion_tokens for each in found)
        best = max(best, tokens / (time.perf_counter() - started))
    await backend.close()
    return best, found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="hf")
    parser.add_argument("--requests", type=int, default=64)
    parser.add_argument("--max-tokens", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=2)
    given = parser.parse_args()
    wanted = requests(given.requests, given.max_tokens)
    backends: dict[str, Backend] = {
        f"{given.engine}/smollm2": registry.component("backend", given.engine)("smollm2"),
        "ray/smollm2, 1 replica": Ray("smollm2", engine=given.engine, replicas=1),
        "ray/smollm2, 2 replicas": Ray("smollm2", engine=given.engine, replicas=2),
    }
    rows, alone, first = [], 0.0, None
    for name, backend in backends.items():
        speed, found = asyncio.run(timed(backend, wanted, given.repeats))
        alone, first = alone or speed, first or [each.text for each in found]
        same = sum(a == b.text for a, b in zip(first, found, strict=True))
        rows.append([name, f"{speed:.1f}", f"{speed / alone:.2f}", f"{same} of {len(found)}"])
        print(rows[-1], flush=True)
    print(
        tabulate(rows, ["model", "tokens/s", "of one engine", "same answers"], tablefmt="github", disable_numparse=True)
    )


if __name__ == "__main__":
    main()
