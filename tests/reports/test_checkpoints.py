"""Checkpoint curves: the axis, the curves against the runs' own results, and the training that voting is worth."""

from __future__ import annotations

import csv
import io
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.backends.toy import Toy
from harness.cli import main
from harness.core import NotComparableError, UsageError
from harness.run import Run
from reports.checkpoints import Axis, Checkpoint, curves, equivalent, reach
from scorers.pool import GradingPool
from support import run, small_task, toy_plan

TASK = small_task(24)
STEPS = {100: 0.55, 200: 0.75, 400: 0.9}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, pool: GradingPool) -> list[Run]:
    """A greedy and a sampled run of three checkpoints, not in the order of training."""
    out = tmp_path_factory.mktemp("runs")
    found = []
    for step in (400, 100, 200):
        toy = Toy(f"checkpoint-{step}", TASK.problems, step_accuracy=STEPS[step])
        for strategy in ("greedy", "sample"):
            options = {"temperature": 0.0} if strategy == "greedy" else {"n": 8}
            plan = toy_plan(TASK, strategy=strategy, backend=toy, model=f"toy/checkpoint-{step}", **options)
            found.append(Run.open(run(plan, out, pool).folder))
    return found


@pytest.mark.parametrize(
    ("model", "spec", "x"),
    [
        ("hf/out/checkpoint-500", "steps", 500),
        ("hf/llama-8B/step_1500", "steps", 1500),
        ("vllm/olmo-step40k-tokens2B", "tokens", 2e9),
        ("vllm/olmo-step40k-tokens2B", r"steps=step(\d+k)", 40_000),
        ("hf/a/iter-0.5", "x", 0.5),
    ],
)
def test_the_coordinate_in_a_name(model: str, spec: str, x: float, tmp_path: Path) -> None:
    assert Axis.parse(spec).find(Run(tmp_path, {"model": model})) == x


def test_a_name_without_a_coordinate(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No steps in the model's name 'hf/llama-8B'"):
        Axis.parse("steps").find(Run(Path("runs/x"), {"model": "hf/llama-8B"}))


@pytest.mark.parametrize("text", ["", "steps=", "=1,2", "steps=(", "steps=abc", r"steps=(\d)(\d)"])
def test_axes_that_are_none(text: str) -> None:
    with pytest.raises(UsageError):
        Axis.parse(text)


def test_given_values() -> None:
    assert Axis.parse("examples=1,2.5k,3M").values == (1, 2500, 3e6)


def test_the_points_are_the_runs_own_results(runs: list[Run]) -> None:
    data = curves(runs, Axis.parse("steps"), resamples=50)
    assert [point["x"] for point in data["checkpoints"]] == [100, 200, 400]
    by_run = {run.name: run for run in runs}
    for point in data["checkpoints"]:
        own = [row for row in data["points"] if row["x"] == point["x"]]
        assert len(own) == 1 + 2 * 4
        for row in own:
            strategy = "greedy" if row["metric"] == "greedy" else "sample"
            [name] = [name for name in point["runs"] if strategy in name]
            metric = "accuracy" if strategy == "greedy" else row["metric"]
            [truth] = [
                r
                for r in by_run[name].results()["metrics"]
                if (r["metric"], r["k"], r["group"]) == (metric, row["k"], "all")
            ]
            for field in ("value", "low", "high", "problems"):
                assert row[field] == pytest.approx(truth[field]), (row, truth)


def test_values_in_the_order_of_the_checkpoints(runs: list[Run]) -> None:
    named = curves(runs, Axis.parse("steps"), resamples=50)
    given = curves(runs, Axis.parse("steps=400,100,200"), resamples=50)
    each = curves(runs, Axis.parse("steps=400,400,100,100,200,200"), resamples=50)
    assert named == given == each


def test_series_that_are_none(runs: list[Run], tmp_path: Path, pool: GradingPool) -> None:
    with pytest.raises(UsageError, match="2 values for 3 checkpoints in 6 runs"):
        curves(runs, Axis.parse("steps=1,2"))
    with pytest.raises(UsageError, match="Two models stand at steps 1"):
        curves(runs, Axis.parse("steps=1,1,2"))
    with pytest.raises(UsageError, match="Two sampled runs stand at steps 400"):
        curves([runs[1], runs[1]], Axis.parse("steps"))
    toy = Toy("checkpoint-800", TASK.problems)
    warm = toy_plan(TASK, backend=toy, model="toy/checkpoint-800", temperature=1.0)
    with pytest.raises(NotComparableError, match=r"differ in sampling\.temperature"):
        curves([*runs, Run.open(run(warm, tmp_path, pool).folder)], Axis.parse("steps"))
    other = small_task(20)
    less = toy_plan(other, strategy="greedy", backend=Toy("checkpoint-800", other.problems), model="toy/checkpoint-800")
    with pytest.raises(NotComparableError, match="problems"):
        curves([runs[1], Run.open(run(less, tmp_path, pool).folder)], Axis.parse("steps"))


def exact(xs: list[int], ys: list[Fraction], target: Fraction) -> Fraction | None:
    """The definition, step by step."""
    for i, y in enumerate(ys):
        if y >= target:
            return (
                Fraction(xs[0]) if i == 0 else xs[i - 1] + (target - ys[i - 1]) / (y - ys[i - 1]) * (xs[i] - xs[i - 1])
            )
    return None


@given(
    st.lists(st.tuples(st.integers(1, 50), st.fractions(0, 1, max_denominator=20)), min_size=1, max_size=8),
    st.fractions(0, 1, max_denominator=20),
)
def test_reach_is_its_definition(points: list[tuple[int, Fraction]], target: Fraction) -> None:
    xs = list(np.cumsum([x for x, _ in points]).tolist())
    ys = [y for _, y in points]
    truth = exact(xs, ys, target)
    found = float(reach(xs, [[float(y)] for y in ys], [float(target)])[0])
    assert found == pytest.approx(math.inf if truth is None else float(truth))


def series(*accuracies: float, problems: int = 400, final: float) -> list[Checkpoint]:
    """Checkpoints at 100, 200 … with right-or-wrong votes on shared problems, nested as difficulty would have it."""
    ids = [f"p{i}" for i in range(problems)]

    def right(share: float) -> dict[str, float]:
        return {p: float(i < share * problems) for i, p in enumerate(ids)}

    found = [Checkpoint(100.0 * (i + 1), "m") for i in range(len(accuracies))]
    for point, accuracy in zip(found, accuracies, strict=True):
        point.values["maj@k", 8] = right(accuracy)
    found[-1].values["greedy", None] = right(final)
    return found


def test_the_worth_of_voting() -> None:
    row = equivalent(series(0.2, 0.4, 0.8, final=0.5), 8, seed=0)
    assert row is not None
    assert row["x"] == pytest.approx(225)
    assert row["share_of_training"] == pytest.approx(0.75)
    assert row["low"] < 225 < row["high"]
    assert (row["at_first"], row["unreached"], row["problems"]) == (0, 0, 400)
    again = equivalent(series(0.2, 0.4, 0.8, final=0.5), 8, seed=0)
    other = equivalent(series(0.2, 0.4, 0.8, final=0.5), 8, seed=1)
    assert row == again
    assert other is not None
    assert row["low"] != other["low"]
    assert row["low"] == pytest.approx(other["low"], rel=0.02)


def test_pairing_narrows_the_interval() -> None:
    """Nested problems: what is hard for one checkpoint is hard for all, so the crossing hardly moves."""
    nested = series(0.2, 0.4, 0.8, final=0.5)
    shuffled = series(0.2, 0.4, 0.8, final=0.5)
    rng = np.random.default_rng(0)
    goal = shuffled[-1].values["greedy", None]
    shuffled[-1].values["greedy", None] = dict(zip(goal, rng.permutation(list(goal.values())), strict=True))
    widths = []
    for each in (nested, shuffled):
        row = equivalent(each, 8, seed=0)
        assert row is not None
        widths.append(row["high"] - row["low"])
    assert widths[0] < 0.8 * widths[1]


def test_never_and_at_once() -> None:
    never = equivalent(series(0.1, 0.2, 0.3, final=0.6), 8, seed=0)
    assert never is not None
    assert (never["x"], never["low"], never["high"], never["unreached"]) == (None, None, None, 1.0)
    at_once = equivalent(series(0.7, 0.8, 0.9, final=0.5), 8, seed=0)
    assert at_once is not None
    assert (at_once["x"], at_once["at_first"]) == (100, 1.0)
    sometimes = equivalent(series(0.2, 0.5, final=0.5), 8, seed=0)
    assert sometimes is not None
    assert sometimes["x"] == 200
    assert sometimes["high"] is None or sometimes["high"] == 200
    assert equivalent(series(0.5, final=0.5), 8, seed=0) is None


def test_report_prints_both_tables_and_every_format(runs: list[Run], capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(run.folder) for run in runs]
    assert main(["report", *folders, "--x", "steps"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("**small · 3 checkpoints by steps**")
    assert "|   steps |" in out
    assert "Training that majority voting is worth" in out
    assert "seed 0" in out
    assert max(map(len, out.splitlines())) <= 160
    assert main(["report", *folders, "--x", "steps", "--format", "json", "--seed", "3"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["schema"], data["bootstrap"]["seed"]) == ("harness.checkpoints/1", 3)
    assert main(["report", *folders, "--x", "steps", "--format", "csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert len(rows) == len(data["points"]) + len(data["equivalents"])
    assert main(["report", *folders, "--x", "steps", "--format", "html"]) == 0
    assert "<svg" in capsys.readouterr().out
    assert main(["report", *folders[:1], "--x", "epochs=7"]) == 0


def test_without_greedy_runs_the_target_is_pass_1(runs: list[Run]) -> None:
    data = curves([run for run in runs if "sample" in run.name], Axis.parse("steps"), resamples=50)
    assert {row["target"]["metric"] for row in data["equivalents"]} == {"pass@k"}
