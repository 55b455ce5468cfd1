"""`harness compare` through the command line on runs of the toy model, and its parts by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.cli import main
from harness.core import NotComparableError
from harness.run import Run
from reports import comparison, comparisons, sides
from reports.comparison import Rule
from scorers.pool import GradingPool
from support import run, small_task, toy_plan

Runs = dict[str, Path]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    """Runs of 40 small problems: a good model, the same again, a bad one, a verifier's choice, a larger n."""
    task, out = small_task(40), tmp_path_factory.mktemp("runs")
    from harness.verifiers.toy import Toy

    verified = {"verifier": Toy("default", noise=0.4), "verifier_name": "toy/default"}
    plans = {
        "good": toy_plan(task, step_accuracy=0.9),
        "same": toy_plan(task, step_accuracy=0.9, wrong_answers=5),
        "bad": toy_plan(task, step_accuracy=0.5),
        "best": toy_plan(task, step_accuracy=0.9, strategy="best_of_n", n=8, weighted=False, **verified),
        "many": toy_plan(task, step_accuracy=0.9, n=16),
        "greedy": toy_plan(task, step_accuracy=0.9, strategy="greedy"),
    }
    with GradingPool(workers=1) as pool:
        return {name: run(plan, out / name, pool).folder for name, plan in plans.items()}


def command(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    code = main(["compare", *map(str, arguments)])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_worse_candidate_is_a_regression(runs: Runs, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    xml, md = tmp_path / "v.xml", tmp_path / "v.md"
    code, out, _ = command(capsys, runs["good"], runs["bad"], "--json", "-o", xml, "-o", md)
    assert code == 10
    whole = json.loads(out)
    assert (whole["schema"], whole["verdict"], whole["passed"]) == ("harness.comparison/1", "regression", False)
    [found] = whole["comparisons"]
    assert found["verdict"] == "regression"
    assert found["failed"] == ["pass@1"]
    assert found["p_holm"] == found["p"]
    assert found["metric"] == "pass@1"
    assert found["high"] < 0
    assert found["p"] < 0.001
    assert found["problems"]["paired"] == 40
    assert found["base"]["value"] - found["candidate"]["value"] == pytest.approx(-found["difference"])
    assert {row["group"] for row in found["groups"]} == {"level", "subject"}
    assert sum(row["problems"] for row in found["groups"] if row["group"] == "level") == 40
    root = ElementTree.fromstring(xml.read_text())
    assert (root.get("tests"), root.get("failures")) == ("3", "1")
    case = next(root.iter("testcase"))
    failure = case.find("failure")
    assert failure is not None
    assert failure.get("message", "").startswith("The candidate is worse")
    rows = [line for line in md.read_text().splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows[:3]}) == 1


def test_the_same_answers_pass_and_strict_asks_for_proof(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    assert command(capsys, runs["good"], runs["same"], "--margin", 20, "--strict")[0] == 0
    code, out, _ = command(capsys, runs["good"], runs["same"], "--margin", 1)
    assert code == 0
    assert "Undecided: +0.0 points" in out
    assert command(capsys, runs["good"], runs["same"], "--margin", 1, "--strict")[0] == 11


def test_the_other_direction_is_an_improvement(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, runs["bad"], runs["good"])
    assert code == 0
    assert "It is better." in out


def test_what_differs_is_named_and_may_be_allowed(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = command(capsys, runs["good"], runs["many"])
    assert code == 4
    assert "strategy.parameters.n" in err
    code, out, _ = command(capsys, runs["good"], runs["many"], "--allow-different", "strategy.parameters", "--json")
    assert code == 0
    assert json.loads(out)["comparisons"][0]["allowed"] == ["strategy.parameters.n"]


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (["--metric", "mj@2"], 2, "Did you mean 'maj@"),
        (["--metric", "maj@9"], 4, "No problem has a value of maj@9"),
        (["--cluster", "lvel"], 2, "Did you mean 'level'?"),
        (["--max-token-ratio", "0"], 2, "positive number"),
        (["--max-more-truncated", "-1"], 2, "from 0 to 100"),
        (["-o", "x.pdf"], 2, "ends in none of"),
        (["--margin", "-3"], 2, "from 0 to 100"),
    ],
)
def test_mistakes(runs: Runs, capsys: pytest.CaptureFixture[str], options: list[str], code: int, said: str) -> None:
    found, out, err = command(capsys, runs["good"], runs["bad"], *options)
    assert (found, out) == (code, "")
    assert said in err


def test_a_run_that_is_not_there_or_not_complete(
    runs: Runs, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert command(capsys, runs["good"], tmp_path / "nothing")[0] == 2
    assert command(capsys, runs["good"])[0] == 2
    opened = Run.open(runs["bad"])
    half = tmp_path / "half"
    half.mkdir()
    for file in opened.folder.iterdir():
        (half / file.name).write_bytes(file.read_bytes())
    (half / "manifest.json").write_text(json.dumps({**opened.manifest, "state": "interrupted"}))
    code, _, err = command(capsys, runs["good"], half)
    assert code == 3
    assert "is interrupted" in err


def test_a_baseline_file_stands_for_its_run(runs: Runs, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    assert main(["baseline", str(runs["good"]), "-o", str(file)]) == 0
    capsys.readouterr()
    of_file = json.loads(command(capsys, file, runs["bad"], "--json")[1])["comparisons"][0]
    of_run = json.loads(command(capsys, runs["good"], runs["bad"], "--json")[1])["comparisons"][0]
    assert of_file["difference"] == pytest.approx(of_run["difference"])
    assert of_file["p"] == of_run["p"]


def test_greedy_runs_have_mcnemar(runs: Runs) -> None:
    side = sides.of_run(Run.open(runs["greedy"]))
    found = comparison.compare(side, side, Rule("accuracy"))
    assert found["mcnemar"] == {"right_to_wrong": 0, "wrong_to_right": 0, "p": 1.0}
    sampled = sides.of_run(Run.open(runs["good"]))
    assert comparison.compare(sampled, sampled, Rule("pass@1"))["mcnemar"] is None


def test_three_runs_have_rank_ranges(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = command(capsys, runs["good"], runs["same"], runs["bad"], "--json")
    assert code == 0
    ranks = {row["run"].rsplit("/", 2)[-2]: row["rank"] for row in json.loads(out)["runs"]}
    assert ranks == {"good": [1, 2], "same": [1, 2], "bad": [3, 3]}


def test_a_ranking_says_what_was_allowed_to_differ(runs: Runs, capsys: pytest.CaptureFixture[str]) -> None:
    command_line = (runs["good"], runs["same"], runs["many"], "--allow-different", "strategy.parameters")
    found = json.loads(command(capsys, *command_line, "--json")[1])
    assert found["allowed"] == ["strategy.parameters.n"]
    assert any("strategy.parameters.n" in warning for warning in found["warnings"])
    assert "warning: " in command(capsys, *command_line)[1]


def test_more_tokens_fail_only_where_a_limit_is_given(runs: Runs) -> None:
    side = sides.of_run(Run.open(runs["good"]))
    lines = {k: {**v, "completion_tokens": 2 * v["completion_tokens"]} for k, v in side.lines.problems.items()}
    longer = replace(side, lines=replace(side.lines, problems=lines))
    warned = comparison.compare(side, longer, Rule("pass@1", margin=0.2))
    assert warned["tokens"]["ratio"] == pytest.approx(2)
    assert warned["passed"]
    assert any("2.00 times the tokens" in warning for warning in warned["warnings"])
    failed = comparison.compare(side, longer, Rule("pass@1", margin=0.2, max_token_ratio=1.5))
    assert not failed["passed"]
    assert "1.5 is the limit" in comparisons.sentence(failed)


def test_missing_problems_are_left_out_and_said(runs: Runs) -> None:
    side = sides.of_run(Run.open(runs["good"]))
    kept = dict(list(side.lines.problems.items())[:30])
    fewer = replace(side, lines=replace(side.lines, problems=kept))
    found = comparison.compare(side, fewer, Rule("pass@1"))
    assert found["problems"]["paired"] == 30
    assert found["problems"]["only_base"] == 10
    assert any("10 problems are in one of the two runs only" in warning for warning in found["warnings"])
    with pytest.raises(NotComparableError, match="No problem has a value"):
        comparison.compare(side, replace(side, lines=replace(side.lines, problems={}), outcomes={}), Rule("pass@1"))


def test_github_form(runs: Runs, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    comment = tmp_path / "comment.md"
    code, out, _ = command(capsys, runs["good"], runs["bad"], "--format", "github", "--comment", comment)
    assert code == 10
    assert out.startswith("::error title=regression%3A small")
    assert (tmp_path / "summary").read_text().startswith("### ❌ regression")
    assert "exit-code=10\n" in (tmp_path / "output").read_text()
    assert comment.read_text().startswith(comparisons.MARKER)
