"""Several runs in one table, a line each, in the manner of lm-eval's: what was run, how well it did, what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from harness.run import Json, Run
from reports.cost import head
from reports.tables import by_whom
from reports.views import View, percent

CURVES = ("pass@k", "maj@k", "best@k", "wmaj@k")


def overview(runs: Sequence[Run]) -> View:
    """Accuracy with its interval, every curve at its largest k, tokens, truncated and unjudged, over all problems.

    Columns that no run has are left out; what one run has not is empty, what cannot be known is n/a."""
    whole = [_whole(run) for run in runs]
    curves = [name for name in CURVES if any(_largest(rows, name) is not None for rows in whole)]
    thinking = any((rows.get(("thinking_tokens", None)) or {}).get("value") for rows in whole)
    tokens = ["completion_tokens", *(["thinking_tokens"] if thinking else []), "total_tokens"]
    header = ["task", "model", "strategy", "problems", "accuracy", *curves, *tokens, "truncated", "unjudged", "state"]
    body = [_cells(run, rows, curves, tokens) for run, rows in zip(runs, whole, strict=True)]
    machine = [head(run) | row for run, rows in zip(runs, whole, strict=True) for row in rows.values()]
    notes = [
        "accuracies in percent with 95 % intervals over problems; curves at the k in parentheses",
        "completion_tokens: mean per response; total_tokens: mean per problem, all that was read and written",
    ]
    return View(f"{len(runs)} runs", header, body, notes, machine)


def _whole(run: Run) -> dict[tuple[str, int | None], Json]:
    return {(row["metric"], row["k"]): row for row in run.results()["metrics"] if row["group"] == "all"}


def _largest(rows: dict[tuple[str, int | None], Json], name: str) -> Json | None:
    """A curve at its largest k that has a value; with one response they are all the accuracy, and not shown."""
    found = [row for (metric, k), row in rows.items() if metric == name and k and row["value"] is not None]
    return max(found, key=lambda row: int(row["k"])) if found and max(row["k"] for row in found) > 1 else None


def _cells(
    run: Run, rows: dict[tuple[str, int | None], Json], curves: Sequence[str], tokens: Sequence[str]
) -> list[str]:
    results = run.results()
    strategy, problems = results["strategy"], results["problems"]
    n = strategy["parameters"].get("n")
    named = strategy["name"] + (f"(n={n})" if n is not None else "") + by_whom(run.manifest.get("verifier"))
    shown = []
    for name in curves:
        row = _largest(rows, name)
        shown.append("" if row is None else f"{percent(row)} ({row['k']})")
    cut = rows["truncated", None]["value"]
    return [
        results["task"],
        results["model"],
        named,
        _of(problems["finished"], problems["selected"]),
        percent(rows["accuracy", None]),
        *shown,
        *[_mean(rows[name, None]["value"]) for name in tokens],
        "n/a" if cut is None else f"{100 * cut:.0f} %",
        str(problems["unjudged"]),
        str(run.manifest["state"]),
    ]


def _of(done: int, wanted: int) -> str:
    return str(done) if done == wanted else f"{done} of {wanted}"


def _mean(value: Any) -> str:
    return "n/a" if value is None else f"{value:,.0f}"
