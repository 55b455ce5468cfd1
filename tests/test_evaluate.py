"""A run from plan to files: what is written, what it does not depend on, and what happens when problems fail."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.backends.toy import Toy
from harness.calls import Retries
from harness.core import BackendError, Completion, Problem, Request, UsageError
from harness.evaluate import GIVE_UP_AFTER, Blocks, Plan, evaluate
from harness.files import FolderLock
from harness.run import Run, sibling_logs
from scorers.pool import GradingPool
from support import calls, lines, run, small_task, toy_plan

FINAL = ("responses.jsonl", "problems.jsonl", "results.json")


class Failing(Toy):
    """The toy policy, failing for the problems whose id it is given."""

    def __init__(self, problems: tuple[Problem, ...], fails: tuple[str, ...], **options: Any) -> None:
        super().__init__("default", problems, **options)
        self.fails = fails
        self.asked: list[str] = []

    async def generate(self, request: Request) -> Completion:
        self.asked.append(request.prompt.problem_id)
        if request.prompt.problem_id in self.fails:
            raise BackendError("the engine broke", retryable=False)
        return await super().generate(request)


def test_the_files_of_a_run(tmp_path: Path, pool: GradingPool) -> None:
    finished = run(toy_plan(), tmp_path, pool)
    folder = finished.folder
    manifest = json.loads((folder / "manifest.json").read_text())
    assert folder.name == f"small-sample-{manifest['identity_digest'][:8]}"
    assert (finished.state, manifest["schema"], manifest["state"]) == ("complete", "harness.run/1", "complete")
    assert set(manifest["files"]) == {"responses.jsonl", "problems.jsonl", "calls.jsonl", "results.json"}
    problems, responses = lines(folder / "problems.jsonl"), lines(folder / "responses.jsonl")
    assert [p["problem_id"] for p in problems] == [p.id for p in small_task().problems]
    assert [(r["problem_id"], r["index"]) for r in responses] == [
        (p["problem_id"], i) for p in problems for i in range(4)
    ]
    assert {"problem_id", "index", "text", "answer", "canonical", "correct", "score", "step_scores", "usage",
            "finish_reason", "chosen"} <= set(responses[0])  # fmt: skip
    assert {"problem_id", "level", "subject", "difficulty", "status", "answer", "correct", "n", "c", "usage",
            "human_tokens"} <= set(problems[0])  # fmt: skip
    for problem in problems:
        own = [r for r in responses if r["problem_id"] == problem["problem_id"]]
        assert problem["c"] == sum(r["correct"] for r in own)
        assert problem["usage"]["completion_tokens"] == sum(r["usage"]["completion_tokens"] for r in own)
        assert [r["chosen"] for r in own] == [True, False, False, False]
        assert problem["correct"] == own[0]["correct"]
    results = json.loads((folder / "results.json").read_text())
    assert results["problems"] == {"selected": 8, "finished": 8, "errors": 0, "unjudged": 0}
    depth = results["usage"]["asked"].pop("serial_tokens")
    assert 0 < depth < results["usage"]["asked"]["completion_tokens"]
    assert results["usage"]["generated"].pop("serial_tokens") == 0
    assert results["usage"]["asked"] == results["usage"]["generated"]


def test_the_log_and_the_ledger_agree_with_the_engine_to_the_token(tmp_path: Path, pool: GradingPool) -> None:
    finished = run(toy_plan(), tmp_path, pool)
    logged = calls(finished.folder).values()
    assert finished.results is not None
    for name in ("prompt_tokens", "completion_tokens"):
        assert sum(c["result"][name] for c in logged) == finished.results["usage"]["asked"][name]


def test_concurrency_changes_no_request_and_no_byte(tmp_path: Path, pool: GradingPool) -> None:
    one = run(toy_plan(concurrency=1, latency=0.0005), tmp_path / "one", pool)
    many = run(toy_plan(concurrency=32, latency=0.0005), tmp_path / "many", pool)
    assert calls(one.folder) == calls(many.folder)
    for name in FINAL:
        assert (one.folder / name).read_bytes() == (many.folder / name).read_bytes()


def test_n_identical_prompts_are_n_distinct_draws(tmp_path: Path, pool: GradingPool) -> None:
    finished = run(toy_plan(n=16), tmp_path, pool)
    for problem in small_task().problems:
        texts = [r["text"] for r in lines(finished.folder / "responses.jsonl") if r["problem_id"] == problem.id]
        assert len(set(texts)) == 16


def test_a_larger_n_and_another_strategy_find_their_siblings_calls(tmp_path: Path, pool: GradingPool) -> None:
    run(toy_plan(n=4), tmp_path, pool)
    larger = run(toy_plan(n=6), tmp_path, pool)
    assert larger.results is not None
    assert larger.results["usage"]["asked"]["calls"] == 8 * 6
    assert larger.results["usage"]["generated"]["calls"] == 8 * 2
    alone = run(toy_plan(n=6), tmp_path / "alone", pool)
    assert (alone.folder / "responses.jsonl").read_bytes() == (larger.folder / "responses.jsonl").read_bytes()


def test_two_models_have_two_runs_and_share_nothing(tmp_path: Path, pool: GradingPool) -> None:
    good = run(toy_plan(step_accuracy=1.0), tmp_path, pool)
    bad_plan = toy_plan(step_accuracy=0.01)
    assert sibling_logs(tmp_path, tmp_path / "x", bad_plan.backend.identity) == []
    bad = run(bad_plan, tmp_path, pool)
    assert good.folder != bad.folder
    assert good.results is not None
    assert bad.results is not None
    assert bad.results["usage"]["generated"]["calls"] == 32
    accuracy = [r["metrics"][0]["value"] for r in (good.results, bad.results)]
    assert accuracy[0] == 1.0
    assert accuracy[1] < 0.5


def test_a_finished_run_asks_the_engine_nothing(tmp_path: Path, pool: GradingPool) -> None:
    first = run(toy_plan(), tmp_path, pool)
    before = {name: (first.folder / name).read_bytes() for name in (*FINAL, "calls.jsonl")}
    plan = toy_plan()
    failing = Failing(plan.task.problems, tuple(p.id for p in plan.task.problems))
    again = run(replace(plan, backend=failing), tmp_path, pool)
    assert failing.asked == []
    assert {name: (again.folder / name).read_bytes() for name in before} == before


def test_a_failed_problem_is_recorded_counted_and_tried_again(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan()
    failing = Failing(plan.task.problems, ("small/2", "small/5"))
    finished = run(replace(plan, backend=failing), tmp_path, pool)
    assert finished.state == "incomplete"
    assert finished.results is not None
    assert finished.results["problems"] == {"selected": 8, "finished": 6, "errors": 2, "unjudged": 0}
    [accuracy] = [r for r in finished.results["metrics"] if r["metric"] == "accuracy" and r["group"] == "all"]
    assert accuracy["problems"] == 6
    broken = [p for p in lines(finished.folder / "problems.jsonl") if p["status"] == "error"]
    assert [(p["problem_id"], p["error"], p["correct"]) for p in broken] == [
        ("small/2", "the engine broke", None),
        ("small/5", "the engine broke", None),
    ]
    healed = run(plan, tmp_path, pool)
    assert healed.state == "complete"
    whole = run(plan, tmp_path / "whole", pool)
    for name in FINAL:
        assert (healed.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_max_errors(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(max_errors=2)
    failing = Failing(plan.task.problems, ("small/2", "small/5"))
    assert run(replace(plan, backend=failing), tmp_path, pool).state == "complete"


def test_a_dead_engine_ends_the_run_early(tmp_path: Path, pool: GradingPool) -> None:
    task = small_task(60)
    plan = toy_plan(task, concurrency=1, n=1)
    failing = Failing(task.problems, tuple(p.id for p in task.problems))
    finished = run(replace(plan, backend=failing), tmp_path, pool)
    assert finished.state == "incomplete"
    assert len(failing.asked) == GIVE_UP_AFTER
    assert any("the same command goes on" in warning for warning in finished.warnings)


def test_an_engine_that_ignores_the_seed_is_told(tmp_path: Path, pool: GradingPool) -> None:
    class Deaf(Toy):
        async def generate(self, request: Request) -> Completion:
            return await super().generate(replace(request, sampling=replace(request.sampling, seed=0)))

    plan = toy_plan()
    finished = run(replace(plan, backend=Deaf("default", plan.task.problems)), tmp_path, pool)
    assert any("identical" in warning for warning in finished.warnings)
    assert run(toy_plan(), tmp_path / "fine", pool).warnings == ()


def test_a_problem_without_a_gold_answer_is_unjudged_and_not_wrong(tmp_path: Path, pool: GradingPool) -> None:
    task = small_task(4)
    task = replace(task, problems=(replace(task.problems[0], answer=None), *task.problems[1:]))
    finished = run(toy_plan(task, step_accuracy=1.0), tmp_path, pool)
    assert finished.results is not None
    assert finished.results["problems"]["unjudged"] == 1
    [accuracy] = [r for r in finished.results["metrics"] if r["metric"] == "accuracy" and r["group"] == "all"]
    assert (accuracy["value"], accuracy["problems"], accuracy["unjudged"]) == (1.0, 3, 1)


def test_a_strategy_may_not_return_an_unfinished_path(
    tmp_path: Path, pool: GradingPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness import registry
    from harness.core import Path as Steps
    from harness.core import Prompt, Selection

    async def careless(prompt: Prompt, policy: Any) -> Selection:
        return Selection((Steps(prompt, ("half",)),))

    monkeypatch.setattr(registry, "component", lambda kind, name: careless)
    finished = run(toy_plan(strategy="greedy"), tmp_path, pool)
    assert finished.state == "incomplete"
    assert "unfinished path" in lines(finished.folder / "problems.jsonl")[0]["error"]


def test_two_writers_are_refused(tmp_path: Path, pool: GradingPool) -> None:
    finished = run(toy_plan(), tmp_path, pool)
    lock = FolderLock(finished.folder)
    with pytest.raises(Exception, match="Another process") as caught:
        run(toy_plan(), tmp_path, pool)
    lock.release()
    assert caught.value.code == 3  # type: ignore[attr-defined]
    assert run(toy_plan(), tmp_path, pool).state == "complete"


def test_a_folder_of_another_identity_is_refused_with_the_fields(tmp_path: Path, pool: GradingPool) -> None:
    finished = run(toy_plan(), tmp_path, pool)
    path = finished.folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["identity"]["sampling"]["temperature"] = 0.1
    path.write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match=r"differs in sampling\.temperature"):
        run(toy_plan(), tmp_path, pool)


def test_the_folder_of_a_run_is_no_output_folder(tmp_path: Path, pool: GradingPool) -> None:
    finished = run(toy_plan(), tmp_path, pool)
    with pytest.raises(UsageError, match="folder of one run"):
        run(toy_plan(), finished.folder, pool)


def test_cancelling_keeps_what_is_finished(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(concurrency=1, latency=0.01)

    async def interrupted() -> None:
        task = asyncio.create_task(evaluate(plan, tmp_path, pool))
        await asyncio.sleep(0.15)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(interrupted())
    [folder] = tmp_path.iterdir()
    assert Run.open(folder).manifest["state"] == "interrupted"
    done = len(calls(folder))
    assert 0 < done < 32
    finished = run(plan, tmp_path, pool)
    assert finished.state == "complete"
    assert len(calls(folder)) == 32


def test_a_damaged_log_line_is_done_again(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan()
    whole = run(plan, tmp_path / "whole", pool)
    damaged = run(plan, tmp_path / "damaged", pool)
    log = damaged.folder / "calls.jsonl"
    records = log.read_bytes().splitlines(keepends=True)
    log.write_bytes(b"".join([*records[:5], b"{rubbish}\n", *records[6:-1], records[-1][:40]]))
    (damaged.folder / "problems.jsonl").unlink()
    again = run(plan, tmp_path / "damaged", pool)
    assert any("2 damaged lines" in warning for warning in again.warnings)
    assert calls(again.folder) == calls(whole.folder)
    for name in FINAL:
        assert (again.folder / name).read_bytes() == (whole.folder / name).read_bytes()


def test_retries_have_sane_defaults() -> None:
    assert Retries().attempts >= 5
    assert Plan.__dataclass_fields__["max_errors"].default == 0


def test_blocks_are_asked_in_turn_and_no_further_than_enough(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(latency=0.001)
    order = [plan.task.problems[i] for i in (5, 2, 7, 0, 1, 3, 4, 6)]
    seen: list[list[str]] = []

    def enough(run: Run, number: int) -> bool:
        seen.append([problem["problem_id"] for problem, responses in run.by_problem() if len(responses) == 4])
        return number == 2

    blocks = Blocks([order[:3], order[3:5], order[5:]], enough)
    finished = asyncio.run(evaluate(plan, tmp_path, pool, blocks=blocks))
    assert seen == [["small/2", "small/5", "small/7"], ["small/0", "small/1", "small/2", "small/5", "small/7"]]
    assert finished.state == "stopped"
    assert len(calls(finished.folder)) == 5 * 4
    whole, alone = run(plan, tmp_path, pool), run(plan, tmp_path / "alone", pool)
    assert (whole.folder, whole.state) == (finished.folder, "complete")
    for name in FINAL:
        assert (whole.folder / name).read_bytes() == (alone.folder / name).read_bytes()
    again = asyncio.run(evaluate(plan, tmp_path, pool, blocks=blocks))
    assert again.state == "complete", "what is finished stays finished"
    assert len(seen[2]) == 8


def test_blocks_end_with_the_first_that_fails(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan()
    problems = plan.task.problems
    broken = replace(plan, backend=Failing(problems, (problems[1].id,)))
    blocks = Blocks([problems[:4], problems[4:]], lambda run, number: False)
    finished = asyncio.run(evaluate(broken, tmp_path, pool, blocks=blocks))
    assert finished.state == "incomplete"
    assert len(lines(finished.folder / "problems.jsonl")) == 4
    finished = asyncio.run(evaluate(replace(plan, backend=plan.backend), tmp_path, pool, blocks=blocks))
    assert finished.state == "complete"
