"""The last resort: math-verify, in a process that can be killed.

Inside a worker it is called directly, since the worker has a deadline of its own; elsewhere a worker of this module's
is asked. Its answers count only where the cheap layers could not read one of the two sides.
"""

from __future__ import annotations

import atexit
import os
import re
import threading

from harness.core import Grade, Problem, ScorerRef
from scorers.pool import GradingPool

SECONDS = 1.0
MAX_LENGTH = 600
UNREAD_GOLD = "the gold answer cannot be read"
UNREAD_ANSWER = "the answer cannot be read"
_REF = ScorerRef("scorers.algebra:grade")
_DANGEROUS = re.compile(r"!|\d{40}|\^\s*\{[^{}]*\^|\^\s*\{?\s*\d{5}|\x00")


class _State:
    """Whether this process is a worker, and the pool that others share."""

    in_worker = False
    pool: GradingPool | None = None
    lock = threading.Lock()
    owner = 0


def enter_worker() -> None:
    """Call math-verify in this process from now on."""
    _State.in_worker = True


def ask(gold: str, answer: str) -> Grade:
    """math-verify's verdict with a reason; `UNREAD_GOLD` and `UNREAD_ANSWER` are two of them."""
    for text, reason in ((gold, UNREAD_GOLD), (answer, UNREAD_ANSWER)):
        if len(text) > MAX_LENGTH or _DANGEROUS.search(text) or text.count("{") > 60:
            return Grade(None, reason=reason)
    if _State.in_worker:
        return decide(gold, answer)
    try:
        return _shared().grade(_REF, answer, Problem("", "", gold))
    except (OSError, RuntimeError) as error:
        return Grade(None, reason=f"math-verify could not be asked: {error}")


def _shared() -> GradingPool:
    with _State.lock:
        if _State.pool is None or _State.owner != os.getpid():
            _State.pool = GradingPool(workers=1, timeout=SECONDS, preload=("math_verify",))
            _State.owner = os.getpid()
            atexit.register(close)
        return _State.pool


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
    from latex2sympy2_extended import NormalizationConfig  # 0.5 s
    from math_verify import LatexExtractionConfig, parse, verify

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
