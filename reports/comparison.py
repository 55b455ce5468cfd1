"""Is the candidate worse? Two runs on the same problems, a verdict in three ways, and what it rests on.

Shares and differences are fractions. The verdict is that of the 95 % interval of the
mean difference over problems; the p-value is the sign-flip permutation test's. Levels and subjects are looked at
besides, their p-values adjusted by Holm's method, and only warn. Tokens and truncation are a second gate, where a limit
is given. For tokens and truncation less is better.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.baseline import asked
from harness.core import NotComparableError
from harness.outcomes import GROUPS
from harness.run import Json, differing
from reports.forms import points, probability
from reports.sides import COSTS, TOKENS, Side, labels
from scorers import paired
from scorers.intervals import Estimate
from scorers.sampling import standard_error

TOKEN_RATIO = 1.1
"""More tokens than this, provably more, are worth a warning."""
TRUNCATION = 0.05
"""A larger share of cut responses, and larger than the base's, is worth a warning."""
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Rule:
    """When what is decided. `margin`, `min_effect` and `max_more_truncated` are shares, not points; for a metric in
    tokens they are shares of the base's mean. What has no limit here (None) only warns."""

    metric: str
    margin: float = 0.02
    min_effect: float = 0.005
    cluster: str | None = None
    max_token_ratio: float | None = None
    max_more_truncated: float | None = None
    allowed: tuple[str, ...] = ()


def require_comparable(base: Side, candidate: Side, allowed: Sequence[str]) -> list[str]:
    """The fields that differ and are allowed to. Raises NotComparableError naming the others."""
    fields = differing(asked(base.lines.identity), asked(candidate.lines.identity))
    known = [f for f in fields if any(f == name or f.startswith(f"{name}.") for name in allowed)]
    if others := [f for f in fields if f not in known]:
        hint = "`--at-equal` compares strategies at equal cost, " if "strategy" in str(others) else ""
        raise NotComparableError(
            f"{base.label} and {candidate.label} cannot be compared: they differ in {', '.join(others)}. "
            f"Evaluate both in one way; {hint}`--allow-different FIELD` says that a difference is meant."
        )
    return known


def compare(base: Side, candidate: Side, rule: Rule) -> Json:
    """The comparison of two sides. Raises NotComparableError where there is nothing to compare, UsageError for an
    unknown metric or cluster."""
    known = require_comparable(base, candidate, rule.allowed)
    shared = [name for name in base.lines.problems if name in candidate.lines.problems]
    names, old, new = _paired(base, candidate, shared, rule.metric)
    if not names:
        raise NotComparableError(
            f"No problem has a value of {rule.metric} on both sides ({len(shared)} problems are on both). "
            "Take another --metric, or runs of the same problems."
        )
    differences = [b - a for a, b in zip(old, new, strict=True)]
    labels_of = labels(candidate, names, rule.cluster)
    scale = _scale(rule.metric, old)
    estimate = _estimate(differences, labels_of, scale)
    gain = _gain(estimate, rule.metric, scale or 1.0)
    worse, better = (sum(sign * d < 0 for d in differences) for sign in _signs(rule.metric))
    result: Json = {
        "task": base.task,
        "strategy": candidate.strategy,
        "metric": rule.metric,
        "unit": "tokens" if rule.metric in TOKENS else "share",
        "lower_is_better": rule.metric in COSTS,
        "verdict": paired.verdict(gain, margin=rule.margin, minimum_effect=rule.min_effect),
        "improvement": (gain.low or 0) > 0,
        "base": _side(base, old),
        "candidate": _side(candidate, new),
        "difference": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "se": estimate.se,
        "se_samples": _se_samples(base, candidate, names, rule.metric),
        "variance": {"base": _variance(old), "candidate": _variance(new), "difference": _variance(differences)},
        "p": paired.sign_flip_p(differences, clusters=labels_of),
        "mcnemar": None if rule.metric in COSTS else _mcnemar(old, new),
        "correlation": paired.correlation(old, new),
        "margin": rule.margin,
        "min_effect": rule.min_effect,
        "cluster": rule.cluster,
        "problems": {
            "paired": len(names),
            "shared": len(shared),
            "only_base": len(base.lines.problems) - len(shared),
            "only_candidate": len(candidate.lines.problems) - len(shared),
            "without_value": len(shared) - len(names),
            "worse": worse,
            "better": better,
        },
        "flips": _flips(names, differences, rule.metric),
        "groups": _groups(candidate, names, differences, labels_of, scale),
        "tokens": _tokens(base, candidate, shared, rule),
        "truncated": _truncation(base, candidate, shared, rule),
        "allowed": known,
    }
    result |= _settling(gain, result["se_samples"], scale or 1.0, rule.margin, _responses(candidate, names))
    result["failed"] = [name for name in ("tokens", "truncated") if result[name]["failed"]]
    if result["verdict"] == "regression":
        result["failed"].insert(0, rule.metric)
    result["passed"] = not result["failed"]
    result["warnings"] = [*base.warnings, *candidate.warnings, *_warnings(result)]
    return result


def _scale(metric: str, old: Sequence[float]) -> float | None:
    """What a margin is a share of: of tokens the base's mean. None for metrics that are shares themselves."""
    return (math.fsum(old) / len(old) or 1.0) if metric in TOKENS else None


def _estimate(differences: Sequence[float], labels_of: Sequence[Any] | None, scale: float | None) -> Estimate:
    """The mean difference with its interval, for tokens (with a `scale`) without bounds."""
    bounds = (-1.0, 1.0) if scale is None else None
    found = paired.paired_estimate(differences, clusters=labels_of, bounds=bounds, whole=scale or 1.0)
    if found is None:
        raise AssertionError("there are pairs")
    return found


def _signs(metric: str) -> tuple[int, int]:
    """What turns a difference into a gain, and into a loss."""
    return (-1, 1) if metric in COSTS else (1, -1)


def _gain(estimate: Estimate, metric: str, scale: float) -> Estimate:
    """The difference as a gain: above 0 the candidate is better, on the scale of the margin."""
    ends = [None if end is None else _signs(metric)[0] * end / scale for end in (estimate.low, estimate.high)]
    low, high = ends if metric not in COSTS else reversed(ends)
    se = None if estimate.se is None else estimate.se / scale
    return Estimate(_signs(metric)[0] * estimate.value / scale, se, low, high, estimate.problems)


def _paired(
    base: Side, candidate: Side, names: Sequence[str], metric: str
) -> tuple[list[str], list[float], list[float]]:
    """The problems with a value on both sides, and the values."""
    found = [(name, base.value(name, metric), candidate.value(name, metric)) for name in names]
    kept = [(name, a, b) for name, a, b in found if a is not None and b is not None]
    return [name for name, _, _ in kept], [a for _, a, _ in kept], [b for _, _, b in kept]


def _side(side: Side, values: Sequence[float]) -> Json:
    return {
        "model": side.model,
        "run": side.label,
        "identity_digest": side.lines.head["identity_digest"],
        "value": math.fsum(values) / len(values),
    }


def _se_samples(base: Side, candidate: Side, names: Sequence[str], metric: str) -> float | None:
    """The standard error over new samples of the same problems: both sides draw on their own."""
    errors = [standard_error([side.variance(name, metric) for name in names]) for side in (base, candidate)]
    return None if None in errors else math.hypot(*(e for e in errors if e is not None))


def _mcnemar(old: Sequence[float], new: Sequence[float]) -> Json | None:
    """McNemar's exact test where every value is right or wrong."""
    if not {*old, *new} <= {0.0, 1.0}:
        return None
    worse = sum(a > b for a, b in zip(old, new, strict=True))
    better = sum(a < b for a, b in zip(old, new, strict=True))
    return {"right_to_wrong": worse, "wrong_to_right": better, "p": paired.mcnemar_exact(worse, better)}


def _variance(values: Sequence[float]) -> float | None:
    """Over problems."""
    mean = math.fsum(values) / len(values)
    return math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1) if len(values) > 1 else None


def _responses(side: Side, names: Sequence[str]) -> int:
    """Responses per problem, of most problems."""
    [(count, _)] = Counter(int(side.lines.problems[name]["n"]) for name in names).most_common(1)
    return count


def _settling(gain: Estimate, se_samples: float | None, scale: float, margin: float, responses: int) -> Json:
    """What this many problems can detect, and what would settle an open verdict if the gain stays as it is: so many
    problems, or so many responses per problem, as bring the nearer bound within the margin or below zero. None where
    nothing does."""
    found: Json = {"detectable": None, "problems_needed": None, "responses_needed": None}
    if gain.low is None or gain.high is None:
        return found
    error, room = (gain.high - gain.low) / (2 * _Z), max(margin + gain.value, -gain.value)
    found["detectable"] = scale * paired.minimum_detectable_effect(error)
    if room > 0:
        found["problems_needed"] = math.ceil(gain.problems * max(1.0, error * _Z / room) ** 2)
        if se_samples:
            noise = min(se_samples / scale, error)
            found["responses_needed"] = paired.responses_needed(error, noise, room / _Z, responses)
    return found


def _flips(names: Sequence[str], differences: Sequence[float], metric: str) -> Json:
    """The problems that got worse and better by half or more, the largest changes first."""
    if metric in TOKENS:
        return {"worse": [], "better": []}
    sign = _signs(metric)[0]
    order = sorted(((sign * d, name) for d, name in zip(differences, names, strict=True)), key=lambda x: -abs(x[0]))
    return {"worse": [n for d, n in order if d <= -0.5], "better": [n for d, n in order if d >= 0.5]}


def _groups(
    side: Side, names: Sequence[str], differences: Sequence[float], labels_of: Sequence[Any] | None, scale: float | None
) -> list[Json]:
    """A row per level and per subject; Holm's adjustment within each of the two."""
    rows: list[Json] = []
    for group in GROUPS:
        parts: defaultdict[Any, list[int]] = defaultdict(list)
        for i, name in enumerate(names):
            if (label := side.groups(name).get(group)) is not None:
                parts[label].append(i)
        found = []
        for value in sorted(parts, key=lambda value: (isinstance(value, str), value)):
            part = [differences[i] for i in parts[value]]
            own = None if labels_of is None else [labels_of[i] for i in parts[value]]
            estimate = _estimate(part, own, scale)
            found.append({"group": group, "value": value, "difference": estimate.value, "low": estimate.low,
                          "high": estimate.high, "p": paired.sign_flip_p(part, clusters=own),
                          "problems": len(part)})  # fmt: skip
        adjusted = paired.holm([row["p"] for row in found])
        rows += [{**row, "p_holm": p} for row, p in zip(found, adjusted, strict=True)]
    return rows


def _tokens(base: Side, candidate: Side, shared: Sequence[str], rule: Rule) -> Json:
    """Completion tokens per problem: a paired ratio, which fails only where a limit was given."""
    names, old, new = _paired(base, candidate, shared, "completion_tokens")
    estimate = paired.ratio_estimate(old, new, clusters=labels(candidate, names, rule.cluster))
    found: Json = {"base": None, "candidate": None, "ratio": None, "low": None, "high": None, "problems": len(names),
                   "limit": rule.max_token_ratio, "exceeded": False, "failed": False}  # fmt: skip
    if estimate is None:
        return found
    limit = TOKEN_RATIO if rule.max_token_ratio is None else rule.max_token_ratio
    exceeded = estimate.low is not None and estimate.low > 1 and estimate.value > limit
    mean = {"base": math.fsum(old) / len(old), "candidate": math.fsum(new) / len(new)}
    ratio = {"ratio": estimate.value, "low": estimate.low, "high": estimate.high}
    return {**found, **mean, **ratio, "exceeded": exceeded, "failed": exceeded and rule.max_token_ratio is not None}


def _truncation(base: Side, candidate: Side, shared: Sequence[str], rule: Rule) -> Json:
    """The share of responses that were cut: provably more, and by more than the limit, fails where one was given."""
    names, old, new = _paired(base, candidate, shared, "truncated")
    found: Json = {"base": None, "candidate": None, "difference": None, "low": None, "high": None,
                   "problems": len(names), "limit": rule.max_more_truncated, "failed": False}  # fmt: skip
    if not names:
        return found
    estimate = _estimate([b - a for a, b in zip(old, new, strict=True)], labels(candidate, names, rule.cluster), None)
    limit, more = rule.max_more_truncated, estimate.low is not None and estimate.low > 0
    return {
        **found,
        "base": math.fsum(old) / len(old),
        "candidate": math.fsum(new) / len(new),
        **{name: getattr(estimate, name) for name in ("low", "high")},
        "difference": estimate.value,
        "failed": more and limit is not None and estimate.value > limit,
    }


def _warnings(result: Json) -> list[str]:
    """What a reader must know beside the verdict."""
    found = []
    tokens, cut, count = result["tokens"], result["truncated"], result["problems"]
    if tokens["exceeded"]:
        found.append(f"The candidate takes {tokens['ratio']:.2f} times the tokens per problem.")
    if cut["failed"] or (cut["candidate"] is not None and cut["candidate"] > max(TRUNCATION, cut["base"])):
        shares = f"{100 * cut['candidate']:.0f} % of its responses were cut, {100 * cut['base']:.0f} % of the base's"
        found.append(f"The candidate meets the token limit more often: {shares}.")
    if missing := count["only_base"] + count["only_candidate"]:
        found.append(f"{missing} problems are in one of the two runs only and were left out.")
    if count["without_value"]:
        found.append(f"{count['without_value']} problems have no value on one side (failed, unjudged, k > n).")
    told = result["verdict"] == "regression"  # of the whole: its parts need no warning of their own
    loss = _signs(result["metric"])[1]
    worse = [g for g in result["groups"] if g["p_holm"] < 0.05 and loss * g["difference"] > 0 and not told]
    found += [
        f"{g['group']} {g['value']}: {amount(result, g['difference'], signed=True)} over {g['problems']} problems, "
        f"p {probability(g['p_holm'])} after Holm."
        for g in worse
    ]
    found += [f"They differ in {name}, which was allowed." for name in result["allowed"]]
    return found


def amount(result: Json, value: float | None, *, signed: bool = False) -> str:
    """A value or a difference of the comparison's metric, with its unit: points of a hundred, or tokens."""
    if result["unit"] == "tokens":
        return "n/a" if value is None else f"{value:+,.0f} tokens" if signed else f"{value:,.0f} tokens"
    return points(value, signed=signed) + (" points" if signed else " %")
