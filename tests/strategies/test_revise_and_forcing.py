"""Sequential revisions, budget forcing and tree of thoughts: identities, what is forced, what is visible."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli import main
from harness.core import Completion, Request, Sampling
from support import lines, search, small_task

SAMPLING = Sampling(0.8, max_tokens=200, seed=3)


def scripted(replies: list[Completion]) -> tuple[list[Request], object]:
    """An engine that answers from a list and keeps what it was asked."""
    asked: list[Request] = []

    async def generate(request: Request) -> Completion:
        asked.append(request)
        return replies[len(asked) - 1]

    return asked, generate


def test_one_attempt_is_a_sample() -> None:
    assert search("revise", attempts=1, sampling=SAMPLING).texts == search("sample", n=1, sampling=SAMPLING).texts


def test_nothing_to_force_is_plain_generation() -> None:
    found = search("budget_forcing", waits=0, sampling=SAMPLING)
    assert found.texts == search("sample", n=1, sampling=SAMPLING).texts
    assert found.selection.candidates[0].forced_tokens == 0


def test_wait_takes_the_place_of_the_end_of_thinking() -> None:
    replies = [
        Completion("two and two is five", 5, 5, "stop", "</think>"),
        Completion(", no, four", 9, 3, "stop", "</think>"),
        Completion("\n\n\\boxed{4}", 12, 4, "eos"),
    ]
    asked, engine = scripted(replies)
    [path] = search("budget_forcing", waits=1, engine=engine, sampling=SAMPLING).selection.candidates  # type: ignore[arg-type]
    assert path.text == "<think>\ntwo and two is fiveWait, no, four</think>\n\n\\boxed{4}"
    assert (path.tokens, path.thinking_tokens, path.whole) == (12, 8, True)
    assert path.forced_tokens == 2  # <think> and Wait
    assert asked[1].prefix.endswith("fiveWait")


def test_spent_thinking_is_ended_and_an_answer_forced() -> None:
    replies = [Completion("on and on and on", 5, 5, "length"), Completion(" \\boxed{4}", 12, 4, "eos")]
    asked, engine = scripted(replies)
    found = search("budget_forcing", waits=3, thinking_budget=5, engine=engine, sampling=SAMPLING)  # type: ignore[arg-type]
    [path] = found.selection.candidates
    assert path.text == "<think>\non and on and on\n</think>\n\nFinal Answer: \\boxed{4}"
    assert asked[0].sampling.max_tokens == 5
    assert path.thinking_tokens == 5


def test_a_template_that_opens_the_thinking_is_not_opened_again() -> None:
    problem = replace(small_task(1).problems[0], text="What?\n<think>\n")
    asked, engine = scripted([Completion("hm", 5, 1, "stop", "</think>"), Completion(" \\boxed{4}", 5, 2, "eos")])
    found = search("budget_forcing", waits=0, thinking_budget=9, engine=engine, problem=problem, sampling=SAMPLING)  # type: ignore[arg-type]
    [path] = found.selection.candidates
    assert asked[0].prefix == ""
    assert path.text == "hm</think> \\boxed{4}"
    assert (path.forced_tokens, path.thinking_tokens, path.tokens) == (0, 1, 3)


def test_other_tags_and_words() -> None:
    asked, engine = scripted(
        [Completion("hm", 5, 1, "stop", "[/T]"), Completion("ah", 5, 1, "stop", "[/T]"), Completion("4", 5, 2, "eos")]
    )
    words = {"open_tag": "[T]", "close_tag": "[/T]", "wait": " Hold on."}
    [path] = search("budget_forcing", waits=1, engine=engine, sampling=SAMPLING, **words).selection.candidates  # type: ignore[arg-type]
    assert path.text == "[T]\nhm Hold on.ah[/T]4"
    assert asked[0].sampling.stop == ("[/T]",)


def test_a_turn_that_ends_while_it_thinks_has_ended_its_thinking() -> None:
    _, engine = scripted([Completion("hm", 5, 1, "eos"), Completion("ah", 5, 1, "eos"), Completion("4", 5, 2, "eos")])
    [path] = search("budget_forcing", waits=1, engine=engine, sampling=SAMPLING).selection.candidates  # type: ignore[arg-type]
    assert path.text == "<think>\nhmWaitah\n</think>\n\n4"
    assert (path.thinking_tokens, path.whole) == (2, True)


def test_the_thinking_budget_shrinks_by_what_was_thought_before_a_wait() -> None:
    asked, engine = scripted(
        [Completion("a b", 5, 3, "stop", "</think>"), Completion("c d", 5, 2, "length"), Completion("4", 5, 2, "eos")]
    )
    found = search("budget_forcing", waits=9, thinking_budget=5, engine=engine, sampling=SAMPLING)  # type: ignore[arg-type]
    [path] = found.selection.candidates
    assert [request.sampling.max_tokens for request in asked[:2]] == [5, 2]
    assert path.text == "<think>\na bWaitc d\n</think>\n\nFinal Answer:4"


@pytest.mark.parametrize(("limit", "budget", "reason"), [(6, None, "length"), (200, 5, "budget")])
def test_thinking_without_room_for_an_answer_is_a_cut_response(limit: int, budget: int | None, reason: str) -> None:
    _, engine = scripted([Completion("on and on and on", 5, 5, "length")])
    sampling = Sampling(0.8, max_tokens=limit)
    found = search("budget_forcing", engine=engine, sampling=sampling, budget=budget)  # type: ignore[arg-type]
    [path] = found.selection.candidates
    assert (path.finished, path.finish_reason, path.thinking_tokens) == (True, reason, 5)
    assert path.tokens + path.forced_tokens <= limit


def test_each_revision_sees_the_last_whole_attempts() -> None:
    texts = ["first", "second", "cut", "fourth", "fifth"]
    replies = [Completion(text, 5, 2, "length" if text == "cut" else "eos") for text in texts]
    asked, engine = scripted(replies)
    found = search("revise", attempts=5, memory=2, engine=engine, converses=True, sampling=SAMPLING)  # type: ignore[arg-type]
    assert found.texts == texts
    seen = [[m["content"] for m in request.prompt.messages if m["role"] == "assistant"] for request in asked]
    assert seen == [[], ["first"], ["first", "second"], ["first", "second"], ["second", "fourth"]]
    assert asked[4].prompt.messages[-1]["role"] == "user"
    assert all(candidate.prompt == asked[0].prompt for candidate in found.selection.candidates)
    assert found.meter.serial == found.meter.spent == 10  # one after another


def test_revisions_end_with_the_budget_and_keep_what_was_written() -> None:
    _, engine = scripted([Completion("first", 5, 4, "eos"), Completion("sec", 5, 2, "length")])
    found = search("revise", attempts=5, engine=engine, budget=6, converses=True, sampling=SAMPLING)  # type: ignore[arg-type]
    assert [(c.text, c.finish_reason) for c in found.selection.candidates] == [("first", "eos"), ("sec", "budget")]


def test_the_command_takes_0_waits_and_no_negative_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = "eval game24 --model toy/default --strategy budget_forcing --limit 2 -S waits="
    assert main([*f"{command}0".split(), "--output-dir", str(tmp_path)]) == 0
    assert main([*f"{command}-1".split(), "--output-dir", str(tmp_path)]) == 2
    assert "waits must be not negative" in capsys.readouterr().err


def test_revising_needs_a_way_to_render_a_conversation() -> None:
    with pytest.raises(ValueError, match="way to render"):
        search("revise", attempts=2, step_accuracy=1.0, sampling=SAMPLING)


@pytest.mark.parametrize("strategy", ["revise", "budget_forcing", "tree_of_thoughts"])
@pytest.mark.parametrize("options", ["", "--budget 200", "--budget 5", "--max-tokens 20"])
def test_each_runs_and_every_token_is_accounted_for(
    strategy: str, options: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = f"eval game24 --model toy/default --strategy {strategy} --limit 3 {options}"
    assert main([*command.split(), "--output-dir", str(tmp_path)]) == 0
    capsys.readouterr()
    [folder] = tmp_path.iterdir()
    for problem in lines(folder / "problems.jsonl"):
        own = [r for r in lines(folder / "responses.jsonl") if r["problem_id"] == problem["problem_id"]]
        assert len(own) == problem["n"] > 0
        assert sum(r["chosen"] for r in own) == 1
        if options.startswith("--budget"):
            assert problem["usage"]["completion_tokens"] <= int(options.split()[1])


def test_attempts_stand_in_their_order_with_their_accuracy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = "eval game24 --model toy/default --strategy revise -S attempts=4 --limit 5 -S choose=last"
    assert main([*command.split(), "--output-dir", str(tmp_path)]) == 0
    capsys.readouterr()
    [folder] = tmp_path.iterdir()
    for problem in lines(folder / "problems.jsonl"):
        own = [r for r in lines(folder / "responses.jsonl") if r["problem_id"] == problem["problem_id"]]
        assert [r["index"] for r in own] == [0, 1, 2, 3]
        assert [r["weights"]["last"] for r in own] == [0.0, 1.0, 2.0, 3.0]
        assert problem["choices"]["last"]["index"] == 3
    results = json.loads((folder / "results.json").read_text())
    metrics = {row["metric"] for row in results["metrics"]}
    assert metrics >= {"accuracy", "attempt@k", "any@k"}
    assert not metrics & {"pass@k", "maj@k"}  # attempts are no draws
    assert results["curves"] == {}
    assert main(["report", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "attempt@1" in shown
    assert "attempt@4" in shown
    assert "pass@" not in shown


def test_thoughts_are_searched_by_breadth_and_by_depth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = main(["list", "strategies", "--json"])
    assert known == 0
    assert "tree_of_thoughts" in capsys.readouterr().out
    command = "eval game24 --model toy/default --strategy tree_of_thoughts --limit 2"
    assert main([*command.split(), "--output-dir", str(tmp_path)]) == 0
    capsys.readouterr()
    [folder] = tmp_path.iterdir()
    for tree in lines(folder / "trees.jsonl"):
        assert any(node["state"] == "pruned" for node in tree["nodes"]) or len(tree["nodes"]) > 3
