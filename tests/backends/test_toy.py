"""The toy policy: deterministic, steps right with the stated probability, stops and limits as of any engine."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from harness.backends.toy import Toy, right_so_far
from harness.core import Completion, Prompt, Request, Sampling
from support import small_task

TASK = small_task(4)


def complete(toy: Toy, prefix: str = "", **sampling: object) -> Completion:
    chosen = replace(Sampling(temperature=0.8, max_tokens=1000), **sampling)  # type: ignore[arg-type]
    return asyncio.run(toy.generate(Request(Prompt("small/1", "q", "a b c", templated=True), prefix, chosen)))


def test_the_same_request_has_the_same_answer_and_another_seed_another() -> None:
    toy = Toy("default", TASK.problems)
    assert complete(toy, seed=1) == complete(toy, seed=1) != complete(toy, seed=2)
    assert complete(toy, seed=1, temperature=0.0) == complete(toy, seed=2, temperature=0.0)


def test_steps_are_right_as_often_as_stated() -> None:
    toy = Toy("default", TASK.problems, step_accuracy=0.7)
    first = [right_so_far("small/1", complete(toy, seed=seed).text)[0] for seed in range(2000)]
    assert sum(first) / 2000 == pytest.approx(0.7, abs=0.035)  # 3.4 standard errors


def test_the_answer_is_right_exactly_when_every_step_is() -> None:
    toy = Toy("default", TASK.problems, step_accuracy=0.7)
    for seed in range(50):
        text = complete(toy, seed=seed).text
        assert ("\\boxed{2}" in text) is all(right_so_far("small/1", text))
        assert len(right_so_far("small/1", text)) == 2 + 2


def test_stop_and_continue_grow_the_chain_to_its_end() -> None:
    toy = Toy("default", TASK.problems)
    text = ""
    for _ in range(10):
        found = complete(toy, text, stop=("\n\n",))
        text += found.text
        if found.finish_reason == "eos":
            break
        assert (found.finish_reason, found.stop) == ("stop", "\n\n")
        text += "\n\n"
    assert len(right_so_far("small/1", text)) == 4
    assert text.endswith("}.")


def test_the_limit_cuts_and_tokens_are_words() -> None:
    toy = Toy("default", TASK.problems)
    whole = complete(toy)
    cut = complete(toy, max_tokens=5)
    assert (cut.finish_reason, cut.completion_tokens) == ("length", 5)
    full = complete(toy, max_tokens=whole.completion_tokens - 1)  # room for every word and not for the end
    assert (full.finish_reason, full.completion_tokens) == ("length", whole.completion_tokens - 1)
    assert complete(toy, max_tokens=whole.completion_tokens) == whole
    assert whole.text.startswith(cut.text)
    assert whole.completion_tokens == len(whole.text.split()) + 1
    assert whole.prompt_tokens == 3
