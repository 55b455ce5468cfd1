"""Anytime curves end where the run ended, never sink in the pool, and agree with runs that really had the budget."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.anytime import ORACLE, budgets, candidate_times, curve, timelines
from harness.cli import main
from harness.run import Run
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import lines, run, small_task, toy_plan


def made(out: Path, pool: GradingPool, strategy: str, **options: Any) -> Run:
    plan = toy_plan(
        small_task(8), strategy=strategy, step_accuracy=0.75, verifier=ToyVerifier("default", noise=0.4), **options
    )
    return Run.open(run(plan, out, pool).folder)


def value(rows: list[dict[str, Any]], rule: str, place: int) -> float:
    return [row["value"] for row in rows if row["rule"] == rule][place]


@pytest.mark.parametrize("strategy", ["beam", "best_first", "dvts", "lookahead", "particle_filter"])
def test_the_last_point_of_a_tree_is_the_run(strategy: str, tmp_path: Path, pool: GradingPool) -> None:
    opened = made(tmp_path, pool, strategy)
    rows = curve(opened)
    problems = lines(opened.folder / "problems.jsonl")
    for rule in ("best", "majority", "weighted_majority"):
        expected = sum(p["choices"][rule]["correct"] for p in problems) / len(problems)
        assert value(rows, rule, -1) == pytest.approx(expected)
    pool_curve = [row["value"] for row in rows if row["rule"] == ORACLE]
    assert pool_curve == sorted(pool_curve), "a candidate that was there does not go away"
    assert pool_curve[-1] == sum(p["c"] > 0 for p in problems) / len(problems)
    spent = sum(p["usage"]["completion_tokens"] for p in problems) / len(problems)
    assert rows[-1]["completion_tokens"] == pytest.approx(spent)
    total = [p["usage"] for p in problems]
    everything = sum(u["prompt_tokens"] + u["completion_tokens"] + u["verifier_tokens"] for u in total) / len(total)
    assert rows[-1]["total_tokens"] == pytest.approx(everything)


def test_without_a_tree_it_is_the_exact_expectation(tmp_path: Path, pool: GradingPool) -> None:
    opened = made(tmp_path, pool, "best_of_n", n=8)
    metrics = {(r["metric"], r["k"]): r["value"] for r in opened.results()["metrics"] if r["group"] == "all"}
    rows = curve(opened)
    assert {row["k"] for row in rows} == {1, 2, 4, 8}
    names = {ORACLE: "pass@k", "majority": "maj@k", "best": "best@k", "weighted_majority": "wmaj@k"}
    for row in rows:
        if row["rule"] in names:
            assert row["value"] == pytest.approx(metrics[names[row["rule"]], row["k"]])
    tokens = {row["k"]: row["completion_tokens"] for row in rows}
    assert tokens[8] == pytest.approx(8 * tokens[1])


def test_a_candidate_is_there_when_its_tokens_are_spent() -> None:
    nodes = [
        {"made": 0, "tokens": 0, "candidate": None},
        {"made": 30, "tokens": 10, "candidate": 1},
        {"made": 30, "tokens": 20, "candidate": None},
        {"made": 45, "tokens": 15, "candidate": 0, "lookahead_tokens": 5},
    ]
    assert candidate_times(nodes, 2) == [50, 30]


def test_budgets_end_at_the_most() -> None:
    assert budgets(30, 100) == [16, 23, 32, 45, 64, 91, 100]
    assert budgets(0, 1) == [1]
    assert budgets(64, 64)[-1] == 64


def test_the_command_prints_every_format(tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(made(tmp_path, pool, "beam").folder)
    for view, word in (("--anytime", "budget"), ("--search", "oracle"), ("--cost", "serial_tokens")):
        for form in ("md", "csv", "html"):
            assert main(["report", folder, view, "--format", form]) == 0
            assert word in capsys.readouterr().out
        assert main(["report", folder, view, "--format", "json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert {"run", "task", "model", "strategy", "metric", "value", "low", "high", "problems"} <= set(rows[0])
    assert main(["report", folder]) == 0
    out = capsys.readouterr().out
    assert "**cost · small · beam · toy/default" in out
    assert "nodes" in out


def test_revisions_come_one_after_the_other(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(small_task(4), strategy="revise", attempts=3, memory=2, choose="last")
    opened = Run.open(run(plan, tmp_path, pool).folder)
    for line in timelines(opened):
        assert line.times is not None
        assert list(line.times) == sorted(line.times)
        assert line.times[-1] == line.spent
    assert all(row["k"] is None for row in curve(opened))
