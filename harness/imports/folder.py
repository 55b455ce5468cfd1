"""Writing an imported run: graded by a scorer of ours where one knows the task, else with the verdicts it came with."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path as FilePath
from typing import Any

from harness.core import Grade, IncompleteError, Path, Problem, Prompt, ScorerRef, Usage
from harness.files import digest, write_lines
from harness.records import choose, problem_line, response_line
from harness.results import build
from harness.run import DOCUMENTS, IMPORTED, Json, Run, RunWriter
from scorers.clusters import merged
from scorers.pool import GradingPool

CHUNK = 256
"""Problems graded side by side; bounds memory."""
FIRST = "first"


@dataclass(frozen=True, slots=True)
class Given:
    """One response as it came. `verdict` is the other harness's, None where it gave none; `answer` what it extracted.
    `usage` and `finish_reason` are None where it did not say."""

    text: str
    verdict: bool | None = None
    answer: str | None = None
    reason: str = ""
    score: float | None = None
    completion_tokens: int | None = None
    thinking_tokens: int | None = None
    finish_reason: str | None = None
    index: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One problem with its responses. `verdict` is that on the problem as a whole, where the other harness graded the
    responses together; `usage` what it was billed; `error` why there are none. `extra` goes into the problem's line."""

    problem: Problem
    responses: Sequence[Given]
    place: int
    verdict: bool | None = None
    usage: Mapping[str, int] | None = None
    error: str | None = None
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """One run of another harness. `scorer` None means that its own verdicts stand, those of `graded_by`.

    `identity` holds the fields of a run's identity that only the other harness knows: `model`, `sampling`, `imported`
    (how it was asked), `source` (the file: runs of one model that were asked the same are still two). `about` holds
    those of the manifest."""

    task: str
    version: str
    items: Sequence[Item]
    identity: Json
    about: Json
    scorer: ScorerRef | None
    graded_by: str
    solver: Json | None = None
    """Name and parameters of what made the responses, where it is more than drawing them."""

    @property
    def strategy(self) -> Json:
        """What the other harness did, in our words: one response, or n draws; or its own."""
        if self.solver is not None:
            return {**self.solver, "name": re.sub(r"[^\w.]", "_", str(self.solver["name"]))}
        n = max((len(item.responses) for item in self.items), default=1)
        greedy = n == 1 and self.identity["sampling"]["temperature"] == 0
        return {"name": "greedy", "parameters": {}} if greedy else {"name": "sample", "parameters": {"n": n}}

    def whole_identity(self) -> Json:
        """The identity of the run folder. What cannot be known is null or the same for all imported runs."""
        problems = [item.problem for item in self.items]
        asked = [(p.id, p.level, p.subject, p.answer, p.statement) for p in problems]
        scorer = self.scorer or ScorerRef(self.graded_by)
        return {
            "task": {"name": self.task, "version": self.version, "digest": digest(asked)},
            "problems": digest([problem.id for problem in problems]),
            "prompts": digest([(problem.text, problem.messages) for problem in problems]),
            "model": self.identity["model"],
            "strategy": self.strategy,
            "sampling": self.identity["sampling"],
            "delimiter": "\n\n",
            "scorer": {"function": scorer.function, "version": scorer.version},
            "judge": None,
            "verifier": None,
            "budget": None,
            "imported": self.identity["imported"],
            "source": self.identity["source"],
        }


@dataclass(frozen=True, slots=True)
class Written:
    """An imported run on the disk. `agreed` of `compared` verdicts of ours are the other harness's too, of the
    `fresh` problems that were not there before."""

    folder: FilePath
    problems: int
    responses: int
    fresh: int
    graded_by: str
    agreed: int
    compared: int


async def write(imported: Imported, out: FilePath, pool: GradingPool, command: Sequence[str]) -> Written:
    """Make the run folder; problems that stand in it already are left as they are. Raises IncompleteError where it
    cannot be written."""
    ids = [item.problem.id for item in imported.items]
    about = {**imported.about, "command": list(command), "ks": None, "judge": None, "verifier": None}
    about |= {"problem_ids": ids, "first_prompt": _first(imported), "warnings": _warnings(imported)}
    seconds = about.pop("seconds", None)
    writer = RunWriter(out, imported.task, imported.strategy["name"], imported.whole_identity(), about)
    try:
        fresh, agreed, compared = await _graded(imported, writer, pool)
        writer.order(ids)
        write_lines(writer.folder / DOCUMENTS, map(_document, imported.items))
        results = build(Run(writer.folder, writer.manifest))
    except BaseException:
        with contextlib.suppress(IncompleteError):  # the first failure is the one to tell
            writer.finish("interrupted", None)
        raise
    writer.finish(IMPORTED, results, **({} if seconds is None else {"seconds": seconds}))
    graded_by = imported.scorer.function if imported.scorer else imported.graded_by
    responses_there = sum(len(item.responses) for item in imported.items)
    return Written(writer.folder, len(ids), responses_there, fresh, graded_by, agreed, compared)


async def _graded(imported: Imported, writer: RunWriter, pool: GradingPool) -> tuple[int, int, int]:
    """Write what is not there yet; how many problems that was, and how many verdicts agree of how many."""
    todo = iter([item for item in imported.items if item.problem.id not in writer.done])
    fresh = agreed = compared = 0
    while chunk := list(islice(todo, CHUNK)):
        graded = await asyncio.gather(*[_one(imported, item, pool) for item in chunk])
        for item, (line, responses) in zip(chunk, graded, strict=True):
            writer.append(line, responses)
            same, known = _agreement(imported, item, line, responses)
            fresh, agreed, compared = fresh + 1, agreed + same, compared + known
    return fresh, agreed, compared


def _first(imported: Imported) -> Json | None:
    first = next((item.problem for item in imported.items), None)
    return {"problem_id": first.id, "text": first.text, "token_ids": None} if first else None


def _warnings(imported: Imported) -> list[str]:
    """What a reader of the tables must know."""
    own = imported.scorer is None
    said = f"imported from {imported.identity['imported']['from']}"
    return [f"{said}; the verdicts are {imported.graded_by}'s, not this harness's." if own else f"{said}; graded anew."]


async def _one(imported: Imported, item: Item, pool: GradingPool) -> tuple[Json, list[Json]]:
    """The lines of one problem."""
    grades = [Grade(g.verdict, g.answer, None, None, g.reason) for g in item.responses]
    if imported.scorer is not None:
        texts = [given.text for given in item.responses]
        raw = await asyncio.gather(*[pool.grade_async(imported.scorer, text, item.problem) for text in texts])
        grades = await merged(pool, imported.scorer, raw)
    responses = [_response(item, given, grade) for given, grade in zip(item.responses, grades, strict=True)]
    choices = choose(responses, FIRST) if responses else {}
    line = problem_line(item.problem, responses, Usage(), None)
    line |= {"usage": dict(item.usage) if item.usage else None, "rule": FIRST, "choices": choices, **item.extra}
    if item.error is not None or not responses:
        line |= {"status": "error", "error": item.error or "no response"}
    if imported.scorer is None and item.verdict is not None:
        line["correct"] = item.verdict
    return line, responses


def _response(item: Item, given: Given, grade: Grade) -> Json:
    """A response's line; what is not known of its tokens is null."""
    prompt = Prompt(item.problem.id, item.problem.statement, item.problem.text)
    path = Path(prompt, (given.text,) if given.text else (), finished=True, score=given.score)
    line = response_line(item.problem.id, given.index, path, grade, judge=None, weights={})
    known = {name: getattr(given, name) for name in ("completion_tokens", "thinking_tokens")}
    usage = dict.fromkeys(line["usage"]) | known
    return {**line, "usage": usage, "finish_reason": given.finish_reason}


def _agreement(imported: Imported, item: Item, line: Json, responses: Sequence[Json]) -> tuple[int, int]:
    """(verdicts that both gave alike, verdicts that both gave), where ours were given anew."""
    if imported.scorer is None:
        return 0, 0
    theirs = [given.verdict for given in item.responses]
    pairs = [(r["correct"], v) for r, v in zip(responses, theirs, strict=True)]
    if all(verdict is None for verdict in theirs):
        pairs = [(line["correct"], item.verdict)]
    known = [(own, other) for own, other in pairs if own is not None and other is not None]
    return sum(own is other for own, other in known), len(known)


def _document(item: Item) -> Json:
    """What was asked, for exports: the run's task may not be known here."""
    problem = asdict(item.problem)
    names = ("statement", "answer", "level", "subject", "difficulty", "text")
    kept: dict[str, Any] = {name: problem[name] for name in names}
    kept |= {"messages": list(item.problem.messages), "doc": dict(item.problem.doc)}
    return {"problem_id": item.problem.id, "doc_id": item.place, **kept}
