"""In-context against explicit search: the contenders, mixing settings, what a budget does not reach, by level."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cli import main
from harness.core import NotComparableError, UsageError
from harness.run import Run
from harness.verifiers.toy import Toy
from reports import equal_cost, in_context, sides
from reports.in_context import Contender
from reports.sides import Side
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A toy that thinks: two budgets and none, draws, a beam search at two sizes."""
    task, out = small_task(40), tmp_path_factory.mktemp("runs")
    toy: dict[str, Any] = {"thinking": 4, "step_accuracy": 0.8}
    verified: dict[str, Any] = {"verifier": Toy("default", noise=0.4), "verifier_name": "toy/default"}
    plans = {
        "short": toy_plan(task, strategy="budget_forcing", waits=0, thinking_budget=40, **toy),
        "long": toy_plan(task, strategy="budget_forcing", waits=0, thinking_budget=100, **toy),
        "free": toy_plan(task, strategy="budget_forcing", waits=2, **toy),
        "draws": toy_plan(task, n=6, **toy),
        "beam": toy_plan(task, strategy="beam", n=2, width=2, max_steps=6, **toy, **verified),
        "wide": toy_plan(task, strategy="beam", n=6, width=2, max_steps=6, **toy, **verified),
    }
    with GradingPool(workers=1) as pool:
        return {name: run(plan, out, pool).folder for name, plan in plans.items()}


def several(runs: dict[str, Path], *names: str) -> list[Side]:
    return [sides.of_run(Run.open(runs[name])) for name in names or runs]


def test_runs_of_one_cost_join_and_draws_have_their_own_curve(runs: dict[str, Path]) -> None:
    data = in_context.compare(several(runs))
    assert data["reference"] == "own thinking"
    assert [(c["kind"], c["settings"]) for c in data["contenders"]] == [
        ("own thinking", 3), ("majority of samples", 6), ("search", 2)
    ]  # fmt: skip
    assert data["problems"] == 40
    assert {r["value_of_group"] for r in data["rows"]} == {1, 2, 3, 4, None}
    json.dumps(data, allow_nan=False)


def test_two_runs_at_one_cost_are_what_compare_says(runs: dict[str, Path]) -> None:
    """At the search's own cost against draws the numbers are those of `harness compare --at-equal`."""
    beam, draws = several(runs, "beam", "draws")
    data = in_context.compare([beam, draws])
    theirs = equal_cost.compare(beam, draws, axis="generated")["rows"][0]
    [row] = [r for r in data["rows"] if r["value_of_group"] is None and r["kind"] == "majority of samples"]
    assert data["reference"].startswith("search")
    assert (row["budget"], row["value"]) == (pytest.approx(theirs["budget"]), pytest.approx(theirs["b"]))
    for name in ("difference", "low", "high"):
        assert row[name] == pytest.approx(theirs[name])


def test_between_settings_it_is_a_coin_and_outside_nothing() -> None:
    values, costs = np.array([[0.0, 1.0], [0.0, 0.5]]), np.array([[10.0, 30.0], [30.0, 50.0]])
    made = Contender("x", "search", values, costs, False)
    even = np.array([[0.5, 0.5]])
    assert made.at(even, np.array([30.0])) == pytest.approx([0.375])
    assert made.reaches(even, 20) and made.reaches(even, 40)
    assert not made.reaches(even, 15) and not made.reaches(even, 45)
    swapped = Contender("x", "search", values[:, ::-1], costs[:, ::-1], False)
    assert swapped.at(even, np.array([30.0])) == pytest.approx([0.375])


def test_what_a_contender_cannot_spend_is_null(runs: dict[str, Path]) -> None:
    rows = in_context.compare(several(runs))["rows"]
    assert all((r["value"] is None) == (r["difference"] is None) for r in rows)
    assert any(r["value"] is None for r in rows)
    own = [r for r in rows if r["kind"] == "own thinking"]
    assert all(r["difference"] == 0 and r["low"] is None for r in own)
    for r in rows:
        if r["low"] is not None:
            assert r["low"] <= r["difference"] + 1e-12 and r["difference"] <= r["high"] + 1e-12


def test_what_cannot_be_compared_is_refused(runs: dict[str, Path]) -> None:
    with pytest.raises(UsageError, match="Did you mean 'total'"):
        in_context.compare(several(runs), axis="totl")
    with pytest.raises(NotComparableError, match="another strategy"):
        in_context.compare(several(runs, "short", "long"))
    one, other = several(runs, "draws", "beam")
    elsewhere = {**other.lines.head, "identity": {**other.lines.identity, "task": {"name": "else"}}}
    moved = replace(other, lines=replace(other.lines, head=elsewhere))
    with pytest.raises(NotComparableError, match="differ in task"):
        in_context.compare([one, moved])


def test_the_command_in_every_form(runs: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(folder) for folder in runs.values()]
    for form in ("md", "csv", "json", "html"):
        assert main(["report", *folders, "--at-equal", "generated", "--format", form]) == 0
        assert "own thinking" in capsys.readouterr().out
    shown = in_context.view(in_context.compare(several(runs)))
    assert all(len(line) == len(shown.header) for line in shown.body)
    assert main(["report", *folders, "--at-equal", "generated", "--k", "1"]) == UsageError.code
    assert "--at-equal" in capsys.readouterr().err
