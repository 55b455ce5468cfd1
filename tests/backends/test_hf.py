"""The transformers backend on a tiny real model: seeds, batches, stops, limits, counts."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.backends.hf import HF
from harness.core import BackendError, Completion, Prompt, Request, Sampling, UsageError

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def hf(tiny_model: Path) -> HF:
    return HF(str(tiny_model), batch_size=8)


def request(text: str = "<s>user\nhi</s>\n<s>assistant\n", prefix: str = "", **sampling: Any) -> Request:
    chosen = Sampling(**{"temperature": 1.0, "max_tokens": 24, **sampling})
    return Request(Prompt("p", "q", text, templated=True), prefix, chosen)


def complete(hf: HF, requests: Sequence[Request]) -> list[Completion]:
    async def many() -> list[Completion]:
        return await asyncio.gather(*[hf.generate(r) for r in requests])

    return asyncio.run(many())


def test_a_seeded_draw_is_the_same_alone_and_in_any_batch(hf: HF) -> None:
    prompts = ["<s>a", "<s>a much longer prompt than the other", "<s>b"]
    requests = [request(prompts[i % 3], seed=i, top_p=0.9 if i % 2 else 1.0) for i in range(8)]
    together = complete(hf, requests)
    alone = [complete(hf, [r])[0] for r in requests]
    assert together == alone
    assert len({c.text for c in together}) == 8


def test_greedy_is_the_engines_own_greedy(hf: HF, tiny_model: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    [found] = complete(hf, [request(temperature=0.0)])
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    ids = hf.tokenizer.encode(request().prompt.text, special_tokens=False)
    output = model.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=24, pad_token_id=1)[0, len(ids) :]
    assert found.completion_tokens == len(output)
    assert found.text == hf.tokenizer.inner.decode(output, skip_special_tokens=True)
    assert found.prompt_tokens == len(ids)


def test_limits_are_each_requests_own(hf: HF) -> None:
    found = complete(hf, [request(seed=3, max_tokens=n) for n in (1, 5, 24)])
    for completion, limit in zip(found, (1, 5, 24), strict=True):
        assert completion.completion_tokens <= limit
        assert (completion.finish_reason == "length") == (completion.completion_tokens == limit)
    assert found[2].text.startswith(found[0].text)


def test_a_stop_string_ends_its_row_and_is_cut_off(hf: HF) -> None:
    [whole] = complete(hf, [request(seed=5, max_tokens=24)])
    stop = whole.text[3:5]
    found, other = complete(hf, [request(seed=5, stop=("never", stop)), request(seed=5)])
    assert (found.finish_reason, found.stop) == ("stop", stop)
    assert found.text == whole.text[: whole.text.find(stop)]
    assert found.completion_tokens < whole.completion_tokens
    assert other == whole


def test_a_prefix_is_continued(hf: HF) -> None:
    [found] = complete(hf, [request(prefix="abc", temperature=0.0)])
    [joined] = complete(hf, [request(request().prompt.text + "abc", temperature=0.0)])
    assert found == joined


def test_the_context_bounds_the_answer(hf: HF) -> None:
    [found] = complete(hf, [request("x" * 250, max_tokens=100)])
    assert found.completion_tokens <= 6
    with pytest.raises(BackendError, match="the model's context holds 256") as caught:
        complete(hf, [request("x" * 300)])
    assert not caught.value.retryable


def test_identity_tells_weights_apart(hf: HF, tiny_model: Path, tmp_path: Path) -> None:
    for file in tiny_model.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    assert HF(str(tmp_path)).identity["weights"] == hf.identity["weights"]
    weights = tmp_path / "model.safetensors"
    data = bytearray(weights.read_bytes())
    data[len(data) // 2] ^= 1
    weights.write_bytes(bytes(data))
    assert HF(str(tmp_path)).identity["weights"] != hf.identity["weights"]


def test_the_tokenizer_renders_and_warns(hf: HF) -> None:
    tokenizer = hf.tokenizer
    text = tokenizer.render([{"role": "user", "content": "hi"}])
    assert text == "<s>user\nhi</s>\n<s>assistant\n"
    opened = tokenizer.render([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "So"}])
    assert opened.endswith("<s>assistant\nSo")
    assert tokenizer.warnings(text, templated=True) == []
    assert tokenizer.encode("\ud800a", special_tokens=False)  # a lone surrogate is no crash


def test_what_is_no_model_is_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"no config\.json"):
        HF(str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UsageError, match="Did you mean 'smollm2'"):
        HF("smolm2")


def test_the_likeliest_first_tokens_are_the_models_own(hf: HF, tiny_model: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    asked = replace(request(max_tokens=1, temperature=0.0), tops=20)
    [found, drawn] = complete(hf, [asked, request(seed=1)])
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32)
    ids = hf.tokenizer.encode(asked.prompt.text, special_tokens=False)
    with torch.inference_mode():
        expected = model(torch.tensor([ids])).logits[0, -1].log_softmax(-1)
    values, tokens = expected.topk(20)
    assert [number for _, number in found.tops] == pytest.approx(values.tolist(), abs=1e-4)
    assert [word for word, _ in found.tops] == [hf.tokenizer.inner.decode([t]) for t in tokens.tolist()]
    assert (found.prompt_tokens, found.completion_tokens) == (len(ids), 1)
    assert not drawn.tops
