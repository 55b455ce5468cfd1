"""The tables of `harness analyze` as people read them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.analysis.traces import Counted
from harness.run import Run
from harness.traces.scan import detectors
from reports.traces import as_json, cell, definitions, tables


def counted(correct: bool, tokens: int, *, regret: bool = False, **more: Any) -> Counted:
    values: dict[str, Any] = {
        "thinking": True, "hidden": False, "cut": False, "tokens": tokens, "completion_tokens": tokens, "steps": 4,
        "repetition": 0.25, "repeated_tokens": 0.2, "repeated_grams": 0.3, "formulas": 2,
        "kinds": {"restated": 1, **({"regret": 1} if regret else {})}, "verdicts": (False, correct), "correct": correct,
        "first_final": 2, "reach": 0.9, "efficiency": 0.5 if correct else 0.0, "differs": False,
    }  # fmt: skip
    return Counted(**{**values, **more})


def run(tmp_path: Path, strategy: str = "sample") -> Run:
    identity = {"task": {"name": "own"}, "strategy": {"name": strategy, "parameters": {"n": 4}}}
    return Run(tmp_path / "own-run", {"identity": identity, "model": "m", "state": "complete"})


REGRETS = counted(False, 300, regret=True)
PROBLEMS = [
    ({"problem_id": "a", "level": 1, "subject": "x"}, [counted(True, 100), counted(True, 200), REGRETS, REGRETS]),
    (
        {"problem_id": "b", "level": 2, "subject": "y"},
        [counted(True, 100), REGRETS, counted(True, 300), counted(True, 310)],
    ),
    ({"problem_id": "c", "level": None, "subject": None}, []),
]


def test_a_line_a_level_and_the_whole_last(tmp_path: Path) -> None:
    first, attempts, *_ = tables(run(tmp_path), PROBLEMS)
    assert [line[0] for line in first.body] == ["1", "2", "all"] and first.body[-1][1] == "8"
    assert first.header[:3] == ["level", "responses", "tokens"] and "like meaning" not in first.header
    assert first.body[-1][first.header.index("repeated steps")].startswith("25.0 [")
    assert "right→wrong" not in attempts.header and "wrong→right" in attempts.header  # nothing right was followed
    assert any("of each the thinking was analysed" in note for note in first.notes)
    assert {row["measure"] for row in first.rows} >= {"regret_odds_ratio", "accuracy@attempt", "both_wrong"}
    by_subject = tables(run(tmp_path), PROBLEMS, by="subject")[0]
    assert [line[0] for line in by_subject.body] == ["x", "y", "all"]


def test_regret_is_told_within_problems_with_the_bound_that_is_left(tmp_path: Path) -> None:
    views = {view.caption.split(" · ")[0]: view for view in tables(run(tmp_path), PROBLEMS)}
    regret = {line[0]: line[1:] for line in views["regret within a problem"].body}
    odds, problems, responses = regret["odds ratio of a right answer, with to without"]
    assert odds.startswith("[0.00, ") and (problems, responses) == ("2", "8")
    assert regret["difference in accuracy, points"][0].startswith("-100")
    assert [line[0] for line in views["by rank of length"].body] == ["1", "2", "3", "4"]
    calm = [(line, [counted(True, 10)] * 2) for line, _ in PROBLEMS[:2]]
    assert not any("regret within" in view.caption for view in tables(run(tmp_path), calm))


def test_what_a_reader_must_know_is_said(tmp_path: Path) -> None:
    mixed = [(PROBLEMS[0][0], [counted(True, 10, thinking=False, hidden=True), counted(True, 10, cut=True)])]
    notes = " | ".join(tables(run(tmp_path, "budget_forcing"), mixed)[0].notes)
    assert "of 1 the thinking was analysed, the others whole" in notes and "1 responses hide their thinking" in notes
    assert "1 responses are too long to be read whole" in notes and "phrases that the strategy wrote itself" in notes


def test_definitions_go_with_every_format(tmp_path: Path) -> None:
    assert len(definitions()) == len(detectors())
    text = as_json([(run(tmp_path), tables(run(tmp_path), PROBLEMS))])
    assert all(card.version in text for card in detectors()) and '"definition"' in text


@pytest.mark.parametrize(
    ("name", "row", "wanted"),
    [
        ("repetition_rate", {"value": 0.1, "low": 0.05, "high": 0.2}, "10.0 [5.00, 20.0]"),
        ("attempts", {"value": 2.5, "low": 2.0, "high": 3.0}, "2.50 [2.00, 3.00]"),
        ("regret_odds_ratio", {"value": None, "low": 1.5, "high": None}, "[1.50, ∞]"),
        ("tokens", {"value": 1234.5, "low": None, "high": None}, "1,234"),
        ("tokens", {"value": 62.4, "low": None, "high": None, "problems": 2}, "62.4 [–]"),
        ("attempts", {"value": None, "low": None, "high": None}, "n/a"),
    ],
)
def test_cells(name: str, row: dict[str, Any], wanted: str) -> None:
    assert cell(name, row) == wanted


def test_no_row_is_na() -> None:
    assert cell("attempts", None) == "n/a"
