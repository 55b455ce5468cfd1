"""Runs of the toy model over a small task, entries of them, and the site that they build: made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.run import Run
from harness.verifiers.toy import Toy
from leaderboard import entry as entries
from leaderboard import site as sites
from leaderboard.entry import Entry
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """Two models, four strategies, 24 problems of four levels and two subjects."""
    task, out = small_task(24), tmp_path_factory.mktemp("runs")
    verified = {"verifier": Toy("default", noise=0.3), "verifier_name": "toy/default", "model": "toy/good"}
    plans = {
        "sample": toy_plan(task, step_accuracy=0.8, n=8, **verified),
        "best": toy_plan(task, step_accuracy=0.8, strategy="best_of_n", n=8, weighted=True, **verified),
        "mcts": toy_plan(task, step_accuracy=0.8, strategy="mcts", simulations=4, width=2, **verified),
        "greedy": toy_plan(task, step_accuracy=0.8, strategy="greedy", model="toy/good"),
        "weak": toy_plan(task, step_accuracy=0.4, n=8, model="toy/weak"),
    }
    with GradingPool(workers=1) as pool:
        return {name: Run.open(run(plan, out, pool).folder) for name, plan in plans.items()}


@pytest.fixture(scope="session")
def statements() -> dict[str, str]:
    """The problems' texts, which runs do not hold."""
    return {problem.id: problem.statement for problem in small_task(24).problems}


@pytest.fixture(scope="session")
def folder(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Entries with numbers alone."""
    place = tmp_path_factory.mktemp("entries")
    for each in runs.values():
        entries.write(entries.of_run(each, attach="numbers"), place)
    return place


@pytest.fixture(scope="session")
def told(runs: dict[str, Run], statements: dict[str, str]) -> list[Entry]:
    """Entries of the run folders themselves, with every text."""
    return [entries.of_run(each, statements=statements) for each in runs.values()]


@pytest.fixture(scope="session")
def built(told: list[Entry], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the runs, texts and all."""
    place = tmp_path_factory.mktemp("site") / "site"
    sites.build(sites.site(told), place)
    return place
