"""Parquet tables are read back by pandas and datasets, with the run's own numbers in them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from exchange import CLEANED, export
from harness.run import Run
from support import lines


def test_tables_hold_what_the_runs_hold(
    sampled: Run, searched: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export("parquet", [sampled, searched], tmp_path / "out") == 0
    tables = {path.stem: pd.read_parquet(path) for path in (tmp_path / "out").iterdir()}
    assert set(tables) == {"responses", "problems", "metrics", "nodes"}
    said = capsys.readouterr().out
    for run in (sampled, searched):
        for name in ("responses", "problems"):
            table = tables[name][tables[name]["run"] == run.name]
            assert len(table) == len(lines(run.folder / f"{name}.jsonl"))
            assert f"{len(tables[name])} {name}" in said
        metrics = tables["metrics"][tables["metrics"]["run"] == run.name]
        for row, own in zip(metrics.to_dict("records"), run.results()["metrics"], strict=True):
            for name in ("metric", "k", "group", "value", "se", "low", "high", "problems"):
                assert row[name] == own[name] or (pd.isna(row[name]) and own[name] is None), name
    responses = tables["responses"]
    judged = responses[responses["run"] == sampled.name]
    value = judged.groupby("problem_id")["correct"].mean().mean()
    (row,) = [r for r in sampled.results()["metrics"] if (r["metric"], r["k"], r["group"]) == ("pass@k", 1, "all")]
    assert value == pytest.approx(row["value"])
    trees = {tree["problem_id"]: tree["nodes"] for tree in lines(searched.folder / "trees.jsonl")}
    nodes = tables["nodes"]
    for problem_id, own_nodes in trees.items():
        table = nodes[nodes["problem_id"] == problem_id].set_index("id")
        assert len(table) == len(own_nodes)
        assert [None if pd.isna(p) else int(p) for p in table["parent"]] == [n["parent"] for n in own_nodes]
        assert list(table["step"]) == [n["step"] for n in own_nodes]


@pytest.mark.filterwarnings("ignore")  # datasets' own, of its dependencies
def test_datasets_reads_them(sampled: Run, tmp_path: Path) -> None:
    from datasets import Dataset

    assert export("parquet", [sampled], tmp_path / "out") == 0
    assert not (tmp_path / "out" / "nodes.parquet").exists()
    read = Dataset.from_parquet(str(tmp_path / "out" / "responses.parquet"), cache_dir=str(tmp_path / "cache"))
    assert [row["text"] for row in read] == [r["text"] for r in lines(sampled.folder / "responses.jsonl")]


def test_hostile_text_is_cleaned_where_it_must_be_and_said(
    hostile: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export("parquet", [hostile], tmp_path / "out") == 0
    responses = pd.read_parquet(tmp_path / "out" / "responses.parquet")
    assert responses["text"][0] == CLEANED
    problems = pd.read_parquet(tmp_path / "out" / "problems.parquet")
    assert problems["error"][1] == CLEANED
    assert problems["correct"][0] is None
    assert "lone surrogates" in capsys.readouterr().out
