"""What search adds to the pool of candidates, and what choosing among them loses.

`oracle` is the share of problems with a correct candidate (pass@n of what the search returned), `mean` that of the
candidates that are correct (what a blind choice gives), a rule's `lost` is oracle minus its accuracy. All are over the
problems whose candidates could all be judged, so that the parts add up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.analysis.groups import estimate, grouped
from harness.run import Json, Run
from scorers.intervals import NON_NEGATIVE
from scorers.quality import auroc, brier, calibration_error, mean_absolute_error

ROLLOUT = "rollout_value"


@dataclass(frozen=True, slots=True)
class Choice:
    """One finished problem: its line, its responses, the nodes of its tree that were rolled out."""

    problem: Json
    responses: Sequence[Json]
    nodes: Sequence[Json] = ()

    @property
    def judged(self) -> bool:
        """Whether every candidate was found right or wrong."""
        return bool(self.responses) and all(r["correct"] is not None for r in self.responses)


def choices_of(run: Run) -> list[Choice]:
    """Every finished problem of a run with its candidates; only what is needed of a tree is kept."""
    trees = run.lines("trees.jsonl")
    waiting = next(trees, None)
    found = []
    for problem, responses in run.by_problem():
        nodes: list[Json] = []
        if waiting is not None and waiting["problem_id"] == problem["problem_id"]:
            nodes, waiting = rolled_out(waiting["nodes"], responses), next(trees, None)
        if problem["status"] == "ok":
            found.append(Choice(problem, responses, nodes))
    return found


def rolled_out(nodes: Sequence[Json], responses: Sequence[Json]) -> list[Json]:
    """`score` and `rollout_value` of the nodes that were rolled out: the share of their completions that are right.

    Roll-outs are children of the kind "rollout"; one that repeats a sibling counts again. Those that became no
    candidate (cut by the budget) or cannot be judged are left out."""
    verdicts: dict[int, list[bool]] = {}
    for node in nodes:
        if node.get("kind") == "rollout":
            index = (node if node["same_as"] is None else nodes[node["same_as"]])["candidate"]
            correct = None if index is None else responses[index]["correct"]
            if correct is not None:
                verdicts.setdefault(node["parent"], []).append(correct)
    return [{"score": nodes[i]["score"], ROLLOUT: sum(right) / len(right)} for i, right in sorted(verdicts.items())]


def selection_rows(found: Sequence[Choice], *, by: str = "level") -> list[Json]:
    """Tidy rows `candidates`, `mean`, `oracle` and, per rule, `chosen` and `lost`, by level or subject and over all."""
    rows: list[Json] = []
    for value, members in grouped(found, by, lambda choice: choice.problem):
        group = {"group": "all" if value is None else by, "value_of_group": value}
        judged = [choice for choice in members if choice.judged]
        unjudged = {"unjudged": len(members) - len(judged)}

        def add(
            metric: str, rule: str | None, values: Sequence[float], bounds: tuple[float, float] = (0.0, 1.0)
        ) -> None:
            row = {"metric": metric, "rule": rule, **group, **estimate(values, bounds=bounds), **unjudged}  # noqa: B023
            rows.append(row)

        add("candidates", None, [float(len(c.responses)) for c in judged], NON_NEGATIVE)
        add("mean", None, [c.problem["c"] / len(c.responses) for c in judged])
        oracle = [float(c.problem["c"] > 0) for c in judged]
        add("oracle", None, oracle)
        for rule in dict.fromkeys(rule for c in judged for rule in c.problem.get("choices", ())):
            have = [c for c in judged if c.problem.get("choices", {}).get(rule) is not None]
            if have:
                right = [float(c.problem["choices"][rule]["correct"] is True) for c in have]
                pool = [float(c.problem["c"] > 0) for c in have]
                add("chosen", rule, right)
                add("lost", rule, [p - r for p, r in zip(pool, right, strict=True)])
    return rows


def _pairs(choice: Choice) -> list[tuple[float, bool]]:
    """Score and correctness of the candidates that have both."""
    pairs = [(response["score"], response["correct"]) for response in choice.responses]
    return [pair for pair in pairs if None not in pair]


def quality_rows(found: Sequence[Choice], *, by: str = "level") -> list[Json]:
    """Tidy rows about the verifier's scores of whole candidates against their correctness, and of its tree nodes
    against their roll-outs, where the search rolled out.

    auroc: over all candidates of a group. auroc_within: the mean over problems that have both right and wrong
    candidates, which is what choosing needs. brier and ece (equal mass) where all scores lie in [0, 1]. rollout_mae,
    rollout_brier, rollout_ece: scores of partial paths against the mean of their roll-outs."""
    rows: list[Json] = []
    for value, members in grouped(found, by, lambda choice: choice.problem):
        group = {"group": "all" if value is None else by, "value_of_group": value}
        pairs = [_pairs(choice) for choice in members]
        flat = [pair for own in pairs for pair in own]
        if not flat:
            continue
        within = [area for area in (auroc(*zip(*own, strict=True)) for own in pairs if own) if area is not None]
        rows.append({"metric": "auroc_within", **group, **estimate(within)})
        scores, labels = [score for score, _ in flat], [float(correct) for _, correct in flat]
        numbers = {"auroc": auroc(scores, [label == 1 for label in labels])}
        if all(0 <= score <= 1 for score in scores):
            numbers |= {"brier": brier(scores, labels), "ece": calibration_error(scores, labels)}
        rolled = [node for c in members for node in c.nodes if None not in (node["score"], node[ROLLOUT])]
        if rolled and all(0 <= node["score"] <= 1 for node in rolled):
            steps, values = [node["score"] for node in rolled], [node[ROLLOUT] for node in rolled]
            numbers |= {"rollout_mae": mean_absolute_error(steps, values), "rollout_brier": brier(steps, values)}
            numbers |= {"rollout_ece": calibration_error(steps, values)}
        for metric, number in numbers.items():
            about = {"se": None, "low": None, "high": None, "problems": len(pairs)}
            rows.append({"metric": metric, **group, "value": number, **about})
    return rows
