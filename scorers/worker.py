"""A grading process: `python -m scorers.worker`. Reads one JSON request a line, writes one JSON reply a line.

Standard output is kept for replies: whatever a library prints goes to standard error. The process limits its own memory
and ends with its parent.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from harness.core import Grade, Problem
from scorers import algebra


def main(arguments: list[str] | None = None) -> int:
    """Serve requests until standard input ends."""
    options = _options(arguments)
    replies = _take_stdout()
    _limit_memory(options.memory_mb)
    sys.setrecursionlimit(3000)
    _die_with_parent(options.parent)
    algebra.enter_worker(lambda loading: _send(replies, {"loading": loading}))
    for name in options.preload:
        importlib.import_module(name)
    settle()
    _send(replies, {"ready": os.getpid()})
    for line in sys.stdin.buffer:
        reply = answer(line)
        _send(replies, reply)
        if reply.get("fatal"):
            return 3
    return 0


def settle() -> None:
    """Take what is loaded out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scorers.worker")
    parser.add_argument("--memory-mb", type=int, default=0)
    parser.add_argument("--parent", type=int, default=0)
    parser.add_argument("--preload", action="append", default=[])
    return parser.parse_args(arguments)


def _take_stdout() -> BinaryIO:
    """A private copy of standard output; the public one becomes standard error."""
    sys.stdout.flush()
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return private


def _limit_memory(megabytes: int) -> None:
    """Allow so much address space beyond what is taken already, where the platform can limit it."""
    if megabytes <= 0:
        return
    try:
        import resource  # not on every platform

        taken = _address_space()
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        wanted = taken + megabytes * 1024 * 1024
        resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, OSError, ValueError):
        return


def _address_space() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def _die_with_parent(parent: int) -> None:
    """End when the parent is gone, even in the middle of a request, when nobody reads standard input."""
    if not parent or not hasattr(os, "getppid"):
        return

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(4)

    threading.Thread(target=watch, daemon=True).start()


def _send(replies: BinaryIO, reply: Mapping[str, Any]) -> None:
    replies.write(json.dumps(reply).encode("ascii") + b"\n")
    replies.flush()


_functions: dict[str, Callable[..., Any]] = {}


def load(name: str) -> Callable[..., Any]:
    """The function that "module:function" names; raises ImportError, AttributeError, ValueError."""
    if name not in _functions:
        module, _, attribute = name.partition(":")
        if not module or not attribute:
            raise ValueError(f"{name!r} is not of the form module:function")
        _functions[name] = getattr(importlib.import_module(module), attribute)
    return _functions[name]


def answer(line: bytes) -> dict[str, Any]:
    """The reply to one request."""
    try:
        request = json.loads(line)
        problem = Problem(**request["problem"])
        grade = load(request["function"])(request["response"], problem, **request["options"])
        if not isinstance(grade, Grade):
            return _failure(request["id"], f"it returned {type(grade).__name__}, not Grade")
        return {
            "id": request["id"],
            "grade": [grade.correct, grade.answer, grade.canonical, grade.rule, grade.reason],
        }
    except MemoryError:
        return {"id": None, "fatal": "out of memory"}
    except RecursionError:
        return {"id": None, "fatal": "recursion too deep"}
    except SystemExit as error:
        return _failure(request["id"], f"it tried to exit with {error.code}")
    except Exception as error:
        return _failure(request["id"], f"{type(error).__name__}: {error}")


def _failure(number: int, message: str) -> dict[str, Any]:
    return {"id": number, "error": message[:500]}


if __name__ == "__main__":
    sys.exit(main())
