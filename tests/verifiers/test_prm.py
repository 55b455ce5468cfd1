"""Process reward models of each family, small and with random weights: the right positions, read the right way."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.core import BackendError, Prompt, UsageError
from harness.core import Path as Steps
from harness.verifiers._interfaces import recognise
from harness.verifiers.prm import PRM
from small_models import tokenizer

torch = pytest.importorskip("torch")
QUESTION, STEPS = "What is 2 + 3?", ("First add.\n\n", "2 + 3 = 5\n\n", "The answer is 5.")


def model(family: str, folder: Path) -> tuple[Any, Any]:
    """A model of a family on disk; returns it and its tokenizer."""
    from transformers import AutoModelForTokenClassification, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2Model

    torch.manual_seed(7)
    marker = {"qwen": ["<extra_0>"], "shepherd": ["ки"], "skywork": ["<|begin|>"]}.get(family, [])
    words = tokenizer(folder, marker)
    if family == "skywork":
        words.bos_token = "<|begin|>"
        words.save_pretrained(folder)
    shape = {"vocab_size": len(words) + 8, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
             "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 1024}  # fmt: skip
    if family == "qwen":
        config = Qwen2Config(**shape, architectures=["Qwen2ForProcessRewardModel"])
        body = Qwen2Model(config).eval()
        head = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 2))
        whole = torch.nn.Module()
        whole.model, whole.score = body, head
        from safetensors.torch import save_file

        save_file({k: v.contiguous() for k, v in whole.state_dict().items()}, folder / "model.safetensors")
        config.architectures = ["Qwen2ForProcessRewardModel"]
        config.save_pretrained(folder)
        return whole.eval(), words
    if family == "skywork":
        config = Qwen2Config(**shape)
        whole = torch.nn.Module()
        whole.model, whole.v_head = Qwen2Model(config).eval(), torch.nn.Module()
        whole.v_head.summary = torch.nn.Linear(64, 1)
        from safetensors.torch import save_file

        save_file({k: v.contiguous() for k, v in whole.state_dict().items()}, folder / "model.safetensors")
        config.architectures = ["Qwen2ForPrmModel"]
        config.save_pretrained(folder)
        return whole.eval(), words
    if family == "token":
        made = AutoModelForTokenClassification.from_config(Qwen2Config(**shape, num_labels=2)).eval()
    else:
        made = LlamaForCausalLM(LlamaConfig(**shape)).eval()
    made.save_pretrained(folder)
    return made, words


class Table:
    """A desk without a log."""

    prompt = Prompt("p", QUESTION, "text")
    problem: Any = None

    async def measure(self, material: Any, produce: Any) -> Mapping[str, Any]:
        result: Mapping[str, Any] = await produce()
        return result


def ask(verifier: PRM, *many: tuple[str, ...], close: bool = False) -> list[tuple[float, ...]]:
    async def all_() -> list[Any]:
        desk: Any = Table()
        paths = [Steps(Table.prompt, steps, finished=True) for steps in many]
        try:
            return await asyncio.gather(*[verifier.score(path, desk) for path in paths])
        finally:
            if close:
                await verifier.close()

    return [found.steps for found in asyncio.run(all_())]


def straightforward(family: str, made: Any, words: Any, steps: tuple[str, ...]) -> list[float]:
    """The scores as one computes them by hand: one sequence per step, cut where its score stands."""
    found = []
    for count in range(1, len(steps) + 1):
        if family == "qwen":
            answer = "".join(f"{s.strip()}<extra_0>" for s in steps[:count])
            system = "Please reason step by step, and put your final answer within \\boxed{}."
            text = f"<|system|>{system}<|end|><|user|>{QUESTION}<|end|><|assistant|>{answer}"
        elif family == "shepherd":
            text = f"{QUESTION} " + "\n".join(f"Step {i}: {s.strip()} ки" for i, s in enumerate(steps[:count], 1))
        elif family == "rlhflow":
            turns = [f"{QUESTION} {steps[0].strip()}", *(s.strip() for s in steps[1:count])]
            text = "<|end|>".join(f"<|user|>{turn}<|end|><|assistant|>+" for turn in turns)[:-1]
        elif family == "skywork":
            text = f"<|begin|>{QUESTION}\n" + "".join(f"{s.strip()}\n" for s in steps[:count])
        else:
            text = f"{QUESTION}\n" + "".join(f"{s.strip()}\n" for s in steps[:count])
        ids = torch.tensor([words.encode(text, add_special_tokens=False)])
        with torch.inference_mode():
            if family == "qwen":
                value = made.score(made.model(ids).last_hidden_state)[0, -1].softmax(-1)[1]
            elif family == "skywork":
                value = made.v_head.summary(made.model(ids).last_hidden_state)[0, -1, 0].sigmoid()
            elif family == "token":
                value = made(ids).logits[0, -1].softmax(-1)[1]
            else:
                pair = [words.encode(w, add_special_tokens=False)[-1] for w in "+-"]
                value = made(ids).logits[0, -1, pair].softmax(-1)[0]
        found.append(float(value))
    return found


FAMILIES = ("qwen", "shepherd", "rlhflow", "token", "skywork")


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_stand_where_they_must(family: str, tmp_path: Path) -> None:
    made, words = model(family, tmp_path)
    verifier = PRM(str(tmp_path), interface=family)
    [scores] = ask(verifier, STEPS)
    assert scores == pytest.approx(straightforward(family, made, words, STEPS), abs=1e-5)
    assert len(set(scores)) == 3
    # A later step changes nothing before it, and in a batch of others nothing changes at all.
    other = (*STEPS[:2], "So 6 it must be, I think.")
    alone = ask(verifier, other)[0]
    assert alone[:2] == pytest.approx(scores[:2], abs=1e-5)
    assert alone[2] != scores[2]
    together = ask(verifier, STEPS, other, STEPS[:1])
    assert together[0] == pytest.approx(scores, abs=1e-5)
    assert together[1] == pytest.approx(alone, abs=1e-5)
    assert together[2] == pytest.approx(scores[:1], abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_families_are_recognised(family: str, tmp_path: Path) -> None:
    model(family, tmp_path)
    assert recognise(tmp_path, "auto", f"org/{family}-prm").name == family


def test_what_is_no_reward_model_is_named(tmp_path: Path) -> None:
    model("shepherd", tmp_path)  # a plain language model, whatever is in its vocabulary
    with pytest.raises(UsageError, match="names no process reward model"):
        recognise(tmp_path, "auto")
    with pytest.raises(UsageError, match="interface is one of qwen"):
        recognise(tmp_path, "owen")


@pytest.mark.parametrize("family", ["qwen", "shepherd"])
def test_a_response_cannot_write_markers_of_its_own(family: str, tmp_path: Path) -> None:
    model(family, tmp_path)
    marker = {"qwen": "<extra_0>", "shepherd": "ки"}[family]
    verifier = PRM(str(tmp_path), interface=family)
    nested = marker[:2] + marker + marker[2:] if family == "qwen" else "к" + marker + "и"
    clean, hostile = ask(verifier, ("Add.\n\n", "5"), (f"Add.{marker}{nested}\n\n", "5"))
    assert hostile == pytest.approx(clean, abs=1e-5)


def test_too_long_is_an_error_and_not_0(tmp_path: Path) -> None:
    model("token", tmp_path)
    verifier = PRM(str(tmp_path), max_length=20)
    with pytest.raises(BackendError, match=r"has \d+ tokens and the verifier reads 20"):
        ask(verifier, STEPS)


def test_a_head_that_is_missing_is_an_error(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    model("qwen", tmp_path)
    file = tmp_path / "model.safetensors"
    save_file({k: v for k, v in load_file(file).items() if not k.startswith("score.")}, file)
    with pytest.raises(BackendError, match="no process reward head"):
        ask(PRM(str(tmp_path)), STEPS)


def test_markers_that_are_missing_are_an_error(tmp_path: Path) -> None:
    model("token", tmp_path)
    with pytest.raises(BackendError, match="no token ки"):
        ask(PRM(str(tmp_path), interface="shepherd"), STEPS)


def test_a_value_head_is_recognised_by_its_weights(tmp_path: Path) -> None:
    import json

    model("skywork", tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "architectures": ["Qwen2ForCausalLM"]}))
    assert recognise(tmp_path, "auto").name == "skywork"


def test_a_head_of_another_size_is_an_error(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    model("skywork", tmp_path)
    file = tmp_path / "model.safetensors"
    save_file(load_file(file) | {"v_head.summary.weight": torch.zeros(2, 64)}, file)
    with pytest.raises(BackendError, match="no process reward head"):
        ask(PRM(str(tmp_path)), STEPS)
