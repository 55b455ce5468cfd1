"""What vLLM's backend says of itself, without starting an engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.backends import vllm
from harness.core import UsageError
from small_models import tokenizer

pytest.importorskip("vllm")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    tokenizer(tmp_path, ["<|user|>"])
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    return str(tmp_path)


def test_batch_invariance_is_part_of_what_the_model_is(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VLLM_BATCH_INVARIANT", raising=False)
    monkeypatch.setattr(vllm, "_has_cuda", lambda: True)
    plain = vllm.VLLM(folder, max_model_len=64)
    asked = vllm.VLLM(folder, max_model_len=64, batch_invariant=True)
    monkeypatch.setenv("VLLM_BATCH_INVARIANT", "1")
    inherited = vllm.VLLM(folder, max_model_len=64)
    assert "batch_invariant" not in plain.identity
    assert asked.identity == inherited.identity == {**plain.identity, "batch_invariant": True}


def test_on_a_cpu_it_is_refused(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vllm, "_has_cuda", lambda: False)
    with pytest.raises(UsageError, match="needs a CUDA device"):
        vllm.VLLM(folder, max_model_len=64, batch_invariant=True)
