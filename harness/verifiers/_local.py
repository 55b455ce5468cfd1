"""Process reward models on transformers in this process, a batch at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.batcher import Batcher

Load = Callable[[Path, Any, Any], Callable[[Any, Any], Any]]


class Local:
    """A model of an interface: `load` as in `_interfaces.Interface`, called with the first batch."""

    def __init__(self, path: Path, load: Load, tokenizer: Any, *, dtype: str, device: str, batch_size: int) -> None:
        self._path, self._loader, self._tokenizer = path, load, tokenizer
        self._dtype, self._device = dtype, device
        self._lock = threading.Lock()
        self._engine: Any = None
        self._batcher: Batcher[list[int], list[float]] = Batcher(self._run, batch_size)

    async def scores(self, ids: list[int], places: Sequence[int]) -> tuple[list[float], int]:
        """The scores at `places`, and the tokens read."""
        every = await self._batcher(ids)
        return [every[place] for place in places], len(ids)

    async def close(self) -> None:
        """Let the model go."""
        self._engine = None

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
            self._engine = self._loader(self._path, self._tokenizer(), kind)
