"""Any model class that lm-eval registers, `lm_eval/hf` or `lm_eval/dummy` say, behind the one-request interface.

lm-eval's classes return bare text. Tokens are counted with the class's own tokenizer, so they are recounts, and a
response is taken for cut when it is as long as the limit. Sampled requests go one at a time, each with its seed set.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.batcher import Batcher
from harness.core import BackendError, Completion, FinishReason, Message, Request, Tokenizer, UsageError
from harness.models import weights_digest
from harness.registry import unknown
from harness.thinking import count_text


class LMEval:
    """A model class of lm-eval; `args` are its own arguments ("pretrained=…,dtype=…")."""

    def __init__(self, name: str, *, args: str = "", batch_size: int = 16) -> None:
        from importlib.metadata import version

        self._name, self._args = name, args
        self._class = _model_class(name)
        self._model: Any = None
        self._lock = threading.Lock()
        self._batcher = Batcher(self._run, batch_size)
        self._batch_size = batch_size
        self.identity = {"backend": "lm_eval", "engine": version("lm-eval"), "model": name, "args": args}
        if folder := _weights_folder(args):
            self.identity["weights"] = weights_digest(folder)
        self.environment: dict[str, Any] = {}
        self.continues = True
        self.concurrency = 2 * batch_size

    @property
    def tokenizer(self) -> Tokenizer | None:
        """The class's chat template and tokenizer, where it has them; loading it loads the model."""
        model = self._loaded()
        return _ModelTokenizer(model) if hasattr(model, "tok_encode") else None

    async def generate(self, request: Request) -> Completion:
        """One completion, as part of a batch."""
        return await self._batcher(request)

    async def close(self) -> None:
        """Let the model go."""
        self._model = None

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                extra = {"batch_size": self._batch_size, **_device(self._class, self._args)}
                try:
                    with _quiet():
                        self._model = self._class.create_from_arg_string(self._args, extra)
                except Exception as error:  # whatever the class raises, the model cannot be had
                    raise UsageError(f"lm-eval could not load model '{self._name}' ({self._args}): {error}") from error
            return self._model

    def _run(self, requests: list[Request]) -> list[Completion]:
        model = self._loaded()
        if all(request.sampling.temperature == 0 for request in requests):
            texts = _generate(model, requests)
        else:
            texts = [text for request in requests for text in _generate(model, [request])]
        return [self._completion(model, request, text) for request, text in zip(requests, texts, strict=True)]

    def _completion(self, model: Any, request: Request, text: str) -> Completion:
        """Counts for a bare text. lm-eval cuts stop strings off without saying so: a shorter text has met its end."""
        prompt_tokens = _count(model, request.prompt.text + request.prefix)
        tokens = min(_count(model, text), request.sampling.max_tokens)  # a recount of odd text may find more
        finish: FinishReason = "length" if tokens >= request.sampling.max_tokens else "eos"
        thinking, gap, by = count_text(text, tokens, lambda part: _count(model, part), request)
        return Completion(text, prompt_tokens, tokens, finish, None, 0, thinking, gap, by)


class _ModelTokenizer:
    """The tokenizer inside an lm-eval model."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def has_chat_template(self) -> bool:
        return bool(getattr(getattr(self._model, "tokenizer", None), "chat_template", None))

    @property
    def chat_template(self) -> str | None:
        return getattr(self._model.tokenizer, "chat_template", None)

    def render(self, messages: Sequence[Message]) -> str:
        open_turn = messages[-1]["role"] == "assistant"
        return str(self._model.apply_chat_template(list(messages), add_generation_prompt=not open_turn))

    def encode(self, text: str, *, special_tokens: bool) -> list[int]:
        return list(self._model.tok_encode(text, add_special_tokens=special_tokens))

    def warnings(self, text: str, *, templated: bool) -> list[str]:
        return []


def _model_class(name: str) -> Any:
    """The class that lm-eval registers under a name. Raises UsageError with the nearest match."""
    from lm_eval.api.registry import get_model, model_registry

    try:
        return get_model(name)
    except (ValueError, KeyError):
        raise UsageError(unknown("lm-eval model", name, list(model_registry.keys()))) from None
    except ImportError as error:
        raise UsageError(f"lm-eval's model '{name}' needs a package that is not installed: {error}.") from error


def _weights_folder(args: str) -> Path | None:
    """The local folder that the arguments name as the model; another checkpoint may stand there tomorrow."""
    for pair in args.split(","):
        key, _, value = pair.partition("=")
        if key.strip() in ("pretrained", "model") and Path(value).is_dir():
            return Path(value)
    return None


def _device(model_class: Any, args: str) -> dict[str, str]:
    """lm-eval's local classes take CUDA for granted; on a machine without it they must be told."""
    if "device=" in args or "device" not in inspect.signature(model_class.__init__).parameters:
        return {}
    import torch

    return {} if torch.cuda.is_available() else {"device": "cpu"}


def _generate(model: Any, requests: Sequence[Request]) -> list[str]:
    """The texts of one homogeneous batch."""
    from lm_eval.api.instance import Instance

    instances = [
        Instance("generate_until", {}, (r.prompt.text + r.prefix, _arguments(model, r)), 0, ("", 0, 1))
        for r in requests
    ]
    if requests[0].sampling.temperature > 0:
        import torch

        torch.manual_seed(requests[0].sampling.seed)
    with _quiet():
        texts = model.generate_until(instances, disable_tqdm=True)
    if len(texts) != len(requests):
        raise BackendError(f"lm-eval returned {len(texts)} answers to {len(requests)} requests.")
    return [str(text) for text in texts]


def _arguments(model: Any, request: Request) -> dict[str, Any]:
    """Sampling parameters in lm-eval's words. Its API classes send one fixed seed with every request unless told."""
    sampling = request.sampling
    arguments: dict[str, Any] = {"until": list(sampling.stop), "max_gen_toks": sampling.max_tokens}
    if sampling.temperature == 0:
        return {**arguments, "do_sample": False, "temperature": 0.0}
    if hasattr(model, "_create_payload"):
        arguments["seed"] = sampling.seed
    return {**arguments, "do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p}


def _count(model: Any, text: str) -> int:
    """Tokens of a text; words where the class has no tokenizer."""
    encode = getattr(model, "tok_encode", None)
    return len(encode(text)) if encode is not None else len(text.split())


@contextlib.contextmanager
def _quiet() -> Any:
    """lm-eval prints bars and logs while it works; both would tear the progress line."""
    logger = logging.getLogger("lm_eval")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        logger.setLevel(level)
