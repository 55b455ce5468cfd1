"""The life of an engine that runs in processes of its own: started once, quietly, and never left behind."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.core import BackendError
from harness.files import cache_folder
from harness.guard import Guard, children

_ONE_AT_A_TIME = threading.Lock()
"""What starts meanwhile would be taken for a part of the engine that starts, by the guard and by the log."""


class VLLMEngine:
    """vLLM's asynchronous engine as `build` makes it; `cache_gib` is the room for keys and values on a CPU."""

    def __init__(self, build: Callable[[], Any], *, cache_gib: int) -> None:
        self._build = build
        self._cache_gib = cache_gib
        self._engine: Any = None
        self._guard: Guard | None = None
        self._starting = asyncio.Lock()

    async def started(self) -> Any:
        """The engine; the first caller starts it, in a thread, so that the others go on."""
        async with self._starting:
            if self._engine is None:
                await asyncio.to_thread(self._start)
        return self._engine

    def died(self) -> None:
        """The engine is gone: the next call starts another."""
        self._engine = None

    async def close(self) -> None:
        """Stop the engine's process."""
        if self._engine is not None:
            self._engine.shutdown()
            self._engine = None
            if self._guard is not None:
                self._guard.release()
            await asyncio.sleep(0)  # its cancelled task lets go of it
            gc.collect()  # its finaliser fails if it runs while the interpreter goes down

    def _start(self) -> None:
        """Start the engine. It is not returned: a thread keeps its last result alive, past the engine's own end."""
        # Set here and not at import: these belong to the engine and to the processes that it spawns.
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(self._cache_gib))
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
        log = cache_folder() / "logs" / f"vllm-{os.getpid()}.log"
        try:
            with _ONE_AT_A_TIME, _output_to(log):
                before = children()
                self._engine = self._build()
                self._guard = Guard(before)
            logging.getLogger("vllm").setLevel(logging.ERROR)  # this process's part; the engine's own goes to the file
        except Exception as error:  # the engine's start-up raises what it likes; none of it passes by waiting
            reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise BackendError(f"The vLLM engine did not start: {reason}. See {log}.", retryable=False) from error


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """What this process and those it starts print goes to a file. An engine's messages would tear the progress line and
    spoil machine output, and are wanted when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    try:
        with log.open("ab") as stream:
            for descriptor in (1, 2):
                os.dup2(stream.fileno(), descriptor)
        yield
    finally:
        for descriptor, old in zip((1, 2), kept, strict=True):
            os.dup2(old, descriptor)
            os.close(old)
