"""The grading pool under well-behaved and misbehaving scorers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.core import Problem, ScorerRef
from scorers.pool import GradingPool

PROBLEM = Problem("p1", "What is 2 + 3?", "5", doc={"numbers": (1, 2), "nested": {"a": {3}}})
HERE = str(Path(__file__).parent)


def ref(name: str, **options: object) -> ScorerRef:
    return ScorerRef(f"scorers_for_tests:{name}", options)


@pytest.fixture(scope="module", autouse=True)
def module_path() -> Iterator[None]:
    sys.path.append(HERE)
    yield
    sys.path.remove(HERE)


@pytest.fixture(scope="module")
def pool() -> Iterator[GradingPool]:
    with GradingPool(timeout=1.0, memory_mb=512) as pool:
        yield pool


def healthy(pool: GradingPool) -> bool:
    return pool.grade(ref("echo"), f"5 {time.monotonic()}", PROBLEM).correct is False


def test_grade_carries_everything(pool: GradingPool) -> None:
    grade = pool.grade(ref("echo", tolerance=2), "5", PROBLEM)
    assert grade.correct is True
    assert grade.answer == "5"
    assert grade.canonical == "p1 {'tolerance': 2}"
    assert grade.reason == "{'numbers': [1, 2], 'nested': {'a': [3]}}"


@pytest.mark.parametrize("text", ["\x00", "\ud800 lone", "a\nb\r\n", "€ 𝔸 \u2028", "x" * 3_000_000, "", '"\\u0000"'])
def test_any_text_survives_the_pipes(pool: GradingPool, text: str) -> None:
    assert pool.grade(ref("echo"), text, Problem("p", "", text)).correct is True
    assert pool.grade(ref("echo"), text, Problem("p", "", text)).answer == text


@pytest.mark.parametrize(
    ("name", "response", "reason"),
    [
        ("spin", "", "timed out after 1 s"),
        ("slow", "30", "timed out after 1 s"),
        ("die", "", "crashed"),
        ("hog", "100", "out of memory"),
        ("fail", "k", "scorer failed: KeyError: 'k'"),
        ("leave", "", "scorer failed: it tried to exit"),
        ("wrong_type", "", "scorer failed: it returned str"),
        ("missing", "", "scorer failed: AttributeError"),
        ("garbage", "line", "garbage"),
        ("garbage", "endless", "garbage"),
    ],
)
def test_a_failure_is_a_grade_without_a_verdict(pool: GradingPool, name: str, response: str, reason: str) -> None:
    started = time.monotonic()
    grade = pool.grade(ref(name), response, PROBLEM)
    assert grade.correct is None
    assert reason in grade.reason
    assert time.monotonic() - started < 5
    assert healthy(pool)


def test_a_missing_module_is_reported(pool: GradingPool) -> None:
    grade = pool.grade(ScorerRef("no_such_module_here:grade"), "", PROBLEM)
    assert grade.correct is None
    assert "ModuleNotFoundError" in grade.reason
    assert "module:function" in pool.grade(ScorerRef("nonsense"), "", PROBLEM).reason


def test_stray_prints_do_not_reach_the_replies(pool: GradingPool) -> None:
    before = pool.grade(ref("process"), "a", PROBLEM).answer
    assert pool.grade(ref("chatter"), "x", PROBLEM).correct is True
    assert pool.grade(ref("process"), "b", PROBLEM).answer == before


def test_a_worker_that_was_killed_is_replaced(pool: GradingPool) -> None:
    first = pool.grade(ref("process"), "c", PROBLEM).answer
    assert first is not None
    os.kill(int(first), 9)
    time.sleep(0.1)
    second = pool.grade(ref("process"), "d", PROBLEM)
    assert second.correct is True
    assert second.answer != first


def test_a_worker_that_dies_while_it_grades_gets_a_successor(pool: GradingPool, tmp_path: Path) -> None:
    assert pool.grade(ref("die_once"), str(tmp_path / "died"), PROBLEM).correct is True
    assert (tmp_path / "died").exists()


def test_threads_get_their_own_answers() -> None:
    with GradingPool(workers=2, timeout=10) as pool, ThreadPoolExecutor(16) as threads:
        texts = [f"r{index % 150}" for index in range(600)]
        grades = list(threads.map(lambda text: pool.grade(ref("echo"), text, Problem("p", "", text)), texts))
    assert [grade.answer for grade in grades] == texts
    assert all(grade.correct for grade in grades)


def test_one_slow_grading_does_not_hold_up_another_worker() -> None:
    with GradingPool(workers=2, timeout=10) as pool:
        for text in ("0", "0.0"):
            pool.grade(ref("slow"), text, PROBLEM)
        thread = threading.Thread(target=pool.grade, args=(ref("slow"), "2", PROBLEM))
        thread.start()
        time.sleep(0.1)
        started = time.monotonic()
        assert pool.grade(ref("echo"), "5", PROBLEM).correct
        assert time.monotonic() - started < 1.5
        thread.join()


def test_async_grades() -> None:
    async def several(pool: GradingPool) -> list[str | None]:
        grades = await asyncio.gather(*(pool.grade_async(ref("echo"), str(n), PROBLEM) for n in range(20)))
        return [grade.answer for grade in grades]

    with GradingPool(timeout=5) as pool:
        assert asyncio.run(several(pool)) == [str(n) for n in range(20)]


def test_the_same_question_is_answered_from_the_cache(pool: GradingPool) -> None:
    grade = pool.grade(ref("slow"), "0.3", PROBLEM)
    started = time.monotonic()
    assert pool.grade(ref("slow"), "0.3", PROBLEM) == grade
    assert time.monotonic() - started < 0.2
    assert pool.grade(ref("echo"), "5", Problem("p1", "", "6")).correct is False


def test_a_round_trip_is_cheap(pool: GradingPool) -> None:
    pool.grade(ref("echo"), "warm", PROBLEM)
    started = time.perf_counter()
    for index in range(500):
        pool.grade(ref("echo"), f"{index} fast", PROBLEM)
    assert (time.perf_counter() - started) / 500 < 0.002


def test_closing_twice_and_grading_afterwards() -> None:
    pool = GradingPool()
    pool.grade(ref("echo"), "5", PROBLEM)
    process = pool.workers[0].process
    pool.close()
    pool.close()
    assert process is not None
    assert process.returncode is not None
    with pytest.raises(RuntimeError, match="closed"):
        pool.grade(ref("echo"), "other", PROBLEM)


def test_closing_ends_what_is_under_way() -> None:
    pool = GradingPool(timeout=60)
    pool.grade(ref("echo"), "5", PROBLEM)
    grades = []
    thread = threading.Thread(target=lambda: grades.append(pool.grade(ref("spin"), "", PROBLEM)))
    thread.start()
    time.sleep(0.3)
    pool.close()
    thread.join(5)
    assert not thread.is_alive()
    assert grades[0].correct is None


@pytest.mark.parametrize("arguments", [{"workers": 0}, {"timeout": 0}])
def test_nonsense_settings_are_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="at least one worker"):
        GradingPool(**arguments)


def test_workers_end_with_their_parent() -> None:
    code = (
        "import os, sys; sys.path.append(sys.argv[1])\n"
        "from harness.core import Problem, ScorerRef\n"
        "from scorers.pool import GradingPool\n"
        "pool = GradingPool()\n"
        "print(pool.grade(ScorerRef('scorers_for_tests:process'), '', Problem('p', '', '')).answer, flush=True)\n"
        "os._exit(0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, HERE], capture_output=True, text=True, timeout=60, check=True)
    worker = int(done.stdout)
    for _ in range(50):
        if not _alive(worker):
            return
        time.sleep(0.1)
    os.kill(worker, 9)
    pytest.fail("the worker outlived its parent")


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
