"""Logs are read back by Inspect's own readers: samples, verdicts, totals, and the search tree as a tree of spans."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from exchange import CLEANED, export
from harness.run import Run
from support import lines

inspect_log = pytest.importorskip("inspect_ai.log")


def exported(run: Run, out: Path, sums: Path) -> Any:
    """The log as Inspect reads it."""
    assert export("inspect", [run], out, "--include-path", str(sums)) == 0
    (path,) = out.glob("*.eval")
    return inspect_log.read_eval_log(str(path))


def test_samples_scores_and_totals_are_the_runs(sampled: Run, sums: Path, tmp_path: Path) -> None:
    log = exported(sampled, tmp_path, sums)
    about = (log.status, log.eval.model, log.eval.solver, log.eval.config.epochs)
    assert about == ("success", "toy/org/model", "sample", 4)
    own = {(r["problem_id"], r["index"] + 1): r for r in lines(sampled.folder / "responses.jsonl")}
    assert {(sample.id, sample.epoch) for sample in log.samples} == set(own)
    for sample in log.samples:
        response = own[sample.id, sample.epoch]
        assert sample.output.completion == response["text"]
        (score,) = sample.scores.values()
        assert (score.value, score.answer) == ("C" if response["correct"] else "I", response["answer"])
    usage = sampled.results()["usage"]["asked"]
    total = log.stats.model_usage["toy/org/model"]
    assert (total.input_tokens, total.output_tokens) == (usage["prompt_tokens"], usage["completion_tokens"])
    summed = sum(sample.model_usage["toy/org/model"].output_tokens for sample in log.samples)
    assert summed == usage["completion_tokens"]
    rows = {(r["metric"], r["k"]): r["value"] for r in sampled.results()["metrics"] if r["group"] == "all"}
    metrics = log.results.scores[0].metrics
    assert metrics["accuracy"].value == rows["accuracy", None]
    assert metrics["pass@4"].value == rows["pass@k", 4]


def test_the_tree_is_a_tree_of_spans(searched: Run, sums: Path, tmp_path: Path) -> None:
    from inspect_ai.event import event_tree

    log = exported(searched, tmp_path, sums)
    trees = {tree["problem_id"]: tree["nodes"] for tree in lines(searched.folder / "trees.jsonl")}
    seen = 0
    for sample in log.samples:
        if sample.epoch != 1:
            assert sample.events == []
            continue
        nodes = trees[sample.id]
        (root,) = event_tree(sample.events)
        found: dict[int, int | None] = {}
        todo: list[tuple[Any, int | None]] = [(root, None)]
        while todo:
            span, parent = todo.pop()
            assert span.end is not None
            (info,) = [child for child in span.children if getattr(child, "event", None) == "info"]
            node = info.data["id"]
            found[node] = parent
            assert info.data["step"] == nodes[node]["step"]
            assert info.data["visits"] == nodes[node]["visits"]
            todo += [(child, node) for child in span.children if hasattr(child, "children")]
        assert found == {node["id"]: node["parent"] for node in nodes}
        seen += 1
    assert seen == 3
    verifier = log.stats.model_usage.get("toy/default")
    assert (verifier is None) == (searched.results()["usage"]["asked"]["verifier_tokens"] == 0)


@pytest.mark.filterwarnings("ignore")  # of Inspect's, about pandas
def test_samples_are_read_one_by_one_and_as_a_table(sampled: Run, sums: Path, tmp_path: Path) -> None:
    from inspect_ai.analysis import samples_df

    log = exported(sampled, tmp_path, sums)
    (path,) = tmp_path.glob("*.eval")
    read = list(inspect_log.read_eval_log_samples(str(path)))
    assert sorted(sample.uuid for sample in read) == sorted(sample.uuid for sample in log.samples)
    table = samples_df(str(path), quiet=True)
    right = (table["score_math_answer"] == "C").groupby(table["id"]).mean().mean()
    (row,) = [r for r in sampled.results()["metrics"] if (r["metric"], r["k"], r["group"]) == ("pass@k", 1, "all")]
    assert right == pytest.approx(row["value"])


def test_what_failed_and_what_is_hostile(
    hostile: Run, sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = exported(hostile, tmp_path, sums)
    assert "lone surrogates" in capsys.readouterr().out
    problems = lines(hostile.folder / "problems.jsonl")
    (failed,) = [sample for sample in log.samples if sample.id == problems[1]["problem_id"]]
    assert failed.error.message == CLEANED
    assert failed.scores is None
    unjudged = [sample for sample in log.samples if sample.id == problems[0]["problem_id"]]
    assert unjudged[0].output.completion == CLEANED
    assert all(math.isnan(score.value) for sample in unjudged for score in sample.scores.values())


def test_one_file_and_its_name(sampled: Run, greedy: Run, sums: Path, tmp_path: Path) -> None:
    include = ("--include-path", str(sums))
    assert export("inspect", [sampled], tmp_path / "one.eval", *include) == 0
    assert inspect_log.read_eval_log(str(tmp_path / "one.eval"), header_only=True).eval.task == "sums"
    assert export("inspect", [sampled, greedy], tmp_path / "two.eval", *include) == 2
    assert export("inspect", [sampled, greedy], tmp_path / "logs", *include) == 0
    infos = inspect_log.list_eval_logs(str(tmp_path / "logs"))
    assert {info.task for info in infos} == {"sums"}
    assert len(infos) == 2
    assert {path.suffix for path in (tmp_path / "logs").iterdir()} == {".eval"}
