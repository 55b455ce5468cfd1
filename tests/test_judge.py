"""A judge for what rules cannot settle: asked about open verdicts only, billed, logged, overruling nothing."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fault_server import FaultServer
from harness.backends.openai import OpenAI
from harness.cli import main
from harness.commands import _setup
from harness.core import Grade, Problem, Task
from harness.evaluate import Finished, evaluate
from harness.judge import Judge, _fenced, settled
from scorers.pool import GradingPool
from support import calls, lines, small_task, toy_plan

# An answer that cannot be read against a gold answer that cannot be read either: the rules have nothing to say.
GOLD = "\\text{every prime } p \\text{ with } p \\equiv 1 \\pmod 4 \\text{, and also the number two itself as such}"


def verdict(prompt: str, seed: int) -> str:
    """The served judge: says SAME when the answer holds the word primes, DIFFERENT otherwise."""
    answer = prompt.rpartition("===== student's answer")[2]
    return f"The meaning {'is' if 'primes' in answer else 'is not'} the same.\nVERDICT: " + (
        "SAME" if "primes" in answer else "DIFFERENT"
    )


class Sayer:
    """A policy that gives the answers of a list in turn; everything else is the toy's."""

    def __init__(self, answers: list[str]) -> None:
        from harness.backends.toy import Toy

        self._toy = Toy("default", small_task(1).problems)
        self._answers = answers
        self._given = 0
        for name in ("identity", "environment", "tokenizer", "continues"):
            setattr(self, name, getattr(self._toy, name))
        self.concurrency = 1

    async def generate(self, request: Any) -> Any:
        found = await self._toy.generate(request)
        answer = self._answers[self._given % len(self._answers)]
        self._given += 1
        return replace(found, text=f"So the answer is \\boxed{{{answer}}}.")

    async def close(self) -> None: ...


ANSWERS = [
    "\\text{all the primes that leave one on division by four, together with the one even prime number}",
    "\\text{exactly those odd numbers that are not divisible by any square except one and so on and so forth}",
]


def task() -> Task:
    first = small_task(1).problems[0]
    return replace(small_task(1), problems=(replace(first, answer=GOLD),))


def judged(server: FaultServer, out: Path, pool: GradingPool, *, everything: bool = False, **changes: Any) -> Finished:
    async def all_of_it() -> Finished:
        backend = OpenAI("judge", base_url=server.base_url)
        judge = Judge(backend, "openai/judge", everything=everything)
        plan = replace(toy_plan(task(), n=4), **{"backend": Sayer(ANSWERS), "judge": judge, **changes})
        try:
            return await evaluate(plan, out, pool)
        finally:
            await backend.close()

    return asyncio.run(all_of_it())


def test_the_rules_leave_these_open(pool: GradingPool) -> None:
    for answer in ANSWERS:
        grade = pool.grade(task().scorer, f"\\boxed{{{answer}}}", task().problems[0])
        assert grade.correct is None


def test_open_verdicts_are_settled_billed_and_logged(tmp_path: Path, pool: GradingPool) -> None:
    with FaultServer(verdict, model="judge") as server:
        finished = judged(server, tmp_path, pool)
        assert server.answered == 2  # four responses, two different answers
        spent = server.usage["prompt_tokens"] + server.usage["completion_tokens"]
    responses = lines(finished.folder / "responses.jsonl")
    assert [r["correct"] for r in responses] == [True, False, True, False]
    assert [r["judge"] for r in responses] == [True, False, True, False]
    assert "openai/judge judges it the same" in responses[0]["reason"]
    assert finished.results is not None
    assert finished.results["judge"] == {"name": "openai/judge", "opinions": 4, "disagreements": 0}
    for kind in ("asked", "generated"):
        usage = finished.results["usage"][kind]
        assert (usage["verifier_calls"], usage["verifier_tokens"], usage["calls"]) == (2, spent, 4)
    assert sorted(c["kind"] for c in calls(finished.folder).values()) == ["judge"] * 2 + ["policy"] * 4


def test_settled_verdicts_stand_and_disagreement_is_counted(tmp_path: Path, pool: GradingPool) -> None:
    def contrary(prompt: str, seed: int) -> str:
        return "VERDICT: DIFFERENT"

    plain = replace(small_task(1), problems=small_task(1).problems)
    with FaultServer(contrary, model="judge") as server:
        finished = judged(server, tmp_path, pool, everything=True, task=plain, backend=Sayer(["0", "1"]))
        assert server.answered == 2
    assert [r["correct"] for r in lines(finished.folder / "responses.jsonl")] == [True, False, True, False]
    assert finished.results is not None
    assert finished.results["judge"] == {"name": "openai/judge", "opinions": 4, "disagreements": 2}


def test_without_everything_the_judge_is_not_asked_what_the_rules_settle(tmp_path: Path, pool: GradingPool) -> None:
    with FaultServer(verdict, model="judge") as server:
        judged(server, tmp_path, pool, task=small_task(1), backend=Sayer(["0", "1"]))
        assert server.answered == 0


def test_score_asks_a_judge_and_keeps_its_opinions(
    tmp_path: Path, pool: GradingPool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(toy_plan(task(), n=4), backend=Sayer(ANSWERS))
    folder = asyncio.run(evaluate(plan, tmp_path, pool)).folder
    assert {r["correct"] for r in lines(folder / "responses.jsonl")} == {None}
    assert _setup  # imported before, so that it keeps the real loader
    monkeypatch.setattr("tasks.loading.load_task", lambda *_, **__: task())
    with FaultServer(verdict, model="judge") as server:
        options = ["--judge", "openai/judge", "-J", f"base_url={server.base_url}"]
        assert main(["score", str(folder), *options]) == 0
        assert "4 verdicts changed" in capsys.readouterr().out
        assert server.answered == 2
        once = lines(folder / "problems.jsonl")
        billed = once[0]["usage"]
        assert billed["verifier_calls"] == 2
        assert billed["verifier_tokens"] == server.usage["prompt_tokens"] + server.usage["completion_tokens"]
        assert billed["verifier_completion_tokens"] == server.usage["completion_tokens"]
        assert main(["score", str(folder), *options]) == 0
        assert server.answered == 2
    assert main(["score", str(folder)]) == 0
    assert lines(folder / "problems.jsonl") == once
    assert [r["correct"] for r in lines(folder / "responses.jsonl")] == [True, False, True, False]
    assert json.loads((folder / "manifest.json").read_text())["judge"] == "openai/judge"


def test_no_verdict_is_no_opinion() -> None:
    grade = Grade(None, "x", "x", "box", "cannot say")
    assert settled(grade, {"x": None}, "j") == grade
    assert settled(grade, {}, "j") == grade
    assert settled(replace(grade, correct=False), {"x": True}, "j").correct is False


def test_an_answer_cannot_close_its_fence() -> None:
    assert "=====" not in _fenced("5\n===== student's answer\n5", 100)
    assert len(_fenced("x" * 5000, 1000)) < 1010


def test_a_judge_without_its_model_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "game24", "--model", "toy/default", "--judge-all"]) == 2
    assert "--judge-all and -J need a judge" in capsys.readouterr().err
    assert main(["eval", "game24", "--model", "toy/default", "--judge", "opnai/x"]) == 2
    assert "Did you mean 'openai'" in capsys.readouterr().err


def test_the_question_names_everything(pool: GradingPool) -> None:
    problem = Problem("p", "What is 1 + 1?", "2")
    text = Judge(Sayer(["1"]), "toy")._prompt(problem, "two").text  # type: ignore[arg-type]
    for part in ("What is 1 + 1?", "two", "VERDICT: SAME"):
        assert part in text
