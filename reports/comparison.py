"""Is the candidate worse? Two runs on the same problems, a verdict in three ways, and what it rests on.

schema "harness.comparison/1"; shares and differences are fractions. The verdict is that of the 95 % interval of the
mean difference over problems; the p-value is the sign-flip permutation test's. Levels and subjects are looked at
besides, their p-values adjusted by Holm's method, and only warn. Tokens and truncation are a second gate.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.baseline import asked
from harness.core import NotComparableError
from harness.run import Json, differing
from reports.forms import probability
from reports.sides import Side
from scorers import paired
from scorers.intervals import Estimate
from scorers.sampling import standard_error

SCHEMA = "harness.comparison/1"
TOKEN_RATIO = 1.1
"""More tokens than this, provably more, are worth a warning."""
TRUNCATION = 0.05


@dataclass(frozen=True, slots=True)
class Rule:
    """When what is decided. `margin` and `min_effect` are shares, not points. With `max_token_ratio` more tokens fail
    the comparison; without it they only warn."""

    metric: str
    margin: float = 0.02
    min_effect: float = 0.005
    cluster: str | None = None
    max_token_ratio: float | None = None
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
    """The comparison of two sides. Raises NotComparableError where there is nothing to compare."""
    known = require_comparable(base, candidate, rule.allowed)
    shared = [name for name in base.lines.problems if name in candidate.lines.problems]
    names, old, new = _paired(base, candidate, shared, rule.metric)
    if not names:
        raise NotComparableError(
            f"No problem has a value of {rule.metric} on both sides ({len(shared)} problems are on both). "
            "Take another --metric, or runs of the same problems."
        )
    differences = [b - a for a, b in zip(old, new, strict=True)]
    labels = _labels(candidate, names, rule.cluster)
    estimate = paired.paired_estimate(differences, clusters=labels)
    if estimate is None:
        raise AssertionError("there are pairs")
    verdict = paired.verdict(estimate, margin=rule.margin, minimum_effect=rule.min_effect)
    tokens, cut = _tokens(base, candidate, shared, rule), _truncation(base, candidate, shared)
    groups = _groups(base, candidate, names, differences)
    result: Json = {
        "schema": SCHEMA,
        "task": base.task,
        "strategy": candidate.strategy,
        "metric": rule.metric,
        "verdict": verdict,
        "improvement": (estimate.low or 0) > 0,
        "base": _side(base, old),
        "candidate": _side(candidate, new),
        "difference": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "se": estimate.se,
        "se_samples": _se_samples(base, candidate, names, rule.metric),
        "p": paired.sign_flip_p(differences, clusters=labels),
        "mcnemar": _mcnemar(old, new),
        "correlation": paired.correlation(old, new),
        **_power(estimate, rule.margin),
        "margin": rule.margin,
        "min_effect": rule.min_effect,
        "cluster": rule.cluster,
        "problems": {
            "paired": len(names),
            "shared": len(shared),
            "only_base": len(base.lines.problems) - len(shared),
            "only_candidate": len(candidate.lines.problems) - len(shared),
            "without_value": len(shared) - len(names),
            "worse": sum(d < 0 for d in differences),
            "better": sum(d > 0 for d in differences),
        },
        "flips": _flips(names, differences),
        "groups": groups,
        "tokens": tokens,
        "truncated": cut,
        "allowed": known,
    }
    result["passed"] = verdict != "regression" and not tokens["failed"]
    result["warnings"] = [*base.warnings, *candidate.warnings, *_warnings(result)]
    return result


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


def _labels(side: Side, names: Sequence[str], cluster: str | None) -> list[Any] | None:
    """The cluster of each problem; one without a label is a cluster of its own."""
    if cluster is None:
        return None
    outcomes = side.outcomes
    if not any(name in outcomes and outcomes[name].groups.get(cluster) is not None for name in names):
        raise NotComparableError(
            f"No problem has the field '{cluster}'. `harness report --cluster` lists what there is."
        )
    labels = [outcomes[name].groups.get(cluster) if name in outcomes else None for name in names]
    return [name if label is None else ("cluster", label) for name, label in zip(names, labels, strict=True)]


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


def _power(estimate: Estimate, margin: float) -> Json:
    """What this many problems can detect, and how many would settle an open verdict if the difference stays as it is:
    as many as bring the nearer bound within the margin, or below zero."""
    if estimate.low is None or estimate.high is None:
        return {"detectable": None, "problems_needed": None}
    reach, room = (estimate.high - estimate.low) / 2, max(margin + estimate.value, -estimate.value)
    needed = math.ceil(estimate.problems * max(1.0, reach / room) ** 2) if room > 0 else None
    return {"detectable": paired.minimum_detectable_effect(reach / 1.96), "problems_needed": needed}


def _flips(names: Sequence[str], differences: Sequence[float]) -> Json:
    """The problems that got worse and better by half or more, the largest changes first."""
    order = sorted(zip(differences, names, strict=True), key=lambda pair: (-abs(pair[0]), pair[1]))
    return {"worse": [n for d, n in order if d <= -0.5], "better": [n for d, n in order if d >= 0.5]}


def _groups(base: Side, candidate: Side, names: Sequence[str], differences: Sequence[float]) -> list[Json]:
    """A row per level and per subject; Holm's adjustment within each of the two."""
    rows: list[Json] = []
    for group in ("level", "subject"):
        parts: defaultdict[Any, list[float]] = defaultdict(list)
        for name, d in zip(names, differences, strict=True):
            label = base.lines.problems[name].get(group)
            if label is not None:
                parts[label].append(d)
        found = [(value, paired.paired_estimate(part), part) for value, part in parts.items()]
        found.sort(key=lambda row: (isinstance(row[0], str), row[0]))
        raw = [paired.sign_flip_p(part) for _, _, part in found]
        for (value, estimate, part), p, adjusted in zip(found, raw, paired.holm(raw), strict=True):
            if estimate is not None:
                about = {"difference": estimate.value, "low": estimate.low, "high": estimate.high}
                rows.append(
                    {"group": group, "value": value, **about, "p": p, "p_holm": adjusted, "problems": len(part)}
                )
    return rows


def _tokens(base: Side, candidate: Side, shared: Sequence[str], rule: Rule) -> Json:
    """Completion tokens per problem: a paired ratio, which fails only where a limit was given."""
    names, old, new = _paired(base, candidate, shared, "completion_tokens")
    estimate = paired.ratio_estimate(old, new)
    limit = rule.max_token_ratio or TOKEN_RATIO
    if estimate is None:
        return {"base": None, "candidate": None, "ratio": None, "low": None, "high": None, "problems": 0,
                "limit": rule.max_token_ratio, "exceeded": False, "failed": False}  # fmt: skip
    exceeded = estimate.low is not None and estimate.low > 1 and estimate.value > limit
    return {
        "base": math.fsum(old) / len(old),
        "candidate": math.fsum(new) / len(new),
        "ratio": estimate.value,
        "low": estimate.low,
        "high": estimate.high,
        "problems": len(names),
        "limit": rule.max_token_ratio,
        "exceeded": exceeded,
        "failed": exceeded and rule.max_token_ratio is not None,
    }


def _truncation(base: Side, candidate: Side, shared: Sequence[str]) -> Json:
    names, old, new = _paired(base, candidate, shared, "truncated")
    estimate = paired.paired_estimate([b - a for a, b in zip(old, new, strict=True)])
    mean = [math.fsum(values) / len(values) if values else None for values in (old, new)]
    found: Json = {"base": mean[0], "candidate": mean[1], "problems": len(names)}
    for name in ("low", "high"):
        found[name] = None if estimate is None else getattr(estimate, name)
    return found


def _warnings(result: Json) -> list[str]:
    """What a reader must know beside the verdict."""
    found = []
    tokens, cut, count = result["tokens"], result["truncated"], result["problems"]
    if tokens["exceeded"]:
        found.append(f"The candidate takes {tokens['ratio']:.2f} times the tokens per problem.")
    if cut["candidate"] is not None and cut["candidate"] > max(TRUNCATION, cut["base"]):
        shares = f"{100 * cut['candidate']:.0f} % of its responses were cut, {100 * cut['base']:.0f} % of the base's"
        found.append(f"The candidate meets the token limit more often: {shares}.")
    if missing := count["only_base"] + count["only_candidate"]:
        found.append(f"{missing} problems are in one of the two runs only and were left out.")
    if count["without_value"]:
        found.append(f"{count['without_value']} problems have no value on one side (failed, unjudged, k > n).")
    told = result["verdict"] == "regression"  # of the whole: its parts need no warning of their own
    worse = [g for g in result["groups"] if g["p_holm"] < 0.05 and g["difference"] < 0 and not told]
    found += [
        f"{g['group']} {g['value']}: {100 * g['difference']:+.1f} points over {g['problems']} problems, "
        f"p {probability(g['p_holm'])} after Holm."
        for g in worse
    ]
    found += [f"They differ in {name}, which was allowed." for name in result["allowed"]]
    return found
