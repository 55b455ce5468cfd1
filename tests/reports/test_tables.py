"""Tables and pages of a real run over the toy policy."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.core import UsageError
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
    assert html.count("<table>") == 4  # accuracies, lengths, human solutions, and what they cost


def test_many_k_show_three() -> None:
    rows = [{"group": "all", "metric": "pass@k", "k": k, "value": 0.5} for k in (1, 2, 4, 8, 16)]
    columns = tables._columns(rows)
    assert [k for name, k in columns if name == "pass@k"] == [1, 4, 16]


def test_chosen_metrics_are_the_columns_and_the_rows(made: Run) -> None:
    header, body = tables.table(made, metrics=["accuracy", "pass@k", "maj@4", "human_ratio"])
    assert header == ["level", "problems", "accuracy", "pass@1", "pass@2", "pass@4", "maj@4", "human_ratio"]
    assert len(body) == 5
    rows = tables.tidy([made], metrics=["maj@4"])
    assert {(row["metric"], row["k"]) for row in rows} == {("maj@k", 4)}
    assert tables.as_csv([made], metrics=["maj@4"]).count("maj@k") == len(rows)
    assert page.html([made], metrics=["maj@4"]).count("<table>") == 1
    for name, said in (("pass@3", "--k 3 computes it"), ("maj", "Did you mean 'maj@k'"), ("", "not known")):
        with pytest.raises(UsageError, match=said):
            tables.selected(made.results()["metrics"], [name])


def test_a_cell_says_how_many_problems_it_covers(made: Run) -> None:
    results = made.results()
    for row in results["metrics"]:
        if (row["metric"], row["k"], row["group"]) == ("pass@k", 4, "all"):
            row["problems"] = 5
    partly = replace(made, derived=results)
    header, body = tables.table(partly)
    assert body[-1][header.index("pass@4")].endswith("] of 5")
    assert not body[-1][header.index("pass@1")].endswith("of 8")
    assert any(note.startswith("of N: over N of the line's problems") for note in tables.footnotes(partly))
    assert not any(note.startswith("of N") for note in tables.footnotes(made, metrics=["pass@k"]))
    header, body = tables.table(made)
    assert body[-1][header.index("human_tokens")].endswith(" of 5")  # three of the eight have no human solution


def test_both_variances_are_named_also_where_one_cannot_be_had(tmp_path: Path, made: Run, pool: GradingPool) -> None:
    [both] = [note for note in tables.footnotes(made) if note.startswith("standard errors")]
    assert both.startswith("standard errors for new problems | for new samples of these: accuracy ")
    pass1 = next(r for r in made.results()["metrics"] if (r["metric"], r["k"], r["group"]) == ("pass@k", 1, "all"))
    assert f"pass@1 {100 * pass1['se']:.2g} | {100 * pass1['se_samples']:.2g}" in both
    one = Run.open(run(toy_plan(small_task(8), strategy="greedy"), tmp_path / "one", pool).folder)
    [single] = [note for note in tables.footnotes(one) if note.startswith("standard errors")]
    assert single.endswith("; for new samples of these problems: n/a")


def test_a_standard_error_of_nothing_is_not_shown(made: Run) -> None:
    results = made.results()
    for row in results["metrics"]:
        row["se"] = row["se_samples"] = 0.0
    assert not any("standard error" in note for note in tables.footnotes(replace(made, derived=results)))
