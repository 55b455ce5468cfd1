"""Gives list-in, list-out engines the one-request interface: requests that wait at the same time leave as one batch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from harness.core import BackendError, HarnessError

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Batcher(Generic[Asked, Answer]):
    """Collects requests awaited by any coroutine and hands them, at most `size` at a time, to `run` in a thread.

    A batch leaves when no further request arrives while the others have their turn in the event loop. An exception of
    `run` reaches every request of its batch as a BackendError."""

    def __init__(self, run: Callable[[list[Asked]], list[Answer]], size: int) -> None:
        self._run = run
        self._size = size
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, request: Asked) -> Answer:
        """The answer to one request."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._drain())
        return await future

    async def _drain(self) -> None:
        while self._waiting:
            await self._settle()
            batch = [item for item in self._waiting[: self._size] if not item[1].cancelled()]
            del self._waiting[: self._size]
            if batch:
                await self._send(batch)

    async def _settle(self) -> None:
        """Let every runnable coroutine come to its own request, until none is added or the batch is full."""
        before = -1
        while before < len(self._waiting) < self._size:
            before = len(self._waiting)
            for _ in range(3):
                await asyncio.sleep(0)

    async def _send(self, batch: list[tuple[Asked, asyncio.Future[Answer]]]) -> None:
        try:
            completions = await asyncio.to_thread(self._run, [request for request, _ in batch])
        except Exception as error:  # whatever the engine raised, each request must hear of it
            failure = error if isinstance(error, HarnessError) else BackendError(f"{type(error).__name__}: {error}")
            for _, future in batch:
                if not future.done():
                    future.set_exception(failure)
            return
        for (_, future), completion in zip(batch, completions, strict=True):
            if not future.done():
                future.set_result(completion)
