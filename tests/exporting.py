"""Runs to export, of the task `sums` over the toy model, and `harness export` of them."""

from __future__ import annotations

from pathlib import Path

from harness.cli import main
from harness.run import Run

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
