"""Grading a finished run again: every response through the task's scorer of today, nothing of the policy generated."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import islice

from harness.calls import CallLog, ProblemCalls
from harness.core import Grade, Problem, Task, UsageError
from harness.files import FolderLock, LineWriter, write_json
from harness.judge import Judge, settled
from harness.records import choose, summary, verdict
from harness.results import build
from harness.run import Json, Run
from harness.thinking import opening
from scorers.clusters import merged
from scorers.pool import GradingPool

CHUNK = 256
"""Problems graded side by side; bounds memory."""
FILES = ("responses.jsonl", "problems.jsonl")


async def regrade(
    run: Run, task: Task, pool: GradingPool, *, ks: Sequence[int] | None = None, judge: Judge | None = None
) -> list[Json]:
    """Write the verdicts of today into the run's files; the result lists the responses whose verdict changed.

    The opinions of the run's judge are kept; another `judge` is asked anew, its calls logged and billed. Raises
    UsageError if the task no longer has a problem of the run, IncompleteError if the folder cannot be written.
    """
    lock = FolderLock(run.folder)
    try:
        changed = await _Regrading(run, task, pool, judge).all()
        run.manifest["graded"] = {"function": task.scorer.function, "version": task.scorer.version}
        run.manifest["judge"] = judge.name if judge else run.manifest.get("judge")
        write_json(run.folder / "manifest.json", run.manifest)
        write_json(run.folder / "results.json", build(run, ks or run.manifest.get("ks")))
    finally:
        lock.release()
    return changed


class _Regrading:
    """One pass over the responses of a run."""

    def __init__(self, run: Run, task: Task, pool: GradingPool, judge: Judge | None) -> None:
        self._run, self._task, self._pool, self._judge = run, task, pool, judge
        self._problems = {problem.id: problem for problem in task.problems}
        self._same_judge = judge is None or run.manifest.get("judge") == judge.name
        self._name = judge.name if judge else str(run.manifest.get("judge"))
        self._log: CallLog | None = None

    async def all(self) -> list[Json]:
        """Grade everything into new files, then put them in the place of the old."""
        fresh = {name: self._run.folder / f".{name}.new" for name in FILES}
        for path in fresh.values():
            path.unlink(missing_ok=True)
        writers = {name: LineWriter(path) for name, path in fresh.items()}
        if self._judge is not None:
            log = self._run.folder / "calls.jsonl"
            self._log = CallLog(log, concurrency=self._judge.backend.concurrency)
        changed: list[Json] = []
        records = self._run.by_problem()
        while chunk := list(islice(records, CHUNK)):
            for change in await asyncio.gather(*[self._one(problem, responses) for problem, responses in chunk]):
                changed += change
            for problem, responses in chunk:
                for response in responses:
                    writers["responses.jsonl"].write(response)
                writers["problems.jsonl"].write(problem)
        if self._log is not None:
            self._log.close()
        for name in FILES:
            writers[name].close()
            fresh[name].replace(self._run.folder / name)
        return changed

    async def _one(self, line: Json, responses: Sequence[Json]) -> list[Json]:
        """Bring the lines of one problem up to date; the result lists what changed."""
        if not responses:
            return []
        problem = self._problems.get(line["problem_id"])
        if problem is None:
            name = f"The task '{self._task.name}' has no problem '{line['problem_id']}' any more."
            raise UsageError(f"{name} Was the run made with other data?")
        ref = self._task.scorer
        grades = await asyncio.gather(*[self._pool.grade_async(ref, _graded(r), problem) for r in responses])
        opinions = await self._opinions(problem, line, responses, grades)
        final = [settled(rules, opinions, self._name) for rules in grades]
        changed = []
        for response, grade in zip(responses, await merged(self._pool, ref, final), strict=True):
            if response["correct"] is not grade.correct:
                where = {"problem_id": response["problem_id"], "index": response["index"]}
                changed.append({**where, "was": response["correct"], "now": grade.correct, "reason": grade.reason})
            response.update(verdict(grade) | {"judge": opinions.get(grade.answer or "")})
        line["choices"] = choose(responses, line.get("rule", "first"))
        line.update(summary(responses))
        return changed

    async def _opinions(
        self, problem: Problem, line: Json, responses: Sequence[Json], grades: Sequence[Grade]
    ) -> dict[str, bool | None]:
        """The judge's opinions: those on file if they are this judge's, and what it is asked now, which is billed."""
        known: dict[str, bool | None] = {}
        if self._same_judge:
            known = {r["answer"]: r["judge"] for r in responses if r.get("judge") is not None}
        if self._judge is None or self._log is None:
            return known
        calls = ProblemCalls(self._log, self._judge.backend, problem.id)
        opinions = await self._judge.opinions(problem, grades, calls, known)
        for name in ("verifier_calls", "verifier_tokens", "verifier_completion_tokens"):
            line["usage"][name] = line["usage"].get(name, 0) + getattr(calls.ledger.asked, name)
        return opinions


def _graded(response: Json) -> str:
    """A stored response as a grader must see it."""
    return opening(response.get("prefill", "")) + str(response["text"])
