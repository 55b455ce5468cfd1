"""Searches inside a run: problems apart, any concurrency, killed and continued, failing verifiers, the command line."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from test_resume import killed, wait_for_calls

from harness.backends.toy import Toy
from harness.cli import main
from harness.core import BackendError, Completion, Desk, Request, Scores
from harness.core import Path as Steps
from harness.evaluate import Plan
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import calls, lines, run, small_task, toy_plan

SMALL: dict[str, dict[str, Any]] = {
    "beam": {"n": 4, "width": 2},
    "best_first": {"width": 3, "expansions": 8},
    "dvts": {"n": 4, "width": 2},
    "lookahead": {"n": 4, "width": 2},
    "mcts": {"simulations": 4, "width": 2, "evaluate": "both"},
    "particle_filter": {"n": 4},
}
FINAL = ("trees.jsonl", "responses.jsonl", "problems.jsonl", "results.json")


class Uneven(Toy):
    """The toy policy, each call as slow as its seed says, so that calls end in another order than they began."""

    async def generate(self, request: Request) -> Completion:
        await asyncio.sleep(request.sampling.seed % 5 * 0.0004)
        return await super().generate(request)


def plan(strategy: str, count: int = 5, **options: Any) -> Plan:
    task = small_task(count)
    return toy_plan(
        task, strategy=strategy, backend=Uneven("default", task.problems, step_accuracy=0.7),
        verifier=ToyVerifier("default", noise=0.2), **{**SMALL[strategy], **options},
    )  # fmt: skip


@pytest.mark.parametrize("budget", [None, 150])
@pytest.mark.parametrize("strategy", SMALL)
def test_problems_cannot_influence_one_another(
    strategy: str, budget: int | None, tmp_path: Path, pool: GradingPool
) -> None:
    together = plan(strategy, max_tokens=60, budget=budget)
    one = run(replace(together, concurrency=1), tmp_path / "one", pool).folder
    many = run(replace(together, concurrency=32), tmp_path / "many", pool).folder
    assert calls(one) == calls(many)
    for name in FINAL:
        assert (one / name).read_bytes() == (many / name).read_bytes(), name
    alone = replace(together, task=replace(together.task, problems=together.task.problems[3:4]))
    [tree] = lines(run(alone, tmp_path / "alone", pool).folder / "trees.jsonl")
    assert tree == lines(many / "trees.jsonl")[3]


@pytest.mark.parametrize("strategy", SMALL)
def test_killed_in_the_middle_of_a_tree(strategy: str, tmp_path: Path, pool: GradingPool) -> None:
    """Killed in writes spread over the run, again and again, the same command ends with the same files."""
    made = plan(strategy, count=2, concurrency=2)
    whole = run(made, tmp_path / "whole", pool).folder
    rng, kills = random.Random(0), 0
    while killed(tmp_path / "killed", rng.randrange(4, 20), rng, made):
        kills += 1
        assert kills < 30, "the run makes no progress"
    assert kills >= 2
    left = run(made, tmp_path / "killed", pool).folder
    assert calls(left) == calls(whole)
    for name in FINAL:
        assert (left / name).read_bytes() == (whole / name).read_bytes(), name


def test_the_command_killed_in_the_middle_of_a_tree(tmp_path: Path) -> None:
    def command(out: Path) -> list[str]:
        options = "--model toy/default -M latency=0.01 --verifier toy/default -V noise=0.3 --strategy beam --limit 3"
        return ["eval", "game24", *options.split(), "--output-dir", str(out)]

    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli", *command(tmp_path / "killed")],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert wait_for_calls(process, tmp_path / "killed", 60), process.communicate()[1]  # of more than 200
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert main(command(tmp_path / "killed")) == main(command(tmp_path / "whole")) == 0
    [left], [right] = list((tmp_path / "killed").iterdir()), list((tmp_path / "whole").iterdir())
    assert len(calls(right)) > 200
    assert calls(left) == calls(right)
    for name in FINAL:
        assert (left / name).read_bytes() == (right / name).read_bytes(), name


class Failing(ToyVerifier):
    """The toy verifier, which has no score for the third problem's second steps."""

    async def score(self, path: Steps, desk: Desk) -> Scores:
        if path.prompt.problem_id == "small/2" and len(path.steps) == 2:
            raise BackendError("the verifier broke", retryable=False)
        return await super().score(path, desk)


@pytest.mark.parametrize("strategy", SMALL)
def test_a_verifier_that_fails_is_the_problems_error_and_no_0(strategy: str, tmp_path: Path, pool: GradingPool) -> None:
    good = plan(strategy, count=4)
    finished = run(replace(good, verifier=Failing("default", noise=0.2)), tmp_path, pool)
    assert finished.state == "incomplete"
    assert finished.results is not None
    assert finished.results["problems"]["errors"] == 1
    problems = {problem["problem_id"]: problem for problem in lines(finished.folder / "problems.jsonl")}
    broken = problems["small/2"]
    assert (broken["status"], broken["error"], broken["correct"]) == ("error", "the verifier broke", None)
    assert broken["usage"]["completion_tokens"] > 0  # paid all the same
    assert "small/2" not in {tree["problem_id"] for tree in lines(finished.folder / "trees.jsonl")}
    again = run(good, tmp_path, pool)  # the same identity, and a verifier that works
    assert again.state == "complete"
    whole = run(good, tmp_path / "whole", pool)
    for name in FINAL:
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes(), name


@pytest.mark.parametrize("options", ["", "--budget 150", "--budget 5", "--max-tokens 20"])
def test_every_search_runs_with_its_defaults(options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = f"eval game24 --model toy/default --verifier toy/default --strategy {','.join(SMALL)} --limit 3 --json"
    assert main([*command.split(), *options.split(), "--output-dir", str(tmp_path)]) == 0
    for found in json.loads(capsys.readouterr().out):
        folder = Path(found["run"])
        trees, problems = lines(folder / "trees.jsonl"), lines(folder / "problems.jsonl")
        assert len(trees) == len(problems) == 3
        for tree, problem in zip(trees, problems, strict=True):
            own = [r for r in lines(folder / "responses.jsonl") if r["problem_id"] == problem["problem_id"]]
            assert len(own) == problem["n"] > 0
            assert sum(r["chosen"] for r in own) == 1
            tokens = sum(node["tokens"] + node.get("lookahead_tokens", 0) for node in tree["nodes"])
            assert tokens == problem["usage"]["completion_tokens"]
            if options.startswith("--budget"):
                assert tokens <= int(options.split()[1])


def test_a_search_without_a_verifier_says_what_to_type(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for strategy in SMALL:
        command = f"eval game24 --model toy/default --strategy {strategy} --limit 3 --output-dir {tmp_path}"
        assert main(command.split()) == 2
        assert "needs a verifier" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_list_says_what_they_are_and_their_defaults(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "strategies", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    beams = "n: int = 16, width: int = 4, max_steps: int = 40"
    assert {name: rows[name]["options"] for name in SMALL} == {
        "beam": beams,
        "best_first": "width: int = 5, max_steps: int = 5, expansions: int = 20, theta: float = 1.0, "
        "hopeless: float or none = 0.1",
        "dvts": beams,
        "lookahead": f"{beams}, k: int = 1",
        "mcts": "simulations: int = 8, width: int = 4, max_steps: int = 40, formula: str = 'uct', "
        "c: float or none = None, evaluate: str = 'verifier', rollouts: int = 1, mix: float = 0.5, "
        "widening: float or none = None, hopeless: float or none = None, parallel: int = 1, choose: str = 'best'",
        "particle_filter": "n: int = 16, max_steps: int = 40",
    }
    for name, source in zip(SMALL, ("Snell", "Koh", "Beeching", "Snell", "Hao", "Puri"), strict=True):
        assert f"{source} et al., 202" in rows[name]["description"]
