"""Files for Every Eval Ever are valid under its own schemas and rules, and say what the run says."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from exchange import CLEANED, export
from harness.run import Run
from support import lines

SCHEMAS = Path(__file__).parent / "every_eval_ever"
UUID4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"


def schema(name: str) -> Draft7Validator:
    return Draft7Validator(json.loads((SCHEMAS / f"{name}.schema.json").read_text()))


def exported(runs: list[Run], out: Path, sums: Path, *options: str) -> list[tuple[dict[str, Any], Path]]:
    """Each results file with its samples file, all of them valid."""
    assert export("every-eval-ever", runs, out, "--include-path", str(sums), *options) == 0
    found = []
    for path in sorted(out.glob("data/*/*/*/*.json")):
        whole = json.loads(path.read_text())
        assert list(schema("eval").iter_errors(whole)) == []
        assert re.fullmatch(rf"{UUID4}\.json", path.name)
        detail = whole["detailed_evaluation_results"]
        samples = out / detail["file_path"]
        assert samples == path.with_name(f"{path.stem}_samples.jsonl")
        assert hashlib.sha256(samples.read_bytes()).hexdigest() == detail["checksum"]
        rows = lines(samples)
        assert len(rows) == detail["total_rows"]
        for row in rows:
            assert list(schema("instance_level_eval").iter_errors(row)) == []
            assert (row["evaluation_id"], row["model_id"]) == (whole["evaluation_id"], whole["model_info"]["id"])
        found.append((whole, samples))
    return found


def test_results_and_uncertainty_are_the_runs(sampled: Run, searched: Run, sums: Path, tmp_path: Path) -> None:
    pairs = exported([sampled, searched], tmp_path, sums)
    assert len(pairs) == 2
    for run in (sampled, searched):
        (whole,) = [w for w, _ in pairs if run.manifest["identity_digest"][:16] in w["evaluation_id"]]
        own = {(r["metric"], r["k"], r["group"], r["value_of_group"]): r for r in run.results()["metrics"]}
        results = {
            r["evaluation_result_id"].removeprefix(whole["evaluation_id"]): r for r in whole["evaluation_results"]
        }
        for name, key in (("/accuracy", ("accuracy", None)), ("/pass@4", ("pass@k", 4)), ("/maj@2", ("maj@k", 2))):
            row, details = own[(*key, "all", None)], results[name]["score_details"]
            assert details["score"] == row["value"]
            interval = details["uncertainty"]["confidence_interval"]
            assert (interval["lower"], interval["upper"]) == (row["low"], row["high"])
            assert details["uncertainty"]["standard_error"]["value"] == row["se"]
        assert results[".level.1/accuracy"]["score_details"]["score"] == own["accuracy", None, "level", 1]["value"]
        assert results["/pass@4"]["metric_config"]["metric_parameters"] == {"k": 4}
        assert all(r["metric_config"]["min_score"] <= r["score_details"]["score"] for r in results.values())


def test_samples_add_up_to_the_accuracy(sampled: Run, sums: Path, tmp_path: Path) -> None:
    ((whole, samples),) = exported([sampled], tmp_path, sums)
    rows = lines(samples)
    accuracy = result(whole, rows[0]["evaluation_result_id"])
    assert accuracy["score_details"]["score"] == sum(row["evaluation"]["score"] for row in rows) / len(rows)
    problems = {p["problem_id"]: p for p in lines(sampled.folder / "problems.jsonl")}
    for row in rows:
        problem = problems[row["sample_id"]]
        assert len(row["output"]["raw"]) == problem["n"] == 4
        assert row["token_usage"]["output_tokens"] == problem["usage"]["completion_tokens"]
        assert row["answer_attribution"][0]["extracted_value"] == problem["answer"]


def test_who_ran_it_is_an_option(sampled: Run, sums: Path, tmp_path: Path) -> None:
    options = ("--organization", "Lab", "--relationship", "first_party", "--developer", "Maker", "--weights")
    ((whole, samples),) = exported([sampled], tmp_path, sums, *options, "open_weights")
    assert whole["source_metadata"]["source_organization_name"] == "Lab"
    assert whole["source_metadata"]["evaluator_relationship"] == "first_party"
    assert whole["model_info"]["id"] == "Maker/model"
    assert whole["model_info"]["additional_details"]["model_availability"] == "open_weights"
    assert samples.parts[-3:-1] == ("Maker", "model")


def test_what_was_not_judged_has_no_line(hostile: Run, sums: Path, tmp_path: Path) -> None:
    ((whole, samples),) = exported([hostile], tmp_path, sums)
    assert len(lines(samples)) == 8
    accuracy = result(whole, f"{whole['evaluation_id']}/accuracy")
    assert accuracy["score_details"]["details"] == {"unjudged": "1", "errors": "1"}
    assert accuracy["score_details"]["uncertainty"]["num_samples"] == 8


def result(whole: dict[str, Any], name: str) -> dict[str, Any]:
    """One of the results by its id."""
    (found,) = [r for r in whole["evaluation_results"] if r["evaluation_result_id"] == name]
    return found


def test_a_hostile_response_survives(hostile: Run, sums: Path, tmp_path: Path) -> None:
    records = lines(hostile.folder / "problems.jsonl")
    records[0]["correct"] = False
    (hostile.folder / "problems.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    ((_, samples),) = exported([hostile], tmp_path, sums)
    assert lines(samples)[0]["output"]["raw"][0] == CLEANED
    assert len(samples.read_text().splitlines()) == 9  # no separator of Unicode's tears a line


def test_the_same_run_has_the_same_bytes(sampled: Run, sums: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        exported([sampled], tmp_path / folder, sums)
    first, second = (sorted((tmp_path / folder).rglob("*.json*")) for folder in ("a", "b"))
    assert [path.name for path in first] == [path.name for path in second]
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_one_run_twice_is_refused(
    sampled: Run, hostile: Run, sums: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for form in ("every-eval-ever", "lm-eval"):
        assert export(form, [sampled, hostile], tmp_path, "--include-path", str(sums)) == 2
        assert "the same run" in capsys.readouterr().err


@pytest.mark.network
def test_its_own_validator_passes(searched: Run, hostile: Run, sums: Path, tmp_path: Path) -> None:
    """The package itself: fetched but not installed, since it declares Python 3.12; its validator runs on 3.11 too."""
    exported([searched, hostile], tmp_path, sums)
    fetch = ["download", "--no-deps", "--only-binary=:all:", "--python-version=3.12", "-d", str(tmp_path / "wheel")]
    subprocess.run([sys.executable, "-m", "pip", "-q", *fetch, "every-eval-ever==0.3.0"], check=True)
    (wheel,) = (tmp_path / "wheel").glob("*.whl")
    files = [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.glob("data/*/*/*/*"))]
    code = "import sys; from every_eval_ever.validator.validate import main; raise SystemExit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, *files], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(wheel)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(files) == 4
