"""Did the search search? Signs that it did not, from the trees and scores of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from harness.run import Json, Run

SIGNS = {
    "root": "never left the root",
    "branching": "never branched",
    "identical": "found no two different children",
    "scores": "got one and the same score from the verifier for everything",
}
ENOUGH = 0.1
"""The share of problems from which on a sign is told."""


def signs(nodes: Sequence[Json]) -> set[str]:
    """The signs that one tree shows (keys of SIGNS).

    root: no node below depth 1, while one of depth 1 is unfinished. branching: no node has two children.
    identical: some node has several children, and all children of each such node are the same text."""
    depth = [0] * len(nodes)
    children: dict[int, list[Json]] = {}
    for node in nodes[1:]:
        depth[node["id"]] = depth[node["parent"]] + 1
        children.setdefault(node["parent"], []).append(node)
    found = set()
    if len(nodes) < 2 or (max(depth) <= 1 and any(node["finish_reason"] is None for node in nodes[1:])):
        found.add("root")
    families = [own for own in children.values() if len(own) > 1]
    if len(nodes) > 2 and not families:
        found.add("branching")
    if families and all(len({node["step"] for node in own}) == 1 for own in families):
        found.add("identical")
    scores = [node["score"] for node in nodes if node["score"] is not None]
    if len(scores) > 2 and len(set(scores)) == 1:
        found.add("scores")
    return found


def degenerate(run: Run) -> dict[str, tuple[int, int]]:
    """For each sign, how many problems show it and of how many; trees where there are some, else candidates' scores."""
    found: Counter[str] = Counter()
    count = 0
    gold = (run.manifest.get("verifier") or {}).get("uses_gold", False)
    for shown in _per_problem(run):
        count += 1
        found.update(shown - {"scores"} if gold else shown)  # the truth may well be the same for all
    return {sign: (found[sign], count) for sign in SIGNS if found[sign]}


def warnings(run: Run) -> list[str]:
    """A sentence for each sign that at least one problem in ten shows."""
    return [
        f"The search {SIGNS[sign]} on {many} of {count} problems."
        for sign, (many, count) in degenerate(run).items()
        if many >= ENOUGH * count
    ]


def _per_problem(run: Run) -> Iterator[set[str]]:
    """The signs of each finished problem; lines are read one at a time."""
    if (run.folder / "trees.jsonl").exists():
        for tree in run.lines("trees.jsonl"):
            yield signs(tree["nodes"])
        return
    for _, responses in run.by_problem():
        scores = [r["score"] for r in responses if r["score"] is not None]
        if responses:
            yield {"scores"} if len(scores) > 2 and len(set(scores)) == 1 else set()
