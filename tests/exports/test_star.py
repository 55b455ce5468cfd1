"""STaR pairs through the command line: which responses become rows, and what a row says of itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from exporting import evaluate, star
from harness.cli import main
from harness.exports.star import Found, pick, resemblance
from harness.run import Run


def correct(run: Run) -> dict[tuple[str, int], dict[str, Any]]:
    found = run.lines("responses.jsonl")
    return {(r["problem_id"], r["index"]): r for r in found if r["correct"] and r["finish_reason"] == "eos"}


def test_rows_are_the_correct_whole_and_different_responses(tmp_path: Path) -> None:
    run = evaluate(tmp_path, "-S", "n=6", "--max-tokens", "60")
    rows = star(tmp_path, str(run.folder))
    right = correct(run)
    texts = {(problem, " ".join(r["text"].split())) for (problem, _), r in right.items()}
    assert {(r["provenance"]["problem_id"], " ".join(r["completion"][0]["content"].split())) for r in rows} == texts
    assert len(rows) == len(texts) > 0
    for row in rows:
        about = row["provenance"]
        response = right[about["problem_id"], about["response"]]
        assert row["completion"] == [{"role": "assistant", "content": response["text"]}]
        [asked] = row["prompt"]
        assert asked["role"] == "user"
        assert asked["content"].startswith(f"What is {about['problem_id'].split('/')[1]} + ")
        assert about["identity"] == run.manifest["identity_digest"]
        assert (about["scorer"], about["scorer_version"]) == ("scorers.math_answer:grade", _version(run))
        assert about["uses_gold"] is False
    summary = json.loads((tmp_path / "out.jsonl.summary.json").read_text())
    total = summary["levels"][-1]
    assert total["problems"] == 20
    assert total["rows"] == summary["rows"] == len(rows)
    assert total["correct"] == total["rows"] + total["duplicates"] + total["cut"]
    assert sum(level["rows"] for level in summary["levels"][:-1]) == len(rows)


def _version(run: Run) -> str:
    return str(run.manifest["identity"]["scorer"]["version"])


def test_the_cap_and_the_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(evaluate(tmp_path, "-S", "n=6").folder)
    everything = star(tmp_path, run)
    shortest = star(tmp_path, run, "--max-per-problem", "1", "--form", "messages")
    assert "share with a row" in capsys.readouterr().out
    by_problem: dict[str, list[str]] = {}
    for row in everything:
        by_problem.setdefault(row["provenance"]["problem_id"], []).append(row["completion"][0]["content"])
    assert len(shortest) == len(by_problem) < len(everything)
    for row in shortest:
        text = row["messages"][-1]["content"]
        assert len(text) == min(map(len, by_problem[row["provenance"]["problem_id"]]))
    plain = star(tmp_path, run, "--form", "text", "--max-per-problem", "2", "--pick", "varied")
    assert max(sum(p["provenance"]["problem_id"] == i for p in plain) for i in by_problem) == 2
    assert all(row["prompt"].startswith("What is") and isinstance(row["completion"], str) for row in plain)
    seeded = [star(tmp_path, run, "--max-per-problem", "1", "--pick", "seeded", "--seed", s) for s in ("1", "1", "2")]
    assert seeded[0] == seeded[1] != seeded[2]


def test_the_same_response_of_two_runs_counts_once(tmp_path: Path) -> None:
    small = evaluate(tmp_path, "-S", "n=2")
    large = evaluate(tmp_path, "-S", "n=6")  # the same seeds: its first two draws are those of the other run
    alone = star(tmp_path, str(large.folder))
    both = star(tmp_path, str(small.folder), str(large.folder))
    assert len(both) == len(alone)
    assert {row["provenance"]["run"] for row in both} == {small.name, large.name}


def test_rationalisation_serves_what_nothing_else_solves_and_leaves_the_hint_out(tmp_path: Path) -> None:
    asked = evaluate(tmp_path, "-S", "n=1", "--seed", "3")
    again = evaluate(tmp_path, "--unsolved", str(asked.folder), "-S", "n=8", strategy="rationalize")
    failed = {p["problem_id"] for p in asked.lines("problems.jsonl") if not p["c"]}
    assert failed == set(again.manifest["problem_ids"])
    assert again.manifest["strategy_uses_gold"] is True
    rows = star(tmp_path, str(again.folder), str(asked.folder))
    hinted = [row for row in rows if row["provenance"]["rationalised"]]
    assert {row["provenance"]["problem_id"] for row in hinted} <= failed
    assert {row["provenance"]["run"] for row in hinted} == {again.name}
    assert len(hinted) > 0
    for row in rows:
        assert "final answer is" not in row["prompt"][0]["content"]
        assert row["provenance"]["uses_gold"] is row["provenance"]["rationalised"]


def test_the_model_reads_the_hint(tmp_path: Path) -> None:
    run = evaluate(tmp_path, "-S", "n=1", "-S", "hint=<{answer}>", "--limit", "1", strategy="rationalize")
    longer = evaluate(tmp_path, "-S", "n=1", "--limit", "1")
    [hinted], [plain] = ([r["usage"]["prompt_tokens"] for r in each.lines("problems.jsonl")] for each in (run, longer))
    assert hinted > plain


def test_a_dry_run_counts_the_calls_with_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    command = ["eval", "game24", "--model", "toy/default", "--limit", "2", "--strategy", "rationalize", "-S", "n=3"]
    assert main([*command, "--dry-run", "--json"]) == 0
    [plan] = json.loads(capsys.readouterr().out)
    assert plan["calls"] == 6


def test_what_cannot_be_exported_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(evaluate(tmp_path, "-S", "n=1", "-M", "step_accuracy=0.01").folder)
    where = ["-o", str(tmp_path / "x.jsonl"), "--include-path", str(tmp_path / "tasks")]
    for argv, code, words in (
        (["export", run, "--format", "stars", *where], 2, "Did you mean 'star'?"),
        (["export", run, *where], 2, "--format"),
        (["export", run, "--format", "star", *where], 5, "nothing to train on"),
        (["export", run, "--format", "meta-star", *where], 2, "'sample' keeps none"),
        (["export", str(tmp_path), "--format", "star", *where], 2, "There is no run"),
        (["export", run, "--format", "star", "--max-per-problem", "0", *where], 2, "starts at 1"),
    ):
        capsys.readouterr()
        assert main(argv) == code
        err = capsys.readouterr().err
        assert words in err
        assert "Traceback" not in err
    assert not (tmp_path / "x.jsonl").exists()


def test_a_task_that_changed_since_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = evaluate(tmp_path, "-S", "n=2")
    data = tmp_path / "tasks" / "sums_data.py"
    data.write_text(data.read_text().replace("What is", "How much is"))
    where = ["-o", str(tmp_path / "x.jsonl"), "--include-path", str(tmp_path / "tasks")]
    assert main(["export", str(run.folder), "--format", "star", *where]) == 2
    assert "is not what" in capsys.readouterr().err


def _found(number: int, length: int, *triples: int) -> Found:
    return Found(0, ("t", "p"), number, bytes([number]), length, length, frozenset(triples))


def test_varied_takes_what_is_least_like_what_is_kept() -> None:
    many = [_found(0, 10, 1, 2, 3), _found(1, 11, 1, 2, 4), _found(2, 12, 7, 8, 9), _found(3, 13, 7, 8, 4)]
    assert [each.index for each in pick(many, 2, "varied", 0)] == [0, 2]
    assert [each.index for each in pick(many[::-1], 3, "varied", 0)] == [0, 2, 1]
    assert [each.index for each in pick(many, 2, "shortest", 0)] == [0, 1]
    assert resemblance(frozenset({1, 2, 3}), frozenset({2, 3, 4})) == 0.5
