"""Requests that wait together leave together."""

from __future__ import annotations

import asyncio
import threading

import pytest

from harness.batcher import Batcher
from harness.core import BackendError, Completion, Prompt, Request, Sampling


def request(number: int) -> Request:
    return Request(Prompt("p", "q", str(number)), "", Sampling())


def answer(requests: list[Request]) -> list[Completion]:
    return [Completion(r.prompt.text, 1, 1, "eos") for r in requests]


def test_coroutines_at_different_depths_fill_one_batch() -> None:
    sizes: list[int] = []

    def run(requests: list[Request]) -> list[Completion]:
        sizes.append(len(requests))
        return answer(requests)

    batcher = Batcher(run, 16)

    async def deep(number: int) -> str:
        for _ in range(number % 3):
            await asyncio.sleep(0)
        return (await batcher(request(number))).text

    async def many() -> list[str]:
        return await asyncio.gather(*[deep(i) for i in range(12)])

    assert asyncio.run(many()) == [str(i) for i in range(12)]
    assert sizes == [12]


def test_a_batch_is_never_larger_than_its_size_and_requests_go_on_arriving() -> None:
    sizes: list[int] = []
    gate = threading.Event()

    def run(requests: list[Request]) -> list[Completion]:
        gate.wait(5)
        sizes.append(len(requests))
        return answer(requests)

    async def many() -> None:
        batcher = Batcher(run, 4)
        first = [asyncio.create_task(batcher(request(i))) for i in range(6)]
        await asyncio.sleep(0.02)
        late = [asyncio.create_task(batcher(request(i))) for i in range(3)]
        await asyncio.sleep(0.02)
        gate.set()
        await asyncio.gather(*first, *late)

    asyncio.run(many())
    assert sizes == [4, 4, 1]


def test_a_failure_reaches_every_request_of_its_batch_and_the_next_goes_on() -> None:
    broken = iter([True, False])

    def run(requests: list[Request]) -> list[Completion]:
        if next(broken):
            raise RuntimeError("out of memory")
        return answer(requests)

    async def many() -> list[object]:
        batcher = Batcher(run, 4)
        found: list[object] = list(
            await asyncio.gather(*[batcher(request(i)) for i in range(3)], return_exceptions=True)
        )
        return [*found, await batcher(request(9))]

    *failed, good = asyncio.run(many())
    assert all(isinstance(f, BackendError) and "out of memory" in str(f) for f in failed)
    assert isinstance(good, Completion)


def test_a_cancelled_request_is_left_out() -> None:
    sizes: list[int] = []

    def run(requests: list[Request]) -> list[Completion]:
        sizes.append(len(requests))
        return answer(requests)

    async def many() -> None:
        batcher = Batcher(run, 4)
        gone, stays = (asyncio.create_task(batcher(request(i))) for i in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        await stays
        with pytest.raises(asyncio.CancelledError):
            await gone

    asyncio.run(many())
    assert sizes == [1]
