"""The entries that the project publishes itself: sound, comparable, repeatable, without a word of the benchmarks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness import registry
from harness.cli import main
from leaderboard import entry as entries
from leaderboard.check import check_folder
from leaderboard.standing import rankable
from scorers import math_answer

FOLDER = Path(entries.__file__).parent / "entries"
OWN = {entry.id: entry for entry in entries.read_folder(FOLDER)}
BENCHMARKS = {"math500", "harp", "omni_math"}
STRATEGIES = {"greedy", "sample", "best_of_n", "beam", "mcts"}


def test_they_are_sound() -> None:
    """Warnings are true of this model: more than half of its greedy responses run in circles until they are cut."""
    found = check_folder(FOLDER)
    assert [(f.file, f.message) for f in found if f.level == "error" or "token limit" not in f.message] == []


def test_every_benchmark_has_every_strategy() -> None:
    found = {task: {e.strategy for e in OWN.values() if e.task == task} for task in BENCHMARKS}
    assert all(found[task] >= STRATEGIES for task in BENCHMARKS), found


def test_rows_of_one_task_are_ranked_together() -> None:
    groups = {entry.task: {rankable(e) for e in OWN.values() if e.task == entry.task} for entry in OWN.values()}
    assert {task: len(found) for task, found in groups.items()} == dict.fromkeys(groups, 1)


@pytest.mark.parametrize("name", OWN)
def test_texts_of_benchmarks_stay_out(name: str) -> None:
    entry = OWN[name]
    if entry.task in BENCHMARKS:
        lines = list(entry._read())
        assert entry.data["attach"] == "numbers"
        assert not any(line["statement"] or line["gold"] for line in lines)
        assert not any(response["text"] or response["answer"] for line in lines for response in line["responses"])
        assert not any(node.get("step") for line in lines if line["tree"] for node in line["tree"]["nodes"])


@pytest.mark.parametrize("name", OWN)
def test_they_are_graded_and_searched_as_today(name: str) -> None:
    """Else a second run by their command would not count as one: they are to be made anew (`make board`)."""
    identity = OWN[name].data["manifest"]["identity"]
    known = set(registry.parameters(registry.component("strategy", OWN[name].strategy)))
    assert set(identity["strategy"]["parameters"]) == known
    if identity["scorer"]["function"] == "scorers.math_answer:grade":
        assert identity["scorer"]["version"] == math_answer.VERSION


@pytest.mark.slow
@pytest.mark.parametrize("task", sorted({entry.task for entry in OWN.values()}))
def test_their_commands_make_them(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The command of each, said today, is about the run whose identity the entry has."""
    own = [entry for entry in OWN.values() if entry.task == task]
    made = set()
    for command in {tuple(entry.data["command"]) for entry in own}:
        assert main([*command[1:], "--dry-run", "--json"]) == 0
        made |= {Path(each["run"]).name for each in json.loads(capsys.readouterr().out)}
    assert {f"{task}-{entry.strategy}-{entry.id[-8:]}" for entry in own} <= made
