"""Tables and pages of a real run over the toy policy."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.run import Run
from reports import page, tables
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


@pytest.fixture
def made(tmp_path: Path, pool: GradingPool) -> Run:
    task = small_task(8)
    hostile = replace(task.problems[0], subject="<script>alert(1)</script>")
    task = replace(task, problems=(hostile, *task.problems[1:]))
    return Run.open(run(toy_plan(task), tmp_path, pool).folder)


def test_markdown_has_a_line_per_level_and_the_whole(made: Run) -> None:
    text = tables.markdown([made])
    header, body = tables.table(made)
    assert header[:4] == ["level", "problems", "accuracy", "pass@1"]
    assert [row[0] for row in body] == ["1", "2", "3", "4", "all"]
    assert [row[1] for row in body] == ["2", "2", "2", "2", "8"]
    assert "8 of 8 problems finished, 0 errors, 0 unjudged" in text
    assert str(made.folder) in text


def test_by_subject(made: Run) -> None:
    _, body = tables.table(made, by="subject")
    assert [row[0] for row in body] == ["<script>alert(1)</script>", "algebra", "geometry", "all"]


def test_csv_and_json_are_the_tidy_rows(made: Run) -> None:
    rows = json.loads(tables.as_json([made]))
    assert {"run", "task", "model", "strategy", "metric", "k", "group", "value_of_group", "value", "se", "low", "high",
            "problems", "unjudged"} <= set(rows[0])  # fmt: skip
    read = list(csv.DictReader(io.StringIO(tables.as_csv([made]))))
    assert len(read) == len(rows)
    assert [r["metric"] for r in read] == [r["metric"] for r in rows]
    accuracy = next(r for r in read if r["metric"] == "accuracy" and r["group"] == "all")
    assert float(accuracy["value"]) == made.results()["metrics"][0]["value"]


def test_the_page_escapes_what_others_wrote_and_asks_for_nothing(made: Run) -> None:
    html = page.html([made], by="subject")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "http" not in html.replace("http-equiv", "")
    assert html.count("<table>") == 2  # accuracies, and what they cost


def test_many_k_show_three() -> None:
    rows = [{"group": "all", "metric": "pass@k", "k": k, "value": 0.5} for k in (1, 2, 4, 8, 16)]
    columns = tables._columns(rows)
    assert [k for name, k in columns if name == "pass@k"] == [1, 4, 16]
