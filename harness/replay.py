"""Another verifier, aggregation or final-choice rule on what a run has stored: nothing of the policy is generated.

A replay writes beside the run and never into it: `replay-<8 hex>.json` holds what every rule chooses before and after,
`replay-<8 hex>.calls.jsonl` the verifier's calls, so that a killed replay goes on and a finished one asks nothing. The
calls of the run and of its other replays are found too. The same replay ends with the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import islice
from pathlib import Path as FilePath

from harness.analysis.groups import estimate
from harness.calls import CallLog, ProblemCalls
from harness.choice import choices
from harness.core import (
    Backend,
    BackendError,
    Path,
    Problem,
    Prompt,
    Task,
    Usage,
    UsageError,
    Verifier,
)
from harness.desk import ProblemDesk, rendered
from harness.files import FolderLock, digest, write_json
from harness.registry import unknown
from harness.run import Json, Run
from harness.steps import split_steps
from harness.verification import AGGREGATIONS, Verification
from scorers.pool import GradingPool

SCHEMA = "harness.replay/1"
Stored = tuple[Json, list[Json], list[Json]]
CHUNK = 64
"""Problems scored side by side; bounds memory."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be different: a verifier (None: the stored step scores), how step scores become one (None: as they
    are), the rule that chooses (None: the run's own), and the policy's engine, which some verifiers ask."""

    verifier: Verifier | None = None
    verifier_name: str | None = None
    aggregation: str | None = None
    rule: str | None = None
    backend: Backend | None = None
    chat_template: bool = True

    def identity(self, run: Run) -> Json:
        """All that decides the result."""
        return {
            "run": run.manifest["identity_digest"],
            "verifier": self.verifier and dict(self.verifier.identity),
            "aggregation": self.aggregation,
            "rule": self.rule,
        }


@dataclass(frozen=True, slots=True)
class Replay:
    """Where it was written, and what."""

    path: FilePath
    record: Json


async def replay(run: Run, task: Task, pool: GradingPool, wish: Wish) -> Replay:
    """Evaluate a wish on a run.

    Raises UsageError if the rule is not known, the task no longer has a problem of the run, or there are no step scores
    to aggregate; IncompleteError if the folder takes no file or another process writes it. A problem on which the
    verifier fails is listed under `errors` and has no "after"."""
    path = run.folder / f"replay-{digest(wish.identity(run))[:8]}.json"
    lock = FolderLock(run.folder)
    try:
        replaying = _Replaying(run, task, pool, wish, path.with_suffix(".calls.jsonl"))
        try:
            record = await replaying.all()
        finally:
            replaying.close()
        write_json(path, record)
    finally:
        lock.release()
    return Replay(path, record)


class _Replaying:
    """One pass over the problems of a run."""

    def __init__(self, run: Run, task: Task, pool: GradingPool, wish: Wish, log: FilePath) -> None:
        self._run, self._task, self._pool, self._wish = run, task, pool, wish
        self._problems = {problem.id: problem for problem in task.problems}
        self._delimiter = run.manifest["identity"]["delimiter"]
        self._log: CallLog | None = None
        self._path = log
        if wish.verifier is not None:
            known = [run.folder / "calls.jsonl", *sorted(run.folder.glob("replay-*.calls.jsonl"))]
            siblings = [path for path in known if path.exists() and path != log]
            self._log = CallLog(log, siblings=siblings, concurrency=wish.verifier.concurrency)

    def close(self) -> None:
        if self._log is not None:
            self._log.close()
            if self._path.stat().st_size == 0:
                self._path.unlink()  # this verifier asks no engine

    async def all(self) -> Json:
        """Every problem, and the rules before and after over all of them."""
        lines: list[Json] = []
        billed = Usage()
        for chunk in _chunks(self._inputs()):
            for line, usage in await asyncio.gather(*[self._one(*item) for item in chunk]):
                lines.append(line)
                billed += usage
        own = self._run.manifest.get("verifier")
        return {
            "schema": SCHEMA,
            "run": self._run.manifest["identity_digest"],
            "verifier": self._wish.verifier_name or (own and own["name"]),
            "uses_gold": self._wish.verifier.uses_gold if self._wish.verifier else bool(own and own.get("uses_gold")),
            "aggregation": self._wish.aggregation or (own and own["aggregation"]),
            "rule": self._wish.rule,
            "identity": self._wish.identity(self._run),
            "rules": rules(lines, self._wish.rule),
            "usage": {f.name: getattr(billed, f.name) for f in fields(Usage) if f.name.startswith("verifier")},
            "errors": [{"problem_id": line["problem_id"], "error": line["error"]} for line in lines if line["error"]],
            "problems": lines,
        }

    def _inputs(self) -> Iterator[Stored]:
        """(problem, responses, nodes of its tree) of every finished problem."""
        trees = self._run.lines("trees.jsonl")
        waiting = next(trees, None)
        for problem, responses in self._run.by_problem():
            nodes: list[Json] = []
            if waiting is not None and waiting["problem_id"] == problem["problem_id"]:
                nodes, waiting = waiting["nodes"], next(trees, None)
            if problem["status"] == "ok":
                yield problem, responses, nodes

    async def _one(self, line: Json, responses: Sequence[Json], nodes: Sequence[Json]) -> tuple[Json, Usage]:
        """What the rules choose on one problem before and after."""
        usage, error = Usage(), None
        scored: list[Json] = [dict(response) for response in responses]
        seen: list[Json] = []
        try:
            if self._wish.verifier is not None:
                usage, seen = await self._verified(self._wish.verifier, line["problem_id"], scored, nodes)
            else:
                seen = [dict(node) for node in nodes if node["score"] is not None]
                if self._wish.aggregation is not None:
                    _aggregate([*scored, *seen], self._wish.aggregation)
        except BackendError as failure:
            error = str(failure)
        before = chosen(responses)
        after = None if error else chosen(scored) | descent(nodes, seen, scored)
        before |= descent(nodes, [node for node in nodes if node["score"] is not None], responses)
        return {
            "problem_id": line["problem_id"],
            **{name: line[name] for name in ("level", "subject", "difficulty")},
            "rule": line.get("rule", "first"),
            "before": before,
            "after": after,
            "scores": [response["score"] for response in scored],
            "step_scores": [response["step_scores"] for response in scored],
            "nodes": {str(node["id"]): node["score"] for node in seen},
            "error": error,
        }, usage

    async def _verified(
        self, verifier: Verifier, problem_id: str, responses: Sequence[Json], nodes: Sequence[Json]
    ) -> tuple[Usage, list[Json]]:
        """Score the responses in place, and the nodes of the tree if the verifier scores partial paths."""
        problem = self._problems.get(problem_id)
        if problem is None or self._log is None or self._wish.backend is None:
            name = f"The task '{self._task.name}' has no problem '{problem_id}' any more."
            raise UsageError(f"{name} Was the run made with other data?")
        backend = self._wish.backend
        calls = ProblemCalls(self._log, backend, problem_id)
        prompt = self._prompt(problem, backend)
        desk = ProblemDesk(
            problem,
            prompt,
            calls,
            identity=verifier.identity,
            scorer=self._task.scorer,
            pool=self._pool,
            stop=self._run.manifest["identity"]["sampling"]["stop"],
        )
        verification = Verification(
            verifier, desk, delimiter=self._delimiter, aggregation=self._wish.aggregation or "last"
        )
        paths = [_path(prompt, response["text"], self._delimiter, response) for response in responses]
        for response, path in zip(responses, await verification.score(paths), strict=True):
            response |= {"score": path.score, "step_scores": list(path.step_scores)}
        if not verifier.partial:
            return calls.ledger.asked, []
        seen = [dict(node) for node in nodes[1:] if node["same_as"] is None]
        inner = [node for node in seen if node["candidate"] is None]
        texts = texts_of(nodes)
        paths = [_path(prompt, texts[node["id"]], self._delimiter, node) for node in inner]
        for node, path in zip(inner, await verification.score(paths), strict=True):
            node |= {"score": path.score, "step_scores": list(path.step_scores)}
        for node in seen:
            if node["candidate"] is not None:
                node["score"] = responses[node["candidate"]]["score"]
        return calls.ledger.asked, seen

    def _prompt(self, problem: Problem, backend: Backend) -> Prompt:
        prompt = rendered(problem, problem.messages, backend, chat_template=self._wish.chat_template)
        return prompt if prompt.templated else replace(prompt, text=problem.text)


def _chunks(items: Iterator[Stored]) -> Iterator[list[Stored]]:
    while chunk := list(islice(items, CHUNK)):
        yield chunk


def _path(prompt: Prompt, text: str, delimiter: str, line: Mapping[str, object]) -> Path:
    """A stored response or node as a path."""
    reason = line.get("finish_reason")
    return Path(prompt, split_steps(text, delimiter), finished=reason is not None, finish_reason=reason)  # type: ignore[arg-type]


def _aggregate(lines: Sequence[Json], aggregation: str) -> None:
    """Make the scores anew from the stored step scores."""
    if any(not line["step_scores"] for line in lines):
        raise UsageError(
            "This run stores no step scores to aggregate. Name a verifier that scores steps: --verifier KIND/NAME."
        )
    for line in lines:
        line["score"] = AGGREGATIONS[aggregation](line["step_scores"])


def texts_of(nodes: Sequence[Json]) -> dict[int, str]:
    """The text of each node of a stored tree: the steps from the root to it."""
    texts: dict[int, str] = {}
    for node in nodes:
        texts[node["id"]] = ("" if node["parent"] is None else texts[node["parent"]]) + node["step"]
    return texts


def chosen(responses: Sequence[Json]) -> Json:
    """Per rule, the index of the response it chooses and whether that is correct."""
    names = responses[0]["weights"] if responses else {}
    found = choices(
        [r["answer"] if r["canonical"] is None else r["canonical"] for r in responses],
        [r["score"] for r in responses],
        {name: [r["weights"][name] for r in responses] for name in names},
        [r["finish_reason"] for r in responses],
    )
    result: Json = {
        name: None if i is None else {"index": i, "correct": responses[i]["correct"]} for name, i in found.items()
    }
    right = [i for i, r in enumerate(responses) if r["correct"] is True]
    return result | {"oracle": {"index": right[0] if right else None, "correct": bool(right)}}


def descent(nodes: Sequence[Json], scored: Sequence[Json], responses: Sequence[Json]) -> Json:
    """The rule "descent": from the root to the child with the best score, again and again, through the stored tree.

    It shows how far a verifier would have led by itself; where it ends at an unfinished node there is no answer. Of
    equals, the first that leads on."""
    scores = {node["id"]: node["score"] for node in scored}
    if not scores:
        return {}
    children: dict[int, list[Json]] = {}
    for node in nodes[1:]:
        if node["id"] in scores:
            children.setdefault(node["parent"], []).append(node)
    at = nodes[0]
    while children.get(at["id"]):
        led_on = {node["id"]: node["id"] in children or node["candidate"] is not None for node in children[at["id"]]}
        at = max(children[at["id"]], key=lambda node: (scores[node["id"]], led_on[node["id"]], -node["id"]))
    index = at["candidate"]
    return {"descent": {"index": index, "correct": False if index is None else responses[index]["correct"]}}


def rules(lines: Sequence[Json], rule: str | None) -> list[Json]:
    """A row per rule: accuracy before and after with intervals, and their paired difference.

    "own" is what the run chose by its own rule before, and by `rule` (else its own) after. Problems on which either
    cannot be judged are left out of both."""
    names = list(dict.fromkeys(name for line in lines for side in ("before", "after") for name in line[side] or ()))
    if rule is not None and rule not in [name for name in names if name != "oracle"]:
        raise UsageError(unknown("--choose", rule, [name for name in names if name != "oracle"]))
    rows = []
    for name in ["own", *names]:
        own = name == "own"
        sides = [_sides(line, line["rule"] if own else name, rule if own else name) for line in lines]
        pairs = [(b, a) for b, a in sides if b is not None and a is not None]
        alone = [a for _, a in sides if a is not None]  # a rule that the run could not follow has no "before"
        rows.append(
            {
                "rule": name,
                "before": estimate([b for b, _ in pairs]),
                "after": estimate([a for _, a in pairs] or alone),
                "difference": estimate([a - b for b, a in pairs], bounds=None),
            }
        )
    return rows


def _sides(line: Json, before: str, after: str | None) -> tuple[float | None, float | None]:
    """Whether a rule chose right before, and another (None: the same) after; None where that cannot be said."""
    found = line["before"].get(before), (line["after"] or {}).get(after or before)
    first, second = (None if side is None or side["correct"] is None else float(side["correct"]) for side in found)
    return first, second
