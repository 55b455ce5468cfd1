"""Runs to export, of the task `sums` over the toy model, and `harness export` of them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from harness.cli import main
from harness.files import write_json
from harness.results import build
from harness.run import Run
from support import lines, sums_task

HOSTILE = "lone \ud800 surrogate, NUL \x00, line \u2028 separator, \u202e bidi, <script>alert(1)</script>"
CLEANED = HOSTILE.replace("\ud800", "\\ud800")


def evaluated(out: Path, sums: Path, *options: str) -> Run:
    """One run of `sums` in a folder of its own."""
    command = ["eval", "sums", "--include-path", str(sums), "--model", "toy/org/model", "-M", "step_accuracy=0.7"]
    assert main([*command, *options, "--output-dir", str(out)]) == 0
    (manifest,) = out.glob("*/manifest.json")
    return Run.open(manifest.parent)


def export(form: str, runs: list[Run], output: Path, *options: str) -> int:
    """`harness export`."""
    folders = [str(run.folder) for run in runs]
    return main(["export", *folders, "--format", form, "-o", str(output), *options])


@pytest.fixture(scope="session")
def sums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the task file."""
    return sums_task(tmp_path_factory.mktemp("sums"))


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory, sums: Path) -> Run:
    """Four responses to each of ten problems."""
    return evaluated(tmp_path_factory.mktemp("sampled"), sums, "--strategy", "sample", "-S", "n=4", "--limit", "10")


@pytest.fixture(scope="session")
def greedy(tmp_path_factory: pytest.TempPathFactory, sums: Path) -> Run:
    """One response to each of five problems."""
    return evaluated(tmp_path_factory.mktemp("greedy"), sums, "--limit", "5")


@pytest.fixture(scope="session")
def searched(tmp_path_factory: pytest.TempPathFactory, sums: Path) -> Run:
    """Three problems with search trees and a verifier."""
    options = ("--strategy", "mcts", "-S", "simulations=4", "--verifier", "toy/default", "--limit", "3")
    return evaluated(tmp_path_factory.mktemp("searched"), sums, *options)


@pytest.fixture
def hostile(sampled: Run, tmp_path: Path) -> Run:
    """A copy of a run in which the first response is hostile and the first problem could not be judged, the second
    failed."""
    folder = tmp_path / "hostile" / sampled.name
    shutil.copytree(sampled.folder, folder)
    responses, problems = (lines(folder / name) for name in ("responses.jsonl", "problems.jsonl"))
    responses[0] |= {"text": HOSTILE, "answer": HOSTILE, "canonical": None, "reason": HOSTILE}
    for response in responses[:4]:
        response["correct"] = None
    problems[0] |= {"correct": None, "answer": HOSTILE, "c": 0, "unjudged": 4}
    problems[1] |= {"status": "error", "error": HOSTILE, "correct": None, "answer": None, "c": 0, "n": 0}
    responses = [response for response in responses if response["problem_id"] != problems[1]["problem_id"]]
    for name, records in (("responses", responses), ("problems", problems)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    run = Run.open(folder)
    write_json(folder / "results.json", build(run))
    return run
