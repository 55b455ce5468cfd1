"""Baseline files: what they hold, that they hold no text, that they come back as they were, and what is refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from harness.baseline import asked, baseline, lines, read, reduce, require_comparable, value
from harness.cli import main
from harness.core import NotComparableError, UsageError
from harness.run import Run
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, pool: GradingPool) -> Path:
    return run(toy_plan(small_task(12)), tmp_path_factory.mktemp("runs"), pool).folder


def test_its_values_are_the_runs_own_results(folder: Path) -> None:
    opened = Run.open(folder)
    made = baseline(opened)
    rows = [r for r in opened.results()["metrics"] if r["group"] == "all" and r["metric"] in ("pass@k", "maj@k")]
    for row in [*rows, {"metric": "accuracy", "k": None, **opened.results()["metrics"][0]}]:
        metric = row["metric"] if row["k"] is None else row["metric"].replace("k", str(row["k"]))
        values = made.values(metric)
        assert len(values) == row["problems"] == 12
        assert sum(values.values()) / 12 == pytest.approx(row["value"], abs=1e-5), metric
    assert made.tokens == opened.results()["usage"]["asked"]["completion_tokens"]
    assert made.head["totals"]["problems"]["finished"] == 12


def test_a_file_is_read_as_it_was_written_and_is_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    made = baseline(Run.open(folder))
    path = tmp_path / "b.jsonl"
    path.write_text(lines([made, made]))
    assert read(path) == [made, made]
    assert lines([baseline(Run.open(folder))]) == lines([made])
    text = path.read_text().splitlines()
    assert len(text) == 2 * (1 + len(made.metrics) + 12), "a line per problem, so that diffs are readable"


def test_it_holds_no_problem_no_answer_and_no_response(folder: Path) -> None:
    text = lines([baseline(Run.open(folder))])
    assert "What is" not in text
    assert "boxed" not in text
    for line in text.splitlines():
        record = json.loads(line)
        assert not {"gold", "answer", "text", "canonical"} & set(record)
    assert len(text) < 12 * 250 + 6000  # a line per problem, and the head with its metrics


def test_a_run_is_reduced_without_votes_where_nobody_wants_them(folder: Path) -> None:
    less = reduce(Run.open(folder), votes=False)
    assert all(problem["values"] == {} for problem in less.problems.values())
    assert less.values("pass@2") == baseline(Run.open(folder)).values("pass@2")


LINE = {"n": 4, "c": 1, "unjudged": 1, "correct": None, "values": {"maj@2": 0.25}}


@pytest.mark.parametrize(
    ("metric", "truth"),
    [
        ("accuracy", None), ("pass@1", 1 / 3), ("pass@2", 2 / 3), ("pass@4", None), ("pass^2", 0), ("maj@1", 1 / 3),
        ("maj@2", 0.25), ("maj@3", None), ("best@1", 1 / 3), ("wmaj@2", None),
    ],
)  # fmt: skip
def test_values_of_a_line(metric: str, truth: float | None) -> None:
    assert value(LINE, metric) == (truth if truth is None else pytest.approx(truth))


@pytest.mark.parametrize("metric", ["acc", "pass@0", "pass@", "maj@k", ""])
def test_metrics_that_there_are_not(metric: str) -> None:
    with pytest.raises(UsageError, match="is not known"):
        value(LINE, metric)


def test_what_differs_is_named(folder: Path) -> None:
    identity = Run.open(folder).manifest["identity"]
    other = {**identity, "model": "x", "sampling": {**identity["sampling"], "seed": 7}}
    require_comparable(identity, other)
    other["sampling"] = {**identity["sampling"], "max_tokens": 3}
    other["strategy"] = {"name": "sample", "parameters": {"n": 2}}
    with pytest.raises(NotComparableError, match=r"differ in sampling\.max_tokens, strategy\.parameters\.n\. "):
        require_comparable(identity, other)
    assert "model" not in asked(identity)


def test_the_command_writes_the_file_or_prints_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "baselines" / "small.jsonl"
    assert main(["baseline", str(folder), "-o", str(path)]) == 0
    assert re.search(r"1 run, 12 problems, [\d,]+ bytes", capsys.readouterr().out)
    assert main(["baseline", str(folder)]) == 0
    assert capsys.readouterr().out == path.read_text()


def test_a_run_that_is_not_complete_is_no_baseline(
    tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(toy_plan(), tmp_path, pool).folder
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "state": "stopped"}))
    assert main(["baseline", str(folder), "-o", str(tmp_path / "b")]) == 3
    assert "is stopped" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("{", "line 1"),
        ("[1]\n", "line 1"),
        ('{"schema":"harness.run/1"}\n', "line 1"),
        ('{"problem_id":"a","n":1,"c":1,"unjudged":0,"completion_tokens":1}\n', "line 1"),
        ("HEAD\n" + '{"problem_id":"a","n":1,"c":2,"unjudged":0,"completion_tokens":1}\n', "line 2"),
        ("HEAD\n" + '{"problem_id":"a","n":1}\n', "line 2"),
    ],
)
def test_files_that_are_no_baseline(text: str, message: str, folder: Path, tmp_path: Path) -> None:
    head = json.dumps(baseline(Run.open(folder)).head)
    path = tmp_path / "b.jsonl"
    path.write_text(text.replace("HEAD", head))
    with pytest.raises(UsageError, match=message):
        read(path)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="no text"):
        read(tmp_path / "binary")
