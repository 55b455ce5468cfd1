"""Run folders as things on a disk: listed, compared by identity, watched, removed without harm to anything else."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from harness import housekeeping
from harness.cli import main
from harness.files import FolderLock
from harness.run import Run
from harness.watching import Watcher
from scorers.pool import GradingPool
from support import run as evaluate_plan
from support import small_task, toy_plan

BIDI = "\u202e\x1b[31m"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, pool: GradingPool) -> Path:
    """A folder with a run of each of two strategies, one of them below another folder."""
    folder = tmp_path_factory.mktemp("out")
    evaluate_plan(toy_plan(n=2), folder, pool)
    evaluate_plan(toy_plan(strategy="greedy", temperature=0.0), folder / "deeper", pool)
    return folder


def folders(out: Path) -> list[Path]:
    return sorted(path.parent for path in out.rglob("manifest.json"))


def as_if(folder: Path, state: str) -> None:
    """Put a state into a manifest."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"state": state}))


def half(out: Path, pool: GradingPool) -> Path:
    """A run of which half of the problems are done, as a killed one leaves it."""
    folder = evaluate_plan(toy_plan(n=2), out, pool).folder
    problems = folder / "problems.jsonl"
    problems.write_text("".join(problems.read_text().splitlines(keepends=True)[:4]) + '{"problem_id":"small')
    as_if(folder, "running")
    return folder


def listed(root: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert main(["runs", "list", str(root), "--json"]) == 0
    found: list[dict[str, object]] = json.loads(capsys.readouterr().out)
    return found


def test_list_shows_every_run(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = listed(out, capsys)
    assert {Path(str(row["run"])) for row in rows} == set(folders(out))
    for row in rows:
        results = Run.open(Path(str(row["run"]))).results()
        accuracy = next(r for r in results["metrics"] if r["metric"] == "accuracy" and r["group"] == "all")
        assert (row["accuracy"], row["finished"], row["selected"]) == (accuracy["value"], 8, 8)
        assert row["completion_tokens"] == results["usage"]["asked"]["completion_tokens"]
        assert row["state"] == "complete"
    assert main(["runs", "list", str(out)]) == 0
    table = capsys.readouterr().out
    assert "sample(n=2)" in table
    assert "deeper/small-greedy" in table
    assert "2 runs" in table


def test_list_counts_what_a_killed_run_has(
    tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = half(tmp_path, pool)
    (row,) = listed(tmp_path, capsys)
    assert (row["state"], row["finished"], row["selected"]) == ("killed", 4, 8)
    lock = FolderLock(folder)
    (row,) = listed(tmp_path, capsys)
    assert row["state"] == "running"
    lock.release()


def test_list_says_what_is_damaged_and_follows_no_link(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    (tmp_path / "link").symlink_to(out, target_is_directory=True)
    (row,) = listed(tmp_path, capsys)
    assert row["state"] == "damaged"
    assert main(["runs", "list", str(tmp_path)]) == 0
    assert "cannot be read" in capsys.readouterr().out
    assert main(["runs", "list", str(tmp_path / "nowhere")]) == 2
    (tmp_path / "empty").mkdir()
    assert main(["runs", "list", str(tmp_path / "empty")]) == 5


def test_diff_names_fields_and_values(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    a, b = folders(out)
    assert main(["runs", "diff", str(a), str(b), "--json"]) == 0
    found = {row["field"]: (row["a"], row["b"]) for row in json.loads(capsys.readouterr().out)}
    assert set(found["strategy.name"]) == {"sample", "greedy"}
    assert set(found["sampling.temperature"]) == {0.8, 0.0}
    assert "model" not in found
    assert main(["runs", "diff", str(a), str(a)]) == 0
    assert "one identity" in capsys.readouterr().out
    assert main(["runs", "diff", str(a), str(out)]) == 2


def test_rm_removes_the_folder_and_nothing_else(
    tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = evaluate_plan(toy_plan(n=2), tmp_path, pool).folder
    other = tmp_path / "other"
    other.mkdir()
    (other / "kept").write_text("x")
    (folder / "link").symlink_to(other, target_is_directory=True)
    (tmp_path / "alias").symlink_to(folder, target_is_directory=True)
    assert main(["runs", "rm", str(tmp_path / "alias"), "--yes"]) == 2
    assert "is a link" in capsys.readouterr().err
    for wrong in (tmp_path, other, tmp_path / "nothing"):
        assert main(["runs", "rm", str(folder), str(wrong), "--yes"]) == 2  # and not half of it is done
    assert main(["runs", "rm", str(folder)]) == 2
    assert "--yes" in capsys.readouterr().err
    lock = FolderLock(folder)
    assert main(["runs", "rm", str(folder), "--yes"]) == 3
    lock.release()
    assert (folder / "manifest.json").exists()
    assert main(["runs", "rm", str(folder), "--yes"]) == 0
    assert not folder.exists()
    assert (other / "kept").read_text() == "x"


def test_rm_asks_at_a_terminal(tmp_path: Path, pool: GradingPool) -> None:
    folder = evaluate_plan(toy_plan(n=2), tmp_path, pool).folder
    for answer, left in (("n\n", True), ("y\n", False)):
        master, slave = pty.openpty()
        command = [sys.executable, "-m", "harness.cli", "runs", "rm", str(folder)]
        with subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            os.write(master, answer.encode())
            _, said = process.communicate(timeout=60)
        os.close(master)
        os.close(slave)
        assert process.returncode == 0
        assert b"[y/N]" in said
        assert folder.exists() is left


def test_watch_once(out: Path, tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]) -> None:
    whole = folders(out)[-1]
    assert main(["watch", str(whole)]) == 0
    assert "8/8" in capsys.readouterr().out
    folder = half(tmp_path, pool)
    assert main(["watch", str(folder), "--once"]) == 0
    line = capsys.readouterr().out
    assert "small sample: 4/8 · accuracy" in line
    assert line.rstrip().endswith("killed")
    assert main(["watch", str(folder)]) == 3
    capsys.readouterr()
    assert main(["watch", str(folder), "--once", "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert (numbers["done"], numbers["total"], numbers["seconds_left"]) == (4, 8, None)
    assert main(["watch", str(tmp_path), "--once"]) == 2
    assert main(["watch", str(folder), "--interval", "0"]) == 2


def test_watch_prints_no_control_characters_when_not_at_a_terminal(
    out: Path, tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = half(tmp_path, pool)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["identity"]["task"]["name"] = f"small{BIDI}"
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert main(["watch", str(folder), "--once"]) == 0
    assert all(c.isprintable() for c in capsys.readouterr().out.rstrip("\n"))
    assert main(["runs", "list", str(tmp_path)]) == 0
    assert "\x1b" not in capsys.readouterr().out


def test_watch_follows_a_run_to_its_end(tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]) -> None:
    plan = toy_plan(small_task(12), n=2, latency=0.05, concurrency=1)
    worker = threading.Thread(target=evaluate_plan, args=(plan, tmp_path, pool))
    worker.start()
    try:
        while not folders(tmp_path):
            time.sleep(0.01)
        assert main(["watch", str(folders(tmp_path)[0]), "--interval", "0.2"]) == 0
    finally:
        worker.join()
    said = capsys.readouterr().out.splitlines()
    assert len(said) > 1
    assert all("\r" not in line and "\x1b" not in line for line in said)
    assert said[-1].startswith("small sample: 12/12")
    assert said[-1].endswith("complete")
    assert any("ETA" in line for line in said[:-1])


def test_a_watcher_reads_only_what_is_new_and_waits_for_half_lines(tmp_path: Path, pool: GradingPool) -> None:
    folder = half(tmp_path, pool)
    watcher = Watcher(folder)
    assert len(watcher.look().problems) == 4
    with (folder / "problems.jsonl").open("a") as stream:
        stream.write('/9","status":"ok","correct":true,"usage":{"completion_tokens":7}}\nnot json\n')
    assert [p["tokens"] for p in watcher.look().problems][4:] == [7]
    (folder / "problems.jsonl").unlink()
    assert watcher.look().problems == []


def test_a_look_at_the_lock_does_not_stop_a_writer(tmp_path: Path) -> None:
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            housekeeping.written(tmp_path)

    FolderLock(tmp_path).release()
    looker = threading.Thread(target=look)
    looker.start()
    try:
        for _ in range(50):
            FolderLock(tmp_path).release()
    finally:
        stop.set()
        looker.join()
