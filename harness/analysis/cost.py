"""What a problem cost: calls and tokens of policy and verifier, depth, and the seconds of its calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from harness.analysis.groups import estimate, grouped
from harness.core import Usage
from harness.run import Json, Run
from scorers.intervals import NON_NEGATIVE

KINDS = ("policy", "verifier", "judge")
PER_PROBLEM = (
    *("calls", "prompt_tokens", "cached_prompt_tokens", "completion_tokens"),
    *("verifier_calls", "verifier_tokens", "verifier_completion_tokens", "serial_tokens", "total_tokens", "nodes"),
    *(f"{kind}_seconds" for kind in KINDS),
)
"""The numbers of a cost table. `total_tokens` are all that were read or written, by policy, verifier and judge; `nodes`
those of the search tree without its root; seconds are sums over calls, which overlap in a batch."""


@dataclass(frozen=True, slots=True)
class Cost:
    """One finished problem: its line, what it was billed, the nodes of its tree (None: no tree), and the seconds of
    the calls that this run made for it, by kind. Answers found in a sibling's log took this run no time."""

    problem: Json
    usage: Usage
    nodes: int | None
    seconds: Mapping[str, float]

    def number(self, name: str) -> float | None:
        """One number of PER_PROBLEM."""
        if name == "nodes":
            return self.nodes
        if name == "total_tokens":
            return total(self.usage)
        if name.endswith("_seconds"):
            return self.seconds.get(name.removesuffix("_seconds"), 0.0)
        return float(getattr(self.usage, name))


def total(usage: Usage) -> float:
    """All tokens read or written."""
    return float(usage.prompt_tokens + usage.completion_tokens + usage.verifier_tokens)


def node_tokens(node: Json) -> int:
    """The tokens that a node of a stored tree stands for: its step, and what its notes say was generated beside it and
    thrown away (`lookahead_tokens`: every note of such a name)."""
    return int(node["tokens"]) + sum(int(number) for name, number in node.items() if name.endswith("_tokens"))


def usage_of(problem: Json) -> Usage:
    """The usage on a problem's line; a field that an older run did not have is 0."""
    found = problem.get("usage") or {}
    return Usage(**{f.name: found.get(f.name, 0) for f in fields(Usage)})


def costs(run: Run) -> list[Cost]:
    """The cost of every finished problem of a run, in the benchmark's order; those of an imported run, of which not all
    is known, are left out."""
    seconds: defaultdict[str, defaultdict[str, float]] = defaultdict(lambda: defaultdict(float))
    for call in run.lines("calls.jsonl"):
        if "seconds" in call:
            seconds[call.get("problem_id", "")][call["kind"]] += call["seconds"]
    nodes = {tree["problem_id"]: len(tree["nodes"]) - 1 for tree in run.lines("trees.jsonl")}
    return [
        Cost(problem, usage_of(problem), nodes.get(problem["problem_id"]), dict(seconds[problem["problem_id"]]))
        for problem in run.lines("problems.jsonl")
        if problem["status"] == "ok" and "calls" in (problem.get("usage") or {})
    ]


def cost_rows(found: Sequence[Cost], *, by: str = "level") -> list[Json]:
    """Tidy rows: means per problem with intervals, by level or subject and over all.

    `cached_share` is the part of all prompt tokens that the engine did not have to compute."""
    rows = []
    for value, members in grouped(found, by, lambda cost: cost.problem):
        group: Json = {"group": "all" if value is None else by, "value_of_group": value}
        for name in PER_PROBLEM:
            numbers = [number for number in (cost.number(name) for cost in members) if number is not None]
            if numbers:
                rows.append({"metric": name, **group, **estimate(numbers, bounds=NON_NEGATIVE)})
        read = sum(cost.usage.prompt_tokens for cost in members)
        cached = sum(cost.usage.cached_prompt_tokens for cost in members)
        share = {"value": cached / read if read else None, "se": None, "low": None, "high": None}
        rows.append({"metric": "cached_share", **group, **share, "problems": len(members)})
    return rows
