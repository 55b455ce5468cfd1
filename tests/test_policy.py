"""Seeds, draws, steps: what a strategy asks becomes the same requests whatever happens beside it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core import Completion, FinishReason, Path, Prompt, Request, Sampling
from harness.meter import Meter
from harness.policy import Policy, draw_seed

PROMPT = Prompt("p", "q", "text", templated=True)


class Recorder:
    """A backend that answers with one fixed completion and remembers the requests."""

    def __init__(
        self, text: str = "ab", finish: FinishReason = "eos", stop: str | None = None, tokens: int = 2
    ) -> None:
        self.requests: list[Request] = []
        self._answer = Completion(text, 5, tokens, finish, stop)

    async def __call__(self, request: Request) -> Completion:
        self.requests.append(request)
        return self._answer


def policy(recorder: Recorder, **sampling: object) -> Policy:
    return Policy(recorder, Sampling(**{"temperature": 0.8, "max_tokens": 10, **sampling}))  # type: ignore[arg-type]


def test_every_draw_has_its_own_seed_and_a_larger_n_repeats_the_first() -> None:
    few, many = Recorder(), Recorder()
    asyncio.run(policy(few).sample(PROMPT, 4))
    asyncio.run(policy(many).sample(PROMPT, 16))
    seeds = [r.sampling.seed for r in many.requests]
    assert len(set(seeds)) == 16
    assert [r.sampling.seed for r in few.requests] == seeds[:4]


def test_seeds_depend_on_run_problem_stream_text_and_draw() -> None:
    base = (0, "p", "", "", 0)
    others = [
        (1, "p", "", "", 0),
        (0, "q", "", "", 0),
        (0, "p", "/1", "", 0),
        (0, "p", "", "x", 0),
        (0, "p", "", "", 1),
    ]
    assert len({draw_seed(*args) for args in [base, *others]}) == 6  # type: ignore[arg-type]
    assert all(0 <= draw_seed(*args) < 2**31 for args in others)  # type: ignore[arg-type]


def test_branches_draw_from_streams_of_their_own() -> None:
    recorder = Recorder()
    whole = policy(recorder)
    asyncio.run(whole.branch(0).sample(PROMPT))
    asyncio.run(whole.branch(1).sample(PROMPT))
    asyncio.run(policy(recorder).branch(0).sample(PROMPT))
    first, second, again = (r.sampling.seed for r in recorder.requests)
    assert first == again != second


def test_a_step_is_continued_behind_the_tokens_that_the_model_wrote() -> None:
    recorder = Recorder("one", "stop", "\n\n", 3)
    recorder._answer = replace(recorder._answer, ending=[7, 8])  # a list, as out of the log
    steps = policy(recorder)
    [path] = asyncio.run(steps.expand([Path(PROMPT)]))
    [path] = asyncio.run(steps.expand([path]))
    assert [r.ending for r in recorder.requests] == [(), (7, 8)]
    assert steps.force(path, "Wait").ending == ()
    recorder._answer = Completion("end", 5, 2, "eos", ending=[7])
    [path] = asyncio.run(policy(recorder).expand([path]))
    assert path.ending == ()


def test_a_step_keeps_its_delimiter_and_stays_open() -> None:
    recorder = Recorder("one", "stop", "\n\n", 3)
    [path] = asyncio.run(policy(recorder, stop=("END",)).expand([Path(PROMPT)]))
    assert recorder.requests[0].sampling.stop == ("END", "\n\n")
    assert (path.steps, path.finished, path.finish_reason, path.tokens) == (("one\n\n",), False, None, 3)
    [longer] = asyncio.run(policy(recorder).expand([path]))
    assert recorder.requests[1].prefix == "one\n\n"
    assert recorder.requests[1].sampling.max_tokens == 7
    assert longer.text == "one\n\none\n\n"


def test_the_tasks_own_stop_string_finishes_a_response() -> None:
    [path] = asyncio.run(policy(Recorder("one", "stop", "END"), stop=("END",)).expand([Path(PROMPT)]))
    assert path.finished
    assert path.finish_reason == "stop"
    assert path.text == "one"


def test_a_cut_step_is_finished_as_cut_and_no_call_is_made_without_room() -> None:
    recorder = Recorder("one", "length", tokens=10)
    [path] = asyncio.run(policy(recorder).expand([Path(PROMPT)]))
    assert (path.finished, path.finish_reason) == (True, "length")
    [full] = asyncio.run(policy(recorder).expand([Path(PROMPT, ("x",), tokens=10)]))
    assert (full.finished, full.finish_reason, full.text) == (True, "length", "x")
    assert asyncio.run(policy(recorder).finish([path])) == [path]
    assert len(recorder.requests) == 1


def test_expand_keeps_the_order_of_paths() -> None:
    paths = [Path(PROMPT, (s,), tokens=1) for s in "abc"]
    children = asyncio.run(policy(Recorder()).expand(paths, 2))
    assert [child.steps[0] for child in children] == list("aabbcc")


# -------------------------------------------------------------------------------------------------- writing and forcing


def test_write_stops_where_it_is_told_and_the_path_stays_open() -> None:
    recorder = Recorder("some thoughts", "stop", "</think>", 3)
    [path] = asyncio.run(policy(recorder).write([Path(PROMPT)], stop=["</think>"], max_tokens=7))
    assert recorder.requests[0].sampling.stop == ("</think>",)
    assert recorder.requests[0].sampling.max_tokens == 7
    assert (path.text, path.finished, path.finish_reason) == ("some thoughts", False, "stop")


def test_write_at_the_limit_of_the_call_may_go_on_and_at_that_of_the_response_may_not() -> None:
    [path] = asyncio.run(policy(Recorder("a", "length", tokens=4)).write([Path(PROMPT)], stop=["x"], max_tokens=4))
    assert (path.finished, path.finish_reason) == (False, "length")
    [path] = asyncio.run(policy(Recorder("a", "length", tokens=10)).write([Path(PROMPT)], stop=["x"], max_tokens=10))
    assert (path.finished, path.finish_reason) == (True, "length")
    # An engine whose context is full stops short of what it may write.
    [path] = asyncio.run(policy(Recorder("a", "length", tokens=3)).write([Path(PROMPT)], stop=["x"], max_tokens=4))
    assert (path.finished, path.finish_reason) == (True, "length")


def test_a_response_that_ends_while_it_is_written_is_finished() -> None:
    [path] = asyncio.run(policy(Recorder("all", "eos")).write([Path(PROMPT)], stop=["</think>"]))
    assert (path.finished, path.finish_reason) == (True, "eos")
    [path] = asyncio.run(policy(Recorder("all", "stop", "END"), stop=("END",)).write([Path(PROMPT)], stop=["x"]))
    assert (path.finished, path.finish_reason) == (True, "stop")


def test_what_is_forced_is_counted_apart_reopens_the_path_and_takes_room() -> None:
    recorder = Recorder("more", "eos", tokens=1)
    counted = Policy(recorder, Sampling(0.8, max_tokens=10), count=len)
    path = Path(PROMPT, ("x",), tokens=3, finished=True, finish_reason="eos", score=0.5, step_scores=(0.5,))
    forced = counted.force(path, "Wait")
    assert forced == Path(PROMPT, ("x", "Wait"), tokens=3, forced_tokens=4)
    [longer] = asyncio.run(counted.finish([forced]))
    assert recorder.requests[0].prefix == "xWait"
    assert recorder.requests[0].sampling.max_tokens == 10 - 3 - 4
    assert (longer.tokens, longer.forced_tokens, counted.meter.spent) == (4, 4, 1)
    assert policy(recorder).force(path, "one two").forced_tokens == 2  # words, where no tokenizer is known


def test_another_temperature_shares_draws_and_budget() -> None:
    recorder = Recorder()
    warm = policy(recorder)
    cold = warm.at(0)
    asyncio.run(warm.sample(PROMPT))
    asyncio.run(cold.sample(PROMPT))
    first, second = recorder.requests
    assert (first.sampling.temperature, second.sampling.temperature) == (0.8, 0)
    assert first.sampling.seed != second.sampling.seed
    assert cold.meter is warm.meter
    assert warm.sampling.temperature == 0.8


def test_a_policy_without_templates_says_so() -> None:
    with pytest.raises(ValueError, match="render conversations"):
        policy(Recorder()).prompt([{"role": "user", "content": "?"}])


# -------------------------------------------------------------------------------------------------------------- budgets


class Uneven:
    """Writes as many tokens as a request's seed says, in a time that the seed says too, so that calls end in another
    order than they began."""

    def __init__(self, pace: float) -> None:
        self._pace = pace
        self.requests: list[Request] = []
        self.promised = self.most_promised = 0  # tokens written, and those that calls under way may write

    async def __call__(self, request: Request) -> Completion:
        self.requests.append(request)
        self.promised += request.sampling.max_tokens
        self.most_promised = max(self.most_promised, self.promised)
        await asyncio.sleep(request.sampling.seed % 5 * self._pace)
        wanted = 1 + request.sampling.seed % 9
        tokens = min(wanted, request.sampling.max_tokens)
        self.promised -= request.sampling.max_tokens - tokens
        finish: FinishReason = "length" if tokens < wanted else "stop" if request.sampling.seed % 3 else "eos"
        return Completion("w " * tokens, 1, tokens, finish, "\n\n" if finish == "stop" else None)


async def searched(engine: Uneven, budget: int, width: int) -> tuple[list[Path], Meter]:
    """Steps until nothing is open or nothing is left."""
    own = Policy(engine, Sampling(0.8, max_tokens=12), meter=Meter(budget))
    done, going = list[Path](), [Path(PROMPT)]
    while going:
        children = await own.expand(going, width)
        done += [child for child in children if child.finished]
        going = [child for child in children if not child.finished][:3]
    return done, own.meter


@settings(deadline=None, max_examples=60, derandomize=True)
@given(budget=st.integers(0, 120), width=st.integers(1, 4))
def test_a_budget_is_never_overspent_and_cuts_the_same_paths_at_any_pace(budget: int, width: int) -> None:
    slow, quick = Uneven(0.0002), Uneven(0.0)
    done, meter = asyncio.run(searched(slow, budget, width))
    again, other = asyncio.run(searched(quick, budget, width))
    assert (done, meter.spent, meter.serial) == (again, other.spent, other.serial)
    assert sorted(map(repr, slow.requests)) == sorted(map(repr, quick.requests))
    assert meter.spent <= budget
    assert slow.most_promised <= budget  # however much the calls under way had written
    assert done
    assert meter.serial <= meter.spent


def test_a_path_that_the_budget_cuts_says_so_and_one_at_its_own_limit_says_that() -> None:
    def sampled(budget: int, limit: int, tokens: int) -> Path:
        own = Policy(Recorder("a", "length", tokens=tokens), Sampling(0.8, max_tokens=limit), meter=Meter(budget))
        return asyncio.run(own.sample(PROMPT))[0]

    assert sampled(5, 10, 5).finish_reason == "budget"
    assert sampled(10, 10, 10).finish_reason == "length"
    assert sampled(20, 10, 10).finish_reason == "length"


def test_nothing_is_asked_once_the_budget_is_spent() -> None:
    recorder = Recorder("a", "eos", tokens=4)
    own = Policy(recorder, Sampling(0.8, max_tokens=10), meter=Meter(4))
    first, second = asyncio.run(own.sample(PROMPT, 2))
    assert own.exhausted
    assert len(recorder.requests) == 1
    assert (first.finish_reason, second) == ("eos", Path(PROMPT, finished=True, finish_reason="budget"))
    assert asyncio.run(own.finish([first])) == [first]
    assert asyncio.run(own.expand([replace(first, finished=False)]))[0].finish_reason == "budget"
    assert len(recorder.requests) == 1


def test_a_branch_spends_its_share_and_never_its_neighbours() -> None:
    async def both(first: int) -> list[tuple[int, int]]:
        """Branch `first` goes first."""
        whole = Policy(Uneven(0.0), Sampling(0.8, max_tokens=50), meter=Meter(40))
        parts = [whole.branch(label, share=2) for label in (0, 1)]
        for label in (first, 1 - first):
            await parts[label].sample(PROMPT, 9)
        assert whole.meter.spent == sum(part.meter.spent for part in parts) <= 40
        return [(part.meter.spent, part.meter.serial) for part in parts]

    one, other = asyncio.run(both(0)), asyncio.run(both(1))
    assert one == other
    assert all(0 < spent <= 20 for spent, _ in one)
