"""A run split over machines and joined is the run of one machine, byte for byte; what is not whole is not joined."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.cli import main
from harness.files import FolderLock
from harness.merge import merge, shards
from scorers.pool import GradingPool
from support import calls, run, small_task, sums_task, toy_plan

FILES = ("problems.jsonl", "responses.jsonl", "results.json")


def command(folder: Path, *more: str, strategy: str = "sample") -> list[str]:
    task = ["--include-path", str(sums_task(folder / "tasks"))]
    options = ["-S", "n=3", "--limit", "30", "--verifier", "toy/default"]
    return ["eval", "sums", *task, "--model", "toy/default", "--strategy", strategy, *options, *more]


@pytest.mark.parametrize("strategy", ["sample", "beam"])
def test_joined_parts_are_the_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str], strategy: str) -> None:
    parts, whole = tmp_path / "parts", tmp_path / "whole"
    for i in (1, 2, 3):
        argv = command(tmp_path, "--shard", f"{i}/3", "--output-dir", str(parts), strategy=strategy)
        assert main(argv) == 0
    assert main(["merge", str(parts), "--json"]) == 0
    [told] = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["parts"], told["problems"]) == (3, 30)
    assert main(command(tmp_path, "--output-dir", str(whole), strategy=strategy)) == 0
    [one] = whole.iterdir()
    joined = Path(told["run"])
    assert joined.name == one.name
    for name in FILES + (("trees.jsonl",) if strategy == "beam" else ()):
        assert (joined / name).read_bytes() == (one / name).read_bytes()

    def plain(folder: Path) -> dict[str, object]:
        return {key: record["result"] for key, record in calls(folder).items()}

    assert plain(joined) == plain(one)
    capsys.readouterr()
    assert main(command(tmp_path, "--output-dir", str(parts), strategy=strategy)) == 0  # finds the joined run finished
    assert "30 of 30 problems were finished before" in capsys.readouterr().err
    assert main(["merge", str(parts)]) == 0  # once more changes nothing
    assert (joined / "problems.jsonl").read_bytes() == (one / "problems.jsonl").read_bytes()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(problems=st.integers(1, 9), parts=st.integers(1, 9))
def test_no_problem_is_lost_or_doubled(
    tmp_path_factory: pytest.TempPathFactory, pool: GradingPool, problems: int, parts: int
) -> None:
    out, task = tmp_path_factory.mktemp("shards"), small_task(problems)
    for i in range(1, min(parts, problems) + 1):
        run(toy_plan(task, n=2, shard=(i, parts)), out, pool)
    [group] = shards([out])
    merged = merge(group)
    alone = run(toy_plan(task, n=2), out / "alone", pool)
    for name in FILES:
        assert (merged.folder / name).read_bytes() == (alone.folder / name).read_bytes()


def test_what_is_not_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str], pool: GradingPool) -> None:
    def said(code: int, *argv: str) -> str:
        assert main(["merge", *argv]) == code
        return capsys.readouterr().err

    assert "There is no part of a run" in said(5, str(tmp_path))
    first = run(toy_plan(small_task(8), shard=(1, 3)), tmp_path, pool).folder
    assert "the parts 2/3, 3/3 are missing" in said(3, str(tmp_path))
    second = run(toy_plan(small_task(8), shard=(2, 3)), tmp_path, pool).folder
    run(toy_plan(small_task(8), shard=(3, 3)), tmp_path, pool)
    shutil.copytree(second, tmp_path / "again")
    assert "are the same part" in said(3, str(tmp_path))
    shutil.rmtree(tmp_path / "again")

    lock = FolderLock(first)
    assert "is writing" in said(3, str(tmp_path))
    lock.release()
    manifest = json.loads((second / "manifest.json").read_text())
    (second / "manifest.json").write_text(json.dumps({**manifest, "state": "interrupted"}))
    assert "is not complete (it is interrupted)" in said(3, str(tmp_path))
    assert not [path for path in tmp_path.iterdir() if "-of-" not in path.name]  # nothing was written

    run(toy_plan(small_task(8), shard=(1, 2)), tmp_path, pool)
    assert "split in different ways" in said(4, str(tmp_path))


@pytest.mark.parametrize("text", ["0/3", "4/3", "1", "a/b", "1/"])
def test_parts_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert main(command(tmp_path, "--shard", text, "--output-dir", str(tmp_path / "runs"))) == 2
    assert "The second of four is 2/4" in capsys.readouterr().err


def test_an_empty_part_is_nothing_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command(tmp_path, "--shard", "40/40", "--output-dir", str(tmp_path / "runs"))) == 5
    assert "Part 40 of 30 problems of sums is empty" in capsys.readouterr().err
