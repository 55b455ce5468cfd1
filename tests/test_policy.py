"""Seeds, draws, steps: what a strategy asks becomes the same requests whatever happens beside it."""

from __future__ import annotations

import asyncio

from harness.core import Completion, FinishReason, Path, Prompt, Request, Sampling
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
