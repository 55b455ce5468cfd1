"""Strategies that talk with the model, inside a run: problems apart, any concurrency, killed and continued."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_resume import killed

from harness.backends.toy import Toy
from harness.core import Completion, Request
from harness.evaluate import Plan
from scorers.pool import GradingPool
from support import calls, lines, run, small_task, toy_plan

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "bfs": ("tree_of_thoughts", {"width": 2, "keep": 2, "evaluations": 2}),
    "dfs": ("tree_of_thoughts", {"search": "dfs", "generate": "propose", "evaluate": "vote", "max_states": 20}),
    "revise": ("revise", {"attempts": 4}),
    "budget_forcing": ("budget_forcing", {"waits": 2, "thinking_budget": 40}),
}


class Uneven(Toy):
    """The toy policy, each call as slow as its seed says, so that calls end in another order than they began."""

    async def generate(self, request: Request) -> Completion:
        await asyncio.sleep(request.sampling.seed % 5 * 0.0004)
        return await super().generate(request)


def plan(way: str, count: int, **options: Any) -> Plan:
    task, (strategy, parameters) = small_task(count), SMALL[way]
    backend = Uneven("default", task.problems, step_accuracy=0.7)
    return toy_plan(task, strategy=strategy, backend=backend, **{**parameters, **options})


def files(folder: Path) -> dict[str, bytes]:
    """The finished files of a run."""
    names = ("trees.jsonl", "responses.jsonl", "problems.jsonl", "results.json")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).exists()}


@pytest.mark.parametrize("budget", [None, 90])
@pytest.mark.parametrize("way", SMALL)
def test_problems_cannot_influence_one_another(way: str, budget: int | None, tmp_path: Path, pool: GradingPool) -> None:
    together = plan(way, 5, max_tokens=60, budget=budget)
    one = run(replace(together, concurrency=1), tmp_path / "one", pool).folder
    many = run(replace(together, concurrency=32), tmp_path / "many", pool).folder
    assert calls(one) == calls(many)
    assert files(one) == files(many)
    alone = replace(together, task=replace(together.task, problems=together.task.problems[3:4]))
    [problem] = lines(run(alone, tmp_path / "alone", pool).folder / "problems.jsonl")
    assert problem == lines(many / "problems.jsonl")[3]
    assert budget is None or all(
        problem["usage"]["completion_tokens"] <= budget for problem in lines(many / "problems.jsonl")
    )


@pytest.mark.parametrize("way", SMALL)
def test_killed_in_the_middle_it_ends_with_the_same_files(way: str, tmp_path: Path, pool: GradingPool) -> None:
    made = plan(way, 2, concurrency=2)
    whole = run(made, tmp_path / "whole", pool).folder
    rng, kills = random.Random(0), 0
    while killed(tmp_path / "killed", rng.randrange(3, 14), rng, made):
        kills += 1
        assert kills < 40, "the run makes no progress"
    assert kills >= 1
    left = run(made, tmp_path / "killed", pool).folder
    assert calls(left) == calls(whole)
    assert files(left) == files(whole)
