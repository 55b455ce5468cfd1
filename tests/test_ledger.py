"""The ledger against the engine's own totals: not one token may be missing, for any strategy and any verifier."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fault_server import FaultServer
from harness import registry
from harness.analysis.cost import costs, node_tokens
from harness.backends.openai import OpenAI
from harness.backends.toy import Toy
from harness.core import Completion, Desk, Request, Scores
from harness.core import Path as Steps
from harness.evaluate import Finished, Plan, evaluate
from harness.run import Run
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool
from support import lines, run, small_task, toy_plan

STRATEGIES = [n for n in registry.names("strategy") if "policy" in registry.injected(registry.component("strategy", n))]
POLICY = ("calls", "prompt_tokens", "completion_tokens")


class Counting(Toy):
    """The toy policy with a meter of its own at the engine's door, per problem."""

    def __init__(self, *parts: Any, **options: Any) -> None:
        super().__init__(*parts, **options)
        self.counts: defaultdict[str, Counter[str]] = defaultdict(Counter)

    async def generate(self, request: Request) -> Completion:
        completion = await super().generate(request)
        completion = replace(completion, cached_prompt_tokens=completion.prompt_tokens // 2)
        own = self.counts[request.prompt.problem_id]
        own["calls"] += 1
        for name in ("prompt_tokens", "cached_prompt_tokens", "completion_tokens"):
            own[name] += getattr(completion, name)
        return completion


class Measuring(ToyVerifier):
    """The toy verifier as one with an engine of its own, which reads every path it scores."""

    def __init__(self) -> None:
        super().__init__("measuring", noise=0.3)
        self.read: Counter[str] = Counter()

    async def score(self, path: Steps, desk: Desk) -> Scores:
        async def produce() -> Mapping[str, Any]:
            found = await super(Measuring, self).score(path, desk)
            self.read[desk.problem.id] += len(path.text)
            return {"prompt_tokens": len(path.text), "scores": list(found.steps)}

        return Scores(tuple((await desk.measure([path.text, list(path.steps)], produce))["scores"]))


class Asking:
    """A verifier that generates on the policy's own engine: a verdict on the whole path."""

    identity: Mapping[str, Any] = {"verifier": "asking"}
    environment: Mapping[str, Any] = {}
    partial = True
    uses_gold = False
    concurrency = 64

    async def score(self, path: Steps, desk: Desk) -> Scores:
        sampling = replace(Request(path.prompt, "", _SAMPLING).sampling, seed=len(path.steps))
        completion = await desk.complete(Request(path.prompt, path.text, sampling))
        return Scores(outcome=(len(completion.text) % 7) / 7)

    async def close(self) -> None: ...


_SAMPLING = toy_plan().sampling


def plan_of(strategy: str, **options: Any) -> Plan:
    """A plan over the counting policy; strategies with an `n` draw few."""
    task = small_task(4)
    known = registry.parameters(registry.component("strategy", strategy))
    chosen = {"n": 4} if "n" in known else {}
    plan = toy_plan(task, strategy=strategy, step_accuracy=0.7, **chosen, **options)
    return replace(plan, backend=Counting("default", task.problems, step_accuracy=0.7), parameters=dict(chosen))


def usages(folder: Path) -> dict[str, dict[str, int]]:
    found = lines(folder / "problems.jsonl")
    assert all(problem["status"] == "ok" for problem in found), [p.get("error") for p in found]
    return {problem["problem_id"]: problem["usage"] for problem in found}


def tree_tokens(folder: Path) -> dict[str, int]:
    path = folder / "trees.jsonl"
    return {t["problem_id"]: sum(map(node_tokens, t["nodes"])) for t in lines(path)} if path.exists() else {}


@pytest.mark.parametrize("budget", [None, 150])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_token_of_a_strategy_is_billed_to_its_problem(
    strategy: str, budget: int | None, tmp_path: Path, pool: GradingPool
) -> None:
    verifier = Measuring()
    plan = plan_of(strategy, verifier=verifier, verifier_name="measuring", budget=budget)
    finished = run(plan, tmp_path, pool)
    engine = plan.backend
    assert isinstance(engine, Counting)
    billed = usages(finished.folder)
    for problem_id, usage in billed.items():
        own = engine.counts[problem_id]
        assert {name: usage[name] for name in POLICY} == {name: own[name] for name in POLICY}
        assert usage["cached_prompt_tokens"] == own["cached_prompt_tokens"]
        assert 0 < usage["serial_tokens"] <= usage["completion_tokens"]
        assert budget is None or usage["completion_tokens"] <= budget
    generated = json.loads((finished.folder / "results.json").read_text())["usage"]["generated"]
    assert generated["verifier_tokens"] == sum(verifier.read.values()) > 0
    assert all(usage["verifier_tokens"] >= verifier.read[i] for i, usage in billed.items())
    for problem_id, tokens in tree_tokens(finished.folder).items():
        assert tokens == billed[problem_id]["completion_tokens"], "a tree that does not show all that it cost"


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_verifier_on_the_policys_engine_is_told_apart(strategy: str, tmp_path: Path, pool: GradingPool) -> None:
    plan = plan_of(strategy, verifier=Asking(), verifier_name="asking")
    finished = run(plan, tmp_path, pool)
    engine = plan.backend
    assert isinstance(engine, Counting)
    generated = json.loads((finished.folder / "results.json").read_text())["usage"]["generated"]
    total = sum(engine.counts.values(), Counter())
    assert generated["calls"] + generated["verifier_calls"] == total["calls"]
    assert generated["verifier_calls"] > 0
    read_and_written = generated["prompt_tokens"] + generated["completion_tokens"] + generated["verifier_tokens"]
    assert read_and_written == total["prompt_tokens"] + total["completion_tokens"]
    assert generated["completion_tokens"] + generated["verifier_completion_tokens"] == total["completion_tokens"]
    for problem_id, tokens in tree_tokens(finished.folder).items():
        assert tokens == usages(finished.folder)[problem_id]["completion_tokens"]


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_servers_usage_is_the_ledgers(strategy: str, tmp_path: Path, pool: GradingPool) -> None:
    async def everything(server: FaultServer) -> Finished:
        backend = OpenAI("fake", base_url=server.base_url, timeout=5, continue_chat=True)
        verifier = ToyVerifier("default", noise=0.4)
        plan = replace(plan_of(strategy), backend=backend, verifier=verifier, verifier_name="toy/default")
        try:
            return await evaluate(plan, tmp_path, pool)
        finally:
            await backend.close()

    with FaultServer() as server:
        finished = asyncio.run(everything(server))
        answered, usage = server.answered, server.usage
    billed = usages(finished.folder).values()
    assert sum(u["calls"] for u in billed) == answered
    for name in ("prompt_tokens", "completion_tokens"):
        assert sum(u[name] for u in billed) == usage[name]


def test_seconds_are_those_of_the_log_by_kind(tmp_path: Path, pool: GradingPool) -> None:
    plan = toy_plan(small_task(4), latency=0.01, verifier=Measuring(), verifier_name="measuring", n=3)
    finished = run(plan, tmp_path, pool)
    logged: Counter[tuple[str, str]] = Counter()
    for call in lines(finished.folder / "calls.jsonl"):
        logged[call["problem_id"], call["kind"]] += call["seconds"]
    found = costs(Run.open(finished.folder))
    assert len(found) == 4
    for cost in found:
        own = cost.problem["problem_id"]
        assert cost.seconds["policy"] == pytest.approx(logged[own, "policy"])
        assert cost.seconds["policy"] >= 0.03
        assert cost.number("verifier_seconds") == pytest.approx(logged[own, "verifier"])
        assert cost.number("judge_seconds") == 0
    again = run(replace(plan, parameters={"n": 2}), tmp_path, pool)
    assert all(not cost.seconds for cost in costs(Run.open(again.folder))), "a sibling's answers took no time here"
