"""`harness report`: files by suffix, the table of several runs, and curves as a drawing."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.cli import main
from harness.run import Run
from reports.overview import overview
from scorers.pool import GradingPool
from support import run as evaluate_plan
from support import toy_plan

HOSTILE = 'toy/<script>alert(1)</script>|"&-300'


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, pool: GradingPool) -> list[Path]:
    """A greedy and a sampled run of each of three checkpoints, the last of a hostile name."""
    out = tmp_path_factory.mktemp("runs")
    models = (("toy/step-100", 0.6), ("toy/step-200", 0.7), (HOSTILE, 0.9))
    plans = [
        toy_plan(model=model, step_accuracy=accuracy, strategy=strategy, temperature=temperature)
        for model, accuracy in models
        for strategy, temperature in (("sample", 0.8), ("greedy", 0.0))
    ]
    return [evaluate_plan(plan, out, pool).folder for plan in plans]


def test_files_have_the_form_of_their_suffix(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {form: tmp_path / f"r.{form}" for form in ("md", "csv", "json", "html")}
    outputs = [part for path in files.values() for part in ("-o", str(path))]
    assert main(["report", *map(str, runs), *outputs]) == 0
    assert capsys.readouterr().out == files["md"].read_text()
    rows = json.loads(files["json"].read_text())
    with files["csv"].open(newline="") as stream:
        read = list(csv.DictReader(stream))
    assert len(read) == len(rows) > 100
    assert files["html"].read_text().startswith("<!doctype html>")
    for form, path in files.items():
        assert main(["report", *map(str, runs), "--format", form]) == 0
        assert capsys.readouterr().out == path.read_text()


def test_an_unknown_suffix_is_told_before_anything_is_written(
    runs: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(runs[0]), "-o", str(tmp_path / "a.md"), "-o", str(tmp_path / "a.pdf")]) == 2
    assert ".html" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_several_runs_have_a_line_each(runs: list[Path]) -> None:
    opened = [Run.open(folder) for folder in runs]
    view = overview(opened)
    assert len(view.body) == 6
    for run, line in zip(opened, view.body, strict=True):
        cells = dict(zip(view.header, line, strict=True))
        rows = {(r["metric"], r["k"]): r for r in run.results()["metrics"] if r["group"] == "all"}
        accuracy = rows["accuracy", None]
        assert cells["accuracy"].startswith(f"{100 * accuracy['value']:.1f} [{100 * accuracy['low']:.0f}")
        assert cells["strategy"] in ("greedy", "sample(n=4)")
        assert (cells["truncated"], cells["unjudged"], cells["problems"]) == ("0 %", "0", "8")
        assert bool(cells["pass@k"]) == (cells["strategy"] == "sample(n=4)")
        assert cells["completion_tokens"] == f"{rows['completion_tokens', None]['value']:,.0f}"


def test_names_can_only_be_read(runs: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    folders = list(map(str, runs))
    for options in ([], ["--x", "steps=100,200,300"]):
        assert main(["report", *folders, *options, "--format", "html"]) == 0
        page = capsys.readouterr().out
        assert "<script" not in page
        assert len(re.findall(r"<html|<table", page)) > 1
    assert main(["report", *folders]) == 0
    table = capsys.readouterr().out.split("\n\n")[1].splitlines()
    assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table}) == 1


def test_a_series_is_drawn(runs: list[Path], tmp_path: Path) -> None:
    page = tmp_path / "series.html"
    assert main(["report", *map(str, runs), "--x", "steps=100,200,300", "-o", str(page)]) == 0
    (picture,) = re.findall(r'<svg[^>]* role="img".*?</svg>', page.read_text(), re.DOTALL)
    root = ElementTree.fromstring(picture)
    legend = re.findall(r"</svg>([^<]+)</li>", page.read_text())
    assert {"greedy", "pass@1", "pass@4", "maj@4"} <= set(legend)
    assert "maj@2" not in legend
    assert "steps" in {text.text for text in root.iter("text")}
    assert root.find("title") is not None
    assert "greedy from" in (root.findtext("desc") or "")
