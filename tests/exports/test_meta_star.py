"""Meta-STaR traces through the command line, and what TRL's own data preparation makes of the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import small_models
from exporting import evaluate, export
from harness.cli import main
from harness.core import UsageError
from harness.exports._labels import Labels
from harness.run import Run
from support import lines, small_task

CHAT = small_models.CHAT + "{% if add_generation_prompt %}<|assistant|>{% endif %}"


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a best-first run over 20 problems whose verifier errs."""
    folder = tmp_path_factory.mktemp("searched")
    options = ["--verifier", "toy/default", "-V", "noise=0.2", "-S", "max_steps=12"]
    evaluate(folder, *options, strategy="best_first")
    return folder


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A byte-level tokenizer whose chat template opens the assistant's turn."""
    from transformers import AutoTokenizer

    folder = tmp_path_factory.mktemp("tokenizer")
    made = small_models.tokenizer(folder, ["<|user|>", "<|assistant|>", "<|end|>"])
    made.chat_template = CHAT
    made.save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def meta(folder: Path, *argv: str) -> list[dict[str, Any]]:
    [run] = (folder / "runs").iterdir()
    return export(folder, str(run), "--format", "meta-star", *argv)


def test_a_row_is_a_search_that_ends_in_a_stored_correct_response(searched: Path) -> None:
    rows = meta(searched)
    [folder] = (searched / "runs").iterdir()
    run = Run.open(folder)
    responses = {(r["problem_id"], r["index"]): r for r in run.lines("responses.jsonl")}
    trees = {line["problem_id"]: line["nodes"] for line in run.lines("trees.jsonl")}
    assert sum(row["provenance"]["returns"] for row in rows) > len(rows) / 2
    for row in rows:
        about = row["provenance"]
        response, nodes = responses[about["problem_id"], about["response"]], trees[about["problem_id"]]
        text = row["completion"][0]["content"]
        assert response["correct"] is True
        assert text.endswith(response["text"])
        assert about["answer"] == response["answer"]
        assert about["uses_gold"] is False
        assert "".join(text[s["start"] : s["end"]] for s in row["segments"]) == text
        steps = [s for s in row["segments"] if s["kind"] in ("step", "dead end")]
        assert [s["node"] for s in steps] == about["nodes"]
        assert all(text[s["start"] : s["end"]] == nodes[s["node"]]["step"] for s in steps)
        assert row["loss_spans"] == [[0, len(text)]]
    total = json.loads((searched / "out.jsonl.summary.json").read_text())["levels"][-1]
    assert total["rows"] == total["with a row"] == len(rows)
    assert total["dead ends"] == sum(row["provenance"]["dead_ends"] for row in rows)
    assert total["characters"] == sum(len(row["completion"][0]["content"]) for row in rows)


def test_the_cap_on_dead_ends_and_on_rows(searched: Path) -> None:
    assert all(row["provenance"]["dead_ends"] <= 1 for row in meta(searched, "--max-dead-ends", "1"))
    plain = meta(searched, "--max-dead-ends", "0")
    assert all(row["provenance"]["returns"] == 0 for row in plain)
    many = meta(searched, "--max-per-problem", "3")
    assert len(many) >= len(plain)
    texts = [(row["provenance"]["problem_id"], row["completion"][0]["content"]) for row in many]
    assert len(set(texts)) == len(texts)


def test_templates_come_from_a_file(searched: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "words.jinja"
    file.write_text("{% macro opening(question) %}{{ question }}!{% endmacro %}{% macro back() %}Back.{% endmacro %}")
    rows = meta(searched, "--template", str(file), "--restate", "nothing")
    for row in rows:
        text = row["completion"][0]["content"]
        assert text.startswith("What is")
        assert text.count("\n\nBack.\n\n") == row["provenance"]["returns"]
    [run] = (searched / "runs").iterdir()
    where = ["--include-path", str(searched / "tasks"), "-o", str(tmp_path / "x.jsonl")]
    capsys.readouterr()
    assert main(["export", str(run), "--format", "meta-star", "--template", str(tmp_path / "none"), *where]) == 2
    assert "cannot be read" in capsys.readouterr().err
    assert main(["export", str(run), "--format", "meta-star", "--loss", "solution", *where]) == 2
    assert "--tokenizer" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("loss", "form"), [("all", "text"), ("no-dead-ends", "prompt-completion"), ("solution", "prompt-completion")]
)
def test_labels_hold_the_mask_token_by_token(searched: Path, tokenizer: Any, loss: str, form: str) -> None:
    for row in meta(searched, "--loss", loss, "--tokenizer", tokenizer.name_or_path, "--form", form):
        text = row["completion"] if form == "text" else row["completion"][0]["content"]
        kept = "".join(text[a:b] for a, b in row["loss_spans"])
        counted = [label for label in row["labels"] if label != -100]
        assert tokenizer.decode(counted) == kept + "<|end|>"
        assert all(label in (-100, i) for i, label in zip(row["input_ids"], row["labels"], strict=True))
        whole = tokenizer.decode(row["input_ids"])
        assert whole.endswith(text + "<|end|>")
        if form == "prompt-completion":
            assert whole == tokenizer.apply_chat_template(row["prompt"] + row["completion"], tokenize=False)


def test_a_token_across_the_edge_of_a_span_does_not_count(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"ab": 0, "cd": 1, "<s>": 2, "?": 3}, unk_token="?"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=inner, eos_token="<s>").save_pretrained(tmp_path)
    labels = Labels(str(tmp_path))
    problem = small_task(1).problems[0]
    made = labels.of(problem, " ab cd ab", [(0, 5), (6, 9)], "text")
    assert [i for i, yes in zip(made["input_ids"], made["labels"], strict=True) if yes != -100] == [0, 0, 2]
    with pytest.raises(UsageError, match="no chat template"):
        labels.of(problem, "ab", [], "messages")


def test_trl_prepares_both_files_as_they_are_meant(searched: Path, tokenizer: Any, tmp_path: Path) -> None:
    """SFTTrainer's own preparation and collator: without a tokenizer the completion counts, with one our labels do."""
    pytest.importorskip("trl")
    from datasets import Dataset
    from transformers import LlamaConfig, LlamaForCausalLM
    from trl import SFTConfig, SFTTrainer

    size = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), max_position_embeddings=8192, **size))
    config = SFTConfig(
        output_dir=str(tmp_path), max_length=None, use_cpu=True, bf16=False, report_to=[], disable_tqdm=True,
        per_device_train_batch_size=2, gradient_checkpointing=False,
    )  # fmt: skip
    for options in ([], ["--loss", "no-dead-ends", "--tokenizer", tokenizer.name_or_path]):
        rows = meta(searched, *options)
        read = Dataset.from_json(str(searched / "out.jsonl"), cache_dir=str(tmp_path / f"cache{len(options)}"))
        trainer = SFTTrainer(model, args=config, train_dataset=read, processing_class=tokenizer)
        prepared = trainer.train_dataset
        assert len(prepared) == len(rows) > 1
        batch = trainer.data_collator([prepared[0], prepared[1]])
        assert set(batch) >= {"input_ids", "attention_mask", "labels"}
        for row, ids, marks in zip(rows[:2], batch["input_ids"].tolist(), batch["labels"].tolist(), strict=True):
            text = row["completion"][0]["content"]
            wanted = "".join(text[a:b] for a, b in row["loss_spans"]) + "<|end|>"
            assert tokenizer.decode([label for label in marks if label != -100]) == wanted
            assert all(mark in (-100, i) for i, mark in zip(ids, marks, strict=True))


def test_the_file_is_the_same_every_time(searched: Path) -> None:
    first = meta(searched)
    assert meta(searched) == first == lines(searched / "out.jsonl")
