"""What several tests share: a small task of our own, plans over the toy policy, and reading what a run wrote."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness import registry
from harness.backends.toy import Toy, ToyTokenizer
from harness.core import (
    Completion,
    Message,
    Problem,
    Prompt,
    Request,
    Sampling,
    ScorerRef,
    Selection,
    Task,
    Usage,
    Verifier,
)
from harness.evaluate import Finished, Plan, evaluate
from harness.meter import Meter
from harness.policy import Policy
from harness.verification import Verification
from harness.verifiers.toy import Toy as ToyVerifier
from scorers.pool import GradingPool

SCORER = ScorerRef("scorers.math_answer:grade", version="test")


def small_task(count: int = 8) -> Task:
    """`count` problems of levels 1 to 4 with integer answers."""
    problems = [
        Problem(
            id=f"small/{i}",
            statement=f"What is {i} + {i}?",
            answer=str(2 * i),
            level=1 + i % 4,
            subject=("algebra", "geometry")[i % 2],
            solutions=(f"Adding gives {2 * i}.",) * (i % 3),
            messages=({"role": "user", "content": f"What is {i} + {i}?"},),
            text=f"What is {i} + {i}?",
        )
        for i in range(count)
    ]
    return Task("small", "1", tuple(problems), SCORER, digest="d")


def toy_plan(task: Task | None = None, *, strategy: str = "sample", **options: Any) -> Plan:
    """A plan over the toy policy. Options named like fields of Plan or Sampling go there, others to the strategy."""
    task = task or small_task()
    toy = {
        k: options.pop(k)
        for k in list(options)
        if k in ("step_accuracy", "steps", "latency", "wrong_answers", "thinking")
    }
    fields = {k: options.pop(k) for k in list(options) if k in Plan.__dataclass_fields__}
    sampling = {k: options.pop(k) for k in list(options) if k in Sampling.__dataclass_fields__}
    chosen = replace(Sampling(temperature=0.8, max_tokens=512), **sampling)
    if strategy == "sample":
        options.setdefault("n", 4)
    return Plan(
        **{
            "task": task,
            "backend": Toy("default", task.problems, **toy),
            "model": "toy/default",
            "strategy": strategy,
            "parameters": options,
            "sampling": chosen,
            **fields,
        }
    )


def run(plan: Plan, out: Path, pool: GradingPool) -> Finished:
    """Evaluate a plan to its end."""
    return asyncio.run(evaluate(plan, out, pool))


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON-lines file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def calls(folder: Path) -> dict[str, dict[str, Any]]:
    """The calls of a run by key, without how long they took; fails if a key stands twice."""
    records = lines(folder / "calls.jsonl")
    found = {r["key"]: {k: v for k, v in r.items() if k != "seconds"} for r in records}
    assert len(found) == len(records), "a call was logged twice"
    return found


SUMS = """\
task: sums
custom_dataset: !function sums_data.load
output_type: generate_until
test_split: test
doc_to_text: "{{problem}}"
doc_to_target: answer
generation_kwargs:
  until: []
metadata:
  version: 1
"""
SUMS_DATA = """\
from tasks.documents import splits

def load(scorer="math_answer", **_):
    return splits(
        ({"problem_id": f"sums/{i}", "problem": f"What is {i} + {i}?", "answer": str(2 * i), "level": 1 + i % 5,
          "subject": None, "difficulty": None, "solutions": []} for i in range(160)), scorer)
"""


def sums_task(folder: Path) -> Path:
    """A folder with the task `sums` for `--include-path`: 160 problems of levels 1 to 5, loaded in no time."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sums.yaml").write_text(SUMS)
    (folder / "sums_data.py").write_text(SUMS_DATA)
    return folder


@dataclass
class Search:
    """One strategy on one problem, without a run around it: what it asked, what it returned, what it cost."""

    requests: list[Request] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    selection: Selection = field(default_factory=lambda: Selection(()))
    meter: Meter = field(default_factory=Meter)

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The tree."""
        return [dict(node) for node in self.selection.tree or ()]

    @property
    def texts(self) -> list[str]:
        """The candidates."""
        return [candidate.text for candidate in self.selection.candidates]


def search(
    strategy: str,
    *,
    problem: Problem | None = None,
    engine: Callable[[Request], Awaitable[Completion]] | None = None,
    verifier: Verifier | None = None,
    noise: float = 0.2,
    step_accuracy: float = 0.7,
    budget: int | None = None,
    sampling: Sampling | None = None,
    converses: bool = False,
    runner: asyncio.Runner | None = None,
    **parameters: Any,
) -> Search:
    """Run a strategy over the toy policy (or another `engine`) and the toy verifier (or another). Where it `converses`,
    it may ask about the problem in other words. A `runner` saves a loop per search where there are many."""
    problem = problem or small_task(1).problems[0]
    generate = engine or Toy("default", [problem], step_accuracy=step_accuracy).generate
    found = Search(meter=Meter(budget))

    async def counted(request: Request) -> Completion:
        found.requests.append(request)
        completion = await generate(request)
        found.usage += Usage.of(completion)
        return completion

    prompt = Prompt(problem.id, problem.statement, problem.text, problem.messages, templated=True)
    desk: Any = None  # the verifiers of these tests ask nobody

    def render(messages: Sequence[Message]) -> Prompt:
        own = tuple(messages)
        return Prompt(problem.id, problem.statement, ToyTokenizer().render(own), own, templated=True)

    chosen = sampling or Sampling(temperature=0.8, max_tokens=512)
    parts = {
        "prompt": prompt,
        "policy": Policy(counted, chosen, meter=found.meter, render=render if converses else None),
        "verifier": Verification(verifier or ToyVerifier("default", noise=noise), desk),
    }
    target = registry.component("strategy", strategy)
    wanted = {name: part for name, part in parts.items() if name in registry.injected(target)}
    found.selection = (runner.run if runner else asyncio.run)(target(**wanted, **parameters))
    return found
