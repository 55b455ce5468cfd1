"""results.json: every number of a run, derived from its problems.jsonl and responses.jsonl and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from harness.calls import billed
from harness.core import CUT, Usage
from harness.run import RESULTS_SCHEMA, Json, Run
from scorers.estimators import best_curve, maj_curve, pass_at_k, weighted_maj_at_k
from scorers.intervals import mean_estimate, quantiles

GROUPS = ("level", "subject")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the metrics need of one problem; lists hold an entry per response."""

    problem_id: str
    groups: dict[str, Any]
    status: str
    chosen_correct: bool | None
    answers: list[str | None]
    correct: list[bool | None]
    scores: list[float | None]
    tokens: list[int]
    thinking: list[int]
    truncated: list[bool]
    total_tokens: int
    human_tokens: list[int]
    opinions: list[bool | None]

    @staticmethod
    def of(problem: Json, responses: Sequence[Json]) -> Outcome:
        """From the lines of the run folder. Votes are counted on the canonical form, else on the answer itself."""
        usage = problem.get("usage") or {}
        return Outcome(
            problem_id=problem["problem_id"],
            groups={"all": None, **{name: problem.get(name) for name in GROUPS}},
            status=problem["status"],
            chosen_correct=problem.get("correct"),
            answers=[r["answer"] if r["canonical"] is None else r["canonical"] for r in responses],
            correct=[r["correct"] for r in responses],
            scores=[r["score"] for r in responses],
            tokens=[r["usage"]["completion_tokens"] for r in responses],
            thinking=[r["usage"]["thinking_tokens"] for r in responses],
            truncated=[r["finish_reason"] in CUT for r in responses],
            total_tokens=sum(usage.get(k, 0) for k in ("prompt_tokens", "completion_tokens", "verifier_tokens")),
            human_tokens=problem.get("human_tokens") or [],
            opinions=[r.get("judge") for r in responses],
        )

    @property
    def judged(self) -> list[int]:
        """The responses that were judged right or wrong."""
        return [i for i, value in enumerate(self.correct) if value is not None]


def default_ks(n: int) -> list[int]:
    """1, 2, 4 … up to n, and n."""
    powers = [2**i for i in range(n.bit_length()) if 2**i <= n]
    return powers if not powers or powers[-1] == n else [*powers, n]


def build(run: Run, ks: Sequence[int] | None = None) -> Json:
    """results.json of a run. `ks` are the k of the @k metrics (default 1, 2, 4 … n); k > n has the value null."""
    outcomes = [Outcome.of(problem, responses) for problem, responses in run.by_problem()]
    identity = run.manifest["identity"]
    n = max((len(outcome.correct) for outcome in outcomes), default=0)
    ks = sorted(set(ks)) if ks else default_ks(n)
    rows: list[Json] = []
    for group, members in _groups(outcomes):
        rows += _rows(members, ks, group)
    return {
        "schema": RESULTS_SCHEMA,
        "task": identity["task"]["name"],
        "model": run.manifest["model"],
        "strategy": identity["strategy"],
        "verifier": run.manifest.get("verifier"),
        "problems": {
            "selected": len(run.manifest["problem_ids"]),
            "finished": sum(o.status == "ok" for o in outcomes),
            "errors": sum(o.status == "error" for o in outcomes),
            "unjudged": sum(o.status == "ok" and o.chosen_correct is None for o in outcomes),
        },
        "judge": _judge(run, outcomes),
        "usage": _usage(run),
        "metrics": rows,
    }


def _groups(outcomes: Sequence[Outcome]) -> Iterable[tuple[tuple[str, Any], list[Outcome]]]:
    """("all", None), then each level and each subject in order, with their problems."""
    finished = [outcome for outcome in outcomes if outcome.status == "ok"]
    yield ("all", None), finished
    for name in GROUPS:
        present = {outcome.groups[name] for outcome in finished} - {None}
        for value in sorted(present, key=lambda v: (isinstance(v, str), v)):
            yield (name, value), [outcome for outcome in finished if outcome.groups[name] == value]


def _rows(outcomes: Sequence[Outcome], ks: Sequence[int], group: tuple[str, Any]) -> list[Json]:
    """All metrics of one group of problems."""
    unjudged = sum(len(o.correct) - len(o.judged) for o in outcomes)
    chosen = [float(o.chosen_correct) for o in outcomes if o.chosen_correct is not None]
    rows = [_row("accuracy", None, group, chosen, len(outcomes) - len(chosen))]
    curves: list[tuple[str, Callable[[Outcome, int], float]]] = [("pass@k", _pass), ("maj@k", _maj)]
    if any(score is not None for outcome in outcomes for score in outcome.scores):
        curves += [("best@k", _best), ("wmaj@k", _weighted)]
    for metric, estimate in curves:
        for k in ks:
            values = [estimate(o, k) for o in outcomes if len(o.judged) >= k]
            rows.append(_row(metric, k, group, values, unjudged))
    for metric, per_problem in (
        ("completion_tokens", [_mean(o.tokens) for o in outcomes if o.tokens]),
        ("thinking_tokens", [_mean(o.thinking) for o in outcomes if o.thinking]),
        ("total_tokens", [float(o.total_tokens) for o in outcomes]),
        ("human_tokens", [_mean(o.human_tokens) for o in outcomes if o.human_tokens]),
    ):
        rows.append(_row(metric, None, group, per_problem, 0, bounds=None))
    rows.append(_row("truncated", None, group, [_mean(o.truncated) for o in outcomes if o.truncated], 0))
    return rows


def _row(
    metric: str,
    k: int | None,
    group: tuple[str, Any],
    values: Sequence[float],
    unjudged: int,
    *,
    bounds: tuple[float, float] | None = (0.0, 1.0),
) -> Json:
    """One tidy row; a metric that covers no problem has nulls. Token metrics carry their quartiles besides."""
    estimate = mean_estimate(values, bounds=bounds)
    row: Json = {"metric": metric, "k": k, "group": group[0], "value_of_group": group[1]}
    for name in ("value", "se", "low", "high"):
        row[name] = None if estimate is None else getattr(estimate, name)
    row |= {"problems": len(values), "unjudged": unjudged}
    if bounds is None:
        q25, median, q75 = quantiles(values) if values else (None, None, None)
        row |= {"q25": q25, "median": median, "q75": q75}
    return row


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _pass(outcome: Outcome, k: int) -> float:
    return pass_at_k(len(outcome.judged), sum(bool(outcome.correct[i]) for i in outcome.judged), k)


def _maj(outcome: Outcome, k: int) -> float:
    return maj_curve(*_votes(outcome), [k])[0]


def _best(outcome: Outcome, k: int) -> float:
    _, correct = _votes(outcome)
    return best_curve([outcome.scores[i] for i in outcome.judged], [float(c) for c in correct], [k])[0]


def _weighted(outcome: Outcome, k: int) -> float:
    return weighted_maj_at_k(*_votes(outcome), [outcome.scores[i] for i in outcome.judged], k)


def _votes(outcome: Outcome) -> tuple[list[str | None], list[bool]]:
    """Answers and verdicts of the judged responses."""
    return [outcome.answers[i] for i in outcome.judged], [bool(outcome.correct[i]) for i in outcome.judged]


def _judge(run: Run, outcomes: Sequence[Outcome]) -> Json | None:
    """Who judged what the rules left open, on how many responses it had an opinion, and how often it contradicts the
    verdict that stands; null without a judge."""
    name = run.manifest.get("judge")
    if name is None:
        return None
    pairs = [(o.opinions[i], o.correct[i]) for o in outcomes for i in range(len(o.correct))]
    given = [(opinion, verdict) for opinion, verdict in pairs if opinion is not None]
    disagreed = sum(opinion is not verdict for opinion, verdict in given)
    return {"name": name, "opinions": len(given), "disagreements": disagreed}


def _usage(run: Run) -> Json:
    """`asked`: what the strategies were billed, cached or not. `generated`: what this run's own calls produced."""
    asked = generated = Usage()
    names = [f.name for f in fields(Usage)]
    for problem in run.lines("problems.jsonl"):
        if problem.get("usage"):
            asked += Usage(**{name: problem["usage"].get(name, 0) for name in names})
    for call in run.lines("calls.jsonl"):
        if "from" not in call:
            generated += billed(call["kind"], call["result"])
    return {"asked": asdict(asked), "generated": asdict(generated)}
