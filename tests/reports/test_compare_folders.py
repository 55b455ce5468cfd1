"""`harness compare` on folders of runs, with cost metrics, clusters, limits, and names that want to be markup."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.cli import main
from harness.core import UsageError
from harness.run import Json, Run
from reports import comparison, comparisons, sides
from reports.comparison import Rule
from reports.sides import Side
from scorers import paired
from scorers.pool import GradingPool
from support import run, small_task, toy_plan

N2 = {"n": 2}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders of runs: base (greedy, n = 4), same, worse (both, and n = 2), greedy alone, wider (n = 8)."""
    task, out = small_task(24), tmp_path_factory.mktemp("folders")
    plans = {
        "base": [{"strategy": "greedy"}, {"n": 4}],
        "same": [{"strategy": "greedy"}, {"n": 4}],
        "worse": [{"strategy": "greedy"}, {"n": 4}, {"n": 2}],
        "greedy": [{"strategy": "greedy"}],
        "wider": [{"n": 8}],
        "twice": [{"n": 4, "seed": 1}, {"n": 4, "seed": 2}],
    }
    with GradingPool(workers=1) as pool:
        for name, runs in plans.items():
            for options in runs:
                run(toy_plan(task, step_accuracy=0.5 if name == "worse" else 0.9, **options), out / name, pool)
    return out


def compare(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(["compare", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def side(out: Path, name: str, strategy: str) -> Side:
    return next(s for s in sides.read(out / name) if s.strategy["name"] == strategy and s.strategy["parameters"] != N2)


def changed(one: Side, **fields: Any) -> Side:
    """The side with fields of its problems' lines replaced; callables get the line."""
    problems = {
        name: {**line, **{k: v(line) if callable(v) else v for k, v in fields.items()}}
        for name, line in one.lines.problems.items()
    }
    return replace(one, lines=replace(one.lines, problems=problems))


# -------------------------------------------------------------------------------------------------------------- folders


def test_folders_are_paired_by_what_was_asked(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text, _ = compare(capsys, out / "base", out / "worse", "--json")
    assert code == 10
    found = json.loads(text)
    assert sorted(result["strategy"]["name"] for result in found["comparisons"]) == ["greedy", "sample"]
    assert all(result["strategy"] != {"name": "sample", "parameters": {"n": 2}} for result in found["comparisons"])
    assert [result["p_holm"] for result in found["comparisons"]] == pytest.approx(
        paired.holm([result["p"] for result in found["comparisons"]])
    )
    assert len(found["unpaired"]) == 1
    assert "Not compared" in found["comparisons"][0]["warnings"][-1]


def test_a_base_without_its_candidate_is_told_and_strict_refuses_to_pass(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (out / "base", out / "greedy", "--margin", 60)
    code, text, _ = compare(capsys, *arguments)
    assert code == 0
    assert "warning: Not compared, for want of a run of the same task and strategy:" in text
    assert compare(capsys, *arguments, "--strict")[0] == 11


def test_identical_runs_pass_in_every_form(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for how in ("md", "json", "junit", "github"):
        code, text, _ = compare(capsys, out / "base", out / "same", "--margin", 30, "--strict", "--format", how)
        assert code == 0
        assert text
    found = json.loads(compare(capsys, out / "base", out / "same", "--margin", 30, "--json")[1])
    for result in found["comparisons"]:
        assert (result["difference"], result["p"], result["problems"]["worse"]) == (0, 1, 0)
        assert result["low"] < 0 < result["high"]
        assert result["correlation"] == pytest.approx(1)


def test_what_differs_between_folders_is_named_or_allowed(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = compare(capsys, out / "base", out / "wider")
    assert code == 4
    assert "they differ in strategy.parameters.n" in err
    code, text, _ = compare(capsys, out / "base", out / "wider", "--allow-different", "strategy.parameters.n")
    assert code == 0
    assert "They differ in strategy.parameters.n, which was allowed." in text


def test_folders_without_a_pair_and_with_two_candidates(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = compare(capsys, out / "greedy", out / "twice")
    assert code == 4
    assert "no runs of one task and strategy" in err
    code, _, err = compare(capsys, out / "base", out / "twice")
    assert code == 2
    assert "are of one task and strategy" in err


# --------------------------------------------------------------------------------------------------------- cost metrics


@pytest.mark.parametrize("metric", ["completion_tokens", "total_tokens", "serial_tokens"])
def test_of_tokens_less_is_better(out: Path, metric: str) -> None:
    base = side(out, "base", "sample")
    outcomes = {k: replace(o, usage={n: 2 * v for n, v in o.usage.items()}) for k, o in base.outcomes.items()}
    doubled = {name: (lambda line, name=name: 2 * line[name]) for name in ("completion_tokens", "total_tokens")}
    longer = replace(changed(base, **doubled), outcomes=outcomes)
    rule = Rule(metric, margin=0.1)
    worse, better = comparison.compare(base, longer, rule), comparison.compare(longer, base, rule)
    assert (worse["verdict"], worse["unit"], worse["problems"]["worse"]) == ("regression", "tokens", 24)
    assert worse["difference"] == pytest.approx(worse["base"]["value"])
    assert worse["low"] > 0
    assert (better["verdict"], better["improvement"], better["problems"]["better"]) == ("non-inferior", True, 24)
    same = comparison.compare(base, base, rule)
    assert same["low"] < 0 < same["high"]
    assert " tokens [" in comparisons.sentence(worse)


def test_a_metric_that_the_runs_do_not_hold(out: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "b.jsonl"
    assert main(["baseline", str(next((out / "greedy").iterdir())), "-o", str(file)]) == 0
    code, _, err = compare(capsys, file, file, "--metric", "serial_tokens")
    assert code == 4
    assert "No problem has a value of serial_tokens" in err


def test_truncation_is_a_gate_where_it_has_a_limit(out: Path) -> None:
    base = side(out, "base", "sample")
    cut = changed(base, truncated=lambda line: line["n"])
    warned = comparison.compare(base, cut, Rule("pass@1", margin=0.3))
    assert warned["passed"]
    assert any("meets the token limit more often" in warning for warning in warned["warnings"])
    failed = comparison.compare(base, cut, Rule("pass@1", margin=0.3, max_more_truncated=0.05))
    assert (failed["verdict"], failed["failed"], failed["passed"]) == ("non-inferior", ["truncated"], False)
    assert comparisons.title(failed).startswith("regression (truncated): small")
    assert "+100.0 points, and 5 more are the limit" in comparisons.sentence(failed)
    metric = comparison.compare(base, cut, Rule("truncated", margin=0.3))
    assert (metric["verdict"], metric["lower_is_better"], metric["mcnemar"]) == ("regression", True, None)
    names = [case.name for case in comparisons._cases(failed) if case.verdict == "regression"]
    assert names == ["sample truncated"]


# ------------------------------------------------------------------------------------------------------------- clusters


def test_clusters_reach_every_number(out: Path) -> None:
    base, worse = (side(out, name, "sample") for name in ("base", "worse"))
    alone = comparison.compare(base, worse, Rule("pass@1"))
    together = comparison.compare(base, worse, Rule("pass@1", cluster="subject"))
    assert alone["difference"] == together["difference"]
    assert together["high"] - together["low"] > alone["high"] - alone["low"]
    assert together["p"] > alone["p"]
    assert together["tokens"]["low"] != alone["tokens"]["low"]
    assert together["truncated"]["high"] > alone["truncated"]["high"]
    [algebra] = [g for g in together["groups"] if g["value"] == "algebra"]
    assert (algebra["low"], algebra["high"]) == (-1, 1)  # one cluster is one observation
    with pytest.raises(UsageError, match="'contest' is not known"):
        comparison.compare(base, worse, Rule("pass@1", cluster="contest"))


# ------------------------------------------------------------------------------------------------------------- settling


def test_what_would_settle_it() -> None:
    gain = paired.Estimate(-0.01, 0.02, -0.05, 0.03, 400)
    found = comparison._settling(gain, 0.019, 1.0, 0.02, 4)
    # The half-width 0.04 must shrink to 0.01, the distance to the margin and to 0: sixteen times the problems.
    assert found["problems_needed"] == 6400
    assert found["responses_needed"] is None  # the changes of single problems alone are wider
    assert comparison._settling(gain, 0.0204, 1.0, 0.02, 4)["responses_needed"] > 60
    assert found["detectable"] == pytest.approx(0.04 / 1.96 * 2.8016, rel=1e-3)
    nothing = comparison._settling(paired.Estimate(0.0, 0.02, -0.04, 0.04, 400), None, 1.0, 0.0, 4)
    assert (nothing["problems_needed"], nothing["responses_needed"]) == (None, None)


# ---------------------------------------------------------------------------------------------------------------- forms


def results(out: Path) -> Json:
    hostile = "<img src=x>|\n::error::x\x07 [a](b) \ud800"
    base = side(out, "base", "sample")
    lines = replace(base.lines, head={**base.lines.head, "model": hostile})
    worse = replace(base, lines=lines, label=hostile)
    outcomes = {k: replace(o, groups={**o.groups, "subject": hostile}) for k, o in worse.outcomes.items()}
    task = {**base.lines.identity, "task": {**base.lines.identity["task"], "name": hostile}}
    first = replace(base, lines=replace(base.lines, head={**base.lines.head, "identity": task}), label=hostile)
    second = replace(worse, outcomes=outcomes, lines=replace(lines, head={**lines.head, "identity": task}))
    return comparisons.family([comparison.compare(first, second, Rule("pass@1", margin=0.3))], [first])


def test_hostile_names_stay_text_in_every_form(out: Path) -> None:
    found = results(out)
    md = comparisons.markdown(found)
    md.encode()
    assert "<img" not in md.replace("\\<img", "")
    assert "\x07" not in md
    assert all(not line.startswith("::") for line in md.splitlines())
    notes = comparisons.text(found, "github")
    notes.encode()
    assert all(line.startswith(("::notice title=", "::warning title=")) for line in notes.splitlines())
    xml = comparisons.text(found, "junit")
    xml.encode()
    ElementTree.fromstring(xml)
    assert json.loads(comparisons.text(found, "json"))["unpaired"]


def test_junit_is_what_readers_expect(out: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "verdict.xml"
    arguments = ("--margin", "1", "-o", file, "--max-token-ratio", "1.0001")
    compare(capsys, out / "base", out / "worse", *arguments)
    root = ElementTree.parse(file).getroot()
    assert root.tag == "testsuites"
    [suite] = root
    assert suite.tag == "testsuite"
    cases = suite.findall("testcase")
    for element in (root, suite):
        assert int(element.get("tests", "-1")) == len(cases) == 6
        assert int(element.get("failures", "-1")) == sum(c.find("failure") is not None for c in cases) >= 1
        assert int(element.get("skipped", "-1")) == sum(c.find("skipped") is not None for c in cases)
        assert element.get("errors") == "0"
    allowed = {"properties", "failure", "skipped", "system-out"}
    for case in cases:
        assert set(case.attrib) == {"classname", "name", "time"}
        assert {child.tag for child in case} <= allowed
        assert len([child for child in case if child.tag in ("failure", "skipped")]) <= 1
        assert all(set(each.attrib) == {"name", "value"} for each in case.iter("property"))
    assert len({(case.get("classname"), case.get("name")) for case in cases}) == 6


def test_markdown_columns_are_aligned(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = compare(capsys, out / "base", out / "worse")[1]
    tables: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.startswith("|"):
            tables[-1].append(line)
        elif tables[-1]:
            tables.append([])
    found = [table for table in tables if table]
    assert len(found) == 3  # the whole, and the groups of two comparisons
    for table in found:
        bars = [[i for i, c in enumerate(line) if c == "|"] for line in table]
        assert all(each == bars[0] for each in bars)
    assert "p (Holm)" in found[0][0]


def test_annotations_stay_within_what_is_shown(out: Path) -> None:
    base = comparison.compare(side(out, "base", "greedy"), side(out, "base", "greedy"), Rule("accuracy"))
    many = [{**base, "warnings": [f"w{i}" for i in range(30)]} for _ in range(12)]
    lines = comparisons.text(comparisons.family(many), "github").splitlines()
    assert sum("title=inconclusive" in line and "w" not in line.split("::")[-1][:1] for line in lines) == 10
    assert sum(line.split("::")[-1].startswith("w") for line in lines) == 9


def test_a_run_stays_what_it_was(out: Path) -> None:
    """Comparing writes nothing into the runs."""
    before = {p: p.read_bytes() for p in out.rglob("*") if p.is_file()}
    assert main(["compare", str(out / "base"), str(out / "same")]) == 0
    assert {p: p.read_bytes() for p in out.rglob("*") if p.is_file()} == before
    assert Run.open(next((out / "greedy").iterdir())).manifest["state"] == "complete"
