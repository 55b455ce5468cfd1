"""Reward models behind vLLM's pooling endpoints: the server is an imitation, the models in it are real and small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from verifiers.test_prm import FAMILIES, STEPS, ask, model, straightforward
from verifiers.test_small_ones import Table, scored

from fault_server import FaultServer, Json, Reply
from harness.cli import main
from harness.core import BackendError, UsageError
from harness.verifiers.orm import ORM
from harness.verifiers.prm import PRM
from support import lines

torch = pytest.importorskip("torch")


def logits(family: str, made: Any, words: Any, ids: list[int]) -> list[list[float]]:
    """What the head gives for every token."""
    with torch.inference_mode():
        row = torch.tensor([ids])
        if family == "qwen":
            found = made.score(made.model(row).last_hidden_state)
        elif family == "skywork":
            found = made.v_head.summary(made.model(row).last_hidden_state)
        else:
            found = made(row).logits
        if family in ("shepherd", "rlhflow"):  # as vLLM's --hf-overrides '{"classifier_from_token": ["+", "-"]}' does
            found = found[..., [words.encode(w, add_special_tokens=False)[-1] for w in "+-"]]
    return [[float(x) for x in each] for each in found[0]]


def pooling(family: str, made: Any, words: Any) -> Any:
    """What vLLM 0.32 answers to POST /pooling; Qwen's is pooled by step tag."""

    def entry(path: str, ids: list[int]) -> Json:
        assert path == "/pooling"
        rows = logits(family, made, words, ids)
        if family == "qwen":
            tag = words.convert_tokens_to_ids("<extra_0>")
            rows = [row for row, token in zip(rows, ids, strict=True) if token == tag]
        return {"object": "pooling", "data": rows}

    return entry


@pytest.mark.parametrize("family", FAMILIES)
def test_served_scores_are_those_of_transformers(family: str, tmp_path: Path) -> None:
    made, words = model(family, tmp_path)
    with FaultServer(pooling=pooling(family, made, words)) as server:
        verifier = PRM("fake", base_url=server.base_url, tokenizer=str(tmp_path), interface=family)
        [found] = ask(verifier, STEPS, close=True)
        together = ask(verifier, STEPS, STEPS[:1], close=True)
    assert found == pytest.approx(straightforward(family, made, words, STEPS), abs=1e-5)
    [local] = ask(PRM(str(tmp_path), interface=family), STEPS)
    assert found == pytest.approx(local, abs=1e-6)
    assert together[1] == pytest.approx(found[:1], abs=1e-5)
    fixed = {"model": "fake", "task": "token_classify", "use_activation": False}
    assert all(call.path == "/pooling" and fixed.items() <= call.body.items() for call in server.calls)


def test_an_outcome_model_is_asked_to_classify(tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForSequenceClassification

    from small_models import tokenizer

    words = tokenizer(tmp_path, [])
    torch.manual_seed(3)
    shape = {"vocab_size": len(words) + 8, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
             "num_attention_heads": 2, "num_key_value_heads": 2, "pad_token_id": words.pad_token_id}  # fmt: skip
    for labels in (1, 2, 3):
        made = LlamaForSequenceClassification(LlamaConfig(**shape, num_labels=labels)).eval()
        made.save_pretrained(tmp_path)

        def classes(path: str, ids: list[int], made: Any = made) -> Json:
            assert path == "/classify"
            with torch.inference_mode():
                row = made(torch.tensor([ids])).logits[0].tolist()
            return {"label": "LABEL_0", "probs": row, "num_classes": len(row)}

        with FaultServer(pooling=classes) as server:
            served = ORM("fake", base_url=server.base_url, tokenizer=str(tmp_path))
            found = scored(served, "It is 5.", Table(), finished=True).outcome
        # The end of the turn is the padding here, before which transformers reads and a server would not.
        assert [call.body["input"][-1] for call in server.calls] == words.encode(".", add_special_tokens=False)
        local = scored(ORM(str(tmp_path)), "It is 5.", Table(), finished=True).outcome
        assert found == pytest.approx(local, abs=1e-6)
        with torch.inference_mode():
            text = "<|user|>What is 2 + 3?<|end|><|assistant|>It is 5.<|end|>"
            raw = made(torch.tensor([words.encode(text, add_special_tokens=False)])).logits[0]
        assert found == pytest.approx(float(raw[0] if labels == 1 else raw.softmax(-1)[-1]), abs=1e-5)


@pytest.mark.parametrize(
    ("reply", "said", "again"),
    [
        (Reply(200, {"data": [{"data": [[0.1, 0.2]] * 2}]}), "gave 2 rows for .* tokens and 3 steps", False),
        (Reply(200, {"data": [{"data": "AAAA"}]}), "gave no rows", False),
        (Reply(200, {"data": [{"data": [[0.1, 0.2, 0.3]] * 3}]}), "3 classes .* reads one or two", False),
        (Reply(200, {"data": [{"data": [[0.1, "x"]] * 3}]}), "gave no rows", False),
        (Reply(200, {"data": []}), "sent no scores", False),
        (Reply(200, b"<html>Hello</html>"), "sent no scores, but 'Hello'", False),
        (Reply(404, {"detail": "Not Found"}), "has no /pooling beside /v1", False),
        (Reply(404, {"error": {"message": "The model `x` does not exist."}}), "It serves fake", False),
        (Reply(400, {"error": {"message": "Unsupported task"}}), "answered 400: Unsupported task", False),
        (Reply(503, b"busy"), "answered 503", True),
    ],
)
def test_what_is_no_score_is_an_error(reply: Reply, said: str, again: bool, tmp_path: Path) -> None:
    model("qwen", tmp_path)

    def none(path: str, ids: list[int]) -> Json:
        return {}

    with FaultServer(handler=lambda call, payload: reply if call.method == "POST" else payload, pooling=none) as server:
        verifier = PRM("x", base_url=server.base_url, tokenizer=str(tmp_path))
        with pytest.raises(BackendError, match=said) as caught:
            ask(verifier, STEPS, close=True)
    assert caught.value.retryable is again
    assert str(caught.value).count(". ") <= 2


def test_a_bad_address_is_named(tmp_path: Path) -> None:
    model("qwen", tmp_path)
    with pytest.raises(UsageError, match="-V base_url=localhost is no address"):
        PRM("fake", base_url="localhost", tokenizer=str(tmp_path))


def test_a_search_with_a_served_verifier(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Faults are retried, every token that the server counted is billed, and a second run asks nothing."""
    made, words = model("qwen", tmp_path / "prm")
    with FaultServer(pooling=pooling("qwen", made, words), faults={"500": 0.1, "reset": 0.1}, seed=3) as server:
        command = ["eval", "game24", "--model", "toy/default", "--strategy", "beam", "-S", "n=4", "-S", "width=2",
                   "--limit", "3", "--verifier", "prm/fake", "-V", f"base_url={server.base_url}", "-V",
                   f"tokenizer={tmp_path / 'prm'}", "--output-dir", str(tmp_path / "runs")]  # fmt: skip
        assert main(command) == 0
        asked = len(server.calls)
        assert main(command) == 0
        assert len(server.calls) == asked
        read = sum(len(call.body["input"]) for call in server.calls if call.answered)
        answered = server.answered
    capsys.readouterr()
    [folder] = (tmp_path / "runs").iterdir()
    billed = [problem["usage"] for problem in lines(folder / "problems.jsonl")]
    assert sum(usage["verifier_calls"] for usage in billed) == answered > 0
    assert sum(usage["verifier_tokens"] for usage in billed) == read
    identity = json.loads((folder / "manifest.json").read_text())["identity"]["verifier"]
    assert identity["served"] == "fake"
    assert "127.0.0.1" not in json.dumps(identity)


def test_a_verifier_on_several_servers_of_which_one_is_gone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The problems are shared out, what the dead server cannot answer the others do, and no score depends on it."""
    made, words = model("qwen", tmp_path / "prm")
    serving = {"pooling": pooling("qwen", made, words)}
    with FaultServer(**serving) as gone:
        closed = gone.base_url

    def folder(name: str, urls: list[str]) -> Path:
        command = ["eval", "game24", "--model", "toy/default", "--strategy", "best_of_n", "-S", "n=2", "--limit", "24",
                   "--verifier", "prm/fake", "-V", f"base_url={','.join(urls)}", "-V", f"tokenizer={tmp_path / 'prm'}",
                   "--output-dir", str(tmp_path / name)]  # fmt: skip
        assert main(command) == 0
        capsys.readouterr()
        [found] = (tmp_path / name).iterdir()
        return found

    with FaultServer(**serving) as first, FaultServer(**serving) as second:
        three = folder("three", [first.base_url, closed, second.base_url])
        shared = (first.answered, second.answered)
    assert min(shared) > 0
    assert sum(shared) == 48
    with FaultServer(**serving) as alone:
        one = folder("one", [alone.base_url])
    assert three.name == one.name
    assert (three / "responses.jsonl").read_bytes() == (one / "responses.jsonl").read_bytes()
