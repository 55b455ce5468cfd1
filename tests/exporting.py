"""Runs of the small task `sums` through the command line, and their exports."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.cli import main
from harness.run import Run
from support import lines, sums_task

TOY = ["--model", "toy/default", "-M", "step_accuracy=0.7"]


def evaluate(tmp_path: Path, *options: str, strategy: str = "sample") -> Run:
    """A run over the task `sums`, of 20 problems unless the options say which."""
    tasks, out = sums_task(tmp_path / "tasks"), tmp_path / "runs"
    before = set(out.glob("*"))
    limit = [] if "--unsolved" in options else ["--limit", "20"]
    command = ["eval", "sums", *TOY, "--strategy", strategy, "--include-path", str(tasks), *limit]
    assert main([*command, "--output-dir", str(out), *options]) == 0
    [folder] = set(out.glob("*")) - before
    return Run.open(folder)


def export(tmp_path: Path, *argv: str) -> list[dict[str, Any]]:
    target = tmp_path / "out.jsonl"
    assert main(["export", *argv, "--include-path", str(tmp_path / "tasks"), "-o", str(target)]) == 0
    return lines(target)


def star(tmp_path: Path, *argv: str) -> list[dict[str, Any]]:
    return export(tmp_path, *argv, "--format", "star")
