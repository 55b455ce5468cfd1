"""The verdicts of `harness gate` as Markdown, JSON, JUnit XML, and for a GitHub step."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from harness.run import Json
from reports import forms
from reports.forms import LEVELS, SIGNS, Case, annotation, safe, table


def text(results: Sequence[Json], how: str) -> str:
    """The verdicts in one of the forms md, json, junit, github (the annotations)."""
    if how == "json":
        return json.dumps(results, allow_nan=False)
    if how == "junit":
        return junit(results)
    if how == "github":
        return "\n".join(line for result in results for line in commands(result))
    return markdown(results)


def markdown(results: Sequence[Json]) -> str:
    """A heading and a table per task, and what it rests on."""
    return "\n\n".join(map(_one, results))


def _one(result: Json) -> str:
    base, new = result["baseline"], result["candidate"]
    sides = [
        ["baseline", safe(base["model"]), *_side(base)],
        ["candidate", safe(new["model"]), *_side(new)],
    ]
    looks = [
        [str(look["problems"]), f"{100 * look['share']:.0f} %", f"{100 * look['difference']:+.1f}", _bounds(look)]
        for look in result["looks"]
    ]
    return "\n".join(
        [
            f"### {SIGNS[result['verdict']]} {_title(result)}",
            "",
            sentence(result),
            "",
            table(["", "model", result["metric"], "tokens per problem", "truncated"], sides, left=2),
            "",
            table(["problems", "of the plan", "difference, points", "bounds"], looks, left=0),
            "",
            *_coverage(result),
            *[f"warning: {text}" for text in result["warnings"]],
            f"Bounds are one-sided; all looks together err with at most {100 * result['alpha']:g} %.",
            f"run: {safe(new['run'])}",
        ]
    )


def sentence(result: Json) -> str:
    """The verdict in a sentence or two."""
    points, margin = 100 * result["difference"], 100 * result["margin"]
    if result["verdict"] == "regression":
        return f"The candidate is worse: {points:+.1f} points, at most {100 * result['high']:+.1f}."
    if result["verdict"] == "non-inferior":
        better = " It is better." if result["improvement"] else ""
        least = f"at least {100 * result['low']:+.1f}"
        return f"The candidate is not worse by {margin:g} points: {points:+.1f}, {least}.{better}"
    seen = result["detectable"]
    size = "" if seen is None else f" This plan detects {100 * seen:.1f} points with 80 % power;"
    return (
        f"Undecided: {points:+.1f} points, bounds {_bounds(result)}, margin {margin:g}.{size}"
        " more problems, more responses per problem or a wider margin would settle it."
    )


def _title(result: Json) -> str:
    strategy = result["strategy"]
    options = ", ".join(f"{k}={v}" for k, v in strategy["parameters"].items())
    name = f"{strategy['name']}({options})" if options else strategy["name"]
    return f"{result['verdict']}: {result['task']} · {name} · {result['metric']}"


def _side(side: Json) -> list[str]:
    value, tokens, cut = side["value"], side["tokens_per_problem"], side["truncated"]
    return [
        "n/a" if value is None else f"{100 * value:.1f}",
        "n/a" if tokens is None else f"{tokens:,.0f}",
        "n/a" if cut is None else f"{100 * cut:.0f} %",
    ]


def _bounds(row: Json) -> str:
    return f"[{100 * row['low']:+.1f}, {100 * row['high']:+.1f}]"


def _coverage(result: Json) -> list[str]:
    """What was asked, what came of it, and what need not be asked."""
    count, blocks, saved = result["problems"], result["blocks"], result["saved"]
    asked = f"{count['asked']:,} of {count['selected']:,} problems asked, "
    asked += f"{blocks['asked']} of {blocks['planned']} blocks, "
    asked += f"{count['paired']:,} paired: {count['worse']:,} worse, {count['better']:,} better."
    spared = f"Saved {100 * saved['problems']:.0f} % of the problems and {100 * saved['tokens']:.0f} % of the tokens, "
    early = " After an early stop the difference itself leans outwards." if saved["problems"] else ""
    return [asked, f"{spared}about {saved['tokens_estimated']:,}, by the baseline's count.{early}"]


def junit(results: Sequence[Json]) -> str:
    """JUnit XML: a test case per task; numbers are properties. Undecided is skipped."""
    cases = []
    for result in results:
        numbers = {name: result[name] for name in ("verdict", "difference", "low", "high", "margin", "alpha")}
        numbers |= {"problems": result["problems"]["paired"], "problems_saved": result["saved"]["problems"]}
        name = f"{result['strategy']['name']} {result['metric']}"
        cases.append(Case(result["task"], name, result["verdict"], sentence(result), numbers))
    return forms.junit("harness gate", cases)


def commands(result: Json) -> list[str]:
    """Workflow commands that show the verdict, and what to know about it, on the page of the run."""
    said = [(LEVELS[result["verdict"]], sentence(result)), *[("warning", text) for text in result["warnings"]]]
    return [annotation(level, _title(result), text) for level, text in said]


def to_github(results: Sequence[Json], code: int, environment: Mapping[str, str]) -> None:
    """Append to the files that GitHub names to a step: the summary, and the outputs `verdict`, `exit-code`, `run`,
    `difference`, `problems-saved` and `tokens-saved`, those of the task with the worst verdict."""
    worst = min(results, key=lambda result: ("regression", "inconclusive", "non-inferior").index(result["verdict"]))
    outputs = {
        "verdict": worst["verdict"],
        "exit-code": code,
        "run": worst["candidate"]["run"],
        "difference": round(worst["difference"], 6),
        "problems-saved": round(worst["saved"]["problems"], 4),
        "tokens-saved": round(worst["saved"]["tokens"], 4),
    }
    forms.step_files(markdown(results), outputs, environment)
