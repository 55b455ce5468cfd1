"""Does more thinking pay? By hand on small cases, against scipy, without an effect and with a known one, as tables."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.analysis import effort
from harness.cli import main
from harness.outcomes import Outcome
from harness.run import Run
from reports import effort as tables
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


def outcome(number: int, responses: list[tuple[int, bool]], *, answers: str = "", cut: Any = ()) -> Outcome:
    lines = [
        {
            "answer": a, "canonical": a, "correct": right, "score": None,
            "finish_reason": "length" if i in cut else "eos",
            "usage": {"completion_tokens": tokens, "thinking_tokens": 0},
        }
        for i, ((tokens, right), a) in enumerate(zip(responses, answers or "a" * len(responses), strict=True))
    ]  # fmt: skip
    return Outcome.of({"problem_id": f"p/{number}", "status": "ok", "level": 1}, lines)


def metric(rows: list[dict[str, Any]], name: str, scope: str = "all") -> dict[str, Any]:
    [found] = [r for r in rows if r["metric"] == name and r.get("scope", scope) == scope]
    return found


def test_ranks_by_length_with_ties_shared() -> None:
    found = [outcome(1, [(30, False), (10, True), (20, True)]), outcome(2, [(5, True), (5, False), (9, False)])]
    rows = effort.by_rank(found)
    assert [r["value"] for r in rows] == [0.75, 0.75, 0.0]
    assert [r["tokens"] for r in rows] == [7.5, 12.5, 19.5]
    assert effort.by_rank([outcome(1, [(3, True)])]) == []


def test_many_responses_are_shown_in_fifths_and_short_problems_left_out() -> None:
    many = [outcome(i, [(t, t > 10) for t in range(1, 21)]) for i in range(3)]
    rows = effort.by_rank([*many, outcome(9, [(1, True)])])
    assert [r["value"] for r in rows] == [0, 0, 0.5, 1, 1]
    assert {r["problems"] for r in rows} == {3}


def test_right_against_wrong_within_a_problem() -> None:
    found = [outcome(1, [(10, True), (40, False)]), outcome(2, [(20, True), (20, False)]), outcome(3, [(99, True)] * 2)]
    rows = effort.within(found)
    assert metric(rows, "longer")["value"] == pytest.approx(-1)  # log2 of ¼ and of 1
    assert metric(rows, "longer")["factor"] == pytest.approx(0.5)
    assert metric(rows, "longer")["problems"] == 2
    assert metric(rows, "right_is_shorter")["value"] == 0.75


def test_the_cut_ones_can_be_left_out() -> None:
    found = [outcome(i, [(10, True), (11, False), (90, False)], cut=[2]) for i in range(4)]
    rows = effort.within(found)
    assert metric(rows, "longer", "whole")["factor"] == pytest.approx(10 / 11)
    assert metric(rows, "longer", "all")["factor"] < 0.5


def test_the_stratified_test_is_wilcoxon_s_for_one_problem() -> None:
    from scipy.stats import mannwhitneyu

    rng = np.random.default_rng(0)
    lengths, right = rng.integers(1, 30, 40), rng.uniform(size=40) < 0.4
    own = [(int(t), bool(r), False) for t, r in zip(lengths, right, strict=True)]
    theirs = mannwhitneyu(lengths[right], lengths[~right], method="asymptotic", use_continuity=False).pvalue
    assert effort.van_elteren([("p", own)]) == pytest.approx(theirs)
    assert effort.van_elteren([("p", [(5, True, False), (5, False, False)])]) is None


def test_the_test_keeps_its_level_though_hard_problems_are_long() -> None:
    """Length depends on the problem and not on being right: across problems it looks bad, within it says nothing."""
    rng = np.random.default_rng(2)
    alarms, slopes = 0, []
    for _ in range(150):
        hard = rng.uniform(size=25)
        found = [
            outcome(i, [(int(50 * 2 ** (3 * h + rng.normal())) + 1, bool(rng.uniform() > h)) for _ in range(5)])
            for i, h in enumerate(hard)
        ]
        alarms += metric(effort.within(found), "right_is_shorter")["p"] < 0.05
        slopes.append(effort.across(found)[0]["value"])
    assert alarms <= 17  # of 150; more has probability 0.001 at 5 %
    assert np.mean(slopes) < -0.05


def test_across_has_a_line_and_its_check() -> None:
    rng = np.random.default_rng(1)
    found = [outcome(i, [(int(2**x), bool(rng.uniform() < x / 12)) for x in rng.uniform(2, 10, 4)]) for i in range(200)]
    rows = effort.across(found)
    assert rows[0]["low"] < 1 / 12 < rows[0]["high"]
    assert rows[0]["bend"] > 0.001
    assert [r["rank"] for r in rows[1:]] == [1, 2, 3, 4, 5]
    assert all(abs(r["value"] - r["fitted"]) < 0.12 for r in rows[1:])
    assert sum(r["responses"] for r in rows[1:]) == 800


def test_attempts_in_order() -> None:
    found = [
        outcome(1, [(5, False), (6, True), (7, True)], answers="xyy"),
        outcome(2, [(1, True), (2, False), (3, False)], answers="yxx"),
    ]
    rows = effort.attempts(found)
    assert [r["value"] for r in rows] == [0.5, 0.5, 0.5]
    assert [r["any_right"] for r in rows] == [0.5, 1, 1]
    assert [r["majority"] for r in rows] == [0.5, 0.5, 0.5]
    assert [(r["wrong_to_right"], r["right_to_wrong"]) for r in rows] == [(None, None), (1, 1), (0, 0)]
    assert [r["tokens"] for r in rows] == [3, 7, 12]


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """A toy that thinks in up to five attempts: draws, revisions, and thinking cut at three budgets."""
    out, task = tmp_path_factory.mktemp("runs"), small_task(60)
    toy: dict[str, Any] = {"thinking": 5, "step_accuracy": 0.75}
    plans = [toy_plan(task, n=4, **toy), toy_plan(task, strategy="revise", attempts=3, **toy)]
    plans += [toy_plan(task, strategy="budget_forcing", waits=0, thinking_budget=b, **toy) for b in (30, 60, 400)]
    with GradingPool(workers=1) as pool:
        return [Run.open(run(plan, out, pool).folder) for plan in plans]


def test_a_series_of_budgets_pays_what_the_toy_gains(series: list[Run]) -> None:
    [view] = [v for v in tables.views(series) if v.caption.startswith("a series of budgets")]
    points = [r for r in view.rows if r["metric"] == "budget_series"]
    assert [r["tokens"] for r in points] == sorted(r["tokens"] for r in points)
    assert [r["value"] for r in points] == sorted(r["value"] for r in points)
    assert all(r["thinking_tokens"] < r["tokens"] for r in points)
    assert points[0]["forced_tokens"] > points[-1]["forced_tokens"]
    [trend] = [r for r in view.rows if r["metric"] == "budget_trend"]
    assert trend["low"] > 0


def test_sequential_meets_parallel_at_equal_tokens(series: list[Run]) -> None:
    [view] = [v for v in tables.views(series) if v.caption.startswith("sequential against parallel")]
    [row] = [r for r in view.rows if "revise" in r["sequential"]]
    assert row["low"] <= row["difference"] == pytest.approx(row["b"] - row["a"]) and row["difference"] <= row["high"]
    assert sum(line[-1] == "no cost in common" for line in view.body) >= 2  # small budgets spend less than one draw


def test_every_table_is_whole_and_in_every_form(series: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    shown = tables.views(series)
    assert all(len(line) == len(view.header) for view in shown for line in view.body)
    folders = [str(r.folder) for r in series]
    for form in ("md", "csv", "json", "html"):
        assert main(["report", *folders, "--thinking", "--format", form]) == 0
        out = capsys.readouterr().out
        assert "accuracy_by_length_rank" in out if form in ("csv", "json") else "accuracy at each attempt" in out
        assert form != "json" or len(json.loads(out)) == sum(len(view.rows) for view in shown)


def test_one_greedy_run_has_what_it_can_have(tmp_path: Path) -> None:
    with GradingPool(workers=1) as pool:
        made = Run.open(run(toy_plan(small_task(12), strategy="greedy"), tmp_path, pool).folder)
    assert [view.caption.split(" · ")[0] for view in tables.views([made])] == ["accuracy by length across problems"]
