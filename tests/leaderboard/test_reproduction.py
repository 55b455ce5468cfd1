"""What counts as a reproduction of an entry: the same question, another run, the same answer; and what does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.core import NotComparableError, UsageError
from harness.run import Run
from harness.verifiers.toy import Toy
from leaderboard import entry as entries
from leaderboard.entry import Entry, sealed
from leaderboard.reproduction import reproduced
from scorers.pool import GradingPool
from support import run, small_task, toy_plan

Again = Callable[..., Run]
PLAN: dict[str, Any] = {"step_accuracy": 0.4, "n": 8, "model": "toy/weak"}
"""That of the run `weak`."""


@pytest.fixture(scope="module")
def entry(runs: dict[str, Run], tmp_path_factory: pytest.TempPathFactory) -> Entry:
    return entries.write(entries.of_run(runs["weak"], attach="numbers"), tmp_path_factory.mktemp("entry"))


@pytest.fixture
def again(tmp_path: Path, pool: GradingPool) -> Again:
    """The run once more in another folder, with some options changed."""

    def evaluate(problems: int = 24, **changes: Any) -> Run:
        return Run.open(run(toy_plan(small_task(problems), **PLAN | changes), tmp_path / "again", pool).folder)

    return evaluate


def edit(made: Run, change: Callable[[dict[str, Any]], None], name: str = "problems.jsonl") -> Run:
    """The run with every line of a file changed."""
    path = made.folder / name
    read = [json.loads(text) for text in path.read_text().splitlines()]
    for line in read:
        change(line)
    path.write_text("".join(json.dumps(line) + "\n" for line in read))
    return Run.open(made.folder)


def test_the_same_command_and_other_draws_reproduce(entry: Entry, again: Again) -> None:
    second = again()
    assert second.manifest["files"]["responses.jsonl"] == entry.data["manifest"]["files"]["responses.jsonl"]
    marked = reproduced(entry, second).data
    assert (marked["label"], marked["reproduction"]["difference"]) == ("reproduced", 0.0)
    other = reproduced(entry, again(seed=7)).data["reproduction"]
    assert other["difference"] != 0
    assert other["low"] <= 0 <= other["high"]
    assert other["problems"] == 24
    engine = json.loads(json.dumps(entry.data))
    engine["manifest"]["identity"]["model"]["engine"] = "toy 2"
    assert reproduced(replace(entry, data=sealed(engine)), second).data["label"] == "reproduced"


def test_its_own_run_is_no_second_one(entry: Entry, runs: dict[str, Run], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"is the run that .* was made of"):
        reproduced(entry, runs["weak"])
    copy = tmp_path / "copy"
    shutil.copytree(runs["weak"].folder, copy)
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps({**manifest, "created": "2020-01-01T00:00:00+00:00"}))
    with pytest.raises(UsageError, match=r"is the run that .* was made of"):
        reproduced(entry, Run.open(copy))
    del manifest["files"]["calls.jsonl"]  # thrown away: the time at which it began is left to tell
    (copy / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match=r"is the run that .* was made of"):
        reproduced(entry, Run.open(copy))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"step_accuracy": 0.41}, "model.step_accuracy"),
        ({"n": 4}, "strategy.parameters.n"),
        ({"strategy": "best_of_n", "verifier": Toy("default"), "verifier_name": "toy/default"}, "strategy.name"),
        ({"problems": 20}, "problems"),
        ({"max_tokens": 511}, "sampling.max_tokens"),
        ({"temperature": 0.7}, "sampling.temperature"),
        ({"verifier": Toy("default"), "verifier_name": "toy/default"}, "verifier"),
    ],
)
def test_another_question_is_named(entry: Entry, again: Again, changes: dict[str, Any], field: str) -> None:
    second = again(**changes)
    with pytest.raises(NotComparableError, match=rf"is no second run of {entry.id}: they differ in [^.]*\b{field}\b"):
        reproduced(entry, second)


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [("task", "digest", "e"), ("task", "version", "2"), ("model", "weights", "0123"), ("scorer", "version", "0")],
)
def test_other_data_weights_or_rules_are_named(entry: Entry, again: Again, part: str, field: str, value: str) -> None:
    data = json.loads(json.dumps(entry.data))
    data["manifest"]["identity"][part][field] = value
    with pytest.raises(NotComparableError, match=rf"they differ in {part}\.{field}\. Evaluate with the command"):
        reproduced(replace(entry, data=sealed(data)), again())


def test_other_results_are_named(entry: Entry, again: Again) -> None:
    second = again()

    def right(line: dict[str, Any]) -> None:
        line.update(c=line["n"], correct=True)

    edit(second, right)
    better = edit(second, lambda line: line.update(correct=True), "responses.jsonl")
    with pytest.raises(NotComparableError, match=r"pass@1 differs by \+\d\d\.\d points \(95 % \+.*\), more than 5\."):
        reproduced(entry, better)


def test_a_small_difference_that_is_sure_is_none_either(again: Again, tmp_path: Path, pool: GradingPool) -> None:
    """One response of eight turns right in 30 of 100 problems."""
    first = Run.open(run(toy_plan(small_task(100), **PLAN), tmp_path / "first", pool).folder)
    entry, second, turned = entries.of_run(first), again(100), set()

    def turn(line: dict[str, Any]) -> None:
        if line["correct"] is False and line["problem_id"] not in turned and len(turned) < 30:
            turned.add(line["problem_id"])
            line["correct"] = True

    better = edit(second, turn, "responses.jsonl")
    better = edit(better, lambda line: line.update(c=line["c"] + (line["problem_id"] in turned)))
    with pytest.raises(NotComparableError, match=r"pass@1 differs by \+3\.8 points .*of which the 95 % interval holds"):
        reproduced(entry, better)


def test_other_lengths_are_named(entry: Entry, again: Again) -> None:
    def longer(line: dict[str, Any]) -> None:
        line["usage"]["completion_tokens"] *= 2

    with pytest.raises(NotComparableError, match=r"it has 2\.00 times the completion tokens\."):
        reproduced(entry, edit(again(), longer))


def _failed(lines: Iterator[int]) -> Callable[[dict[str, Any]], None]:
    def change(line: dict[str, Any]) -> None:
        if next(lines) == 0:
            line["status"] = "error"

    return change


def test_problems_that_failed_and_runs_that_stopped_are_named(entry: Entry, again: Again) -> None:
    second = again()
    partly = edit(second, _failed(iter(range(24))))
    with pytest.raises(NotComparableError, match="1 problem has a result in one of the two alone, small/0 first"):
        reproduced(entry, partly)
    stopped = replace(second, manifest={**second.manifest, "state": "stopped"})
    with pytest.raises(NotComparableError, match=r"is stopped: a second run of .* must be complete"):
        reproduced(entry, stopped)
