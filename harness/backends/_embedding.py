"""Sentence embeddings with transformers: what a user names for `harness analyze --embeddings`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.core import UsageError
from harness.models import locate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 32
LONGEST = 512
"""Tokens of a sentence; what comes after is not read."""


class Embedding:
    """An encoder on the CPU in float32: the mean of the last hidden states over a text's tokens, scaled to length 1, as
    the models of sentence-transformers (MiniLM, MPNet) are meant to be used. It is loaded with the first text."""

    def __init__(self, name: str) -> None:
        from importlib.util import find_spec

        if find_spec("transformers") is None or find_spec("torch") is None:
            raise UsageError("--embeddings needs transformers and torch. Install the extra `hf`.")
        located = locate(name)
        self._path = str(located.path)
        self.identity: Mapping[str, Any] = located.identity
        self._loaded: tuple[Any, Any] | None = None

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """A row of length 1 for each text, in their order. Texts of like length share a batch."""
        import numpy as np
        import torch

        tokenizer, model = self._load()
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
        rows: list[Any] = [None] * len(texts)
        for first in range(0, len(order), BATCH):
            own = order[first : first + BATCH]
            read = tokenizer(
                [texts[i] for i in own], padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
            )
            with torch.inference_mode():
                states = model(**read).last_hidden_state
            mask = read["attention_mask"].unsqueeze(-1)
            means = (states * mask).sum(dim=1) / mask.sum(dim=1).clamp(min=1)
            for i, row in zip(own, torch.nn.functional.normalize(means, dim=1), strict=True):
                rows[i] = row.numpy()
        return np.stack(rows)

    def _load(self) -> tuple[Any, Any]:
        """Tokenizer and model. Raises UsageError for a folder that holds no encoder."""
        if self._loaded is None:
            import torch
            from transformers import AutoModel, AutoTokenizer

            try:
                tokenizer = AutoTokenizer.from_pretrained(self._path)
                model = AutoModel.from_pretrained(self._path, dtype=torch.float32).eval()
            except (OSError, ValueError, KeyError) as error:
                reason = str(error).splitlines()[0][:200]
                raise UsageError(f"--embeddings: {self._path} cannot be loaded as an encoder ({reason}).") from error
            if tokenizer.pad_token is None:
                tokenizer.pad_token = tokenizer.eos_token
            self._loaded = tokenizer, model
        return self._loaded
