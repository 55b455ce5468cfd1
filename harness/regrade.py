"""Grading a finished run again: every response through the task's scorer of today, nothing generated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from harness.core import Grade, Problem, Task, UsageError
from harness.files import FolderLock, LineWriter, write_json
from harness.records import summary, verdict
from harness.results import build
from harness.run import Json, Run
from scorers.pool import GradingPool

CHUNK = 256
"""Problems graded side by side; bounds memory."""


def regrade(run: Run, task: Task, pool: GradingPool, ks: Sequence[int] | None = None) -> list[Json]:
    """Write the verdicts of today into the run's files; the result lists the responses whose verdict changed.

    Raises UsageError if the task no longer has a problem of the run, IncompleteError if the folder cannot be written.
    """
    problems = {problem.id: problem for problem in task.problems}
    lock = FolderLock(run.folder)
    names = ("responses.jsonl", "problems.jsonl")
    fresh = {name: run.folder / f".{name}.new" for name in names}
    for path in fresh.values():
        path.unlink(missing_ok=True)
    writers = {name: LineWriter(path) for name, path in fresh.items()}
    changed: list[Json] = []
    with ThreadPoolExecutor(max_workers=32) as threads:
        records = run.by_problem()
        while chunk := list(islice(records, CHUNK)):
            jobs = [(problems.get(p["problem_id"]), responses) for p, responses in chunk]
            grades = threads.map(lambda job: list(_grades(pool, task, *job)), jobs)
            for (problem, responses), verdicts in zip(chunk, grades, strict=True):
                changed += _apply(responses, verdicts)
                problem.update(summary(responses))
                for response in responses:
                    writers["responses.jsonl"].write(response)
                writers["problems.jsonl"].write(problem)
    for name in names:
        writers[name].close()
        fresh[name].replace(run.folder / name)
    scorer = {"function": task.scorer.function, "version": task.scorer.version}
    write_json(run.folder / "manifest.json", {**run.manifest, "graded": scorer})
    write_json(run.folder / "results.json", build(run, ks or run.manifest.get("ks")))
    lock.release()
    return changed


def _grades(pool: GradingPool, task: Task, problem: Problem | None, responses: Sequence[Json]) -> Iterator[Grade]:
    if problem is None and responses:
        raise UsageError(
            f"The task '{task.name}' has no problem '{responses[0]['problem_id']}' any more. "
            "Was the run made with other data?"
        )
    for response in responses:
        if problem is not None:
            yield pool.grade(task.scorer, response["text"], problem)


def _apply(responses: Sequence[Json], grades: Sequence[Grade]) -> list[Json]:
    """Write the verdicts into the response lines; the result lists what changed."""
    changed = []
    for response, grade in zip(responses, grades, strict=True):
        if response["correct"] is not grade.correct:
            where = {"problem_id": response["problem_id"], "index": response["index"]}
            changed.append({**where, "was": response["correct"], "now": grade.correct, "reason": grade.reason})
        response.update(verdict(grade))
    return changed
