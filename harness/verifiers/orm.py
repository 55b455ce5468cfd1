"""An outcome reward model: one score for a whole response."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path as FilePath
from typing import Any

from harness.core import BackendError, Desk, Path, Scores
from harness.models import locate
from harness.verifiers._interfaces import plain
from harness.verifiers._served import Served

READS_WEIGHTS = True
"""The model's files are read by this process, unless it is served."""
ENDING = "2"
"""Raised when what a served model is sent changes, and with it its scores."""


class ORM:
    """The score of a sequence classifier for the conversation of problem and response (Cobbe et al., 2021).

    One class: the raw number, unbounded, as reward models of the Bradley-Terry kind give it. More: the probability of
    the last. No code of a model's repository is run. The model runs on transformers in this process, or behind the
    classification endpoint of a vLLM server (`base_url`), where `tokenizer` names a folder or hub model with its
    tokenizer (default: the model's own name) and `revision` is whatever tells its weights from others of that name."""

    partial = True
    uses_gold = False

    def __init__(
        self, name: str, *, base_url: str = "", tokenizer: str = "", dtype: str = "auto", device: str = "auto",
        max_length: int = 4096, concurrency: int = 64, timeout: float = 600.0, api_key_env: str = "OPENAI_API_KEY",
        revision: str = "",
    ) -> None:  # fmt: skip
        located = locate(tokenizer or name, revision="" if base_url else revision, weights=not base_url)
        self._path, self._dtype, self._device, self._longest = located.path, dtype, device, max_length
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self._padding: int | None = None
        self._model: Any = None
        self._served: Served | None = None
        self.concurrency = concurrency
        self.environment: Mapping[str, Any] = {}
        about: Mapping[str, Any] = {"dtype": dtype, **located.identity}
        if base_url:
            options: dict[str, Any] = {"timeout": timeout, "key_env": api_key_env, "concurrency": concurrency}
            self._served = Served(name, base_url, **options)
            self.environment = {"base_url": self._served.shown, "tokenizer": tokenizer or name}
            about = {"served": name, "revision": revision, "ending": ENDING}
        self.identity: Mapping[str, Any] = {"verifier": "orm", "max_length": max_length, **about}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """The outcome alone. Raises BackendError for a conversation that is too long for the model."""
        question = desk.prompt.question

        async def produce() -> Mapping[str, Any]:
            ids = await asyncio.to_thread(self._build, question, path.text)
            if len(ids) > self._longest:
                told = f"The response has {len(ids)} tokens with its problem and the verifier reads {self._longest}"
                raise BackendError(f"{told} (-V max_length=…).", retryable=False)
            if self._served is not None:
                logits, tokens = await self._served.row(question, ids)
            else:
                logits, tokens = await asyncio.to_thread(self._run, ids), len(ids)
            return {"prompt_tokens": tokens, "completion_tokens": 0, "outcome": _value(logits)}

        found = await desk.measure([question, path.text], produce)
        return Scores(outcome=found["outcome"])

    async def close(self) -> None:
        """Let the model go."""
        self._model = None
        if self._served is not None:
            await self._served.close()

    def _build(self, question: str, response: str) -> list[int]:
        """The conversation in token ids."""
        with self._lock:
            if self._tokenizer is None:
                self._tokenizer, self._padding = _words(self._path)
            tokenizer = self._tokenizer
            question, response = (plain(tokenizer, text) for text in (question, response))
            turns = [{"role": "user", "content": question}, {"role": "assistant", "content": response}]
            if tokenizer.chat_template:
                ids = list(tokenizer.apply_chat_template(turns, tokenize=True, return_dict=False))
            else:
                ids = list(tokenizer.encode(f"{question}\n\n{response}"))
            # transformers reads the score at the last token that is no padding, vLLM at the last one. They differ where
            # the token that ends a turn is the padding too.
            while len(ids) > 1 and ids[-1] == self._padding:
                ids.pop()
            return ids

    def _run(self, ids: list[int]) -> list[float]:
        import torch

        with self._lock, torch.inference_mode():
            if self._model is None:
                self._load(torch)
            logits = self._model(torch.tensor([ids], device=self._model.device)).logits[0]
        return [float(logit) for logit in logits.float()]

    def _load(self, torch: Any) -> None:
        from transformers import AutoModelForSequenceClassification

        cuda = torch.cuda.is_available() if self._device == "auto" else self._device.startswith("cuda")
        where = ("cuda" if cuda else "cpu") if self._device == "auto" else self._device
        kind = getattr(torch, self._dtype) if self._dtype != "auto" else torch.bfloat16 if cuda else torch.float32
        model = AutoModelForSequenceClassification.from_pretrained(self._path, dtype=kind, trust_remote_code=False)
        self._model = model.to(where).eval()


def _words(path: FilePath) -> tuple[Any, int | None]:
    """A model's tokenizer, and the token that its configuration pads with."""
    from transformers import AutoConfig, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(path)
    try:
        config = AutoConfig.from_pretrained(path)
    except (OSError, ValueError):  # a served model's tokenizer alone, or a type that only the server knows
        return tokenizer, None
    return tokenizer, getattr(config.get_text_config(), "pad_token_id", None)


def _value(logits: Sequence[float]) -> float:
    """The only number, or the probability of the last class."""
    if len(logits) == 1:
        return logits[0]
    highest = max(logits)
    weights = [math.exp(logit - highest) for logit in logits]
    return weights[-1] / math.fsum(weights)
