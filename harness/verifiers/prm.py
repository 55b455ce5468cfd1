"""A process reward model: a score for every step."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from harness.core import BackendError, Desk, Path, Scores
from harness.models import locate
from harness.verifiers._interfaces import VERSION, recognise
from harness.verifiers._local import Local
from harness.verifiers._served import Served

READS_WEIGHTS = True
"""The model's files are read by this process, unless it is served."""


class PRM:
    """The probability that a step is right, by a process reward model (Lightman et al., 2023).

    Families: Qwen2.5-Math-PRM's marker head, Math-Shepherd's tags, RLHFlow's turns, Skywork's value head, token
    classification; recognised from the configuration, or named by `interface`. No code of a repository is run.

    The model runs on transformers in this process, or behind the pooling endpoint of a vLLM server (`base_url`), where
    `tokenizer` names a folder or hub model with its tokenizer and configuration (default: the model's own name), and
    `revision` is whatever tells its weights from others of that name."""

    partial = True
    uses_gold = False

    def __init__(
        self, name: str, *, interface: str = "auto", base_url: str = "",
        tokenizer: str = "", dtype: str = "auto", device: str = "auto", batch_size: int = 16, max_length: int = 4096,
        concurrency: int = 64, timeout: float = 600.0, api_key_env: str = "OPENAI_API_KEY", revision: str = "",
    ) -> None:  # fmt: skip
        located = locate(tokenizer or name, revision="" if base_url else revision, weights=not base_url)
        self._path = located.path
        self._interface = recognise(located.path, interface, name)
        self._longest = max_length
        self._lock = threading.Lock()
        self._tokenizer: Any = None
        self.concurrency = concurrency
        self._engine: Local | Served
        about: Mapping[str, Any] = {"dtype": dtype, **located.identity}
        if base_url:
            options: dict[str, Any] = {"timeout": timeout, "key_env": api_key_env, "concurrency": concurrency}
            self._engine = Served(name, base_url, **options)
            about = {"served": name, "revision": revision}
            self.environment: Mapping[str, Any] = {"base_url": self._engine.shown, "tokenizer": tokenizer or name}
        else:
            self._engine = Local(
                located.path, self._interface.load, self._words, dtype=dtype, device=device, batch_size=batch_size
            )
            self.environment = {"batch_size": batch_size}
        self.identity: Mapping[str, Any] = {
            "verifier": "prm",
            "interface": self._interface.name,
            "template": VERSION,
            "max_length": max_length,
            **about,
        }

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
            steps, tokens = await self._scores(question, ids, places)
            return {"prompt_tokens": tokens, "completion_tokens": 0, "steps": steps}

        found = await desk.measure([question, list(path.steps)], produce)
        return Scores(tuple(found["steps"]))

    async def _scores(self, question: str, ids: list[int], places: Sequence[int]) -> tuple[list[float], int]:
        """The scores at `places`, and the tokens read."""
        if isinstance(self._engine, Local):
            return await self._engine.scores(ids, places)
        rows, tokens = await self._engine.rows(question, ids, places)
        return [self._interface.read(row) for row in rows], tokens

    async def close(self) -> None:
        """Let the model go."""
        await self._engine.close()

    def _build(self, question: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
        with self._lock:
            return self._interface.build(self._words(), question, steps)

    def _words(self) -> Any:
        """The tokenizer, loaded once."""
        if self._tokenizer is None:
            from transformers import AutoTokenizer

            self._tokenizer = AutoTokenizer.from_pretrained(self._path)
        return self._tokenizer
