"""How process reward models of each family are asked: what they read, where their scores stand, how to read them.

Each interface makes the tokens of one path and says at which positions the scores of its steps stand; a head turns the
model's output there into probabilities. What the families need is recognised from the model's configuration.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core import BackendError, UsageError

VERSION = "3"
"""Part of a verifier's identity: raised when what a model reads changes."""
SYSTEM = "Please reason step by step, and put your final answer within \\boxed{}."
Build = Callable[[Any, str, Sequence[str]], tuple[list[int], list[int]]]


@dataclass(frozen=True, slots=True)
class Interface:
    """`build` gives (token ids, position of each step's score); `load` a function from ids to a score per position.
    Where another engine computes the head, `good` is the class of two that stands for a right step."""

    name: str
    build: Build
    load: Callable[[Path, Any, Any], Callable[[Any, Any], Any]]
    good: int = 1

    def read(self, logits: Sequence[float]) -> float:
        """The score of one position: the probability of the good class of two, the sigmoid of a value. Raises
        BackendError for any other number of classes."""
        if len(logits) not in (1, 2):
            raise BackendError(
                f"The reward model gives {len(logits)} classes and the interface '{self.name}' reads one or two.",
                retryable=False,
            )
        margin = logits[0] if len(logits) == 1 else logits[self.good] - logits[1 - self.good]
        return 1 / (1 + math.exp(-margin)) if margin >= 0 else 1 - 1 / (1 + math.exp(max(margin, -700.0)))


def recognise(path: Path, wanted: str, name: str = "") -> Interface:
    """The interface of a model's folder: the one named, else the one that its configuration (and `name`) shows. The
    families that are plain language models cannot be told by their configuration, so their name must say it.

    Raises UsageError where neither is known."""
    if wanted in INTERFACES:
        return INTERFACES[wanted]
    known = ", ".join(INTERFACES)
    if wanted != "auto":
        raise UsageError(f"-V interface is one of {known}, not '{wanted}'.")
    architectures = json.loads((path / "config.json").read_text()).get("architectures") or [""]
    if architectures[0] == "Qwen2ForProcessRewardModel":
        return INTERFACES["qwen"]
    if architectures[0] == "Qwen2ForPrmModel" or _holds(path, "v_head.summary.weight"):
        return INTERFACES["skywork"]
    if architectures[0].endswith("ForTokenClassification"):
        return INTERFACES["token"]
    if architectures[0].endswith("ForCausalLM"):
        for family in ("shepherd", "rlhflow"):
            if family in name.lower():
                return INTERFACES[family]
    raise UsageError(
        f"The configuration of {path.name} ({architectures[0] or 'no architecture'}) names no process reward model. "
        f"Say -V interface=… with one of {known}."
    )


# ------------------------------------------------------------------------------------------------------ what they read


def _qwen(tokenizer: Any, question: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """A chat whose answer has `<extra_0>` behind every step (Qwen2.5-Math-PRM; ReasonFlux-PRM)."""
    marker = _single(tokenizer, "<extra_0>")
    answer = "".join(f"{plain(tokenizer, step).strip()}<extra_0>" for step in steps)
    turns = [
        {"role": "system", "content": SYSTEM},
        {"role": "user", "content": plain(tokenizer, question)},
        {"role": "assistant", "content": answer},
    ]
    ids = list(tokenizer.apply_chat_template(turns, tokenize=True, return_dict=False))
    return ids, [i for i, token in enumerate(ids) if token == marker]


def _shepherd(tokenizer: Any, question: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """`question Step 1: … ки\\nStep 2: … ки` as one text, the score at each tag (Math-Shepherd, Wang et al., 2024)."""
    tagged = "\n".join(f"Step {i}: {_without(step, 'ки').strip()} ки" for i, step in enumerate(steps, 1))
    tag = tokenizer.encode("ки")[-1]
    if tokenizer.decode([tag]).strip() != "ки":
        raise BackendError("The reward model's tokenizer has no token ки.", retryable=False)
    ids = list(tokenizer.encode(f"{_without(question, 'ки')} {tagged}"))
    return ids, [i for i, token in enumerate(ids) if token == tag]


def _rlhflow(tokenizer: Any, question: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """A turn per step, answered with "+"; the score is the probability of it, at the token before (RLHFlow PRMs)."""
    ids: list[int] = []
    places = []
    turns: list[dict[str, str]] = []
    plus = tokenizer.encode("+", add_special_tokens=False)[-1]
    for number, step in enumerate(steps):
        text = plain(tokenizer, f"{question} {step.strip()}" if number == 0 else step.strip())
        turns += [{"role": "user", "content": text}, {"role": "assistant", "content": "+"}]
        start = len(ids)
        ids = list(tokenizer.apply_chat_template(turns, tokenize=True, return_dict=False))
        found = [i for i in range(start, len(ids)) if ids[i] == plus]
        if not found:
            raise BackendError("The chat template of the reward model hides the '+' of its turns.", retryable=False)
        places.append(found[-1] - 1)
    return ids, places


def _token(tokenizer: Any, question: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """Question, then each step and a line break; the class probability at the last token of a step (as TRL trains)."""
    ids = list(tokenizer.encode(f"{plain(tokenizer, question)}\n"))
    places = []
    for step in steps:
        ids += tokenizer.encode(f"{plain(tokenizer, step).strip()}\n", add_special_tokens=False)
        places.append(len(ids) - 1)
    return ids, places


def _skywork(tokenizer: Any, question: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """BOS, the question and a line break; then each step and a line break, a token of its own at which the score stands
    (Skywork-o1-Open-PRM)."""
    newline = tokenizer.encode("\n", add_special_tokens=False)[-1]
    start = f"{tokenizer.bos_token or ''}{plain(tokenizer, question)}\n"
    ids = list(tokenizer.encode(start, add_special_tokens=not tokenizer.bos_token))
    places = []
    for step in steps:
        ids += [*tokenizer.encode(plain(tokenizer, step).strip(), add_special_tokens=False), newline]
        places.append(len(ids) - 1)
    return ids, places


def _single(tokenizer: Any, marker: str) -> int:
    found = tokenizer.convert_tokens_to_ids(marker)
    if found is None or found == tokenizer.unk_token_id:
        raise BackendError(f"The reward model's tokenizer has no token {marker}.", retryable=False)
    return int(found)


def _without(text: str, *markers: str) -> str:
    """A text that holds none of the markers, nor would after they were taken out: it is somebody else's."""
    while any(marker in text for marker in markers):
        for marker in markers:
            text = text.replace(marker, "")
    return text


def plain(tokenizer: Any, text: str) -> str:
    """A text without special tokens, so that a response can neither close its turn nor write a marker."""
    return _without(text, "<extra_0>", *tokenizer.all_special_tokens)


# ------------------------------------------------------------------------------------------------- how they are loaded


def _load_qwen(path: Path, tokenizer: Any, dtype: Any) -> Callable[[Any, Any], Any]:
    """Qwen2's body with a head of two layers, whose softmax over two classes is read (the model's own code does so)."""
    import torch

    body, size = _body(path, dtype)
    head = torch.nn.Sequential(torch.nn.Linear(size, size), torch.nn.ReLU(), torch.nn.Linear(size, 2))
    head = _filled(head, path, "score.").to(next(body.parameters()).dtype)
    return lambda ids, mask: head(body(ids, attention_mask=mask).last_hidden_state).float().softmax(-1)[..., 1]


def _load_skywork(path: Path, tokenizer: Any, dtype: Any) -> Callable[[Any, Any], Any]:
    """Qwen2's body with a value head of one layer in float32, as TRL's value heads are; the sigmoid of the value."""
    import torch

    body, size = _body(path, dtype)
    head = _filled(torch.nn.Linear(size, 1), path, "v_head.summary.").float()
    return lambda ids, mask: head(body(ids, attention_mask=mask).last_hidden_state.float()).sigmoid()[..., 0]


def _body(path: Path, dtype: Any) -> tuple[Any, int]:
    """The model without its head, and the width of what it gives."""
    from transformers import AutoModel
    from transformers.utils import logging

    logging.set_verbosity_error()  # the head's weights are no surprise: they are loaded by `_filled`
    body = AutoModel.from_pretrained(path, dtype=dtype, trust_remote_code=False).eval()
    return body, int(body.config.hidden_size)


def _filled(head: Any, path: Path, prefix: str) -> Any:
    """A head with the weights that a checkpoint has for it under `prefix`. Raises BackendError where it has not them
    all, or others."""
    from safetensors import safe_open

    weights: dict[str, Any] = {}
    for file in sorted(path.glob("*.safetensors")):
        with safe_open(file, "pt") as opened:
            own = [name for name in opened.keys() if name.startswith(prefix)]  # noqa: SIM118
            weights |= {name.removeprefix(prefix): opened.get_tensor(name) for name in own}
    if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in head.state_dict().items()}:
        raise BackendError(f"{path.name} holds no process reward head ({prefix}…) of its size.", retryable=False)
    head.load_state_dict({name: value.float() for name, value in weights.items()})
    return head.eval()


def _holds(path: Path, name: str) -> bool:
    """Whether a checkpoint has weights of that name."""
    from safetensors import SafetensorError, safe_open

    for file in sorted(path.glob("*.safetensors")):
        try:
            with safe_open(file, "pt") as opened:
                if name in opened.keys():  # noqa: SIM118
                    return True
        except (SafetensorError, OSError):
            return False  # the engine will say what is wrong with it
    return False


def _load_pair(good: str, bad: str) -> Callable[[Path, Any, Any], Callable[[Any, Any], Any]]:
    """A language model whose next token is `good` or `bad`: the probability of the first among the two."""

    def load(path: Path, tokenizer: Any, dtype: Any) -> Callable[[Any, Any], Any]:
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(path, dtype=dtype, trust_remote_code=False).eval()
        pair = [tokenizer.encode(word, add_special_tokens=False)[-1] for word in (good, bad)]
        return lambda ids, mask: model(ids, attention_mask=mask).logits[..., pair].float().softmax(-1)[..., 0]

    return load


def _load_token(path: Path, tokenizer: Any, dtype: Any) -> Callable[[Any, Any], Any]:
    """The probability of the last class, which is the good one where there are two; sigmoid where there is one."""
    from transformers import AutoModelForTokenClassification

    model = AutoModelForTokenClassification.from_pretrained(path, dtype=dtype, trust_remote_code=False).eval()

    def scores(ids: Any, mask: Any) -> Any:
        logits = model(ids, attention_mask=mask).logits.float()
        return logits.sigmoid()[..., 0] if logits.shape[-1] == 1 else logits.softmax(-1)[..., -1]

    return scores


INTERFACES = {
    each.name: each
    for each in (
        Interface("qwen", _qwen, _load_qwen),
        Interface("shepherd", _shepherd, _load_pair("+", "-"), good=0),
        Interface("rlhflow", _rlhflow, _load_pair("+", "-"), good=0),
        Interface("token", _token, _load_token),
        Interface("skywork", _skywork, _load_skywork),
    )
}
