"""Anytime curves: what a strategy would have answered had it been stopped at an earlier budget.

With a tree: the candidates that were there when the search had spent so many tokens, and each final-choice rule over
them. The clock of a node is the number of tokens in all nodes made no later than it, so that subtrees that run side by
side count together. Weights of a search ("visits", "value") are known at its end only and are no part of a curve.

Without a tree the responses are exchangeable draws: a curve is the exact expectation over all subsets of k of them
(`scorers.estimators`), which cost k times the mean response.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.cost import node_tokens, total, usage_of
from harness.analysis.groups import estimate
from harness.choice import RULES, choices
from harness.run import Json, Run
from scorers.estimators import best_curve, maj_curve, pass_at_k, weighted_maj_at_k

ORACLE = "oracle"
"""The pseudo-rule under which any correct candidate counts."""


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
        times = None if nodes is None else candidate_times(nodes, len(responses))
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
    spent, accuracy with its interval. A problem without an answer yet counts as wrong."""
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
    scored = any(r["score"] is not None for line in found for r in line.responses)
    first = min((time for line in found for time in line.times or ()), default=0)
    for budget in budgets(first, max((line.spent for line in found), default=0)):
        outcomes = [outcome_at(line, budget) for line in found]
        spent = [min(budget, line.spent) for line in found]
        tokens = _means(spent, [s * line.read_too for s, line in zip(spent, found, strict=True)])
        for rule in rules:
            if scored or rule not in ("best", "weighted_majority"):
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
    n = min((len(line.responses) for line in found), default=0)
    for k in [k for k in (2**i for i in range(n.bit_length())) if k < n] + ([n] if n else []):
        values = [_expected(line.responses, k) for line in found]
        spent = [k * line.spent / len(line.responses) for line in found]
        totals = [s * line.read_too for s, line in zip(spent, found, strict=True)]
        tokens = _means(spent, totals)
        budget = round(max(spent))
        for rule in values[0]:
            row = {"metric": "anytime", "rule": rule, "k": k, "budget": budget, **tokens}
            rows.append(row | estimate([value[rule] for value in values]))
    return rows


def _expected(responses: Sequence[Json], k: int) -> dict[str, float]:
    """The exact expectation of each rule over subsets of k responses: pass@k, maj@k, best@k and wmaj@k."""
    answers = [r["answer"] if r["canonical"] is None else r["canonical"] for r in responses]
    correct = [r["correct"] is True for r in responses]
    scores = [r["score"] for r in responses]
    found = {
        ORACLE: pass_at_k(len(correct), sum(correct), k),
        "first": sum(correct) / len(correct),
        "majority": maj_curve(answers, correct, [k])[0],
    }
    if any(score is not None for score in scores):
        found["best"] = best_curve(scores, [float(c) for c in correct], [k])[0]
        found["weighted_majority"] = weighted_maj_at_k(answers, correct, scores, k)
    return found


def _means(completion: Sequence[float], totals: Sequence[float]) -> Json:
    count = max(len(completion), 1)
    return {"completion_tokens": sum(completion) / count, "total_tokens": sum(totals) / count}
