"""Tokens per second of strategies beside the raw engine generating as many tokens for the same prompts, in one run.

    python benchmarks/search_throughput.py [--problems 32] [--max-tokens 128] [--strategies sample,mcts:parallel=4]

One vLLM engine (SmolLM2-135M; on a machine without CUDA its CPU build). For each strategy, in turn: the harness runs it
over the problems, from prompt to results file, with a verifier that takes no time; then the engine alone is given the
same prompts, all at once, and generates as many tokens in as many whole responses, with neither seeds, steps nor stop
strings. Before each of the two its prefix cache is emptied. Repeated, the better of each counts. The ratio says what
the harness, and searching step by step, leave of the engine. Batch occupancy is the number of calls that the engine
holds, over the time of the run.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness import registry
from harness.analysis.cost import costs
from harness.backends.vllm import VLLM
from harness.core import Completion, Desk, Request, Sampling, Scores, Task
from harness.core import Path as Steps
from harness.evaluate import Plan, evaluate
from harness.run import Run
from scorers.pool import GradingPool
from tasks.loading import load_task
from tasks.selection import select

PARAMETERS: dict[str, dict[str, Any]] = {
    "sample": {"n": 16},
    "beam": {"n": 16, "width": 4},
    "dvts": {"n": 16, "width": 4},
    "mcts": {"simulations": 16},
}
BARS = " ▁▂▃▄▅▆▇█"


@dataclass
class Watched:
    """A backend that notes how many calls are in flight."""

    backend: VLLM
    events: list[tuple[float, int]] = field(default_factory=list)
    inside: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.backend, name)

    async def generate(self, request: Request) -> Completion:
        """One completion, noted at its beginning and end."""
        self._note(1)
        try:
            return await self.backend.generate(request)
        finally:
            self._note(-1)

    def _note(self, change: int) -> None:
        self.inside += change
        self.events.append((time.perf_counter(), self.inside))

    def occupancy(self, bins: int = 40) -> tuple[float, list[float]]:
        """Mean calls in flight over the whole time, and over each of so many equal parts of it."""
        start, end = self.events[0][0], self.events[-1][0]
        width = (end - start) / bins or 1e-9
        areas = [0.0] * bins
        for (at, inside), (until, _) in zip(self.events, self.events[1:], strict=False):
            for part in range(int((at - start) / width), min(int((until - start) / width), bins - 1) + 1):
                low, high = start + part * width, start + (part + 1) * width
                if part < bins:
                    areas[part] += inside * max(0.0, min(until, high) - max(at, low))
        return sum(areas) / max(end - start, 1e-9), [area / width for area in areas]


class Instant:
    """A verifier that takes no time: a number in [0, 1] from the text, for every step."""

    identity: Mapping[str, Any] = {"verifier": "instant"}
    environment: Mapping[str, Any] = {}
    partial = True
    uses_gold = False
    concurrency = 1024

    async def score(self, path: Steps, desk: Desk) -> Scores:
        """Scores that have nothing to do with the truth."""
        return Scores(tuple(sha256(step.encode("utf-8", "replace")).digest()[0] / 255 for step in path.steps))

    async def close(self) -> None:
        """Nothing to let go."""


@dataclass(frozen=True)
class Timed:
    """Tokens, seconds, and the occupancy of the harness's run."""

    tokens: int
    seconds: float
    calls: int = 0
    read: int = 0
    """Tokens of prompts that the prefix cache did not hold."""
    mean: float = 0.0
    over_time: tuple[float, ...] = ()

    @property
    def speed(self) -> float:
        """Tokens per second."""
        return self.tokens / self.seconds


async def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=32)
    parser.add_argument("--max-tokens", type=int, default=128)
    parser.add_argument("--strategies", default="sample,beam,dvts,mcts,mcts:parallel=4")
    parser.add_argument("--n", type=int, help="samples, or n of the searches; default as in PARAMETERS")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--task", default="game24")
    given = parser.parse_args()
    task = load_task(given.task)
    task = replace(task, problems=tuple(select(task.problems, limit=given.problems)))
    backend = VLLM("smollm2")
    rows = []
    with GradingPool(workers=1) as pool:
        await raw(backend, [("warm up", 16)] * 4)
        for strategy in given.strategies.split(","):
            if strategy.partition(":")[0] not in registry.names("strategy"):
                print(f"{strategy} is not there, left out", file=sys.stderr)
                continue
            pairs = [await measured(strategy, task, backend, pool, given) for _ in range(given.repeats)]
            ours = max((own for own, _ in pairs), key=lambda timed: timed.speed)
            alone = max((engine for _, engine in pairs), key=lambda timed: timed.speed)
            rows.append((strategy, ours, alone))
            print(f"{strategy}: {ours.speed:,.0f} against {alone.speed:,.0f} tokens/s", file=sys.stderr)
    await backend.close()
    print(report(rows, given))


async def measured(
    strategy: str, task: Task, backend: VLLM, pool: GradingPool, given: argparse.Namespace
) -> tuple[Timed, Timed]:
    """The harness's run of a strategy, and the engine's of as many tokens."""
    strategy, _, more = strategy.partition(":")
    target = registry.component("strategy", strategy)
    options = {**PARAMETERS.get(strategy, {}), **dict(pair.split("=") for pair in more.split(":") if pair)}
    if given.n and "n" in registry.parameters(target):
        options["n"] = given.n
    elif given.n and "simulations" in registry.parameters(target):
        options["simulations"] = given.n
    watched = Watched(backend)
    plan = Plan(
        task=task,
        backend=watched,  # type: ignore[arg-type]
        model="vllm/smollm2",
        strategy=strategy,
        parameters=registry.options(target, [f"{k}={v}" for k, v in options.items()], flag="-S", owner=strategy),
        sampling=Sampling(temperature=0.8, max_tokens=given.max_tokens),
        verifier=Instant() if "verifier" in registry.injected(target) else None,
        verifier_name="instant",
    )
    await emptied(backend)
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        finished = await evaluate(plan, Path(folder), pool)
        seconds = time.perf_counter() - start
        assert finished.state == "complete", finished
        found = costs(Run.open(finished.folder))
    tokens, calls = sum(c.usage.completion_tokens for c in found), sum(c.usage.calls for c in found)
    mean, over_time = watched.occupancy()
    read = sum(c.usage.prompt_tokens - c.usage.cached_prompt_tokens for c in found)
    ours = Timed(tokens, seconds, calls, read, mean, tuple(over_time))
    work = []
    for cost, problem in zip(found, task.problems, strict=True):
        whole, rest = divmod(cost.usage.completion_tokens, given.max_tokens)
        work += [(plan.prompt(problem).text, size) for size in [given.max_tokens] * whole + [rest] * bool(rest)]
    await emptied(backend)
    return ours, await raw(backend, work)


async def raw(backend: VLLM, work: list[tuple[str, int]]) -> Timed:
    """The engine alone: each prompt with exactly so many tokens, all asked for at once."""
    engine = await backend._started()
    from vllm import SamplingParams
    from vllm.sampling_params import RequestOutputKind

    async def one(number: int, prompt: str, size: int) -> tuple[int, int]:
        ids = backend.tokenizer.prompt_ids(prompt, "", templated=True)
        wish = SamplingParams(
            temperature=0.8, max_tokens=size, ignore_eos=True, output_kind=RequestOutputKind.FINAL_ONLY
        )
        count, read = 0, 0
        async for output in engine.generate({"prompt_token_ids": ids}, wish, f"raw{id(work)}-{number}"):
            count, read = len(output.outputs[0].token_ids), len(ids) - (output.num_cached_tokens or 0)
        return count, read

    start = time.perf_counter()
    counts = await asyncio.gather(*[one(number, *item) for number, item in enumerate(work)])
    seconds = time.perf_counter() - start
    return Timed(sum(count for count, _ in counts), seconds, len(work), sum(read for _, read in counts))


async def emptied(backend: VLLM) -> None:
    """Empty the prefix cache, so that neither side finds the other's prompts."""
    engine = await backend._started()
    await engine.reset_prefix_cache()


def report(rows: list[tuple[str, Timed, Timed]], given: argparse.Namespace) -> str:
    """The table, and how full the batch was over each run."""
    header = [
        "strategy",
        "tokens",
        "calls",
        "prompt tokens read, of raw",
        "tokens/s",
        "raw",
        "ratio",
        "in flight, mean",
    ]
    body = [
        [name, f"{own.tokens:,}", f"{own.calls:,}", f"{own.read:,} / {alone.read:,}", f"{own.speed:,.0f}",
         f"{alone.speed:,.0f}", f"{own.speed / alone.speed:.2f}", f"{own.mean:.1f}"]
        for name, own, alone in rows
    ]  # fmt: skip
    table = tabulate(body, header, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * 7))
    lines = [f"{given.problems} problems of {given.task}, at most {given.max_tokens} tokens a response", "", table, ""]
    lines.append("Calls in flight over the time of each run (full block: the most of that run):")
    for name, own, _ in rows:
        most = max(own.over_time) or 1.0
        bars = "".join(BARS[round(value / most * (len(BARS) - 1))] for value in own.over_time)
        lines.append(f"    {name:<16} {bars} {most:.0f}")
    return "\n".join(lines)


if __name__ == "__main__":
    asyncio.run(main())
