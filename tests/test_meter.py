"""What was spent, what may still be spent, and how deep the chain of calls is."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core import Completion, Path, Prompt, Request, Sampling
from harness.meter import Meter
from harness.policy import Policy

PROMPT = Prompt("p", "q", "text", templated=True)
Hurry = Callable[[Request], float]


def test_a_meter_counts_up_to_its_budget() -> None:
    meter = Meter(10)
    meter.spend(4)
    assert (meter.spent, meter.remaining) == (4, 6)
    meter.spend(9)
    assert (meter.spent, meter.remaining) == (13, 0)
    assert Meter().remaining is None


@given(st.none() | st.integers(0, 50), st.lists(st.integers(0, 20), min_size=1, max_size=8))
def test_what_is_granted_at_once_can_never_overspend(budget: int | None, wishes: list[int]) -> None:
    granted = Meter(budget).admit(wishes)
    assert 1 <= len(granted) <= len(wishes)  # the first is always answered, so that a loop ends
    assert all(0 <= given <= wish for given, wish in zip(granted, wishes, strict=False))
    if budget is None:
        assert granted == wishes
        return
    assert sum(granted) <= budget
    assert granted[1:] == wishes[1 : len(granted)]  # only the first may get less than it wishes
    assert granted[0] == min(wishes[0], budget)
    if len(granted) < len(wishes):
        assert wishes[len(granted)] > budget - sum(granted)


def test_branches_share_what_is_left_and_count_above() -> None:
    meter = Meter(100)
    meter.spend(10)
    parts = [meter.branch(3) for _ in range(3)]
    assert [part.remaining for part in parts] == [30, 30, 30]
    parts[0].spend(30)
    parts[1].spend(5)
    assert (meter.spent, meter.remaining) == (45, 55)
    assert [part.remaining for part in parts] == [0, 25, 30]
    below = parts[1].branch()
    below.spend(2)
    assert (below.spent, parts[1].spent, meter.spent) == (2, 7, 47)
    assert Meter().branch(4).remaining is None


def test_depth_is_the_longest_chain_and_branches_run_side_by_side() -> None:
    meter = Meter()
    meter.waited(5)
    left, right = meter.branch(2), meter.branch(2)
    assert left.serial == right.serial == 5  # they begin where the search stands
    left.waited(7)
    left.waited(1)
    right.waited(10)
    assert (left.serial, right.serial, meter.serial) == (13, 15, 15)
    meter.waited(2)  # what follows waits for the slowest
    assert meter.serial == 17
    later = meter.branch()
    later.waited(1)
    assert (later.serial, meter.serial) == (18, 18)


def engine(lengths: Sequence[int], hurry: Hurry) -> Callable[[Request], Awaitable[Completion]]:
    """Writes as many tokens as the seed picks from `lengths`, up to the limit, at the pace that `hurry` sets."""

    async def generate(request: Request) -> Completion:
        await asyncio.sleep(hurry(request))
        wanted = lengths[request.sampling.seed % len(lengths)]
        tokens = min(wanted, request.sampling.max_tokens)
        return Completion("x " * tokens, 1, tokens, "length" if tokens < wanted else "eos")

    return generate


@pytest.mark.parametrize("hurry", [lambda request: request.sampling.seed % 7 * 0.0005, lambda _: 0.0])
def test_the_depth_of_branches_is_that_of_the_deepest_at_any_pace(hurry: Hurry) -> None:
    async def two() -> tuple[Meter, list[list[Path]]]:
        meter = Meter()
        whole = Policy(engine([3, 5, 9], hurry), Sampling(0.8, max_tokens=20), meter=meter)

        async def part(label: int) -> list[Path]:
            own = whole.branch(label, share=2)
            return [*await own.sample(PROMPT, 2), *await own.sample(PROMPT, 1)]

        return meter, list(await asyncio.gather(part(0), part(1)))

    meter, parts = asyncio.run(two())
    depths = [max(first.tokens, second.tokens) + third.tokens for first, second, third in parts]
    assert meter.serial == max(depths)
    assert meter.spent == sum(path.tokens for part in parts for path in part)
