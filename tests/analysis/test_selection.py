"""Pool, choice and loss add up; the verifier's quality is that of its scores."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.analysis.selection import Choice, choices_of, quality_rows, selection_rows
from harness.run import Run
from harness.verifiers.oracle import Oracle
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from scorers.quality import auroc
from support import lines, run, small_task, toy_plan


def index(rows: list[dict[str, Any]]) -> dict[tuple[Any, str, str | None], Any]:
    return {(row["value_of_group"], row["metric"], row.get("rule")): row["value"] for row in rows}


def test_what_search_adds_and_what_choosing_loses(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(small_task(16), strategy="best_of_n", n=4, step_accuracy=0.6, verifier=ToyVerifier("t", noise=0.8))
    opened = Run.open(run(plan, tmp_path, pool).folder)
    found = index(selection_rows(choices_of(opened)))
    problems = lines(opened.folder / "problems.jsonl")
    assert found[None, "oracle", None] == sum(p["c"] > 0 for p in problems) / 16
    assert found[None, "mean", None] == sum(p["c"] / p["n"] for p in problems) / 16
    for level in (None, 1, 2, 3, 4):
        for rule in ("best", "majority", "first", "weighted_majority"):
            kept, lost = found[level, "chosen", rule], found[level, "lost", rule]
            assert kept + lost == pytest.approx(found[level, "oracle", None])
    responses = lines(opened.folder / "responses.jsonl")
    quality = index(quality_rows(choices_of(opened)))
    whole = auroc([r["score"] for r in responses], [r["correct"] for r in responses])
    assert quality[None, "auroc", None] == pytest.approx(whole)
    assert 0 < quality[None, "brier", None] < 1


def test_an_oracle_loses_nothing_and_is_perfect(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(small_task(16), strategy="best_of_n", n=4, step_accuracy=0.6, verifier=Oracle())
    found = choices_of(Run.open(run(plan, tmp_path, pool).folder))
    assert index(selection_rows(found))[None, "lost", "best"] == 0
    quality = index(quality_rows(found))
    assert (quality[None, "auroc", None], quality[None, "auroc_within", None]) == (1, 1)
    assert (quality[None, "brier", None], quality[None, "ece", None]) == (0, 0)


def test_unjudged_candidates_leave_the_problem_out() -> None:
    line: dict[str, Any] = {"level": 1, "c": 1, "choices": {"first": {"index": 0, "correct": True}}}
    judged = Choice(line, [{"correct": True, "score": None}])
    open_one = Choice(line, [{"correct": True, "score": None}, {"correct": None, "score": None}])
    rows = selection_rows([judged, open_one])
    assert {(row["problems"], row["unjudged"]) for row in rows} == {(1, 1)}
    assert quality_rows([judged]) == []


def test_step_scores_stand_beside_roll_outs() -> None:
    line: dict[str, Any] = {"level": 1, "c": 1, "choices": {}}
    nodes = [{"score": 0.8, "rollout_value": 1.0}, {"score": 0.5, "rollout_value": 0.25}]
    rows = index(quality_rows([Choice(line, [{"correct": True, "score": 0.5}], nodes)]))
    assert rows[None, "rollout_mae", None] == pytest.approx((0.2 + 0.25) / 2)
    assert rows[None, "rollout_brier", None] == pytest.approx((0.04 + 0.0625) / 2)
