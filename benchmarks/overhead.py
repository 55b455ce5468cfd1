"""What the harness itself costs per call: runs of an engine that takes no time.

    python benchmarks/overhead.py [--problems 500] [--strategies sample,best_of_n,beam,mcts]

The engine answers at once with texts of 400 words in eight steps and an answer, counted as 512 tokens; prompts are
rendered and tokens of human solutions counted with a real tokenizer (SmolLM2's), answers graded by the real grader,
everything written to a run folder. Seconds are processor time of the harness's process; the grading workers', which
run beside it, stand in a column of their own. The last column is the speed of an engine beside which the harness's
process would be busy for 5 % of the time.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from tabulate import tabulate

from harness import registry
from harness.core import Completion, Desk, Request, Sampling, Scores
from harness.core import Path as Steps
from harness.evaluate import Plan, evaluate
from harness.models import smollm2
from harness.tokenizer import HFTokenizer
from scorers.pool import GradingPool
from tasks.loading import load_task
from tasks.selection import select

PARAMETERS: dict[str, dict[str, Any]] = {
    "sample": {"n": 16},
    "best_of_n": {"n": 16},
    "beam": {"n": 16, "width": 4},
    "mcts": {"simulations": 16},
}
WORDS = "so we combine the terms and simplify which gives by the same argument a value that both must divide".split()
TOKENS, STEPS = 512, 8


class Instant:
    """An engine, and a verifier, that take no time."""

    identity: Mapping[str, Any] = {"backend": "instant"}
    environment: Mapping[str, Any] = {}
    continues, logprobs, tops, concurrency = True, False, 0, 64
    partial, uses_gold = True, False

    def __init__(self) -> None:
        self.tokenizer = HFTokenizer(str(smollm2()))

    async def generate(self, request: Request) -> Completion:
        """A step where one is asked for, else the rest of the text."""
        await asyncio.sleep(0)
        rng = Random(f"{request.prompt.problem_id}{request.prefix}{request.sampling.seed}")
        written = request.prefix.count("\n\n")
        steps = [" ".join(rng.choices(WORDS, k=50)) for _ in range(written, STEPS - 1)]
        steps.append(f"The answer is $\\boxed{{{rng.randrange(20)}}}$.")
        if request.sampling.stop == ("\n\n",) and len(steps) > 1:
            return Completion(steps[0], 60, TOKENS // STEPS, "stop", "\n\n")
        return Completion("\n\n".join(steps), 60, TOKENS // STEPS * len(steps), "eos")

    async def score(self, path: Steps, desk: Desk) -> Scores:
        """Numbers that follow from the text."""
        return Scores(tuple((hash(step) % 256) / 255 for step in path.steps))

    async def close(self) -> None:
        """Nothing to let go."""


def grading_seconds() -> float:
    """Processor time of children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measured(strategy: str, problems: int) -> list[str]:
    """A row of the table."""
    task = load_task("game24")
    task = replace(task, problems=tuple(select(task.problems, limit=problems)))
    target, engine = registry.component("strategy", strategy), Instant()
    options = [f"{key}={value}" for key, value in PARAMETERS.get(strategy, {}).items()]
    plan = Plan(
        task=task,
        backend=engine,
        model="instant",
        strategy=strategy,
        parameters=registry.options(target, options, flag="-S", owner=strategy),
        sampling=Sampling(temperature=0.8, max_tokens=2048),
        verifier=engine if "verifier" in registry.injected(target) or strategy == "best_of_n" else None,
        verifier_name="instant",
    )
    before = grading_seconds()
    with tempfile.TemporaryDirectory() as folder, GradingPool(workers=1) as pool:
        wall, own = time.perf_counter(), time.process_time()
        finished = asyncio.run(evaluate(plan, Path(folder), pool))
        wall, own = time.perf_counter() - wall, time.process_time() - own
        assert finished.results is not None, finished
        usage = finished.results["usage"]["asked"]
        calls, tokens = usage["calls"], usage["completion_tokens"]
    grading = grading_seconds() - before
    return [
        strategy,
        f"{calls:,}",
        f"{wall:.1f}",
        f"{own:.1f}",
        f"{grading:.1f}",
        f"{1000 * own / calls:.2f}",
        f"{0.05 * tokens / own:,.0f}",
    ]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--problems", type=int, default=500)
    parser.add_argument("--strategies", default=",".join(PARAMETERS))
    given = parser.parse_args()
    rows = [measured(strategy, given.problems) for strategy in given.strategies.split(",")]
    header = ["strategy", "calls", "wall s", "harness, CPU s", "grading workers, CPU s", "ms a call", "tokens/s at 5 %"]
    print(tabulate(rows, header, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * 6)))


if __name__ == "__main__":
    main()
