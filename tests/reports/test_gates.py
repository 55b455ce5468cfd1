"""The forms of a verdict: what they say, and that no name can break out of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from reports.gates import text, to_github

HOSTILE = "toy/a|b<script>\n::error::owned\r`x`%0A[y](z)*"


def result(verdict: str = "regression", model: str = "toy/new", **changes: Any) -> dict[str, Any]:
    side = {"model": model, "identity_digest": "d", "value": 0.5, "tokens_per_problem": 100.0, "truncated": 0.0}
    look = {"problems": 50, "share": 0.5, "level": 0.01, "difference": -0.06, "low": -0.1, "high": -0.02}
    return {
        "schema": "harness.gate/1", "task": "sums", "strategy": {"name": "sample", "parameters": {"n": 4}},
        "metric": "pass@1", "verdict": verdict, "improvement": False, "alpha": 0.05,
        "margin": 0.02, "min_effect": 0.005,
        "baseline": {**side, "unjudged": 0, "run": "b"}, "candidate": {**side, "unjudged": 0, "run": f"runs/{model}"},
        **{name: look[name] for name in ("difference", "low", "high", "level")}, "detectable": 0.031,
        "problems": {"paired": 49, "asked": 50, "selected": 100, "worse": 9, "better": 3},
        "blocks": {"asked": 1, "planned": 2}, "looks": [look], "warnings": [],
        "saved": {"problems": 0.5, "tokens": 0.45, "tokens_estimated": 4321}, **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("verdict", "sign", "said"),
    [
        ("regression", "❌", "The candidate is worse: -6.0 points, at most -2.0."),
        ("non-inferior", "✅", "The candidate is not worse by 2 points: -6.0 points, at least -10.0."),
        ("inconclusive", "⚠️", "This plan detects 3.1 points with 80 % power; more problems"),
    ],
)
def test_markdown(verdict: str, sign: str, said: str) -> None:
    found = text([result(verdict)], "md")
    assert found.startswith(f"### {sign} {verdict}: sums · sample(n=4) · pass@1")
    assert said.replace(" points, at least", ", at least") in found
    assert "50 of 100 problems asked, 1 of 2 blocks, 49 paired: 9 worse, 3 better." in found
    assert "Saved 50 % of the problems and 45 % of the tokens, about 4,321, by the baseline's count." in found
    assert max(map(len, found.splitlines())) < 200


def test_names_stay_in_their_cells() -> None:
    found = text([result(model=HOSTILE)], "md")
    assert "<script>" not in found.replace("\\<script\\>", "")
    assert not any(line.startswith("::") for line in found.splitlines())
    [row] = [line for line in found.splitlines() if line.startswith("| candidate")]
    assert row.count("|") - row.count("\\|") == 6


def test_junit_is_xml_whatever_the_names() -> None:
    root = ElementTree.fromstring(text([result(task=HOSTILE.replace("\r", "")), result("inconclusive")], "junit"))
    assert [root.get(name) for name in ("tests", "failures", "skipped")] == ["2", "1", "1"]
    assert [case.find("skipped") is not None for case in root.iter("testcase")] == [False, True]


def test_one_line_of_a_workflow_command_per_message() -> None:
    found = text([result(task=HOSTILE, warnings=["50 % cut\n::error::owned"])], "github").splitlines()
    assert [line.split(" ")[0] for line in found] == ["::error", "::warning"]
    assert found[1].endswith("::50 %25 cut%0A::error::owned")


def test_step_files_take_the_worst_verdict(tmp_path: Path) -> None:
    environment = {name: str(tmp_path / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    to_github([result("non-inferior"), result("inconclusive", model=HOSTILE)], 11, environment)
    lines = (tmp_path / "GITHUB_OUTPUT").read_text().splitlines()
    assert len(lines) == 6
    assert lines[:2] == ["verdict=inconclusive", "exit-code=11"]
    assert "### ✅" in (tmp_path / "GITHUB_STEP_SUMMARY").read_text()
    to_github([result()], 10, {})


def test_json_is_the_results() -> None:
    assert json.loads(text([result()], "json")) == [result()]
