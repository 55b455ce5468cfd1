"""An outcome reward model: one score for a whole response."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

from harness.core import BackendError, Desk, Path, Scores
from harness.models import locate
from harness.verifiers._interfaces import plain


class ORM:
    """The score of a sequence classifier for the conversation of problem and response (Cobbe et al., 2021).

    One class: the raw number, unbounded, as reward models of the Bradley-Terry kind give it. Two classes: the
    probability of the second. No code of a model's repository is run."""

    partial = True
    uses_gold = False
    concurrency = 64

    def __init__(
        self, name: str, *, dtype: str = "auto", device: str = "auto", max_length: int = 4096, revision: str = ""
    ) -> None:
        located = locate(name, revision=revision)
        self._path, self._dtype, self._device, self._longest = located.path, dtype, device, max_length
        self._lock = threading.Lock()
        self._engine: Any = None
        self.identity: Mapping[str, Any] = {
            "verifier": "orm", "dtype": dtype, "max_length": max_length, **located.identity,
        }  # fmt: skip
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """The outcome alone. Raises BackendError for a conversation that is too long for the model."""
        question = desk.prompt.question

        async def produce() -> Mapping[str, Any]:
            value, tokens = await asyncio.to_thread(self._run, question, path.text)
            return {"prompt_tokens": tokens, "completion_tokens": 0, "outcome": value}

        found = await desk.measure([question, path.text], produce)
        return Scores(outcome=found["outcome"])

    async def close(self) -> None:
        """Let the model go."""
        self._engine = None

    def _run(self, question: str, response: str) -> tuple[float, int]:
        import torch

        with self._lock, torch.inference_mode():
            if self._engine is None:
                self._load(torch)
            model, tokenizer, where = self._engine
            question, response = (plain(tokenizer, text) for text in (question, response))
            turns = [{"role": "user", "content": question}, {"role": "assistant", "content": response}]
            if tokenizer.chat_template:
                ids = list(tokenizer.apply_chat_template(turns, tokenize=True, return_dict=False))
            else:
                ids = list(tokenizer.encode(f"{question}\n\n{response}"))
            if len(ids) > self._longest:
                told = f"The response has {len(ids)} tokens with its problem and the verifier reads {self._longest}"
                raise BackendError(f"{told} (-V max_length=…).", retryable=False)
            logits = model(torch.tensor([ids], device=where)).logits[0].float()
        return float(logits[0] if len(logits) == 1 else logits.softmax(-1)[-1]), len(ids)

    def _load(self, torch: Any) -> None:
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        cuda = torch.cuda.is_available() if self._device == "auto" else self._device.startswith("cuda")
        where = ("cuda" if cuda else "cpu") if self._device == "auto" else self._device
        kind = getattr(torch, self._dtype) if self._dtype != "auto" else torch.bfloat16 if cuda else torch.float32
        model = AutoModelForSequenceClassification.from_pretrained(self._path, dtype=kind, trust_remote_code=False)
        self._engine = (model.to(where).eval(), AutoTokenizer.from_pretrained(self._path), where)
