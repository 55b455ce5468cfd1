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
from harness.core import Backend, Completion, Grade, Message, Problem, Prompt, Request, UsageError
from harness.evaluate import Plan
from harness.meter import Meter
from harness.policy import Policy
from harness.progress import clock
from harness.run import Json, Run, run_folder
from harness.verification import Verification
from harness.verifiers.toy import Toy as ToyVerifier

PREVIEW_TOKENS = 32


def show(plans: Sequence[Plan], out: Path, *, as_json: bool) -> int:
    """Print the estimate of every plan; nothing is generated and nothing written."""
    estimates = [estimate(plan, out) for plan in plans]
    if as_json:
        print(json.dumps(estimates))
        return 0
    for found in estimates:
        print("\n".join(_text(found)))
    print("Dry run: nothing was generated or written.", file=sys.stderr)
    return 0


def estimate(plan: Plan, out: Path) -> Json:
    """The estimate of one plan. Tokens and time come from earlier runs of the same model under `out`, if there are."""
    problems = plan.problems
    calls = asyncio.run(_calls(plan)) * len(problems)
    prompts = [plan.prompt(problem) for problem in problems]
    tokenizer = plan.backend.tokenizer
    sizes = [len(tokenizer.encode(p.text, special_tokens=not p.templated)) for p in prompts] if tokenizer else None
    history = _history(plan, out)
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
        **_expected(calls, history),
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
    parts = {"prompt": prompt, "policy": policy, "verifier": Verification(ToyVerifier("default", noise=0.2), calls)}
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


def _history(plan: Plan, out: Path) -> dict[str, float] | None:
    """Tokens per call and tokens per second of earlier runs of this model, of this task if there are any."""
    found: list[tuple[bool, Json]] = []
    for path in out.glob("*/manifest.json"):
        try:
            manifest = Run.open(path.parent).manifest
        except Exception:  # noqa: S112 - a damaged neighbour only means that there is less to learn from
            continue
        if manifest.get("model") == plan.model:
            found.append((manifest["identity"]["task"]["name"] == plan.task.name, manifest))
    same = [manifest for own, manifest in found if own] or [manifest for _, manifest in found]
    sessions = [s for manifest in same for s in manifest.get("sessions", ()) if s.get("calls")]
    calls = sum(s["calls"] for s in sessions)
    tokens = sum(s["generated"]["completion_tokens"] for s in sessions)
    seconds = max(sum(s["seconds"] for s in sessions), 1e-3)
    if not calls or not tokens:
        return None
    return {"tokens_per_call": tokens / calls, "tokens_per_second": tokens / seconds}


def _expected(calls: int, history: dict[str, float] | None) -> dict[str, Any]:
    if history is None:
        return {"completion_tokens_expected": None, "seconds_expected": None}
    tokens = calls * history["tokens_per_call"]
    seconds = tokens / history["tokens_per_second"]
    return {"completion_tokens_expected": round(tokens), "seconds_expected": round(seconds, 1)}


def _text(found: Json) -> list[str]:
    """For the terminal."""
    options = ", ".join(f"{k}={v}" for k, v in found["parameters"].items())
    levels = ", ".join(f"{level}: {n}" for level, n in found["levels"].items())
    expected = "no earlier run of this model to learn from"
    if found["completion_tokens_expected"] is not None:
        expected = (
            f"about {found['completion_tokens_expected']:,} in {clock(found['seconds_expected'])}, as earlier runs"
        )
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
        f"  completion tokens  at most {found['completion_tokens_at_most']:,}; {expected}",
        f"  run folder         {found['run']}",
        f"  first prompt       {prompt['problem_id']}",
        *[f"    | {line}" for line in prompt["text"].splitlines()],
    ]
    if ids is not None:
        more = f" … ({len(ids)} in all)" if len(ids) > PREVIEW_TOKENS else ""
        lines.append(f"  its token ids      {' '.join(map(str, ids[:PREVIEW_TOKENS]))}{more}")
    return [*lines, ""]
