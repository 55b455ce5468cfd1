"""analysis.json and the tables of `harness analyze`, from runs of our own and from the command line."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from harness.analysis.trace_measures import MEASURES, TABLE, measures
from harness.analysis.traces import FILE, MOST_GRADED, SCHEMA, Counted, analyze, part_of
from harness.cli import main
from harness.core import Problem, Task, UsageError
from harness.run import Run
from harness.traces.scan import detectors
from scorers.pool import GradingPool
from support import SCORER

Line = dict[str, Any]
RIGHT = (
    "<think>\nIs it 5? So the answer is 5.\n\nWait, I made a mistake: it is one less. So the answer is 4.\n</think>\n"
)


def response(problem_id: str, index: int, text: str, answer: str | None, *, gold: str = "4", **usage: int) -> Line:
    """A line of responses.jsonl, its verdict by plain comparison."""
    counted = {"completion_tokens": len(text.split()), "thinking_tokens": 0} | usage
    return {
        "problem_id": problem_id, "index": index, "text": text, "answer": answer, "canonical": answer,
        "correct": answer == gold, "usage": counted, "finish_reason": "eos",
    }  # fmt: skip


def make(folder: Path, texts: dict[str, list[tuple[str, str | None]]], **usage: int) -> tuple[Run, Task]:
    """A run of given (text, answer) per problem, all with the gold answer 4, and its task."""
    identity = {"task": {"name": "own"}, "strategy": {"name": "sample", "parameters": {}}, "delimiter": "\n\n"}
    manifest = {
        "schema": "harness.run/1",
        "identity": identity,
        "identity_digest": "d",
        "model": "m",
        "state": "complete",
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with (folder / "problems.jsonl").open("w") as problems, (folder / "responses.jsonl").open("w") as responses:
        for number, (name, own) in enumerate(texts.items()):
            problems.write(
                json.dumps({"problem_id": name, "level": 1 + number % 2, "subject": None, "status": "ok"}) + "\n"
            )
            for index, (text, answer) in enumerate(own):
                responses.write(json.dumps(response(name, index, text, answer, **usage)) + "\n")
    made = tuple(Problem(name, "What is 2 + 2?", "4") for name in texts)
    return Run.open(folder), Task("own", "1", made, SCORER)


@pytest.fixture(scope="module")
def pool() -> Any:
    with GradingPool(workers=1) as made:
        yield made


def done(run: Run, task: Task, pool: GradingPool) -> tuple[Line, list[tuple[Line, list[Counted]]]]:
    analysed = asyncio.run(analyze(run, task, pool))
    return json.loads((run.folder / FILE).read_text()), analysed


def test_a_response_with_thinking_is_read_event_by_event(tmp_path: Path, pool: GradingPool) -> None:
    text = RIGHT + "The answer is \\boxed{4}."
    run, task = make(tmp_path, {"p": [(text, "4")]})
    data, [(_, [counted])] = done(run, task, pool)
    assert data["schema"] == SCHEMA and [card["name"] for card in data["detectors"]] == [d.name for d in detectors()]
    [record] = data["responses"]
    assert record["part"] == "thinking" and text[record["start"] : record["end"]].strip().startswith("Is it 5?")
    assert [(a["answer"], a["correct"], a["is_final"]) for a in record["attempts"]] == [
        ("5", False, False),
        ("4", True, True),
    ]
    kinds = {event["kind"]: text[event["start"] : event["end"]] for event in record["events"]}
    assert kinds["backtracking"] == "Wait," and kinds["regret"].startswith("Wait, I made a mistake")
    first = record["attempts"][1]
    assert text[first["start"] : first["end"]] == "answer is 4"
    assert record["first_final"] == 2 and record["differs"] is False
    assert record["outcome_efficiency"] == pytest.approx(first["end"] / len(text), abs=1e-6)
    assert counted.verdicts == (False, True) and counted.kinds["regret"] == 1


def test_the_file_is_the_same_bytes_again(tmp_path: Path, pool: GradingPool) -> None:
    texts = {f"p{i}": [(RIGHT + f"\\boxed{{{i % 5}}}", str(i % 5))] * 3 for i in range(40)}
    run, task = make(tmp_path, texts)
    asyncio.run(analyze(run, task, pool))
    once = (run.folder / FILE).read_bytes()
    with GradingPool(workers=3) as other:
        asyncio.run(analyze(run, task, other))
    assert (run.folder / FILE).read_bytes() == once and len(json.loads(once)["responses"]) == 120
    lines = once.decode().splitlines()  # a record a line, so that one can be found without reading all
    assert sum(line.startswith('{"problem_id"') for line in lines) == 120


def test_tokens_are_the_thinkings_or_say_how_they_were_counted(tmp_path: Path) -> None:
    text = RIGHT + "4"
    counted = part_of(response("p", 0, text, "4", completion_tokens=100, thinking_tokens=90))
    assert (counted.tokens, counted.tokens_by, counted.thinking) == (90, "exact", True)
    shared = part_of(response("p", 0, text, "4", completion_tokens=100))
    assert shared.tokens_by == "share" and 90 <= shared.tokens <= 99
    plain = part_of(response("p", 0, "So 4.", "4", completion_tokens=7))
    assert (plain.thinking, plain.tokens, plain.start, plain.end, plain.hidden) == (False, 7, 0, 5, False)
    hidden = part_of(response("p", 0, "So 4.", "4", completion_tokens=100, thinking_tokens=93))
    assert (hidden.thinking, hidden.tokens, hidden.hidden) == (False, 7, True)
    opened = part_of({**response("p", 0, "I think and", None), "prefill": "<think>\n"})
    assert opened.thinking and opened.end == 11


def test_without_thinking_the_given_answer_is_the_last_attempt(tmp_path: Path, pool: GradingPool) -> None:
    run, task = make(tmp_path, {"p": [("So we get four, as one sees.", "4"), ("The answer is 5.", "5"), ("Hm", None)]})
    data, _ = done(run, task, pool)
    attempts = [[(a["answer"], a["correct"], a["is_final"]) for a in r["attempts"]] for r in data["responses"]]
    assert attempts == [[("4", True, True)], [("5", False, True)], []]
    assert [r["first_final"] for r in data["responses"]] == [1, 1, None]
    assert [r["differs"] for r in data["responses"]] == [None] * 3


def test_thinking_that_ends_on_another_answer_is_told(tmp_path: Path, pool: GradingPool) -> None:
    thought = "<think>So the answer is {}.</think>The answer is {}."
    pairs = [(4, 4), (4, 5), (5, 4), (5, 6), (5, 5)]
    run, task = make(tmp_path, {f"p{i}": [(thought.format(a, b), str(b))] for i, (a, b) in enumerate(pairs)})
    data, analysed = done(run, task, pool)
    assert [r["differs"] for r in data["responses"]] == [False, True, True, True, False]
    cells = {row["measure"]: row["responses"] for row in measures(analysed) if row["group"] == "all"}
    assert [cells[name] for name in TABLE] == [1, 1, 1, 2]


def test_hostile_answers_are_bounded_and_change_no_other_response(tmp_path: Path, pool: GradingPool) -> None:
    many = "\n".join(f"The answer is {i}." for i in range(3 * MOST_GRADED))
    bomb = "So the answer is $9^{9^{9^{9^9}}}$. " + "\\boxed{" * 500
    run, task = make(tmp_path, {"p": [(many, "191"), (bomb, None), ("\ud800\x00<script> the answer is 4.", "4")]})
    data, _ = done(run, task, pool)
    first, second, third = data["responses"]
    assert len(first["attempts"]) == 3 * MOST_GRADED
    assert sum(a["correct"] is not None for a in first["attempts"]) == MOST_GRADED
    assert second["attempts"][0]["correct"] in (False, None)
    assert third["attempts"][-1]["correct"] is True


def test_a_problem_that_is_gone_is_an_error(tmp_path: Path, pool: GradingPool) -> None:
    run, _ = make(tmp_path, {"p": [("4", "4")]})
    with pytest.raises(UsageError, match="has no problem 'p' any more"):
        asyncio.run(analyze(run, Task("own", "1", (), SCORER), pool))
    assert not (run.folder / FILE).exists()


def counted(verdicts: str = "", correct: bool | None = True, tokens: int = 1000, **more: Any) -> Counted:
    """Numbers of a response; `verdicts` as letters r, w and ? for its attempts."""
    given = tuple({"r": True, "w": False, "?": None}[letter] for letter in verdicts)
    values: Line = {
        "thinking": True, "hidden": False, "cut": False, "tokens": tokens, "completion_tokens": tokens, "steps": 10,
        "repetition": 0.0, "repeated_tokens": 0.0, "repeated_grams": 0.0, "formulas": 0, "kinds": {},
        "verdicts": given, "correct": correct, "first_final": None, "reach": None, "efficiency": None, "differs": None,
    }  # fmt: skip
    return Counted(**{**values, **more})


def rows(problems: list[list[Counted]], **options: Any) -> dict[tuple[str, Any, Any], Line]:
    lines = [{"problem_id": str(i), "level": 1 + i % 2, "subject": None} for i in range(len(problems))]
    found = measures(list(zip(lines, problems, strict=True)), **options)
    return {(row["measure"], row["k"], row["value_of_group"]): row for row in found}


def test_accuracy_at_attempts_and_what_becomes_of_answers() -> None:
    found = rows([[counted("wwr"), counted("rw")], [counted("r?r"), counted("")], [counted("ww")]])
    at = [found["accuracy@attempt", k, None]["value"] for k in (1, 2, 3)]
    assert at == pytest.approx([(0.5 + 1 + 0) / 3, (0 + 0) / 2, (1 + 1) / 2])
    carried = [found["accuracy@attempt_carried", k, None]["value"] for k in (1, 2, 3)]
    assert carried == pytest.approx([(0.5 + 1 + 0) / 3, (0 + 0) / 2, (0.5 + 1 + 0) / 3])
    wrong, right = found["right_to_wrong", None, None], found["wrong_to_right", None, None]
    assert (wrong["value"], wrong["responses"]) == (0.5, 2)  # rw, and r(?)r
    assert (right["value"], right["responses"]) == (pytest.approx(1 / 3), 3)


def test_rates_are_pooled_over_tokens_and_shares_are_means_over_problems() -> None:
    found = rows([[counted(kinds={"backtracking": 4}, tokens=3000), counted(tokens=1000)],
                  [counted(tokens=2000)], [counted(tokens=2000)]])  # fmt: skip
    row = found["backtracking_per_1000", None, None]
    assert row["value"] == pytest.approx(0.5) and row["low"] < 0.5 < row["high"] and row["problems"] == 3
    assert found["backtracking_per_1000", None, 1]["value"] == pytest.approx(4 / 6)
    shares = rows([[counted(repetition=0.5), counted(repetition=0.1)], [counted(repetition=0.9)]])
    assert shares["repetition_rate", None, None]["value"] == pytest.approx((0.3 + 0.9) / 2)
    assert ("semantic_per_1000", None, None) not in found


def test_regret_is_compared_within_problems_and_by_rank_of_length() -> None:
    regrets = {"kinds": {"regret": 1}}
    easy = [counted(correct=True, tokens=t) for t in (10, 20, 30)] + [counted(correct=True, tokens=40, **regrets)]
    mixed = [counted(correct=True, tokens=10), counted(correct=True, tokens=20)]
    mixed += [counted(correct=False, tokens=40, **regrets), counted(correct=True, tokens=30, **regrets)]
    hard = [counted(correct=False, tokens=t, **regrets) for t in (10, 20, 30, 40)]
    found = rows([easy, mixed, hard])
    difference = found["regret_difference", None, None]
    assert difference["value"] == pytest.approx((0 - 0.5) / 2) and difference["problems"] == 2
    odds = found["regret_odds_ratio", None, None]
    assert odds["problems"] == 1 and odds["value"] is None and odds["low"] == 0.0
    assert [found["accuracy@rank", k, None]["value"] for k in (1, 4)] == pytest.approx([2 / 3, 1 / 3])
    assert [found["regret@rank", k, None]["value"] for k in (1, 4)] == pytest.approx([1 / 3, 1.0])


def test_every_row_has_its_definition_and_every_measure_its_detector() -> None:
    names = {detector.name for detector in detectors()}
    assert all(measure.detector in names and measure.definition for measure in MEASURES.values())
    assert {name for name, _, _ in rows([[counted("rw")], [counted("r")]])} <= set(MEASURES)


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the toy model that thinks."""
    out = tmp_path_factory.mktemp("analyze")
    options = ["-M", "thinking=3", "-M", "step_accuracy=0.7", "--strategy", "sample", "-S", "n=3", "--limit", "6"]
    assert main(["eval", "game24", "--model", "toy/default", *options, "--output-dir", str(out)]) == 0
    return next(out.glob("game24-*"))


@pytest.mark.parametrize("form", ["md", "csv", "json", "html"])
def test_the_command_prints_every_format_with_definitions(
    form: str, toy_run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["analyze", str(toy_run), "--format", form]) == 0
    out = capsys.readouterr().out
    assert (toy_run / FILE).exists()
    if form == "csv":
        found = list(csv.DictReader(io.StringIO(out)))
        assert all(row["definition"] and row["version"] and row["run"] == toy_run.name for row in found)
        assert {row["value_of_group"] for row in found if row["measure"] == "backtracking_per_1000"} >= {"", "1"}
    elif form == "json":
        data = json.loads(out)
        assert [card["name"] for card in data["detectors"]] == [d.name for d in detectors()]
        rates = {row["measure"]: row["value"] for row in data["rows"] if row["group"] == "all"}
        assert rates["backtracking_per_1000"] > 0 and rates["verification_per_1000"] == 0
    else:
        assert all(d.definition.split("(")[0][:40] in out for d in detectors())
        assert ("<table" in out) == (form == "html")


def test_two_problems_have_means_and_no_interval(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--model", "toy/default", "-M", "thinking=3", "--limit", "2", "--output-dir", str(tmp_path)]
    assert main(["eval", "game24", *options]) == 0
    capsys.readouterr()
    assert main(["analyze", str(next(tmp_path.glob("game24-*")))]) == 0
    out = capsys.readouterr().out
    (whole,) = [line for line in out.split("**attempts")[0].splitlines() if line.startswith("| all")]
    assert re.match(r"\| all +\| +2 \| +\d+(\.\d+)? \[–\] \|", whole)
    assert "[–]: fewer than 3 problems, too few for an interval" in out
    assert not re.search(r"\[-\d", out)


def test_show_marks_events_in_the_text(toy_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    marked = ""
    for problem in Run.open(toy_run).lines("problems.jsonl"):
        assert main(["show", str(toy_run), problem["problem_id"], "--events"]) == 0
        marked += capsys.readouterr().out
    assert "⟦backtracking⟧Wait" in marked and "--- found: " in marked and "⟦exact of “" in marked
    assert main(["show", str(toy_run), problem["problem_id"]]) == 0
    assert "⟦" not in capsys.readouterr().out
    assert main(["show", str(toy_run), problem["problem_id"], "--events", "--json"]) == 2


def test_the_marks_carry_verdicts_and_no_control_characters(
    tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str]
) -> None:
    run, task = make(tmp_path, {"p": [("\x1b[31mThe answer is 5.\n\nWait, the answer is 4.", "4")]})
    add = {"gold": "4", "answer": "4", "correct": True, "c": 1, "n": 1, "usage": {"completion_tokens": 9}}
    line = json.loads((run.folder / "problems.jsonl").read_text()) | add
    (run.folder / "problems.jsonl").write_text(json.dumps(line) + "\n")
    record = json.loads((run.folder / "responses.jsonl").read_text()) | {"chosen": True, "reason": ""}
    (run.folder / "responses.jsonl").write_text(json.dumps(record) + "\n")
    asyncio.run(analyze(run, task, pool))
    assert main(["show", str(run.folder), "p", "--events"]) == 0
    out = capsys.readouterr().out
    assert "⟦attempt 1: 5 ✗⟧" in out and "⟦attempt 2: 4 ✓⟧" in out and "\x1b" not in out


def test_mistakes_are_told(tmp_path: Path, toy_run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["analyze", str(tmp_path / "none")]) == 2
    assert "There is no run at" in capsys.readouterr().err
    (toy_run / "responses.jsonl").rename(toy_run / "away")
    (toy_run / "problems.jsonl").rename(toy_run / "away2")
    try:
        assert main(["analyze", str(toy_run)]) == 5
    finally:
        (toy_run / "away").rename(toy_run / "responses.jsonl")
        (toy_run / "away2").rename(toy_run / "problems.jsonl")
