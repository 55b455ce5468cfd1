"""What a run would do, before it does it: problems, calls, tokens, time, and the first prompt as the model reads it."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import registry
from harness.backends.toy import Toy
from harness.core import Backend, Completion, Grade, Message, Problem, Prompt, Request, Usage, UsageError
from harness.evaluate import Plan
from harness.files import digest
from harness.forecast import forecast
from harness.limits import Prices
from harness.meter import Meter
from harness.policy import Policy
from harness.progress import clock
from harness.run import Json, Run, run_folder
from harness.verification import Verification
from harness.verifiers.toy import Toy as ToyVerifier

PREVIEW_TOKENS = 32
SAME = ("task", "model", "strategy", "sampling", "verifier", "budget")
"""Fields of an identity that decide what a problem costs."""


def show(plans: Sequence[Plan], out: Path, *, as_json: bool, prices: Prices | None = None) -> int:
    """Print the estimate of every plan; nothing is generated and nothing written."""
    estimates = [estimate(plan, out, prices) for plan in plans]
    if as_json:
        print(json.dumps(estimates))
        return 0
    for found in estimates:
        print("\n".join(_text(found)))
    print("Dry run: nothing was generated or written.", file=sys.stderr)
    return 0


def estimate(plan: Plan, out: Path, prices: Prices | None = None) -> Json:
    """The estimate of one plan. Tokens and time come from earlier runs of the same model under `out`, if there are."""
    problems = plan.problems
    calls = asyncio.run(_calls(plan)) * len(problems)
    prompts = [plan.prompt(problem) for problem in problems]
    tokenizer = plan.backend.tokenizer
    sizes = [len(tokenizer.encode(p.text, special_tokens=not p.templated)) for p in prompts] if tokenizer else None
    ids = tokenizer.encode(prompts[0].text, special_tokens=not prompts[0].templated) if tokenizer else None
    return {
        "task": plan.task.name,
        "strategy": plan.strategy,
        "parameters": dict(plan.parameters),
        "model": plan.model,
        "run": str(run_folder(out, plan.task.name, plan.strategy, plan.identity(), plan.shard)),
        "problems": len(problems),
        "levels": {str(k): n for k, n in sorted(Counter(str(p.level) for p in problems).items())},
        "calls": calls,
        "prompt_tokens": round(sum(sizes) * calls / len(problems)) if sizes else None,
        "completion_tokens_at_most": calls * plan.sampling.max_tokens,
        **_expected(plan, out, calls, prices),
        "first_prompt": {"problem_id": prompts[0].problem_id, "text": prompts[0].text, "token_ids": ids},
    }


async def _calls(plan: Plan) -> int:
    """The calls that the strategy makes for the first problem, counted on the toy policy."""
    problem = plan.problems[0]
    toy, count = Toy("default", [problem]), 0

    async def generate(request: Request) -> Completion:
        nonlocal count
        count += 1
        return await toy.generate(request)

    prompt = plan.prompt(problem)
    calls = _NoCalls(problem, prompt)
    policy = Policy(generate, plan.sampling, delimiter=plan.delimiter, meter=Meter(plan.budget), render=calls.render)
    verification = Verification(ToyVerifier("default", noise=0.2), calls)
    parts = {"prompt": prompt, "policy": policy, "verifier": verification, "gold": problem.answer}
    parts |= {"given": plan.given(problem)}
    strategy = registry.component("strategy", plan.strategy)
    wanted = registry.injected(strategy)
    await strategy(**{name: part for name, part in parts.items() if name in wanted}, **plan.parameters)
    return count


@dataclass
class _NoCalls:
    """A desk without engines: the toy verifier needs none."""

    problem: Problem
    prompt: Prompt
    stop: Sequence[str] = ()

    def render(self, messages: Sequence[Message], backend: Backend | None = None) -> Prompt:
        return replace(self.prompt, text="\n\n".join(m["content"] for m in messages), messages=tuple(messages))

    async def complete(self, request: Request, backend: Backend | None = None) -> Completion:
        raise UsageError("A dry run calls no model.")

    async def measure(self, material: Any, produce: Callable[[], Awaitable[Mapping[str, Any]]]) -> Mapping[str, Any]:
        raise UsageError("A dry run calls no model.")

    async def grade(self, text: str) -> Grade:
        raise UsageError("A dry run grades nothing.")


def _earlier(plan: Plan, out: Path) -> tuple[list[Run], list[Run]]:
    """Earlier runs of this model under `out`: those that asked the same in the same way, and all of this task (of any
    task, where there is none of this)."""
    found = []
    for path in sorted(out.glob("*/manifest.json")):
        try:
            run = Run.open(path.parent)
            if run.manifest["model"] == plan.model and run.manifest["identity"]["task"]["name"]:
                found.append(run)
        except Exception:  # noqa: S112 - a damaged neighbour only means that there is less to learn from
            continue
    mine = [run for run in found if run.manifest["identity"]["task"]["name"] == plan.task.name]
    wanted = {name: value for name, value in plan.identity().items() if name in SAME}
    wanted["sampling"] = {**wanted["sampling"], "seed": None}
    same = [run for run in mine if digest(_way(run.manifest["identity"])) == digest(wanted)]
    return same, mine or found


def _way(identity: Mapping[str, Any]) -> Json:
    """How a run asked, whatever its seed."""
    way = {name: identity.get(name) for name in SAME}
    return {**way, "sampling": {**identity["sampling"], "seed": None}}


def _expected(plan: Plan, out: Path, calls: int, prices: Prices | None) -> Json:
    """Tokens, time and money with their ranges: from problems that were asked the same before, else from the calls of
    other strategies, without a range; null without either."""
    same, others = _earlier(plan, out)
    speed = _speed(others)
    seen = [problem for run in same for problem in run.lines("problems.jsonl") if problem["status"] == "ok"]
    planned = Counter(problem.level for problem in plan.problems)
    result: Json = {"basis": None}
    costs: dict[str, Callable[[Usage], float]] = {
        "completion_tokens": lambda usage: float(usage.completion_tokens),
        "total_tokens": lambda usage: float(usage.prompt_tokens + usage.completion_tokens + usage.verifier_tokens),
    }
    if prices is not None:
        costs["cost"] = prices.of
    for name, cost in costs.items():
        found = forecast([(p["level"], cost(_usage(p))) for p in seen], planned)
        values: tuple[float | None, ...] = (found.expected, found.low, found.high) if found else (None, None, None)
        if found:
            result["basis"] = f"{found.seen} problems that were asked the same"
        elif name == "completion_tokens" and speed:
            values = (calls * speed[0], None, None)
            result["basis"] = "calls of earlier runs of this model"
        result |= {f"{name}_{end}": v for end, v in zip(("expected", "low", "high"), values, strict=True)}
    for end in ("expected", "low", "high"):
        tokens = result[f"completion_tokens_{end}"]
        seconds = tokens / speed[1] if speed and tokens is not None else None
        result[f"seconds_{end}"] = None if seconds is None else round(seconds, 1)
        if prices is not None and seconds is not None and result[f"cost_{end}"] is not None:
            result[f"cost_{end}"] += seconds / 3600 * prices.hour
    whole = {
        k: round(v) for k, v in result.items() if isinstance(v, float) and k.partition("_")[2].startswith("tokens")
    }
    return {**result, **whole}


def _usage(problem: Mapping[str, Any]) -> Usage:
    return Usage(**{k: v for k, v in problem["usage"].items() if k in Usage.__dataclass_fields__})


def _speed(runs: Sequence[Run]) -> tuple[float, float] | None:
    """Completion tokens per call and per second of earlier runs; None where nothing was generated."""
    sessions = [s for run in runs for s in run.manifest.get("sessions", ()) if s.get("calls")]
    calls = sum(s["calls"] for s in sessions)
    tokens = sum(s["generated"]["completion_tokens"] for s in sessions)
    seconds = max(sum(s["seconds"] for s in sessions), 1e-3)
    return (tokens / calls, tokens / seconds) if calls and tokens else None


def _text(found: Json) -> list[str]:
    """For the terminal."""
    options = ", ".join(f"{k}={v}" for k, v in found["parameters"].items())
    levels = ", ".join(f"{level}: {n}" for level, n in found["levels"].items())
    prompt = found["first_prompt"]
    ids = prompt["token_ids"]
    prompt_tokens = "unknown (the server keeps its tokenizer)"
    if found["prompt_tokens"] is not None:
        prompt_tokens = f"{found['prompt_tokens']:,}"
    lines = [
        f"{found['task']} · {found['strategy']}{f'({options})' if options else ''} · {found['model']}",
        f"  problems           {found['problems']:,} (by level: {levels})",
        f"  calls              {found['calls']:,}",
        f"  prompt tokens      {prompt_tokens}",
        f"  completion tokens  at most {found['completion_tokens_at_most']:,}; {_about(found)}",
        *_money(found),
        f"  run folder         {found['run']}",
        f"  first prompt       {prompt['problem_id']}",
        *[f"    | {line}" for line in prompt["text"].splitlines()],
    ]
    if ids is not None:
        more = f" … ({len(ids)} in all)" if len(ids) > PREVIEW_TOKENS else ""
        lines.append(f"  its token ids      {' '.join(map(str, ids[:PREVIEW_TOKENS]))}{more}")
    return [*lines, ""]


def _about(found: Json) -> str:
    """What is to be expected, and where that is from."""
    if found["basis"] is None:
        return "no earlier run of this model to learn from; --probe 16 asks a few problems first"
    tokens = f"about {found['completion_tokens_expected']:,}"
    time = f"about {clock(found['seconds_expected'])}" if found["seconds_expected"] is not None else "unknown time"
    if found["completion_tokens_low"] is None:
        return f"{tokens} in {time} (from {found['basis']})"
    low, high = found["completion_tokens_low"], found["completion_tokens_high"]
    if found["seconds_low"] is not None:
        time += f" [{clock(found['seconds_low'])}, {clock(found['seconds_high'])}]"
    return f"{tokens} [{low:,}, {high:,}] in {time} (95 %, from {found['basis']})"


def _money(found: Json) -> list[str]:
    """The line of money, where there are prices and something to learn from."""
    if found.get("cost_expected") is None:
        return []
    return [f"  cost               {found['cost_expected']:.2f} [{found['cost_low']:.2f}, {found['cost_high']:.2f}]"]
