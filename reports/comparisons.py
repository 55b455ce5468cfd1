"""Comparisons as Markdown, JSON, JUnit XML, and for a GitHub step; and the ranks of three runs or more."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence

from harness.run import Json
from reports.comparison import Rule, amount, compare
from reports.forms import LEVELS, SIGNS, Case, annotation, junit, points, probability, safe, table
from reports.sides import Side
from scorers.paired import holm

SCHEMA = "harness.comparison/1"
MARKER = "<!-- harness compare -->"
"""By which a bot finds its own comment again."""
SHOWN_FLIPS = 10
ANNOTATIONS = 10
"""Of a kind; GitHub shows no more of a step."""


def family(results: Sequence[Json], alone: Sequence[Side] = ()) -> Json:
    """All comparisons of one command, schema "harness.comparison/1". The worst verdict stands for all.

    They share the error by Holm's method (`p_holm`): that a regression among several is significant only on its own is
    a warning. `unpaired` are the runs that have none to be compared with, which is one too."""
    adjusted = holm([result["p"] for result in results])
    found = []
    for result, p in zip(results, adjusted, strict=True):
        warnings = list(result["warnings"])
        if result["verdict"] == "regression" and p >= 0.05:
            warnings.append(f"Not significant after Holm over {len(results)} comparisons (p {probability(p)}).")
        found.append({**result, "p_holm": p, "warnings": warnings})
    if alone and found:
        names = ", ".join(side.label for side in alone)
        found[0]["warnings"].append(f"Not compared, for want of a run of the same task and strategy: {names}.")
    passed = all(result["passed"] for result in found)
    open_ones = any(result["verdict"] == "inconclusive" for result in found)
    verdict = "regression" if not passed else "inconclusive" if open_ones else "non-inferior"
    unpaired = [side.label for side in alone]
    return {"schema": SCHEMA, "verdict": verdict, "passed": passed, "comparisons": found, "unpaired": unpaired}


def text(found: Json, how: str) -> str:
    """Comparisons in one of the forms md, json, junit, github (the annotations)."""
    if how == "json":
        return json.dumps(found, allow_nan=False)
    if how == "junit":
        return junit("harness compare", [case for result in found["comparisons"] for case in _cases(result)])
    if how == "github":
        return "\n".join(notes(found["comparisons"]))
    return markdown(found)


def markdown(found: Json) -> str:
    """One table for all tasks, then what each verdict rests on."""
    results = found["comparisons"]
    p = "p" if len(results) == 1 else "p (Holm)"
    header = ["task", "metric", "base", "candidate", "difference [95 %]", p, "can detect", "tokens per problem"]
    parts = [f"### {SIGNS[outcome(result)]} {safe(title(result))}\n\n{sentence(result)}" for result in results]
    rows = table([*header, "problems"], [_row(result) for result in results], left=2)
    return "\n\n".join([*parts, rows, *[_details(result) for result in results]])


def _row(result: Json) -> list[str]:
    tokens = result["tokens"]
    change = "n/a"
    if tokens["ratio"] is not None:
        change = f"{tokens['base']:,.0f} → {tokens['candidate']:,.0f} (×{tokens['ratio']:.2f})"
    return [
        safe(result["task"]),
        result["metric"],
        _number(result, result["base"]["value"]),
        _number(result, result["candidate"]["value"]),
        f"{_number(result, result['difference'], signed=True)} {_interval(result, result)}",
        probability(result["p_holm"]),
        _number(result, result["detectable"]),
        change,
        f"{result['problems']['paired']:,}",
    ]


def _number(result: Json, value: float | None, *, signed: bool = False) -> str:
    """A value of the metric without its unit, for tables."""
    return amount(result, value, signed=signed).split(" ")[0]


def _size(result: Json, value: float) -> str:
    """The size of a difference, with its unit."""
    return amount(result, value, signed=True).removeprefix("+")


def _interval(result: Json, row: Json) -> str:
    return f"[{_number(result, row['low'], signed=True)}, {_number(result, row['high'], signed=True)}]"


def outcome(result: Json) -> str:
    """The verdict of all gates together."""
    return "regression" if result["failed"] else str(result["verdict"])


def title(result: Json) -> str:
    """The verdict and what it is about."""
    strategy = result["strategy"]
    options = ", ".join(f"{k}={v}" for k, v in strategy["parameters"].items())
    name = f"{strategy['name']}({options})" if options else strategy["name"]
    others = ", ".join(gate for gate in result["failed"] if gate != result["metric"])
    said = f"{outcome(result)} ({others})" if others else outcome(result)
    return f"{said}: {result['task']} · {name} · {result['metric']}"


def sentence(result: Json) -> str:
    """The verdict in a few sentences, what would settle it where it is open, and what else failed."""
    change = f"{amount(result, result['difference'], signed=True)} {_interval(result, result)}"
    margin = f"{100 * result['margin']:g}" + (" %" if result["unit"] == "tokens" else "")
    if result["verdict"] == "regression":
        said = f"The candidate is worse: {change}."
    elif result["verdict"] == "non-inferior":
        better = " It is better." if result["improvement"] else ""
        said = f"The candidate is not worse by {margin}{'' if margin.endswith('%') else ' points'}: {change}.{better}"
    else:
        said = f"Undecided: {change} does not exclude a loss of {margin}.{_settling(result)}"
    return " ".join([said, *[_second(result, gate) for gate in ("tokens", "truncated") if gate in result["failed"]]])


def _settling(result: Json) -> str:
    """What would settle an open verdict."""
    problems, responses = result["problems_needed"], result["responses_needed"]
    if not problems:
        return ""
    said = f" If it stays so, about {problems:,} problems like these would settle it"
    if responses:
        return f"{said}, or about {responses:,} responses per problem."
    return f"{said}; more responses per problem would not." if result["se_samples"] is not None else f"{said}."


def _second(result: Json, gate: str) -> str:
    """What the second gate says where it failed."""
    found = result[gate]
    if gate == "tokens":
        limit, low, high = found["limit"], found["low"], found["high"]
        return f"It takes {found['ratio']:.2f} [{low:.2f}, {high:.2f}] times the tokens, and {limit:g} is the limit."
    more = points(found["difference"], signed=True)
    return f"Responses cut at the limit: {more} points, and {100 * found['limit']:g} more are the limit."


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
    lines += _costs(result)
    lines += [f"warning: {safe(warning)}" for warning in result["warnings"]]
    rows = [
        [safe(g["group"]), safe(g["value"]),
         f"{_number(result, g['difference'], signed=True)} {_interval(result, g)}",
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


def _costs(result: Json) -> list[str]:
    """Tokens and truncation, with their intervals and the problems that they cover."""
    tokens, cut, lines = result["tokens"], result["truncated"], []
    if tokens["ratio"] is not None:
        ends = "" if tokens["low"] is None else f" [{tokens['low']:.2f}, {tokens['high']:.2f}]"
        lines.append(f"Tokens per problem: ×{tokens['ratio']:.2f}{ends} over {tokens['problems']:,} problems.")
    if cut["base"] is not None:
        change = f"{points(cut['difference'], signed=True)} points"
        change += f" [{points(cut['low'], signed=True)}, {points(cut['high'], signed=True)}]"
        shares = f"{points(cut['base'])} % → {points(cut['candidate'])} % of the responses"
        lines.append(f"Cut at the limit: {shares}, {change} over {cut['problems']:,} problems.")
    return lines


def _errors(result: Json) -> str:
    """The two standard errors, the correlation, how problems are clustered."""
    parts = []
    if result["se"] is not None:
        parts.append(f"Standard error of the difference: {_size(result, result['se'])} for new problems")
        if result["se_samples"] is not None:
            parts[-1] += f", {_size(result, result['se_samples'])} for new samples of these"
    if result["correlation"] is not None:
        parts.append(f"correlation of the pairs {result['correlation']:.2f}")
    if result["cluster"]:
        parts.append(f"problems depend on each other within one {safe(result['cluster'])}")
    return "; ".join(parts) + "." if parts else "One problem has no standard error."


def _cases(result: Json) -> list[Case]:
    """A test case per gate."""
    main_numbers = ("verdict", "difference", "low", "high", "p", "margin", "detectable")
    numbers = {name: result[name] for name in main_numbers} | {"problems": result["problems"]["paired"]}
    strategy = result["strategy"]["name"]
    main = Case(
        result["task"], f"{strategy} {result['metric']}", result["verdict"], sentence(result), numbers, _details(result)
    )
    second = []
    for gate, names in (("tokens", ("ratio", "low", "high")), ("truncated", ("difference", "low", "high"))):
        found = result[gate]
        if found["base"] is not None:
            about = {name: found[name] for name in ("base", "candidate", *names, "limit", "problems")}
            verdict = "regression" if found["failed"] else "non-inferior"
            message = _second(result, gate) if found["failed"] else ""
            second.append(Case(result["task"], f"{strategy} {gate}", verdict, message, about))
    return [main, *second]


def notes(results: Sequence[Json]) -> list[str]:
    """Workflow commands: the verdicts, then the warnings, as many as GitHub shows."""
    first = [annotation(LEVELS[outcome(result)], title(result), sentence(result)) for result in results]
    rest = [annotation("warning", title(result), text) for result in results for text in result["warnings"]]
    return [*first[:ANNOTATIONS], *rest[: ANNOTATIONS - 1]]


def comment(found: Json) -> str:
    """The text of a sticky comment, within GitHub's limit of 65,536 characters."""
    return f"{MARKER}\n{markdown(found)}"[:65_000]


def ranking(sides: Sequence[Side], rule: Rule) -> Json:
    """All pairs of three runs or more: Holm's adjustment over them, and for each run the ranks that it may have.

    A run's best rank counts the runs that are provably better (adjusted p < 0.05), its worst those provably worse."""
    couples = list(itertools.combinations(range(len(sides)), 2))
    found = [compare(sides[a], sides[b], rule) for a, b in couples]
    adjusted = holm([result["p"] for result in found])
    better = [[0, 0] for _ in sides]  # how many are provably above, how many below
    for (a, b), result, p in zip(couples, found, adjusted, strict=True):
        if p < 0.05 and result["difference"] != 0:
            winner, loser = (b, a) if (result["difference"] > 0) != result["lower_is_better"] else (a, b)
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
    about = {name: found[0][name] for name in ("task", "metric", "unit", "lower_is_better", "cluster")}
    told = [
        f"{sides[a].label}, {sides[b].label}: {w}"
        for (a, b), r in zip(couples, found, strict=True)
        for w in r["warnings"]
    ]
    allowed = sorted({name for result in found for name in result["allowed"]})
    return {"schema": "harness.ranking/1", **about, "allowed": allowed, "runs": runs, "pairs": rows, "warnings": told}


def _mean(side: Side, metric: str) -> tuple[float | None, int]:
    found = [v for v in (side.value(name, metric) for name in side.lines.problems) if v is not None]
    return (sum(found) / len(found) if found else None), len(found)


def ranking_text(found: Json) -> str:
    """A ranking for the terminal: the runs, best first, and all pairs."""
    runs = sorted(found["runs"], key=lambda run: run["rank"])
    first = [
        [
            safe(r["run"]),
            safe(r["model"]),
            _number(found, r["value"]),
            "–".join(map(str, dict.fromkeys(r["rank"]))),
            str(r["problems"]),
        ]
        for r in runs
    ]
    second = [
        [safe(r["a"]), safe(r["b"]), f"{_number(found, r['difference'], signed=True)} {_interval(found, r)}",
         probability(r["p_holm"]),
         f"{r['problems']:,}"]
        for r in found["pairs"]
    ]  # fmt: skip
    return "\n\n".join(
        [
            f"{safe(found['task'])}: ranks that {found['metric']} cannot exclude; all pairs, Holm's method at 5 %",
            table(["run", "model", found["metric"], "rank", "problems"], first, left=2),
            table(["base", "candidate", "difference [95 %]", "p (Holm)", "problems"], second, left=2),
            *(["\n".join(f"warning: {safe(warning)}" for warning in found["warnings"])] if found["warnings"] else []),
        ]
    )
