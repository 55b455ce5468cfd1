"""A process reward model: a score for every step."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from harness.batcher import Batcher
from harness.core import BackendError, Desk, Path, Scores
from harness.models import locate
from harness.verifiers._interfaces import VERSION, recognise


class PRM:
    """The probability that a step is right, by a process reward model on transformers (Lightman et al., 2023).

    Families: Qwen2.5-Math-PRM's marker head, Math-Shepherd's tags, RLHFlow's turns, Skywork's value head, token
    classification; recognised from the configuration, or named by `interface`. No code of a repository is run."""

    partial = True
    uses_gold = False
    concurrency = 64

    def __init__(
        self, name: str, *, interface: str = "auto", dtype: str = "auto", device: str = "auto", batch_size: int = 16,
        max_length: int = 4096, revision: str = "",
    ) -> None:  # fmt: skip
        located = locate(name, revision=revision)
        self._path = located.path
        self._interface = recognise(located.path, interface, name)
        self._dtype, self._device, self._longest = dtype, device, max_length
        self._lock = threading.Lock()
        self._engine: Any = None
        self._tokenizer: Any = None
        self._batcher: Batcher[list[int], list[float]] = Batcher(self._run, batch_size)
        self.identity: Mapping[str, Any] = {
            "verifier": "prm",
            "interface": self._interface.name,
            "template": VERSION,
            "dtype": dtype,
            "max_length": max_length,
            **located.identity,
        }
        self.environment: Mapping[str, Any] = {"batch_size": batch_size}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """A score in [0, 1] per step. Raises BackendError for a path that is too long for the model, or in which its
        markers are not found once per step."""
        question = desk.prompt.question

        async def produce() -> Mapping[str, Any]:
            ids, places = await asyncio.to_thread(self._build, question, path.steps)
            if len(ids) > self._longest:
                raise BackendError(
                    f"The path has {len(ids)} tokens and the verifier reads {self._longest} (-V max_length=…).",
                    retryable=False,
                )
            if len(places) != len(path.steps):
                raise BackendError(f"{len(places)} markers for {len(path.steps)} steps.", retryable=False)
            every = await self._batcher(ids)
            return {"prompt_tokens": len(ids), "completion_tokens": 0, "steps": [every[place] for place in places]}

        found = await desk.measure([question, list(path.steps)], produce)
        return Scores(tuple(found["steps"]))

    async def close(self) -> None:
        """Let the model go."""
        self._engine = None

    def _build(self, question: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
        with self._lock:
            if self._tokenizer is None:
                from transformers import AutoTokenizer

                self._tokenizer = AutoTokenizer.from_pretrained(self._path)
            return self._interface.build(self._tokenizer, question, steps)

    def _run(self, batch: Sequence[list[int]]) -> list[list[float]]:
        """One forward pass; rows are padded on the right, where a causal model cannot see it."""
        import torch

        with self._lock, torch.inference_mode():
            if self._engine is None:
                self._load(torch)
            width = max(map(len, batch))
            ids = torch.tensor([row + [0] * (width - len(row)) for row in batch], device=self._where)
            mask = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in batch], device=self._where)
            scores = self._engine(ids, mask).float().cpu().tolist()
        return [row[: len(ids)] for row, ids in zip(scores, batch, strict=True)]

    def _load(self, torch: Any) -> None:
        from transformers.utils import logging

        logging.disable_progress_bar()  # it would tear the progress line
        cuda = torch.cuda.is_available() if self._device == "auto" else self._device.startswith("cuda")
        self._where = ("cuda" if cuda else "cpu") if self._device == "auto" else self._device
        kind = getattr(torch, self._dtype) if self._dtype != "auto" else torch.bfloat16 if cuda else torch.float32
        with torch.device(self._where):
            self._engine = self._interface.load(self._path, self._tokenizer, kind)
