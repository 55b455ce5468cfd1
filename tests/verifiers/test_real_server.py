"""A real `vllm serve` with small random reward models: its scores are those of transformers, family by family."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from importlib import util
from pathlib import Path

import httpx
import pytest
from verifiers.test_prm import STEPS, ask, model
from verifiers.test_small_ones import Table, scored

from harness.backends.hf import HF
from harness.backends.openai import OpenAI
from harness.core import Completion, Prompt, Request, Sampling
from harness.verifiers.orm import ORM
from harness.verifiers.prm import PRM

pytestmark = [pytest.mark.slow, pytest.mark.skipif(util.find_spec("vllm") is None, reason="vLLM is not installed")]
WORDS = {"architectures": ["LlamaForSequenceClassification"], "classifier_from_token": ["+", "-"],
         "method": "no_post_processing"}  # fmt: skip
TOKENS = json.dumps({"task": "token_classify"})


@contextlib.contextmanager
def serving(folder: Path, *options: str, runner: str = "pooling") -> Iterator[str]:
    """The address of a server over one model folder; it is named "fake"."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Not `vllm serve`: its command line looks for a distribution named vllm, which the CPU build is not.
    command = [sys.executable, "-m", "vllm.entrypoints.launchers.api_server.entry", "--model", str(folder),
               "--served-model-name", "fake", "--runner", runner, "--dtype", "float32", "--enforce-eager",
               "--max-model-len", "1024", "--port", str(port), *options]  # fmt: skip
    environment = {**os.environ, "VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1"}
    log = folder.parent / "server.log"
    with log.open("w") as stream:
        server = subprocess.Popen(command, stdout=stream, stderr=stream, env=environment, start_new_session=True)
    try:
        deadline = time.monotonic() + 400
        while time.monotonic() < deadline:
            assert server.poll() is None, log.read_text()[-3000:]
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200:
                    break
            time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        server.terminate()
        server.wait(60)


@pytest.mark.parametrize("family", ["qwen", "shepherd", "rlhflow"])
def test_scores_of_steps(family: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    _, words = model(family, folder)
    options = ["--pooler-config", json.dumps({"step_tag_id": words.convert_tokens_to_ids("<extra_0>")})]
    if family != "qwen":
        options = ["--pooler-config", TOKENS, "--hf-overrides", json.dumps(WORDS)]
    with serving(folder, *options) as url:
        served = PRM("fake", base_url=url, tokenizer=str(folder), interface=family)
        found = ask(served, STEPS, STEPS[:1], close=True)
    expected = ask(PRM(str(folder), interface=family), STEPS, STEPS[:1])
    for ours, theirs in zip(found, expected, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-4)


def test_the_score_of_a_response(tmp_path: Path) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForSequenceClassification

    from small_models import tokenizer

    folder = tmp_path / "model"
    words = tokenizer(folder, [])
    torch.manual_seed(3)
    config = LlamaConfig(vocab_size=len(words) + 8, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
                         num_attention_heads=2, num_key_value_heads=2, num_labels=1, max_position_embeddings=1024,
                         pad_token_id=words.pad_token_id)  # fmt: skip
    LlamaForSequenceClassification(config).save_pretrained(folder)
    with serving(folder) as url:
        served = ORM("fake", base_url=url, tokenizer=str(folder))
        found = scored(served, "It is 5.", Table(), finished=True).outcome
    expected = scored(ORM(str(folder)), "It is 5.", Table(), finished=True).outcome
    assert found == pytest.approx(expected, abs=1e-4)


def test_log_probabilities_of_a_text_and_of_the_first_token(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    model("shepherd", folder)
    prompt = Prompt("p", "q", "<|user|>What is 2 + 3?<|end|><|assistant|>", templated=True)
    asked = [Request(prompt, "It is 5.", Sampling(max_tokens=0)), Request(prompt, "", Sampling(0.0, max_tokens=1), 20)]

    async def answers(backend: HF | OpenAI) -> list[Completion]:
        try:
            return [await backend.generate(request) for request in asked]
        finally:
            await backend.close()

    with serving(folder, runner="generate") as url:
        text, first = asyncio.run(answers(OpenAI("fake", base_url=url, tokenizer=str(folder))))
    expected, likeliest = asyncio.run(answers(HF(str(folder), dtype="float32")))
    assert text.logprobs == pytest.approx(expected.logprobs, abs=1e-3)
    assert text.prompt_tokens == expected.prompt_tokens
    # The server tells tokens by their texts, so of those that share one (bytes that are no text alone) one is left.
    texts = Counter(token for token, _ in likeliest.tops)
    expected_tops = {token: number for token, number in likeliest.tops if texts[token] == 1 and "\ufffd" not in token}
    told = dict(first.tops)
    assert len(expected_tops) > 5
    assert {token: told[token] for token in expected_tops} == pytest.approx(expected_tops, abs=1e-3)
