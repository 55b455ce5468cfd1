"""Comparisons as Markdown, JSON, JUnit XML, and for a GitHub step; and the ranks of three runs or more."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from harness.run import Json
from reports.comparison import Rule, compare
from reports.forms import LEVELS, SIGNS, Case, annotation, junit, points, probability, safe, table
from reports.sides import Side
from scorers.paired import holm

MARKER = "<!-- harness compare -->"
"""By which a bot finds its own comment again."""
SHOWN_FLIPS = 10


def text(results: Sequence[Json], how: str) -> str:
    """Comparisons in one of the forms md, json, junit, github (the annotations)."""
    if how == "json":
        return json.dumps(results, allow_nan=False)
    if how == "junit":
        return junit("harness compare", [_case(result) for result in results])
    if how == "github":
        return "\n".join(line for result in results for line in notes(result))
    return markdown(results)


def markdown(results: Sequence[Json]) -> str:
    """One table for all tasks, then what each verdict rests on. Several tasks share the error by Holm's method."""
    adjusted = holm([result["p"] for result in results])
    header = [
        "task",
        "metric",
        "base",
        "candidate",
        "difference [95 %]",
        "p",
        "can detect",
        "tokens per problem",
        "problems",
    ]
    rows = [_row(result, p) for result, p in zip(results, adjusted, strict=True)]
    parts = [f"### {SIGNS[result['verdict']]} {title(result)}\n\n{sentence(result)}" for result in results]
    return "\n\n".join([*parts, table(header, rows, left=2), *[_details(result) for result in results]])


def _row(result: Json, p: float) -> list[str]:
    tokens = result["tokens"]
    ratio = (
        "n/a"
        if tokens["ratio"] is None
        else f"{tokens['base']:,.0f} → {tokens['candidate']:,.0f} (×{tokens['ratio']:.2f})"
    )
    return [
        safe(result["task"]),
        result["metric"],
        points(result["base"]["value"]),
        points(result["candidate"]["value"]),
        f"{points(result['difference'], signed=True)} {_interval(result)}",
        probability(p),
        points(result["detectable"]),
        ratio,
        f"{result['problems']['paired']:,}",
    ]


def _interval(row: Json) -> str:
    return f"[{points(row['low'], signed=True)}, {points(row['high'], signed=True)}]"


def title(result: Json) -> str:
    """The verdict and what it is about."""
    strategy = result["strategy"]
    options = ", ".join(f"{k}={v}" for k, v in strategy["parameters"].items())
    name = f"{strategy['name']}({options})" if options else strategy["name"]
    return f"{result['verdict']}: {result['task']} · {name} · {result['metric']}"


def sentence(result: Json) -> str:
    """The verdict in a sentence or two, and what would settle it where it is open."""
    change, where = points(result["difference"], signed=True), _interval(result)
    margin = f"{100 * result['margin']:g}"
    if result["tokens"]["failed"]:
        tokens = result["tokens"]
        extra = f" It takes {tokens['ratio']:.2f} times the tokens, and {tokens['limit']:g} is the limit."
    else:
        extra = ""
    if result["verdict"] == "regression":
        return f"The candidate is worse: {change} points {where}.{extra}"
    if result["verdict"] == "non-inferior":
        better = " It is better." if result["improvement"] else ""
        return f"The candidate is not worse by {margin} points: {change} {where}.{better}{extra}"
    needed = result["problems_needed"]
    settle = (
        f" If it stays so, about {needed:,} problems would settle it, or more responses per problem." if needed else ""
    )
    return f"Undecided: {change} points {where} do not exclude a loss of {margin}.{settle}{extra}"


def _details(result: Json) -> str:
    """Counts, errors, levels and subjects, flips, warnings."""
    count = result["problems"]
    lines = [
        f"{count['paired']:,} problems in pairs: {count['worse']:,} worse, {count['better']:,} better.",
        _errors(result),
    ]
    if result["mcnemar"]:
        m = result["mcnemar"]
        lines.append(
            f"Right to wrong {m['right_to_wrong']}, wrong to right {m['wrong_to_right']}; "
            f"McNemar's exact p {probability(m['p'])}."
        )
    cut = result["truncated"]
    if cut["base"] is not None:
        lines.append(f"Cut at the limit: {100 * cut['base']:.0f} % → {100 * cut['candidate']:.0f} % of the responses.")
    lines += [f"warning: {safe(warning)}" for warning in result["warnings"]]
    rows = [
        [safe(g["group"]), safe(g["value"]), f"{points(g['difference'], signed=True)} {_interval(g)}",
         probability(g["p_holm"]), f"{g['problems']:,}"]
        for g in result["groups"]
    ]  # fmt: skip
    parts = ["\n".join(lines)]
    if rows:
        parts.append(table(["", "", "difference [95 %]", "p (Holm)", "problems"], rows, left=2))
    for name, label in (("worse", "Worse by half or more"), ("better", "Better by half or more")):
        if flips := result["flips"][name]:
            more = f" and {len(flips) - SHOWN_FLIPS} more" if len(flips) > SHOWN_FLIPS else ""
            parts.append(f"{label}: {', '.join(safe(flip) for flip in flips[:SHOWN_FLIPS])}{more}")
    parts.append(f"base: {safe(result['base']['run'])}\ncandidate: {safe(result['candidate']['run'])}")
    return "\n\n".join(parts)


def _errors(result: Json) -> str:
    """The two standard errors, the correlation, how problems are clustered."""
    parts = []
    if result["se"] is not None:
        parts.append(f"Standard error of the difference: {points(result['se'])} points for new problems")
        if result["se_samples"] is not None:
            parts[-1] += f", {points(result['se_samples'])} for new samples of these"
    if result["correlation"] is not None:
        parts.append(f"correlation of the pairs {result['correlation']:.2f}")
    if result["cluster"]:
        parts.append(f"problems depend on each other within one {result['cluster']}")
    return "; ".join(parts) + "." if parts else "One problem has no standard error."


def _case(result: Json) -> Case:
    names = ("verdict", "difference", "low", "high", "p", "margin", "detectable")
    numbers = {name: result[name] for name in names} | {
        "problems": result["problems"]["paired"],
        "token_ratio": result["tokens"]["ratio"],
    }
    verdict = "regression" if result["tokens"]["failed"] else result["verdict"]
    name = f"{result['strategy']['name']} {result['metric']}"
    return Case(result["task"], name, verdict, sentence(result), numbers, _details(result))


def notes(result: Json) -> list[str]:
    """Workflow commands: the verdict, and at most nine warnings, which is as many as GitHub shows."""
    level = "error" if result["tokens"]["failed"] else LEVELS[result["verdict"]]
    rest = [annotation("warning", title(result), warning) for warning in result["warnings"][:9]]
    return [annotation(level, title(result), sentence(result)), *rest]


def comment(results: Sequence[Json]) -> str:
    """The text of a sticky comment, within GitHub's limit of 65,536 characters."""
    return f"{MARKER}\n{markdown(results)}"[:65_000]


def ranking(sides: Sequence[Side], rule: Rule) -> Json:
    """All pairs of three runs or more: Holm's adjustment over them, and for each run the ranks that it may have.

    A run's best rank counts the runs that are provably better (adjusted p < 0.05), its worst those provably worse."""
    couples = list(itertools.combinations(range(len(sides)), 2))
    found = [compare(sides[a], sides[b], rule) for a, b in couples]
    adjusted = holm([result["p"] for result in found])
    better = [[0, 0] for _ in sides]  # how many are provably above, how many below
    for (a, b), result, p in zip(couples, found, adjusted, strict=True):
        if p < 0.05 and result["difference"] != 0:
            winner, loser = (b, a) if result["difference"] > 0 else (a, b)
            better[loser][0] += 1
            better[winner][1] += 1
    values = [_mean(side, rule.metric) for side in sides]
    runs = [
        {"run": side.label, "model": side.model, "value": value, "problems": size,
         "rank": [1 + above, len(sides) - below]}
        for side, (value, size), (above, below) in zip(sides, values, better, strict=True)
    ]  # fmt: skip
    rows = [
        {"a": sides[a].label, "b": sides[b].label, "difference": r["difference"], "low": r["low"], "high": r["high"],
         "p": r["p"], "p_holm": p, "problems": r["problems"]["paired"]}
        for (a, b), r, p in zip(couples, found, adjusted, strict=True)
    ]  # fmt: skip
    return {"schema": "harness.ranking/1", "metric": rule.metric, "task": sides[0].task, "runs": runs, "pairs": rows}


def _mean(side: Side, metric: str) -> tuple[float | None, int]:
    found = [v for v in (side.value(name, metric) for name in side.lines.problems) if v is not None]
    return (sum(found) / len(found) if found else None), len(found)


def ranking_text(found: Json) -> str:
    """A ranking for the terminal: the runs, best first, and all pairs."""
    runs = sorted(found["runs"], key=lambda run: -(run["value"] or 0))
    first = [
        [
            safe(r["run"]),
            safe(r["model"]),
            points(r["value"]),
            "–".join(map(str, dict.fromkeys(r["rank"]))),
            str(r["problems"]),
        ]
        for r in runs
    ]
    second = [
        [safe(r["a"]), safe(r["b"]), f"{points(r['difference'], signed=True)} {_interval(r)}", probability(r["p_holm"]),
         f"{r['problems']:,}"]
        for r in found["pairs"]
    ]  # fmt: skip
    return "\n\n".join(
        [
            f"{found['task']}: ranks that {found['metric']} cannot exclude, all pairs adjusted by Holm's method at 5 %",
            table(["run", "model", found["metric"], "rank", "problems"], first, left=2),
            table(["base", "candidate", "difference [95 %]", "p (Holm)", "problems"], second, left=2),
        ]
    )
