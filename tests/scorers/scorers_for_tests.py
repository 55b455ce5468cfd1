"""Scorers that misbehave; the pool's workers import this module by name."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from harness.core import Grade, Problem


def echo(response: str, problem: Problem, **options: object) -> Grade:
    return Grade(response == problem.answer, response, f"{problem.id} {options}", None, str(dict(problem.doc)))


def slow(response: str, problem: Problem) -> Grade:
    time.sleep(float(response))
    return Grade(True, response)


def spin(response: str, problem: Problem) -> Grade:
    while True:
        pass


def hog(response: str, problem: Problem) -> Grade:
    kept = [bytes(64 << 20) for _ in range(int(response))]  # taken, and never written to, which may take its time
    return Grade(True, str(len(kept)))


def hungry(response: str, problem: Problem) -> Grade:
    """One problem's answers need more memory than there is."""
    return hog("100", problem) if problem.id.endswith("/3") else Grade(True, "5", "5")


def die(response: str, problem: Problem) -> Grade:
    os.kill(os.getpid(), signal.SIGKILL)
    return Grade(True)


def die_once(response: str, problem: Problem) -> Grade:
    """As if somebody killed the first worker that is asked; `response` names a file that remembers it."""
    if not Path(response).exists():
        Path(response).touch()
        die(response, problem)
    return Grade(True, "5")


def leave(response: str, problem: Problem) -> Grade:
    sys.exit(0)


def fail(response: str, problem: Problem) -> Grade:
    raise KeyError(response)


def chatter(response: str, problem: Problem) -> Grade:
    print("a stray line")
    os.write(1, b"and another\n")
    sys.__stdout__.write("a third\n")
    sys.__stdout__.flush()
    return Grade(True, response)


def garbage(response: str, problem: Problem) -> Grade:
    for descriptor in range(3, 32):
        try:
            os.write(descriptor, b"garbage\n" if response == "line" else b"x" * 100_000)
        except OSError:
            continue
    return Grade(True)


def process(response: str, problem: Problem) -> Grade:
    return Grade(True, str(os.getpid()))


def wrong_type(response: str, problem: Problem) -> str:
    return "yes"
