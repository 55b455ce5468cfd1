"""`kill -9` at any moment, the same command again: the same final files, call for call and token for token.

A child process runs an evaluation and is killed, by itself and with SIGKILL, in the middle of its N-th write to the
disk, having written an arbitrary part of it. N runs over every write there is; then the run is continued.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import files
from harness.evaluate import Plan
from harness.run import Run
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import calls, run, small_task, toy_plan

FINAL = ("responses.jsonl", "problems.jsonl", "results.json")


def plan() -> Plan:
    return toy_plan(small_task(3), n=2, concurrency=2)


def killed(out: Path, at: int, rng: random.Random, made: Plan | None = None) -> bool:
    """Run in a forked child that dies in its `at`-th write or rename; False if it came to its end before."""
    child = os.fork()
    if child == 0:
        _die_at(at, rng)
        with GradingPool(workers=1) as own:
            run(made or plan(), out, own)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def _die_at(at: int, rng: random.Random) -> None:
    """Count writes of lines, writes of whole files and renames; kill this process inside the `at`-th."""
    sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - the child has its own end
    left = iter(range(at, 0, -1))
    write, replace = os.write, Path.replace

    def last() -> bool:
        return next(left, 0) == 1

    def torn_write(descriptor: int, data: bytes) -> int:
        if last():
            write(descriptor, data[: rng.randrange(len(data) + 1)])
            os.kill(os.getpid(), signal.SIGKILL)
        return write(descriptor, data)

    def torn_replace(path: Path, target: Path) -> Path:
        if last():
            if rng.random() < 0.5:
                replace(path, target)
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(path, target)

    files.os.write = torn_write  # type: ignore[attr-defined]
    Path.replace = torn_replace  # type: ignore[method-assign, assignment]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, pool: GradingPool) -> Path:
    """The folder of an uninterrupted run."""
    return run(plan(), tmp_path_factory.mktemp("whole"), pool).folder


def same(folder: Path, whole: Path) -> None:
    assert calls(folder) == calls(whole)
    for name in FINAL:
        assert (folder / name).read_bytes() == (whole / name).read_bytes(), name
    assert Run.open(folder).manifest["state"] == "complete"


def test_killed_in_every_write(tmp_path: Path, whole: Path, pool: GradingPool) -> None:
    rng = random.Random(0)
    points = 0
    for at in range(1, 1000):
        out = tmp_path / str(at)
        if not killed(out, at, rng):
            break
        points += 1
        same(run(plan(), out, pool).folder, whole)
        shutil.rmtree(out)
    # 6 calls, 6 responses, 3 problems, the manifest twice, three reordered files and the results, at the least.
    assert points >= 20


def test_killed_again_and_again(tmp_path: Path, whole: Path, pool: GradingPool) -> None:
    rng = random.Random(1)
    kills = 0
    while killed(tmp_path, rng.randrange(1, 9), rng):
        kills += 1
        assert kills < 60, "the run makes no progress"
    assert kills >= 2
    same(run(plan(), tmp_path, pool).folder, whole)


@pytest.mark.parametrize("name", ["trees.jsonl", "calls.jsonl", "responses.jsonl", "problems.jsonl"])
@pytest.mark.parametrize("left", [0, 0.3, 0.9])
def test_a_finished_run_that_lost_the_end_of_a_file_is_made_whole(
    tmp_path: Path, pool: GradingPool, name: str, left: float
) -> None:
    def tree() -> Plan:
        beam = {"n": 4, "width": 2, "verifier": ToyVerifier("default", noise=0.3), "verifier_name": "toy/default"}
        return toy_plan(strategy="beam", **beam)

    sound = run(tree(), tmp_path / "whole", pool).folder
    hurt = run(tree(), tmp_path / "hurt", pool).folder
    os.truncate(hurt / name, int(left * (hurt / name).stat().st_size))
    same(run(tree(), tmp_path / "hurt", pool).folder, sound)
    assert (hurt / "trees.jsonl").read_bytes() == (sound / "trees.jsonl").read_bytes()


def command(out: Path) -> list[str]:
    options = "--model toy/default -M latency=0.02 --strategy sample -S n=8 --limit 20 --concurrency 4".split()
    return [sys.executable, "-m", "harness.cli", "eval", "game24", *options, "--output-dir", str(out)]


def wait_for_calls(process: subprocess.Popen[str], out: Path, count: int) -> bool:
    """Wait until the run's log holds `count` calls; False where the command ended before."""
    while process.poll() is None:
        log = next(out.glob("*/calls.jsonl"), None)
        if log is not None and log.read_bytes().count(b"\n") >= count:
            return True
        time.sleep(0.01)
    return False


def test_the_command_killed_from_outside(tmp_path: Path) -> None:
    start = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    _, errors = (whole := subprocess.Popen(command(tmp_path / "whole"), **start)).communicate(timeout=120)
    assert whole.returncode == 0, errors
    for count in (1, 60, 120):
        process = subprocess.Popen(command(tmp_path / "killed"), **start)
        assert wait_for_calls(process, tmp_path / "killed", count), process.communicate()[1]
        process.kill()
        process.communicate()
        assert process.returncode == -signal.SIGKILL
    _, errors = (last := subprocess.Popen(command(tmp_path / "killed"), **start)).communicate(timeout=120)
    assert last.returncode == 0, errors
    [left], [right] = list((tmp_path / "killed").iterdir()), list((tmp_path / "whole").iterdir())
    same(left, right)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_cleanly(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    log = None
    while log is None or not log.read_bytes():
        assert process.poll() is None, process.communicate()[1]
        time.sleep(0.02)
        log = next(tmp_path.glob("*/calls.jsonl"), None)
    process.send_signal(number)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130, errors
    assert "the same command goes on" in errors
    assert "Traceback" not in errors
    [folder] = tmp_path.iterdir()
    assert Run.open(folder).manifest["state"] == "interrupted"
    assert 0 < len(calls(folder)) < 160
