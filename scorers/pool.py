"""Worker processes that grade responses under hard limits of time and memory.

A worker is a plain Python process that talks in JSON lines, so the pool works from threads, notebooks and programs
without a `__main__` guard. One thread a pool watches the deadlines and kills; whoever waits for a reply then sees the
pipe close. A worker that dies, hangs or prints garbage is replaced and costs one verdict, never the run.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from queue import LifoQueue
from types import TracebackType
from typing import Any

from harness.core import Grade, Problem, ScorerRef
from scorers.processtime import process_time

START_SECONDS = 60.0
GRADING_SECONDS = 3.0
"""A comparison takes two seconds at most; extraction and the form for voting are not free either."""
MAX_REPLY = 64 * 1024 * 1024
MAX_CACHE = 50_000
PATIENCE = 4.0
"""A worker that others keep from computing gets so many times its limit on the clock, and no more."""
_TICK = 0.02


class WorkerFailure(Exception):
    """A worker gave no usable reply. `final`: the same request would fail again; `died`: the process ended by itself or
    by another's hand, and which of the two only a second one can tell."""

    def __init__(self, reason: str, *, final: bool = False, died: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        self.died = died


class _Worker:
    """One process: started on first use, killed past its deadline."""

    def __init__(self, memory_mb: int, preload: tuple[str, ...], patience: float) -> None:
        self.memory_mb = memory_mb
        self.patience = patience
        self.preload = preload
        self.process: subprocess.Popen[bytes] | None = None
        self.deadline: float | None = None
        self.seconds = 0.0  # the limit behind the deadline
        self.waited = 0.0  # for a processor, before the request
        self.expired = False
        self.serial = 0
        self.lock = threading.Lock()  # guards killing against reaping: no foreign process may be hit

    def ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a request and wait for its reply; raises WorkerFailure, after which the process is gone."""
        if self.process is None or self.process.poll() is not None:
            self.stop()
            self.start()
        self.serial += 1
        line = json.dumps({**request, "id": self.serial}).encode("ascii") + b"\n"
        reply = self._exchange(line, seconds)
        if reply.get("id") != self.serial:
            self.stop()
            fatal = reply.get("fatal")
            raise WorkerFailure(f"the grader ran out of bounds: {fatal}" if fatal else "the grader printed garbage")
        return reply

    def start(self) -> None:
        """Start the process and wait until it is ready."""
        command = [sys.executable, "-m", "scorers.worker", "--memory-mb", str(self.memory_mb)]
        command += ["--parent", str(os.getpid())]
        for name in self.preload:
            command += ["--preload", name]
        self.process = subprocess.Popen(  # noqa: S603  # our own module, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )
        if "ready" not in self._exchange(b"", START_SECONDS):
            self.stop()
            raise WorkerFailure("the grader did not start")

    def _exchange(self, line: bytes, seconds: float) -> dict[str, Any]:
        process = self.process
        if process is None or process.stdin is None or process.stdout is None:
            raise WorkerFailure("the grader is not running")
        self.expired = False
        times = process_time(process.pid)
        self.waited, self.seconds = times.waited if times else 0.0, seconds
        self.deadline = time.monotonic() + seconds
        raw = b""
        try:
            if line:
                process.stdin.write(line)
                process.stdin.flush()
            raw = process.stdout.readline(MAX_REPLY)
            reply = json.loads(raw) if raw.endswith(b"\n") else None
            while isinstance(reply, dict) and "loading" in reply:  # a library, once in the life of a worker
                self.deadline = time.monotonic() + (START_SECONDS if reply["loading"] else seconds)
                raw = process.stdout.readline(MAX_REPLY)
                reply = json.loads(raw) if raw.endswith(b"\n") else None
        except (OSError, ValueError):
            reply = None
        finally:
            self.deadline = None
        if isinstance(reply, dict) and not self.expired:
            return reply
        expired = self.expired
        code = self.stop()
        if expired:
            raise WorkerFailure(f"timed out after {seconds:g} s", final=True)
        if raw:
            raise WorkerFailure("the grader printed garbage")
        raise WorkerFailure(f"the grader crashed (exit status {code})", died=True)

    def expire(self, now: float) -> None:
        """Kill the process if its deadline has passed, not counting what it waited for a processor."""
        deadline, process = self.deadline, self.process
        if deadline is None or now <= deadline:
            return
        times = process_time(process.pid) if process is not None else None
        waited = max(0.0, times.waited - self.waited) if times else 0.0
        if now > deadline + min(waited, (self.patience - 1) * self.seconds):
            self.expired = True
            self.kill()

    def kill(self) -> None:
        """Kill the process and its children, if it is still ours."""
        with self.lock:
            process = self.process
            if process is None or process.returncode is not None:
                return
            with contextlib.suppress(OSError):
                if hasattr(os, "killpg"):
                    os.killpg(process.pid, signal.SIGKILL)
                else:
                    process.kill()

    def stop(self) -> int | None:
        """Kill, reap and forget the process; its exit status."""
        self.kill()
        with self.lock:
            process, self.process = self.process, None
        if process is None:
            return None
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return process.wait()


def _environment() -> dict[str, str]:
    """The parent's environment, and its module path: a scorer may live beside the user's notebook."""
    paths = [path or os.getcwd() for path in sys.path]  # noqa: PTH109
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


class GradingPool:
    """Grades responses in worker processes.

    `timeout` bounds the seconds of one grading (starting a worker does not count, nor does loading math-verify where it
    is first needed, nor, on Linux and up to `patience` times the limit, waiting for a processor), `memory_mb` the
    memory a worker may take beyond its own size. Safe to use from any number of threads."""

    def __init__(
        self,
        workers: int = 1,
        timeout: float = GRADING_SECONDS,
        memory_mb: int = 2048,
        preload: tuple[str, ...] = (),
        patience: float = PATIENCE,
    ) -> None:
        if workers < 1 or timeout <= 0:
            raise ValueError("a grading pool needs at least one worker and a positive time limit")
        self.timeout = timeout
        self.workers = [_Worker(memory_mb, preload, patience) for _ in range(workers)]
        self._idle: LifoQueue[_Worker | None] = LifoQueue()
        for worker in self.workers:
            self._idle.put(worker)
        self._cache: OrderedDict[bytes, Grade] = OrderedDict()
        self._lock = threading.Lock()
        self._closed = False
        self._busy = threading.Event()
        self._running = 0
        self._executor: ThreadPoolExecutor | None = None
        self._watcher: threading.Thread | None = None

    def grade(self, scorer: ScorerRef, response: str, problem: Problem) -> Grade:
        """The scorer's grade of a response. A time-out, a crash or an exception of the scorer is a grade without a
        verdict that says so. Raises RuntimeError after `close`."""
        request = {
            "function": scorer.function,
            "options": _plain(scorer.options),
            "response": response,
            "problem": _problem(problem),
        }
        key = _key(request, scorer.version)
        with self._lock:
            if key in self._cache:
                self._cache.move_to_end(key)
                return self._cache[key]
        grade, final = self._ask(request)
        if final:
            with self._lock:
                self._cache[key] = grade
                if len(self._cache) > MAX_CACHE:
                    self._cache.popitem(last=False)
        return grade

    async def grade_async(self, scorer: ScorerRef, response: str, problem: Problem) -> Grade:
        """`grade` without blocking the event loop."""
        with self._lock:
            if self._executor is None:
                self._executor = ThreadPoolExecutor(len(self.workers), thread_name_prefix="grading")
            executor = self._executor
        return await asyncio.get_running_loop().run_in_executor(executor, self.grade, scorer, response, problem)

    def _ask(self, request: dict[str, Any]) -> tuple[Grade, bool]:
        """The grade, and whether it may be kept."""
        worker = self._take()
        try:
            reply = self._asked_twice(worker, request)
        except WorkerFailure as failure:
            return Grade(None, reason=str(failure)), failure.final
        except BaseException:
            worker.stop()  # its reply would be taken for the next one's
            raise
        finally:
            self._give(worker)
        if "error" in reply:
            return Grade(None, reason=f"scorer failed: {reply['error']}"), False
        return Grade(*reply["grade"]), True

    def _asked_twice(self, worker: _Worker, request: dict[str, Any]) -> dict[str, Any]:
        """A worker that dies gets a successor, once: a verdict must not hang on whether somebody killed a process."""
        try:
            return worker.ask(request, self.timeout)
        except WorkerFailure as failure:
            if not failure.died or self._closed:
                raise
        return worker.ask(request, self.timeout)

    def _take(self) -> _Worker:
        worker = None if self._closed else self._idle.get()
        if worker is None:
            self._idle.put(None)  # for the next one who waits
            raise RuntimeError("the grading pool is closed")
        with self._lock:
            self._running += 1
            self._busy.set()
            if self._watcher is None:
                self._watcher = threading.Thread(target=self._watch, name="grading-deadlines", daemon=True)
                self._watcher.start()
        return worker

    def _give(self, worker: _Worker) -> None:
        with self._lock:
            self._running -= 1
            if not self._running and not self._closed:
                self._busy.clear()
        if self._closed:
            worker.stop()
        else:
            self._idle.put(worker)

    def _watch(self) -> None:
        """Kill workers past their deadline; asleep while nobody is graded."""
        while not self._closed:
            self._busy.wait()
            now = time.monotonic()
            for worker in self.workers:
                worker.expire(now)
            time.sleep(_TICK)

    def close(self) -> None:
        """End the workers; gradings under way come back without a verdict."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._busy.set()
        self._idle.put(None)
        for worker in self.workers:
            worker.kill()
        while not self._idle.empty():
            worker_or_none = self._idle.get()
            if worker_or_none is not None:
                worker_or_none.stop()
        self._idle.put(None)
        if self._executor is not None:
            self._executor.shutdown(wait=True)
        if self._watcher is not None:
            self._watcher.join()

    def __enter__(self) -> GradingPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _problem(problem: Problem) -> dict[str, Any]:
    """What a scorer may know of a problem; human solutions and prompts stay here."""
    return {
        "id": problem.id,
        "statement": problem.statement,
        "answer": problem.answer,
        "level": problem.level,
        "subject": problem.subject,
        "difficulty": problem.difficulty,
        "doc": _plain(problem.doc),
    }


def _plain(value: Any, depth: int = 0) -> Any:
    """The value in JSON's types: arrays become lists, unknown objects their text."""
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    if depth > 20:
        return None
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, depth + 1) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist(), depth + 1)
    return str(value)[:10_000]


def _key(request: dict[str, Any], version: str) -> bytes:
    """A digest of everything that the grade depends on."""
    digest = hashlib.blake2b(digest_size=16)
    parts = (request["function"], version, json.dumps([request["options"], request["problem"]]), request["response"])
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.digest()
