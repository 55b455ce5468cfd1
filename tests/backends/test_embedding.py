"""Sentence embeddings by a tiny real encoder, and what the command makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from harness.backends._embedding import Embedding
from harness.cli import main
from harness.core import UsageError
from harness.run import Run
from small_models import tokenizer

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of two layers with random weights."""
    import torch
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("encoder")
    made = tokenizer(folder, [])
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(made), hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64
    )
    BertModel(config).save_pretrained(folder)
    return folder


def test_rows_have_length_one_and_do_not_depend_on_the_batch(encoder: Path) -> None:
    embed = Embedding(str(encoder))
    texts = [f"we add {i} and " + "more and " * (i % 7) + "so on" for i in range(40)]
    together = embed(texts)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    alone = np.concatenate([embed([text]) for text in texts[::8]])
    assert np.allclose(together[::8], alone, atol=1e-5)
    assert not np.allclose(together[0], together[1], atol=1e-3)


def test_a_folder_without_an_encoder_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holds no model"):
        Embedding(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UsageError, match="cannot be loaded as an encoder"):
        Embedding(str(tmp_path))(["x"])


def test_the_command_finds_steps_of_like_meaning(
    encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To random weights all texts are much alike: what is left to tell steps apart are their numbers."""
    options = ["--strategy", "greedy", "--limit", "2", "--output-dir", str(tmp_path)]
    assert (
        main(["eval", "game24", "--model", "toy/default", "-M", "thinking=3", "-M", "step_accuracy=0.3", *options]) == 0
    )
    run = Run.open(next(tmp_path.glob("game24-*")))
    assert main(["analyze", str(run.folder), "--format", "json"]) == 0
    capsys.readouterr()
    assert main(["analyze", str(run.folder), "--embeddings", str(encoder), "--format", "json"]) == 0
    rows = {r["measure"]: r["value"] for r in json.loads(capsys.readouterr().out)["rows"] if r["group"] == "all"}
    data = json.loads((run.folder / "analysis.json").read_text())
    assert data["embeddings"]["model"] == encoder.name
    found = [event for record in data["responses"] for event in record["events"] if event["kind"] == "semantic"]
    assert found and rows["semantic_per_1000"] > 0
