"""Tokens by level or subject: how long responses are, what of them is thinking, and how long human solutions are.

The definitions of the Meta-CoT paper's Figure 1, with what it leaves open settled. T(l) is over problems, a problem's
number being the mean over its responses; H(l) the same over a problem's human solutions; beside it the pooled numbers
of HARP, in which a problem counts once per solution. Both are counted with one tokenizer. A response that was cut is
longer than what was seen: means and quartiles that hold one are lower bounds, and the Kaplan–Meier median stands
beside them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness.analysis.groups import grouped
from harness.outcomes import APART, Outcome
from harness.run import Json, Run
from harness.thinking import COUNTED_BY, opening, split
from scorers.censored import quantile
from scorers.intervals import NON_NEGATIVE, mean_estimate, quantiles
from scorers.regression import line
from scorers.resampling import median_ratio_interval, ratio_interval

PARTS = ("completion_tokens", "thinking_tokens", "answer_tokens")
"""What a model generates: the whole and its two parts."""
ASIDE = ("gap_tokens", "forced_tokens", "prefilled_tokens")
"""What is in neither part, what was written into a response, and what stood before it in the prompt."""
SIGNED = ("gap_tokens", "human_log_ratio")
"""What may be negative; all else is counted."""
HUMAN = ("human_tokens", "pooled_human_tokens", "human_ratio", "human_ratio_of_medians", "human_log_ratio")


def part(outcome: Outcome, name: str) -> list[int]:
    """A number of each response of a problem: one of PARTS or ASIDE."""
    if name == "completion_tokens":
        return outcome.tokens
    if name == "thinking_tokens":
        return outcome.thinking
    return [each[name] for each in outcome.apart]


def cut(outcome: Outcome, name: str) -> list[bool]:
    """Whether each response would have had more of a part, had it not been cut. Thinking that had ended is whole."""
    if name != "thinking_tokens":
        return outcome.truncated
    answers = part(outcome, "answer_tokens")
    return [c and t > 0 and not a for c, t, a in zip(outcome.truncated, outcome.thinking, answers, strict=True)]


def measured(found: Iterable[Outcome]) -> list[Outcome]:
    """Those of which it is known how long all responses are, how much of each is thinking and which were cut: all but
    problems of imported runs."""
    return [
        o
        for o in found
        if len(o.correct) == len(o.tokens) == len(o.thinking) == len(o.apart) == len(o.truncated) or not o.correct
    ]


def rows(
    found: Sequence[Outcome], *, by: str = "level", cluster: str | None = None, intervals: bool = True
) -> list[Json]:
    """Tidy rows by level or subject, the whole last, then the slopes against the level.

    `found` are finished problems. `intervals` False leaves out those that need a bootstrap."""
    found = measured(found)
    made: list[Json] = []
    for value, members in grouped(found, by, lambda outcome: outcome.groups):
        group = ("all", None) if value is None else (by, value)
        made += group_rows(members, group, cluster=cluster, intervals=intervals)
    return made + slopes(found, cluster=cluster)


def group_rows(
    found: Sequence[Outcome], group: tuple[str, Any], *, cluster: str | None = None, intervals: bool = True
) -> list[Json]:
    """The rows of one group of problems."""
    names = [*PARTS, *(n for n in ASIDE if any(any(part(o, n)) for o in found))]
    made = [_part_row(name, found, group, cluster, intervals=intervals) for name in names]
    if any(any(o.human_tokens) for o in found):
        made += _human_rows(found, group, cluster, intervals=intervals)
    return made


def further(found: Sequence[Outcome], group: tuple[str, Any], *, cluster: str | None = None) -> list[Json]:
    """What results.json holds of these rows besides its own: metrics of other names, nothing that needs a bootstrap."""
    found = measured(found)
    own = {"completion_tokens", "thinking_tokens", "human_tokens", "human_ratio", "human_ratio_of_medians"}
    made = group_rows(found, group, cluster=cluster, intervals=False)
    kept = [_plain(row) for row in made if row["metric"] not in own]
    kept += [
        _row(f"censored_{row['metric']}", group, []) | _censored(row)
        for row in made
        if row["metric"] in PARTS and row["cut"]
    ]
    return kept + (slopes(found, cluster=cluster) if group[0] == "all" else [])


def _censored(row: Json) -> Json:
    """The Kaplan–Meier median of a row as a row's own value."""
    kept = {name: row[name] for name in ("problems", "cut", "at_least")}
    return {**kept, "value": row["censored_median"], "low": row["censored_low"], "high": row["censored_high"]}


def _plain(row: Json) -> Json:
    return {name: value for name, value in row.items() if not name.startswith("censored_") and name != "at_least"}


def _part_row(
    name: str, found: Sequence[Outcome], group: tuple[str, Any], cluster: str | None, *, intervals: bool
) -> Json:
    """Mean, quartiles and Kaplan–Meier median of one part, over the problems that have responses."""
    members = [o for o in found if o.tokens]
    means = [_mean(part(o, name)) for o in members]
    row = _row(name, group, means, _labels(members, cluster))
    ended = [cut(o, name) for o in members] if name in PARTS else []
    share = _mean([_mean(own) for own in ended]) if ended else 0.0
    row |= {"responses": sum(len(o.tokens) for o in members), "cut": share}
    row |= dict.fromkeys(("censored_median", "censored_low", "censored_high", "at_least"))
    if share and (km := quantile([part(o, name) for o in members], ended, interval=intervals)):
        row |= {"censored_median": km.value, "censored_low": km.low, "censored_high": km.high, "at_least": km.at_least}
    if name != "completion_tokens" and name in PARTS:
        ways = {way for o in members for way in o.counted_by}
        row["counted_by"] = next((way for way in reversed(COUNTED_BY) if way in ways), "exact")
    return row


def _human_rows(
    found: Sequence[Outcome], group: tuple[str, Any], cluster: str | None, *, intervals: bool
) -> list[Json]:
    """Human solutions, and how many times as long the model's responses are, over the problems that have both."""
    solved = [o for o in found if any(o.human_tokens)]
    human = [_mean(o.human_tokens) for o in solved]
    solutions = [float(count) for o in solved for count in o.human_tokens]
    labels = _labels(solved, cluster)
    per_problem = _row("human_tokens", group, human, labels) | {"solutions": len(solutions)}
    owners = labels or [o.problem_id for o in solved]  # the solutions of one problem depend on each other
    copies = [owner for o, owner in zip(solved, owners, strict=True) for _ in o.human_tokens]
    pooled = _row("pooled_human_tokens", group, solutions, copies)
    pooled |= {"problems": len(solved), "solutions": len(solutions)}
    both = [o for o in solved if o.tokens and any(o.tokens)]
    model, human, labels = (
        [_mean(o.tokens) for o in both],
        [_mean(o.human_tokens) for o in both],
        _labels(both, cluster),
    )
    bound = {"lower_bound": any(any(o.truncated) for o in both)}
    logs = [math.log(t / h) for t, h in zip(model, human, strict=True)]
    return [
        per_problem,
        pooled,
        _row("human_ratio", group, []) | _ratio("means", model, human, labels, intervals=intervals) | bound,
        _row("human_ratio_of_medians", group, [])
        | _ratio("medians", model, human, labels, intervals=intervals)
        | bound,
        _row("human_log_ratio", group, logs, labels) | bound,
    ]


def _ratio(
    of: str, model: Sequence[float], human: Sequence[float], labels: Sequence[Any] | None, *, intervals: bool
) -> Json:
    """A ratio of means or of medians over the same problems, with a paired bootstrap interval."""
    if not model:
        return {}
    means = of == "means"
    value = sum(model) / sum(human) if means else quantiles(model)[1] / quantiles(human)[1]
    row: Json = {"value": value, "problems": len(model)}
    if intervals:
        found = (ratio_interval if means else median_ratio_interval)(model, human, clusters=labels)
        if found is not None:
            row |= {"low": found.low, "high": found.high, "interval": found.method}
    return row


def slopes(found: Sequence[Outcome], *, cluster: str | None = None) -> list[Json]:
    """How the logarithm of a problem's tokens grows per level, for each part and for human solutions: a line by least
    squares over problems with a numeric level. `factor` is e^slope, `bend` the p-value of a quadratic term, and `cut`
    whether some of these were: it then says less than the truth where more of the harder ones were."""
    numbers: dict[str, Callable[[Outcome], Sequence[float]]] = {
        name: lambda o, name=name: part(o, name)  # type: ignore[misc]
        for name in PARTS
    }
    numbers["human_tokens"] = lambda o: o.human_tokens
    made = []
    for name, of in numbers.items():
        members = [o for o in found if level_of(o) is not None and any(of(o))]
        fit = line(
            [level_of(o) or 0.0 for o in members], [math.log(_mean(of(o))) for o in members], _labels(members, cluster)
        )
        if fit is None:
            continue
        row = _row(f"{name}_slope", ("all", None), [])
        row |= {"value": fit.slope, "se": fit.se, "low": fit.low, "high": fit.high, "problems": fit.points}
        some = name != "human_tokens" and any(any(cut(o, name)) for o in members)
        made.append(row | {"factor": math.exp(fit.slope), "bend": fit.bend, "cut": some})
    return made


def level_of(outcome: Outcome) -> float | None:
    """A level as a number; None where it is a name."""
    level = outcome.groups.get("level")
    try:
        return None if level is None or isinstance(level, bool) else float(level)
    except ValueError:
        return None


def recounted(
    run: Run, found: Iterable[Outcome], count: Callable[[str], int], solutions: Mapping[str, Sequence[str]]
) -> list[Outcome]:
    """The same problems counted with another tokenizer: the visible text of responses and human solutions alike.

    Hidden reasoning has no text and is not in it; marks of thinking are. Counts of texts miss the token that ends a
    turn. `solutions` are the human ones by problem; a problem that is not in it has none."""
    texts: dict[str, list[Json]] = {}
    for response in run.lines("responses.jsonl"):
        texts.setdefault(response["problem_id"], []).append(response)
    made = []
    for outcome in found:
        parts = [split(r["text"], opened=opening(r.get("prefill", ""))) for r in texts.get(outcome.problem_id, ())]
        thinking, answer = [count(p.thinking) for p in parts], [count(p.answer) for p in parts]
        made.append(
            replace(
                outcome,
                tokens=[t + a for t, a in zip(thinking, answer, strict=True)],
                thinking=thinking,
                apart=[{**dict.fromkeys(APART, 0), "answer_tokens": number} for number in answer],
                counted_by=["text"] * len(parts),
                human_tokens=[count(text) for text in solutions.get(outcome.problem_id, ())],
            )
        )
    return made


def _labels(members: Sequence[Outcome], cluster: str | None) -> list[Any] | None:
    """The cluster of each problem; one without a label is a cluster of its own."""
    if cluster is None:
        return None
    return [o.problem_id if o.groups.get(cluster) is None else ("cluster", o.groups[cluster]) for o in members]


def _row(name: str, group: tuple[str, Any], values: Sequence[float], labels: Sequence[Any] | None = None) -> Json:
    """A tidy row with mean, interval and quartiles of one value per problem; nulls without values."""
    estimate = mean_estimate(values, bounds=None if name in SIGNED else NON_NEGATIVE, clusters=labels)
    row: Json = {"metric": name, "k": None, "group": group[0], "value_of_group": group[1]}
    row |= {key: None if estimate is None else getattr(estimate, key) for key in ("value", "se", "low", "high")}
    row |= {"se_samples": None, "problems": len(values), "unjudged": 0}
    q25, median, q75 = quantiles(values) if values else (None, None, None)
    return row | {"q25": q25, "median": median, "q75": q75}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
