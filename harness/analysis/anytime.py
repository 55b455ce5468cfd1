"""Anytime curves: what a strategy would have answered had it been stopped at an earlier budget.

With a tree: the candidates that were there when the search had spent so many tokens, and each final-choice rule over
them. The clock of a node is the number of tokens in all nodes made no later than it, so that subtrees that run side by
side count together. Weights of a search ("visits", "value") are known at its end only and are no part of a curve.

Without a tree responses come one after the other (revisions), each there when those before it are paid for; or they are
exchangeable draws: then a curve is the exact expectation over all subsets of k of them
(wmaj@k along random orders), which cost k times the mean response.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from harness.analysis.cost import costs, node_tokens, total, usage_of
from harness.analysis.groups import estimate
from harness.choice import RULES, choices
from harness.core import UsageError
from harness.outcomes import DRAWING, Outcome, scored
from harness.run import IMPORTED, Json, Run

ORACLE = "oracle"
"""The pseudo-rule under which any correct candidate counts."""
CURVE_OF = {ORACLE: "pass@k", "majority": "maj@k", "best": "best@k", "weighted_majority": "wmaj@k"}
"""The curve over subsets of draws that each rule has without a tree."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """One finished problem: its line, its responses, and for each the tokens spent when it was there (None: it is no
    node of a tree). `spent` are all completion tokens, `read_too` how many tokens in all stand behind each of them."""

    problem: Json
    responses: Sequence[Json]
    times: Sequence[int] | None
    spent: int
    read_too: float


def timelines(run: Run) -> list[Timeline]:
    """Every finished problem of a run; its trees are read one at a time."""
    trees = run.lines("trees.jsonl")
    waiting = next(trees, None)
    found = []
    for problem, responses in run.by_problem():
        nodes = None
        if waiting is not None and waiting["problem_id"] == problem["problem_id"]:
            nodes, waiting = waiting["nodes"], next(trees, None)
        if problem["status"] != "ok" or not responses:
            continue
        usage = usage_of(problem)
        spent = usage.completion_tokens
        times = candidate_times(nodes, len(responses)) if nodes is not None else None
        if nodes is None and run.manifest["identity"]["strategy"]["name"] not in DRAWING:
            times = list(accumulate(r["usage"]["completion_tokens"] for r in responses))  # one after the other
        found.append(Timeline(problem, responses, times, spent, total(usage) / spent if spent else 1.0))
    return found


def candidate_times(nodes: Sequence[Json], count: int) -> list[int]:
    """The clock of each of `count` candidates: tokens in the nodes that were made no later than its own node."""
    clock, spent = {}, 0
    tokens: dict[int, int] = {}
    for node in nodes:
        made = node["made"]
        tokens[made] = tokens.get(made, 0) + node_tokens(node)
    for made in sorted(tokens):
        spent += tokens[made]
        clock[made] = spent
    places = {node["candidate"]: clock[node["made"]] for node in nodes if node.get("candidate") is not None}
    return [places.get(index, spent) for index in range(count)]


def curve(run: Run) -> list[Json]:
    """Tidy rows: rule, k (None along a tree), budget (completion tokens per problem), mean completion and total tokens
    spent, accuracy with its interval. A problem without an answer yet counts as wrong. Raises UsageError where the run
    does not say what its responses cost."""
    if run.manifest["state"] == IMPORTED and not costs(run):
        raise UsageError(f"{run.folder} was imported without token counts, so it has no curve over a budget of tokens.")
    found = timelines(run)
    judged = [line for line in found if all(r["correct"] is not None for r in line.responses)]
    if any(line.times is not None for line in judged):
        return _along_trees([line for line in judged if line.times is not None])
    return _over_subsets(judged)


def budgets(first: int, most: int) -> list[int]:
    """Powers of √2 from just before the first candidate to the largest cost, and that."""
    steps = range(max(2 * math.floor(math.log2(max(first, 2))), 1), 2 * max(most, 1).bit_length() + 1)
    return [*dict.fromkeys(round(2 ** (i / 2)) for i in steps if round(2 ** (i / 2)) < most), most]


def _along_trees(found: Sequence[Timeline]) -> list[Json]:
    rows = []
    rules = [ORACLE, *RULES]
    have_scores = any(r["score"] is not None for line in found for r in line.responses)
    first = min((time for line in found for time in line.times or ()), default=0)
    for budget in budgets(first, max((line.spent for line in found), default=0)):
        outcomes = [outcome_at(line, budget) for line in found]
        spent = [min(budget, line.spent) for line in found]
        tokens = _means(spent, [s * line.read_too for s, line in zip(spent, found, strict=True)])
        for rule in rules:
            if have_scores or rule not in ("best", "weighted_majority"):
                values = [float(outcome[rule]) for outcome in outcomes]
                rows.append(
                    {"metric": "anytime", "rule": rule, "k": None, "budget": budget, **tokens} | estimate(values)
                )
    return rows


def outcome_at(line: Timeline, budget: int) -> dict[str, bool]:
    """Whether each rule would have chosen a correct response after `budget` tokens."""
    times = line.times or [0] * len(line.responses)
    there = [r for r, time in zip(line.responses, times, strict=True) if time <= budget]
    chosen = choices(
        [r["answer"] if r["canonical"] is None else r["canonical"] for r in there],
        [r["score"] for r in there],
        {},
        [r["finish_reason"] for r in there],
    )
    found = {rule: index is not None and there[index]["correct"] is True for rule, index in chosen.items()}
    return {**found, ORACLE: any(r["correct"] is True for r in there)}


def _over_subsets(found: Sequence[Timeline]) -> list[Json]:
    rows = []
    outcomes = [Outcome.of(line.problem, line.responses) for line in found]
    metrics = {rule: name for rule, name in CURVE_OF.items() if scored(outcomes) or rule in (ORACLE, "majority")}
    n = min((len(line.responses) for line in found), default=0)
    for k in [k for k in (2**i for i in range(n.bit_length())) if k < n] + ([n] if n else []):
        spent = [k * line.spent / len(line.responses) for line in found]
        tokens = _means(spent, [s * line.read_too for s, line in zip(spent, found, strict=True)])
        values = {rule: [float(o.curve(name)[k - 1]) for o in outcomes] for rule, name in metrics.items()}
        values["first"] = [float(o.curve("pass@k")[0]) for o in outcomes]
        for rule, numbers in values.items():
            row = {"metric": "anytime", "rule": rule, "k": k, "budget": round(max(spent)), **tokens}
            rows.append(row | estimate(numbers))
    return rows


def _means(completion: Sequence[float], totals: Sequence[float]) -> Json:
    count = max(len(completion), 1)
    return {"completion_tokens": sum(completion) / count, "total_tokens": sum(totals) / count}
