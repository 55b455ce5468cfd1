"""Figure 5 of the Meta-CoT paper, in all currencies: tree search against parallel sampling on the game of 24.

    python benchmarks/game24_search.py [--problems 100] [--samples 128] [--skill 0.25] [--noise 0,0.3,0.6]

The paper shows (after Yao et al. 2023, Tree of Thoughts) that tree search needs about a quarter of the *nodes visited*
that parallel sampling needs for the same success. A node of sampling is a whole response there, a node of the tree is
one step, and what the verifier reads is not counted. This script runs the strategies of the harness over a synthetic
policy of known skill (`game24_world.py`; it solves about one puzzle in 25 at the first attempt, as GPT-4 did) and a
verifier of known noise, and shows what the same success costs in nodes, steps, calls, generated and total tokens.
Everything is seeded; the same command prints the same table.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from game24_world import Judge, Player
from tabulate import tabulate

from harness import registry
from harness.analysis.cost import Cost, costs
from harness.analysis.selection import choices_of
from harness.core import Sampling, Task
from harness.evaluate import Plan, evaluate
from harness.progress import Progress
from harness.run import Run
from scorers.estimators import best_curve, pass_at_k
from scorers.intervals import mean_estimate
from scorers.pool import GradingPool
from tasks.loading import load_task
from tasks.selection import select

STEPS = 4
"""Steps of a response: three moves and the answer."""
SEARCHES: list[tuple[str, dict[str, Any]]] = [
    ("beam", {"n": 25, "width": 5}),
    ("beam", {"n": 50, "width": 5}),
    ("dvts", {"n": 25, "width": 5}),
    ("best_first", {"width": 5, "expansions": 20}),
    ("mcts", {"simulations": 8, "width": 5}),
    ("mcts", {"simulations": 8, "width": 5, "c": 0.1, "widening": 0.5}),
]
"""Beam search with n = 25 and width 5 is Tree of Thoughts' b = 5: five states are kept after every step."""


class Quiet(Progress):
    """No progress line."""

    def _draw(self, *_: Any, **__: Any) -> None: ...


@dataclass(frozen=True)
class Point:
    """A strategy's mean cost per problem and its success: any candidate right, the chosen one right (0 or 1 each)."""

    name: str
    nodes: float
    steps: float
    calls: float
    completion: float
    prompt: float
    cached: float
    verifier: float
    some: list[float]
    chosen: list[float]

    @property
    def total(self) -> float:
        """All tokens, read or written, by policy and verifier."""
        return self.prompt + self.completion + self.verifier


def main() -> None:
    """Run everything and print the report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=100)
    parser.add_argument("--samples", type=int, default=128)
    parser.add_argument("--skill", type=float, default=0.25)
    parser.add_argument("--noise", default="0,0.3,0.6")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    task = load_task("game24")
    task = replace(task, problems=tuple(select(task.problems, limit=given.problems, levels="4-5")))
    with tempfile.TemporaryDirectory() as folder, GradingPool(workers=1) as pool:
        bench = Bench(task, given, Path(folder), pool)
        sections = [bench.section(float(noise)) for noise in given.noise.split(",")]
    print("\n\n".join([_intro(given, len(task.problems)), *sections]))


class Bench:
    """All strategies over the same problems."""

    def __init__(self, task: Task, given: argparse.Namespace, out: Path, pool: GradingPool) -> None:
        self.task, self.given, self.out, self.pool = task, given, out, pool

    def run(self, strategy: str, noise: float, **parameters: Any) -> Run:
        """One strategy under one verifier."""
        target = registry.component("strategy", strategy)
        plan = Plan(
            task=self.task,
            backend=Player(self.task.problems, skill=self.given.skill),
            model="game24-player",
            strategy=strategy,
            parameters=registry.options(target, [f"{k}={v}" for k, v in parameters.items()], flag="-S", owner=strategy),
            sampling=Sampling(temperature=0.8, max_tokens=512, seed=self.given.seed),
            verifier=Judge(noise=noise),
            verifier_name=f"exact, noise {noise}",
            concurrency=1,
        )
        out = self.out / f"{strategy}-{noise}-{len(list(self.out.iterdir()))}"  # apart: nothing is shared
        finished = asyncio.run(evaluate(plan, out, self.pool))
        assert finished.state == "complete", finished
        return Run.open(finished.folder)

    def section(self, noise: float) -> str:
        """The report under one verifier."""
        print(f"noise {noise}", file=sys.stderr)
        draws = self.run("best_of_n", noise, n=self.given.samples)
        sampling = Sampled(draws)
        ks = [k for k in (1, 4, 16, 64, 100, 256, 1024) if k <= self.given.samples]
        points = [sampling.at(k) for k in ks]
        searches = []
        for strategy, parameters in SEARCHES:
            if strategy in registry.names("strategy"):
                options = ", ".join(f"{k}={v}" for k, v in parameters.items())
                searches.append(point(f"{strategy}({options})", self.run(strategy, noise, **parameters)))
        kind = "an exact verifier" if noise == 0 else f"a verifier with noise {noise:g}"
        return "\n\n".join(
            [
                f"## Under {kind}",
                _table([*points, *searches]),
                "Parallel sampling needs for the same success so many times what the search spent "
                "(below 1: sampling is cheaper):",
                _ratios(searches, sampling),
            ]
        )


class Sampled:
    """Parallel sampling at every number k of samples: exact expectations over all subsets of the draws."""

    def __init__(self, run: Run) -> None:
        self.found = choices_of(run)
        self.costs = costs(run)
        self.n = min(len(choice.responses) for choice in self.found)

    def at(self, k: int) -> Point:
        """k samples a problem; the choice among them is the verifier's."""
        one = _means(self.costs, 1 / self.n)
        some, chosen = [], []
        for choice in self.found:
            correct = [float(r["correct"] is True) for r in choice.responses]
            some.append(pass_at_k(len(correct), int(sum(correct)), k))
            chosen += best_curve([r["score"] for r in choice.responses], correct, [k])
        scaled = {name: k * number for name, number in one.items()}
        # Every draw but the first finds the prompt in the engine's cache.
        prompt = one["prompt"]
        scaled["cached"] = (k - 1) * prompt
        return Point(f"sampling, k={k}", float(k), float(k * STEPS), **scaled, some=some, chosen=chosen)

    def needed(self, success: float, what: Callable[[Point], list[float]]) -> float | None:
        """The k (interpolated) at which sampling succeeds as often; None if it does not within the draws."""
        below = (0.0, 0.0)
        for k in dict.fromkeys(round(1.1**i) for i in range(1 + round(math.log(self.n) / math.log(1.1)))):
            values = what(self.at(min(k, self.n)))
            here = (float(min(k, self.n)), sum(values) / len(values))
            if here[1] >= success:
                gap = here[1] - below[1]
                return below[0] + (here[0] - below[0]) * ((success - below[1]) / gap if gap else 1.0)
            below = here
        return None


def point(name: str, run: Run) -> Point:
    """A search at its own cost."""
    found, cost = choices_of(run), costs(run)
    nodes = sum(float(c.nodes or 0) for c in cost) / len(cost)
    some = [float(choice.problem["c"] > 0) for choice in found]
    chosen = [float(choice.problem["correct"] is True) for choice in found]
    return Point(name, nodes, nodes, **_means(cost, 1.0), some=some, chosen=chosen)


def _means(found: Sequence[Cost], scale: float) -> dict[str, float]:
    names = {
        "calls": "calls",
        "completion": "completion_tokens",
        "prompt": "prompt_tokens",
        "cached": "cached_prompt_tokens",
        "verifier": "verifier_tokens",
    }
    return {ours: scale * sum(float(c.number(name) or 0) for c in found) / len(found) for ours, name in names.items()}


def _table(points: Sequence[Point]) -> str:
    """Costs and success of each point."""
    header = ["", "nodes", "steps", "calls", "generated", "prompt", "of it cached", "verifier", "total tokens"]
    body = []
    for p in points:
        numbers = [p.nodes, p.steps, p.calls, p.completion, p.prompt]
        cells = [p.name, *[f"{number:,.0f}" for number in numbers], f"{100 * p.cached / p.prompt:.0f} %"]
        body.append([*cells, f"{p.verifier:,.0f}", f"{p.total:,.0f}", _share(p.some), _share(p.chosen)])
    header += ["any candidate right, %", "chosen right, %"]
    return tabulate(body, header, tablefmt="github", disable_numparse=True, colalign=("left", *["right"] * 10))


def _share(values: Sequence[float]) -> str:
    found = mean_estimate(values)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return f"{100 * found.value:.1f} [{100 * found.low:.0f}, {100 * found.high:.0f}]"


def _ratios(searches: Sequence[Point], sampling: Sampled) -> str:
    """For each search, what sampling pays for the same success, in each currency."""
    body = []
    for search in searches:
        for label, what in (("any", lambda p: p.some), ("chosen", lambda p: p.chosen)):
            values = what(search)
            k = sampling.needed(sum(values) / len(values), what)
            more = "> " if k is None else ""
            k = float(sampling.n) if k is None else k
            one = sampling.at(1)
            pairs = [
                (k, search.nodes),
                (k * STEPS, search.steps),
                (k, search.calls),
                (k * one.completion, search.completion),
                # That any candidate is right needs no verifier; to choose one does.
                (k * (one.total - (one.verifier if label == "any" else 0.0)), search.total),
            ]
            body.append([search.name, label, f"{more}{k:,.0f}", *[f"{more}{a / b:.2f}" for a, b in pairs]])
    header = [
        "same success as",
        "success",
        "samples",
        "nodes",
        "steps",
        "calls",
        "generated",
        "total tokens",
    ]
    return tabulate(body, header, tablefmt="github", disable_numparse=True, colalign=("left", "left", *["right"] * 6))


def _intro(given: argparse.Namespace, problems: int) -> str:
    command = " ".join(["python benchmarks/game24_search.py", *sys.argv[1:]])
    return "\n".join(
        [
            "# The game of 24: what tree search saves, and in which currency",
            "",
            f"Made by `{command}`: {problems} puzzles of levels 4 and 5 (one or two solutions), policy of skill "
            f"{given.skill:g}, seed {given.seed}.",
            "",
            "Means per problem; success with 95 % intervals over problems. A node of sampling is a response (as in",
            "the paper's Figure 5), a node of a tree is one step; `steps` counts both in steps. The verifier reads",
            "prompt and path anew for every path that it scores. Sampling at k: the exact expectation over subsets of "
            f"{given.samples} draws;",
            "`chosen` is the verifier's choice, for sampling best-of-k. Where only `any` counts, sampling needs no",
            "verifier and is not charged for one in the second table.",
        ]
    )


if __name__ == "__main__":
    main()
