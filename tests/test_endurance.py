"""The fault suite: in its quick form every kind of fault once, in its long one (`make endurance`) hundreds."""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from endurance import FAULTS, endured
from harness.core import ScorerRef
from harness.evaluate import evaluate
from scorers.pool import GradingPool
from support import lines, small_task, toy_plan

SAMPLE = ("--strategy", "sample", "-S", "n=2")
TREE = ("--strategy", "beam", "--verifier", "toy/default", "-S", "n=4", "-S", "width=2", "-S", "max_steps=4")
LONG = int(os.environ.get("ENDURANCE_FAULTS", "200"))
SUMMARY = Path(__file__).parents[1] / "benchmarks" / "endurance.md"


@pytest.mark.parametrize(
    ("strategy", "kinds"),
    [
        (SAMPLE, ["torn", "disk_full", "grader_killed", "read_only", "skewed"]),
        (TREE, ["garbage", "two_writers", "server_cut", "interrupted", "killed"]),
    ],
)
def test_every_kind_of_fault_once(tmp_path: Path, strategy: tuple[str, ...], kinds: list[str]) -> None:
    outcome = endured(tmp_path / "run", kinds, 1, strategy)
    assert set(outcome.faults) == set(kinds)
    assert outcome.attempts > len(kinds)


def test_all_kinds_are_in_the_quick_form() -> None:
    marks = test_every_kind_of_fault_once.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {kind for _, kinds in marks for kind in kinds} == set(FAULTS)


def test_memory_that_runs_out_in_one_problem_costs_no_other(tmp_path: Path) -> None:
    """Its grader is ended and replaced, its responses stay with a reason and no verdict, and the run is complete."""
    task = replace(small_task(8), scorer=ScorerRef("scorers_for_tests:hungry"))
    with GradingPool(workers=1, memory_mb=256) as pool:
        finished = asyncio.run(evaluate(toy_plan(task, n=2), tmp_path, pool))
    assert finished.state == "complete"
    for response in lines(finished.folder / "responses.jsonl"):
        hungry = response["problem_id"] == "small/3"
        assert response["correct"] is (None if hungry else True)
        assert ("out of memory" in response["reason"]) is hungry
    assert {p["status"] for p in lines(finished.folder / "problems.jsonl")} == {"ok"}


@pytest.mark.slow
def test_many_faults_at_random(tmp_path: Path) -> None:
    """At least ENDURANCE_FAULTS (200) faults over many runs; the summary is written for the repository."""
    rng = random.Random(20501)
    faults: Counter[str] = Counter()
    codes: Counter[int] = Counter()
    runs = 0
    while sum(faults.values()) < LONG:
        kinds = rng.choices(list(FAULTS), k=rng.randint(3, 7))
        outcome = endured(tmp_path / f"run{runs}", kinds, runs, rng.choice([SAMPLE, TREE]))
        faults += outcome.faults
        codes += outcome.codes
        runs += 1
    if LONG >= 200:
        SUMMARY.write_text(summary(faults, codes, runs))


def summary(faults: Counter[str], codes: Counter[int], runs: int) -> str:
    """What is committed of the long form."""
    from tabulate import tabulate

    kinds = [[name, (FAULTS[name].__doc__ or "").split("\n")[0], count] for name, count in sorted(faults.items())]
    ends = [[code, count] for code, count in sorted(codes.items())]
    return (
        "# Endurance\n\n"
        f"Made by `make endurance`: {sum(faults.values())} faults at random moments in {runs} runs of sampling and "
        "beam search over 12 problems, each of which then ended with the bytes (problems, responses, trees, results) "
        "of a run that nobody hurt.\n\n"
        + tabulate(kinds, headers=["fault", "what happens", "times"], tablefmt="github")
        + "\n\nHow the attempts ended (negative: by that signal):\n\n"
        + tabulate(ends, headers=["exit code", "times"], tablefmt="github")
        + "\n"
    )
