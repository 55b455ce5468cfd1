"""The last resort: math-verify, in a process that can be killed.

Inside a worker it is called directly, since the worker has a deadline of its own; elsewhere a worker of this module's
is asked. Its answers count only where the cheap layers could not read one of the two sides.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Callable

from harness.core import Grade, Problem, ScorerRef
from scorers.pool import GradingPool
from scorers.processtime import process_time

SECONDS = 0.8
"""Computing time for one question."""
TURN_SECONDS = 0.8
"""Computing time of the questions before that one waits for."""
START_SECONDS = 60.0
"""Time on the clock for math-verify to be loaded, before that of the question begins: 0.7 s on a machine at rest."""
TURN_WALL = 2.0
"""Time on the clock for those."""
PATIENCE = 8.0
"""A question gets no more than so many times its computing time on the clock."""
MAX_LENGTH = 600
UNREAD_GOLD = "the gold answer cannot be read"
UNREAD_ANSWER = "the answer cannot be read"
NOT_YET = "math-verify did not answer in time"
_REF = ScorerRef("scorers.algebra:grade")
_DANGEROUS = re.compile(r"!|\d{40}|\^\s*\{[^{}]*\^|\^\s*\{?\s*\d{5}|\x00|\\int.*\\infty", re.DOTALL)


class _State:
    """Whether this process is a worker, and the pool that others share."""

    in_worker = False
    pool: GradingPool | None = None
    lock = threading.Lock()
    owner = 0
    ready = threading.Event()  # the worker answers without being started first
    turn = threading.Lock()  # one question at a time, so that nobody waits behind a queue
    serial = 0
    tell: Callable[[bool], None] | None = None


def enter_worker(tell: Callable[[bool], None] = lambda loading: None) -> None:
    """Call math-verify in this process from now on. `tell` hears when it starts to load and when it is loaded."""
    _State.in_worker = True
    _State.tell = tell


def in_worker() -> bool:
    """Whether this process is a worker of a grading pool, which limits it from outside."""
    return _State.in_worker


def ask(gold: str, answer: str) -> Grade:
    """math-verify's verdict with a reason; `UNREAD_GOLD` and `UNREAD_ANSWER` are two of them.

    `NOT_YET` where its process could not be started or was not free in time: a later call may know more."""
    for text, reason in ((gold, UNREAD_GOLD), (answer, UNREAD_ANSWER)):
        unreadable = len(text) > MAX_LENGTH or text.count("{") > 60 or text.count("{") != text.count("}")
        if unreadable or _DANGEROUS.search(text):
            return Grade(None, reason=reason)
    if _State.in_worker:
        return decide(gold, answer)
    try:
        return _ask(gold, answer)
    except (OSError, RuntimeError) as error:
        return Grade(None, reason=f"math-verify could not be asked: {error}")


def _ask(gold: str, answer: str) -> Grade:
    pool, ready, turn = _shared()
    if not _in_turn(pool, ready, turn):
        return Grade(None, reason=NOT_YET)
    try:
        pool.timeout = SECONDS
        found = pool.grade(_REF, answer, Problem("", "", gold))
        if pool.workers[0].process is None:  # it was killed: the next one is started beside, not before a question
            _start(pool, ready)
        return found
    finally:
        turn.release()


def _in_turn(pool: GradingPool, ready: threading.Event, turn: threading.Lock) -> bool:
    """Wait for math-verify to be loaded, which is not on the clock, and for the questions before to be answered, whose
    computing is; whether the turn is ours."""
    started = _State.serial
    if not ready.wait(START_SECONDS):
        return False
    spent, wall = 0.0, time.monotonic()
    before = _computed(pool)
    while _State.serial == started:  # else it was killed for a question before this one, and is loaded again
        if turn.acquire(timeout=0.05):
            if ready.is_set():
                return True
            turn.release()
            continue
        now = _computed(pool)
        spent += max(0.0, now - before) if now is not None and before is not None else 0.05
        before = now
        if spent > TURN_SECONDS or time.monotonic() - wall > TURN_WALL:
            break
    return False


def _computed(pool: GradingPool) -> float | None:
    """Seconds that the worker has computed."""
    process = pool.workers[0].process
    times = process_time(process.pid) if process is not None else None
    return times.computed if times else None


def warm_up(seconds: float = 60.0) -> bool:
    """Wait until math-verify's process answers; whether it does."""
    return _State.in_worker or _shared()[1].wait(seconds)


def _shared() -> tuple[GradingPool, threading.Event, threading.Lock]:
    with _State.lock:
        if _State.pool is None or _State.owner != os.getpid():
            _State.pool = GradingPool(workers=1, timeout=SECONDS, preload=("math_verify",), patience=PATIENCE)
            _State.owner = os.getpid()
            _State.ready, _State.turn = threading.Event(), threading.Lock()
            atexit.register(close)
            _start(_State.pool, _State.ready)
        return _State.pool, _State.ready, _State.turn


def _start(pool: GradingPool, ready: threading.Event) -> None:
    """Start the worker in the background."""
    ready.clear()
    _State.serial += 1
    number = rf"\int_0^1 {_State.serial}x\,dx"  # a new question each time, and one that has it load what it needs

    def first() -> None:
        with contextlib.suppress(OSError, RuntimeError):
            pool.timeout = 30.0
            if pool.grade(_REF, number, Problem("", "", number)).correct:
                ready.set()

    threading.Thread(target=first, name="math-verify", daemon=True).start()


def close() -> None:
    """Let the shared worker go."""
    if _State.pool is not None and _State.owner == os.getpid():
        _State.pool.close()
        _State.pool = None


def grade(response: str, problem: Problem) -> Grade:
    """`decide` as a scorer: the response is an answer already."""
    return decide(problem.answer or "", response)


def decide(gold: str, answer: str) -> Grade:
    """math-verify's verdict in this process."""
    loading = "math_verify" not in sys.modules and _State.tell is not None
    if loading and _State.tell:
        _State.tell(True)
    from latex2sympy2_extended import NormalizationConfig  # 0.5 s
    from math_verify import LatexExtractionConfig, parse, verify

    if loading and _State.tell:
        _State.tell(False)

    normal = NormalizationConfig(basic_latex=True, units=True, malformed_operators=True, nits=True, boxed="none")
    config = [LatexExtractionConfig(normalization_config=normal)]
    sides = []
    for text, reason in ((gold, UNREAD_GOLD), (answer, UNREAD_ANSWER)):
        plain = text.replace("$", " ").strip()
        found = parse(f"${plain}$", config, fallback_mode="no_fallback", parsing_timeout=None)
        if not found:
            return Grade(None, reason=reason)
        sides.append(found)
    forward = verify(sides[0], sides[1], timeout_seconds=None)
    both = bool(forward and verify(sides[1], sides[0], timeout_seconds=None))
    return Grade(both, reason="math-verify")
