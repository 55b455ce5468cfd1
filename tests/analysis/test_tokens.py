"""Tokens by level: what a problem's number is, who counts as cut, ratios and slopes by hand, parts that add up."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import Any

import pytest

from harness.analysis import tokens
from harness.cli import main
from harness.core import UsageError
from harness.outcomes import Outcome
from harness.run import Run
from harness.thinking import opening, split
from reports import tokens as tables
from reports import views
from scorers.pool import GradingPool
from support import run, small_task, toy_plan


def outcome(
    number: int,
    lengths: list[int],
    *,
    level: Any = 1,
    thinking: list[int] | None = None,
    cut: Any = (),
    human: Any = (),
) -> Outcome:
    """A problem by the lengths of its responses; `cut` are the places of those that were."""
    thought = thinking or [0] * len(lengths)
    lines = [
        {
            "answer": "1", "canonical": "1", "correct": True, "score": None,
            "finish_reason": "length" if i in cut else "eos",
            "usage": {"completion_tokens": total, "thinking_tokens": part},
        }
        for i, (total, part) in enumerate(zip(lengths, thought, strict=True))
    ]  # fmt: skip
    problem = {"problem_id": f"p/{number}", "status": "ok", "level": level, "human_tokens": list(human)}
    return Outcome.of(problem, lines)


def row(made: list[dict[str, Any]], metric: str, value: Any = None) -> dict[str, Any]:
    [found] = [r for r in made if r["metric"] == metric and r["value_of_group"] == value]
    return found


def test_a_problem_s_number_is_the_mean_over_its_responses() -> None:
    made = tokens.rows([outcome(1, [10, 30]), outcome(2, [40]), outcome(3, [90], level=2)])
    assert (row(made, "completion_tokens", 1)["value"], row(made, "completion_tokens", 1)["median"]) == (30, 30)
    assert (row(made, "completion_tokens")["value"], row(made, "completion_tokens")["responses"]) == (50, 4)
    assert row(made, "completion_tokens")["cut"] == 0
    assert row(made, "completion_tokens")["censored_median"] is None


def test_the_cut_are_counted_and_censored() -> None:
    found = [outcome(i, [10 * i], cut=[0] if i > 4 else []) for i in range(1, 8)]
    whole = row(tokens.rows(found), "completion_tokens")
    assert whole["cut"] == pytest.approx(3 / 7)
    assert (whole["censored_median"], whole["at_least"]) == (40, 70)
    assert whole["censored_high"] is None  # half of the draws do not know either
    [kept] = [r for r in tokens.further(found, ("all", None)) if r["metric"] == "censored_completion_tokens"]
    assert (kept["value"], kept["low"]) == (40, None)


def test_thinking_that_had_ended_is_whole_though_the_answer_was_cut() -> None:
    one = outcome(1, [20, 20], thinking=[20, 12], cut=[0, 1])
    assert tokens.cut(one, "thinking_tokens") == [True, False]
    assert tokens.cut(one, "answer_tokens") == [True, True]
    assert tokens.part(one, "answer_tokens") == [0, 8]


def test_human_solutions_per_problem_and_pooled() -> None:
    found = [outcome(1, [40], human=[10, 20, 30]), outcome(2, [60], human=[80]), outcome(3, [5])]
    made = tokens.rows(found)
    human, pooled = row(made, "human_tokens"), row(made, "pooled_human_tokens")
    assert (human["value"], human["problems"], human["solutions"]) == (50, 2, 4)
    assert (pooled["value"], pooled["median"], pooled["problems"]) == (35, 25, 2)
    assert row(made, "human_ratio")["value"] == 1
    assert row(made, "human_ratio_of_medians")["value"] == 1
    assert row(made, "human_log_ratio")["value"] == pytest.approx((math.log(2) + math.log(0.75)) / 2)
    assert row(made, "human_log_ratio")["problems"] == 2


def test_tokens_that_double_with_every_level_have_that_slope() -> None:
    found = [outcome(i, [10 * 2 ** (i % 4)], level=i % 4, human=[7]) for i in range(12)]
    slope = row(tokens.rows(found), "completion_tokens_slope")
    assert slope["factor"] == pytest.approx(2)
    assert row(tokens.rows(found), "human_tokens_slope")["value"] == pytest.approx(0)
    named = [outcome(i, [10], level="easy") for i in range(9)]
    assert not [r for r in tokens.rows(named) if r["metric"].endswith("_slope")]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Run]:
    """A toy that thinks, some of it cut; the same forced on; one that does not think."""
    out, task = tmp_path_factory.mktemp("runs"), small_task(24)
    plans = {
        "thinks": toy_plan(task, thinking=4, step_accuracy=0.5, n=3, max_tokens=120),
        "forced": toy_plan(task, strategy="budget_forcing", thinking=3, step_accuracy=0.5, waits=1),
        "plain": toy_plan(task, n=2),
    }
    with GradingPool(workers=1) as pool:
        return {name: Run.open(run(plan, out / name, pool).folder) for name, plan in plans.items()}


@pytest.mark.parametrize("name", ["thinks", "forced", "plain"])
def test_the_parts_of_every_response_add_up_to_the_engine_s_count(made: dict[str, Run], name: str) -> None:
    for response in made[name].lines("responses.jsonl"):
        use, parts = response["usage"], split(response["text"], opened=opening(response["prefill"]))
        assert use["thinking_tokens"] + use["answer_tokens"] + use["gap_tokens"] == use["completion_tokens"]
        assert use["gap_tokens"] == 0 and use["thinking_by"] == "exact"
        assert parts.thinking + parts.answer == response["text"]
        words = len(parts.thinking.split())
        if name == "forced":
            assert use["forced_tokens"] >= 2 and use["thinking_tokens"] > 0
        elif response["finish_reason"] == "eos":
            assert use["thinking_tokens"] == words


def test_the_tables_say_what_was_cut_and_forced(made: dict[str, Run]) -> None:
    text = views.markdown(tables.full(made["thinks"]))
    assert "Kaplan–Meier" in text and "≥" in text and "told from the answer on the engine's own tokens" in text
    forced = tables.full(made["forced"])[0]
    assert "forced" in forced.header and "cut" in forced.header
    plain = tables.full(made["plain"])[0]
    assert not any("thinking" in name for name in plain.header)
    assert all(len(line) == len(view.header) for m in made.values() for view in tables.full(m) for line in view.body)
    [short] = tables.short(made["thinks"])
    assert [line[0] for line in short.body] == ["1", "2", "3", "4", "all"]
    assert len({len(line) for line in short.body} | {len(short.header)}) == 1


def test_results_hold_the_rows_that_a_page_needs(made: dict[str, Run]) -> None:
    metrics = {r["metric"] for r in made["thinks"].results()["metrics"] if r["group"] == "all"}
    assert {"answer_tokens", "pooled_human_tokens", "human_log_ratio", "censored_completion_tokens"} <= metrics
    assert "completion_tokens_slope" in metrics
    whole = [r for r in made["thinks"].results()["metrics"] if r["group"] == "all" and r["k"] is None]
    assert len(whole) == len({r["metric"] for r in whole})  # no name twice


@pytest.mark.parametrize("form", ["md", "csv", "json", "html"])
def test_report_tokens_in_every_form(made: dict[str, Run], capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["report", str(made["thinks"].folder), "--tokens", "--by", "subject", "--format", form]) == 0
    out = capsys.readouterr().out
    if form == "json":
        assert {r["group"] for r in json.loads(out)} == {"subject", "all"}
    elif form == "csv":
        assert "thinking_tokens" in {r["metric"] for r in csv.DictReader(io.StringIO(out))}
    else:
        assert "algebra" in out


def test_another_tokenizer_counts_the_visible_text(made: dict[str, Run]) -> None:
    texts = {problem.id: problem.solutions for problem in small_task(24).problems}
    found = tokens.recounted(made["thinks"], tables.found(made["thinks"]), len, texts)
    first = next(made["thinks"].lines("responses.jsonl"))
    assert found[0].tokens[0] == len(first["text"])
    assert found[1].human_tokens == [len(texts["small/1"][0])]
    assert tokens.rows(found)[0]["metric"] == "completion_tokens"


def test_count_with_alone_is_refused(made: dict[str, Run], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(made["plain"].folder), "--count-with", "smollm2"]) == UsageError.code
    assert "--tokens" in capsys.readouterr().err
