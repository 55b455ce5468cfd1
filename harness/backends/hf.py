"""Hugging Face transformers, on CPU or CUDA, a batch at a time.

Every row of a batch draws from a generator of its own, seeded by its request: what is drawn does not depend on which
requests share the batch. Kernels may round differently with the shape of a batch; in float32 that rarely shows.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from harness.batcher import Batcher
from harness.core import Completion, FinishReason, Request, Sampling, UsageError
from harness.models import locate
from harness.thinking import count_ids, count_text
from harness.tokenizer import HFTokenizer, room

READS_WEIGHTS = True
"""The model's files are read by this process or by its children."""
TOPS = 20
"""As many as vLLM's engine, so that a judge reads the same on both."""


class HF:
    """transformers in this process: a folder, a hub model, or `smollm2`; CPU or CUDA."""

    def __init__(
        self,
        name: str,
        *,
        dtype: str = "auto",
        device: str = "auto",
        batch_size: int = 16,
        max_model_len: int = 0,
        revision: str = "",
    ) -> None:
        from importlib.metadata import version
        from importlib.util import find_spec

        if find_spec("transformers") is None or find_spec("torch") is None:
            raise UsageError("transformers and torch are not installed. Install the extra `hf`.")
        located = locate(name, revision=revision)
        self._path = located.path
        self._dtype, self._device = dtype, device
        self._context = max_model_len
        self._engine: _Engine | None = None
        self._lock = threading.Lock()
        self._batcher = Batcher(self._run, batch_size)
        self._tokenizer = HFTokenizer(str(located.path))
        self.identity = {"backend": "hf", "engine": version("transformers"), "dtype": dtype, **located.identity}
        self.environment = {"device": device, "batch_size": batch_size}
        self.continues = True
        self.logprobs = True
        self.tops = TOPS
        self.concurrency = 2 * batch_size

    @property
    def tokenizer(self) -> HFTokenizer:
        """The model's tokenizer."""
        return self._tokenizer

    async def generate(self, request: Request) -> Completion:
        """One completion, as part of a batch."""
        return await self._batcher(request)

    async def close(self) -> None:
        """Let the model go."""
        self._engine = None

    def _run(self, requests: list[Request]) -> list[Completion]:
        with self._lock:
            if self._engine is None:
                self._engine = _Engine(str(self._path), self._dtype, self._device, self._context, self._tokenizer)
            scoring = [r.sampling.max_tokens == 0 or r.tops > 0 for r in requests]
            rest = [r for r, alone in zip(requests, scoring, strict=True) if not alone]
            written = iter(self._engine.complete(rest) if rest else [])
            return [self._engine.scored(r) if a else next(written) for r, a in zip(requests, scoring, strict=True)]


class _Engine:
    """The loaded model."""

    def __init__(self, path: str, dtype: str, device: str, context: int, tokenizer: HFTokenizer) -> None:
        import torch
        from transformers import AutoModelForCausalLM
        from transformers.utils import logging

        logging.disable_progress_bar()  # it would tear the progress line
        self._torch = torch
        cuda = torch.cuda.is_available() if device == "auto" else device.startswith("cuda")
        self._device = ("cuda" if cuda else "cpu") if device == "auto" else device
        # bfloat16 is slower than float32 on most CPUs and flips near-ties; on CUDA the checkpoint's own type is taken.
        kind = getattr(torch, dtype) if dtype != "auto" else "auto" if cuda else torch.float32
        self._model: Any = AutoModelForCausalLM.from_pretrained(path, dtype=kind).to(self._device).eval()
        self._tokenizer = tokenizer
        self._context = context or int(getattr(self._model.config, "max_position_embeddings", 4096))
        eos = self._model.generation_config.eos_token_id
        self._eos = {*(eos if isinstance(eos, list) else [eos]), tokenizer.inner.eos_token_id} - {None}

    def complete(self, requests: Sequence[Request]) -> list[Completion]:
        """Generate one batch; prompts are padded on the left."""
        from transformers import GenerationConfig, LogitsProcessorList, StoppingCriteriaList

        torch = self._torch
        prompts = [self._tokenizer.request_ids(request) for request in requests]
        limits = [room(len(p), r.sampling.max_tokens, self._context) for p, r in zip(prompts, requests, strict=True)]
        width = max(map(len, prompts))
        pad = min(self._eos, default=0)
        ids = torch.tensor([[pad] * (width - len(p)) + p for p in prompts], device=self._device)
        mask = torch.tensor([[0] * (width - len(p)) + [1] * len(p) for p in prompts], device=self._device)
        rows = [
            _Row(request, limit, self._eos, self._tokenizer) for request, limit in zip(requests, limits, strict=True)
        ]
        config = GenerationConfig(
            do_sample=False, max_new_tokens=max(limits), eos_token_id=sorted(self._eos) or None, pad_token_id=pad
        )
        with torch.inference_mode():
            output = self._model.generate(
                ids,
                attention_mask=mask,
                generation_config=config,
                # The processor draws and leaves only the drawn token possible; the engine's own argmax then takes it.
                logits_processor=LogitsProcessorList([_Draw([r.sampling for r in requests], torch, self._device)]),
                stopping_criteria=StoppingCriteriaList([_Stop(rows, width, torch)]),
            )
        return [row.completion(output[i, width:].tolist(), len(prompts[i])) for i, row in enumerate(rows)]

    def scored(self, request: Request) -> Completion:
        """The log-probabilities of the prefix's tokens, or the likeliest next tokens, by one forward pass."""
        torch, prompt = self._torch, request.prompt
        ids = self._tokenizer.request_ids(request)
        room(len(ids) - (request.tops == 0), 1, self._context)
        start = max(len(self._tokenizer.prompt_ids(prompt.text, "", templated=prompt.templated)), 1)
        row = torch.tensor([ids], device=self._device)
        with torch.inference_mode():
            whole = self._model(row).logits[0].float()
        if request.tops:
            values, tokens = torch.log_softmax(whole[-1], dim=-1).topk(min(request.tops, whole.shape[-1]))
            words = [self._tokenizer.inner.decode([token]) for token in tokens.tolist()]
            tops = tuple(zip(words, values.tolist(), strict=True))
            return Completion(words[0], len(ids), 1, "length", tops=tops)
        logits = whole[start - 1 : -1]
        found = torch.log_softmax(logits, dim=-1).gather(1, row[0, start:, None])[:, 0]
        return Completion("", len(ids), 0, "length", logprobs=tuple(found.tolist()))


class _Draw:
    """Draws the next token of every row with the row's own temperature, top-p and generator."""

    def __init__(self, samplings: Sequence[Sampling], torch: Any, device: str) -> None:
        self._torch = torch
        self._samplings = samplings
        self._generators = [torch.Generator(device=device).manual_seed(s.seed) for s in samplings]

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        torch = self._torch
        chosen = scores.argmax(dim=-1)
        for row, (sampling, generator) in enumerate(zip(self._samplings, self._generators, strict=True)):
            if sampling.temperature > 0:
                probabilities = torch.softmax(scores[row].float() / sampling.temperature, dim=-1)
                if sampling.top_p < 1:
                    probabilities = self._nucleus(probabilities, sampling.top_p)
                chosen[row] = torch.multinomial(probabilities, 1, generator=generator)[0]
        return torch.full_like(scores, -torch.inf).scatter_(1, chosen[:, None], 0.0)

    def _nucleus(self, probabilities: Any, top_p: float) -> Any:
        """The smallest set of tokens that holds `top_p` of the probability (Holtzman et al., 2020)."""
        ordered, order = probabilities.sort(descending=True)
        ordered[ordered.cumsum(0) - ordered > top_p] = 0.0
        return self._torch.zeros_like(probabilities).scatter_(0, order, ordered)


class _Row:
    """One request while it is generated: when it ends, and why."""

    def __init__(self, request: Request, limit: int, eos: set[int], tokenizer: HFTokenizer) -> None:
        self._request, self._tokenizer = request, tokenizer
        self._stop, self._limit, self._eos = request.sampling.stop, limit, eos
        # A token is at least a byte, so this many tokens hold every stop string that the newest token can complete.
        self._tail = max((len(s.encode()) for s in self._stop), default=0) + 4
        self.length = 0
        self.done = False

    def update(self, generated: list[int]) -> bool:
        """Take the newest token into account."""
        if not self.done:
            self.length = len(generated)
            ended = generated[-1] in self._eos or self.length >= self._limit
            self.done = ended or bool(self._stop and self._met(self._text(generated[-self._tail :])))
        return self.done

    def completion(self, generated: list[int], prompt_tokens: int) -> Completion:
        """What the row came to."""
        kept = generated[: self.length]
        text = self._text(kept)
        finish: FinishReason = "eos" if kept and kept[-1] in self._eos else "length"
        stop = self._met(text)
        if stop is not None:
            text, finish = text[: text.find(stop)], "stop"
        counted = count_ids(kept, text, self._text, self._request)
        thinking, gap, by = counted or count_text(text, len(kept), self._tokenizer.count, self._request)
        ending = self._tokenizer.ending(kept, text + stop) if stop else ()
        return Completion(text, prompt_tokens, len(kept), finish, stop, 0, thinking, gap, by, ending=ending)

    def _text(self, ids: Sequence[int]) -> str:
        return self._tokenizer.decode(ids[:-1] if ids and ids[-1] in self._eos else ids)

    def _met(self, text: str) -> str | None:
        """The stop string that stands first in a text."""
        met = [(text.find(stop), stop) for stop in self._stop if stop in text]
        return min(met)[1] if met else None


class _Stop:
    """Tells the engine which rows are done."""

    def __init__(self, rows: Sequence[_Row], width: int, torch: Any) -> None:
        self._rows, self._width, self._torch = rows, width, torch

    def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
        generated = input_ids[:, self._width :].tolist()
        done = [row.update(ids) for row, ids in zip(self._rows, generated, strict=True)]
        return self._torch.tensor(done, device=input_ids.device)
