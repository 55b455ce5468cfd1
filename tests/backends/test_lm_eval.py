"""Models that lm-eval registers, as backends: its own classes on a tiny real model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.backends.hf import HF
from harness.backends.lm_eval import LMEval
from harness.core import Completion, Prompt, Request, Sampling, UsageError

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def model(tiny_model: Path) -> LMEval:
    return LMEval("hf", args=f"pretrained={tiny_model},dtype=float32,device=cpu", batch_size=4)


def request(text: str = "<s>user\nhi</s>\n<s>assistant\n", **sampling: Any) -> Request:
    return Request(Prompt("p", "q", text, templated=True), "", Sampling(**{"max_tokens": 12, **sampling}))


def complete(backend: Any, requests: Sequence[Request]) -> list[Completion]:
    async def many() -> list[Completion]:
        return await asyncio.gather(*[backend.generate(r) for r in requests])

    return asyncio.run(many())


def test_greedy_agrees_with_our_own_backend(model: LMEval, tiny_model: Path) -> None:
    requests = [request(), request("<s>another prompt")]
    theirs, ours = complete(model, requests), complete(HF(str(tiny_model)), requests)
    assert [c.text for c in theirs] == [c.text for c in ours]


def test_draws_differ_and_repeat_with_their_seeds(model: LMEval) -> None:
    requests = [request(temperature=1.0, seed=seed) for seed in range(4)]
    found = complete(model, requests)
    assert len({c.text for c in found}) == 4
    assert complete(model, requests) == found


def test_counts_and_rendering_come_from_its_tokenizer(model: LMEval) -> None:
    tokenizer = model.tokenizer
    assert tokenizer is not None
    assert tokenizer.has_chat_template
    text = tokenizer.render([{"role": "user", "content": "hi"}])
    assert text == request().prompt.text
    [found] = complete(model, [request()])
    assert found.prompt_tokens == len(tokenizer.encode(text, special_tokens=False))
    assert 0 < found.completion_tokens <= 12


def test_another_checkpoint_in_the_same_folder_is_another_model(tiny_model: Path, tmp_path: Path) -> None:
    for file in tiny_model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    before = LMEval("hf", args=f"pretrained={tmp_path}").identity
    (tmp_path / "config.json").write_text((tmp_path / "config.json").read_text() + " ")
    assert LMEval("hf", args=f"pretrained={tmp_path}").identity != before


def test_mistakes_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="Did you mean 'dummy'"):
        LMEval("dumy")
    with pytest.raises(UsageError, match="could not load model 'hf'"):
        assert LMEval("hf", args="pretrained=/nowhere,device=cpu").tokenizer
