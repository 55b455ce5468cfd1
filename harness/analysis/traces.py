"""analysis.json: what the responses of a run consist of, a record per response, beside the run it was made from.

Records are made a few problems at a time and written as they come, so that memory does not grow with the run; what the
tables need of a response is a handful of numbers (`Counted`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from harness.core import Grade, Problem, ScorerRef, Task, UsageError
from harness.files import dumps, replacing
from harness.run import Json, Run
from harness.thinking import opening, split
from harness.traces.attempts import Statement
from harness.traces.scan import Scan, detectors, scan
from scorers.pool import GradingPool

SCHEMA = "harness.analysis/1"
FILE = "analysis.json"
CHUNK = 32
"""Problems whose answers are graded side by side; bounds memory."""
MOST_GRADED = 64
"""Different statements of one response that are graded; the verdicts of further ones are null."""
_TAG = re.compile(r"\s*(?:<[^<>\n]{1,40}>|\[/?THINK\])")
_END_TAG = re.compile(r"(?:<[^<>\n]{1,40}>|\[/?THINK\])\s*\Z")


@dataclass(frozen=True, slots=True)
class Part:
    """The part of a response that is analysed, from `start` to `end` (characters): its thinking, or all of it where
    there is none. `tokens` is its share of the completion tokens, told as `tokens_by` says (`harness.core.CountedBy`).
    `hidden`: the engine counts thinking that the text does not show, so that only the answer can be analysed."""

    thinking: bool
    start: int
    end: int
    tokens: int
    tokens_by: str
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Attempt:
    """An answer on the way, with the verdict of the task's scorer."""

    end: int
    answer: str
    canonical: str | None
    correct: bool | None
    is_final: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """What the tables need of one response. `verdicts` are those of its attempts, `first_final` the number (from 1) of
    the first attempt with the final answer, `reach` the share of the text before its end, `differs` whether the
    thinking's last answer is another one than the answer's (None: one of them is missing)."""

    thinking: bool
    hidden: bool
    cut: bool
    tokens: int
    completion_tokens: int
    steps: int
    repetition: float
    repeated_tokens: float
    repeated_grams: float
    formulas: int
    kinds: Mapping[str, int]
    verdicts: tuple[bool | None, ...]
    correct: bool | None
    first_final: int | None
    reach: float | None
    efficiency: float | None
    differs: bool | None


def part_of(response: Json) -> Part:
    """The part of a response to analyse, without the markers around it."""
    text, usage = response["text"], response["usage"]
    total, counted = usage["completion_tokens"], usage.get("thinking_tokens", 0)
    size = len(split(text, opened=opening(response.get("prefill", ""))).thinking)
    if not size:
        return Part(False, 0, len(text), max(total - counted, 0), usage.get("thinking_by", "exact"), counted > 0)
    opened = _TAG.match(text, 0, size)
    closed = _END_TAG.search(text, max(0, size - 60), size)
    start, end = opened.end() if opened else 0, closed.start() if closed else size
    tokens, by = (counted, usage.get("thinking_by", "exact")) if counted else (round(total * size / len(text)), "share")
    return Part(True, start, max(start, end), tokens, by)


class Encoder(Protocol):
    """A sentence-embedding model."""

    identity: Mapping[str, Any]

    def __call__(self, texts: Sequence[str]) -> Any:
        """A row of length 1 for each text."""


async def analyze(
    run: Run, task: Task, pool: GradingPool, *, encoder: Encoder | None = None
) -> list[tuple[Json, list[Counted]]]:
    """Write analysis.json of a run: the same bytes whenever it is made again. The result has the problems' lines with
    the numbers of their responses. Answers on the way are graded by the task's scorer in `pool`, as the run's own are.
    An `encoder` also finds steps that say the same in other words.

    Raises UsageError if the task no longer has a problem of the run, IncompleteError if the folder takes no data."""
    problems = {problem.id: problem for problem in task.problems}
    delimiter = run.manifest["identity"]["delimiter"]
    found: list[tuple[Json, list[Counted]]] = []
    with replacing(run.folder / FILE) as stream:
        stream.write(_head(run, task, encoder).encode() + b'"responses": [')
        records = run.by_problem()
        comma = b"\n"
        while chunk := list(islice(records, CHUNK)):
            made = await asyncio.gather(
                *[
                    _problem(
                        line,
                        responses,
                        task,
                        problem=problems.get(line["problem_id"]),
                        delimiter=delimiter,
                        pool=pool,
                        encoder=encoder,
                    )
                    for line, responses in chunk
                ]
            )
            for (line, _), each in zip(chunk, made, strict=True):
                found.append((line, [counted for _, counted in each]))
                for record, _ in each:
                    stream.write(comma + dumps(record).encode())
                    comma = b",\n"
        stream.write(b"\n]}\n")
    return found


def _head(run: Run, task: Task, encoder: Encoder | None) -> str:
    """Everything before the records: what was analysed, by which detectors."""
    about = {
        "schema": SCHEMA,
        "run": run.name,
        "identity_digest": run.manifest["identity_digest"],
        "delimiter": run.manifest["identity"]["delimiter"],
        "scorer": {"function": task.scorer.function, "version": task.scorer.version},
        "embeddings": None if encoder is None else dict(encoder.identity),
        "offsets": "characters (Unicode code points) from the start of the response's text",
        "detectors": [detector.card() for detector in detectors()],
    }
    return "{" + "".join(f"{dumps(key)}: {dumps(value)},\n" for key, value in about.items())


async def _problem(
    line: Json,
    responses: Sequence[Json],
    task: Task,
    *,
    problem: Problem | None,
    delimiter: str,
    pool: GradingPool,
    encoder: Encoder | None,
) -> list[tuple[Json, Counted]]:
    """The record and the numbers of each response of one problem."""
    if not responses:
        return []
    if problem is None:
        raise UsageError(
            f"The task has no problem '{line['problem_id']}' any more. Was the run made with other data? "
            "--include-path names the folder of a task file of your own."
        )
    made = []
    for response in responses:
        part = part_of(response)
        scanned = scan(response["text"][part.start : part.end], delimiter, encoder)
        attempts = await _graded(scanned.attempts, response, problem, task.scorer, pool)
        made.append(_record(response, part, scanned, attempts))
    return made


async def _graded(
    stated: Iterable[Statement], response: Json, problem: Problem, scorer: ScorerRef, pool: GradingPool
) -> list[tuple[Statement, Attempt]]:
    """The attempts with their verdicts; statements in which the scorer finds no answer are none."""
    stated = list(stated)
    texts = list(dict.fromkeys(s.text for s in stated))[:MOST_GRADED]
    wanted = [*texts, *([f"\\boxed{{{response['answer']}}}"] if response["answer"] is not None else [])]
    grades = dict(
        zip(wanted, await asyncio.gather(*[pool.grade_async(scorer, t, problem) for t in wanted]), strict=True)
    )
    final = grades[wanted[-1]] if response["answer"] is not None else Grade(None)
    found = []
    for statement in stated:
        grade = grades.get(statement.text, Grade(None, answer=statement.answer))
        if grade.answer is not None or grade.correct is None:
            answer = statement.answer if grade.answer is None else grade.answer
            same = _same(grade, final, response)
            found.append((statement, Attempt(statement.end, answer, grade.canonical, grade.correct, same)))
    return found


def _same(grade: Grade, final: Grade, response: Json) -> bool:
    """Whether an answer on the way is the final one: the same form, or both right."""
    if response["answer"] is None:
        return False
    forms = {final.canonical, response["canonical"]} - {None}
    if grade.canonical in forms or (grade.correct is True and response["correct"] is True):
        return True
    return bool(grade.answer == response["answer"])


def _given(response: Json, part: Part, stated: Sequence[tuple[Statement, Attempt]]) -> list[tuple[Statement, Attempt]]:
    """Without thinking apart, the given answer is the last attempt, also where the scorer alone found it."""
    if part.thinking or response["answer"] is None or (stated and stated[-1][1].is_final):
        return []
    statement = Statement(part.end, part.end, response["answer"], "")
    return [(statement, Attempt(part.end, response["answer"], response["canonical"], response["correct"], True))]


def _record(
    response: Json, part: Part, scanned: Scan, stated: Sequence[tuple[Statement, Attempt]]
) -> tuple[Json, Counted]:
    """A response's line of analysis.json, and its numbers."""
    graded = [*stated, *_given(response, part, stated)]
    attempts = [attempt for _, attempt in graded]
    length = max(1, len(response["text"]))
    final = next((i for i, attempt in enumerate(attempts) if attempt.is_final), None)
    right = next((attempt.end for attempt in attempts if attempt.correct is True), None)
    efficiency = None if response["correct"] is None else 0.0
    if right is not None:
        efficiency = (part.start + right) / length
    elif response["correct"] is True:
        efficiency = 1.0
    differs = None
    if part.thinking and attempts and response["answer"] is not None:
        differs = not attempts[-1].is_final
    kinds: dict[str, int] = {}
    for event in scanned.events:
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
    counted = Counted(
        thinking=part.thinking,
        hidden=part.hidden,
        cut=scanned.cut,
        tokens=part.tokens,
        completion_tokens=response["usage"]["completion_tokens"],
        steps=scanned.steps,
        repetition=scanned.repeating_steps / max(1, scanned.steps),
        repeated_tokens=scanned.repeated_tokens / max(1, scanned.tokens),
        repeated_grams=scanned.repeated_grams,
        formulas=scanned.formulas,
        kinds=kinds,
        verdicts=tuple(attempt.correct for attempt in attempts),
        correct=response["correct"],
        first_final=None if final is None else final + 1,
        reach=None if final is None else (part.start + attempts[final].end) / length,
        efficiency=efficiency,
        differs=differs,
    )
    record = {
        "problem_id": response["problem_id"],
        "index": response["index"],
        "part": "thinking" if part.thinking else "response",
        "start": part.start,
        "end": part.end,
        "tokens": part.tokens,
        "tokens_by": part.tokens_by,
        "hidden_thinking": part.hidden,
        "steps": scanned.steps,
        "repeating_steps": scanned.repeating_steps,
        "words": scanned.tokens,
        "repeated_words": scanned.repeated_tokens,
        "repeated_grams": round(scanned.repeated_grams, 6),
        "formulas": scanned.formulas,
        "cut": scanned.cut,
        "events": [event.line(part.start) for event in scanned.events],
        "attempts": [
            {
                "start": part.start + statement.start,
                "end": part.start + statement.end,
                "answer": attempt.answer,
                "canonical": attempt.canonical,
                "correct": attempt.correct,
                "is_final": attempt.is_final,
            }
            for statement, attempt in graded
        ],
        "correct": response["correct"],
        "first_final": counted.first_final,
        "outcome_efficiency": None if efficiency is None else round(efficiency, 6),
        "differs": differs,
    }
    return record, counted
