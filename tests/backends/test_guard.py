"""An engine's processes end with the process that started them, and no other process is touched."""

from __future__ import annotations

import subprocess
import sys

import pytest

psutil = pytest.importorskip("psutil")
STARTS_AN_ENGINE = """
import subprocess, sys, time
from harness.guard import Guard, children
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
other = subprocess.Popen(sleep, stdout=subprocess.DEVNULL)
before = children()
engine = subprocess.Popen(sleep, stdout=subprocess.DEVNULL)
guard = Guard(before)
print(other.pid, engine.pid, flush=True)
{then}
"""


def start(then: str) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    command = [sys.executable, "-c", STARTS_AN_ENGINE.format(then=then)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    return parent, [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]


def test_a_killed_parent_takes_its_engine_along() -> None:
    parent, (other, engine) = start("time.sleep(600)")
    parent.kill()
    parent.communicate(timeout=20)
    _, alive = psutil.wait_procs([engine], timeout=10)
    assert not alive
    assert other.is_running()
    other.kill()


def test_a_released_guard_ends_what_is_left() -> None:
    parent, (other, _) = start("guard.release(); print(engine.wait(5))")
    out, _ = parent.communicate(timeout=20)
    assert out.strip() == "-9"
    assert other.is_running()
    other.kill()
