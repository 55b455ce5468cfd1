"""Numbers of an entry that more than one page shows."""

from __future__ import annotations

from harness.run import Json
from leaderboard.entry import Entry
from reports.render import quantity


def budget(entry: Entry) -> str:
    """What a strategy may spend, in the parameters that say so."""
    parameters = entry.parameters
    named = [f"{name}={parameters[name]}" for name in ("simulations", "n", "rounds", "width") if parameters.get(name)]
    said = named[:1] or ["n=1"]
    if entry.data["budget"]:
        said.append(f"≤ {quantity(entry.data['budget'])} tokens")
    return ", ".join(said)


def tokens(entry: Entry) -> float | None:
    """Completion tokens per problem that was asked: all its responses and pruned branches."""
    counts = entry.data["results"]["problems"]
    asked = counts["finished"] + counts["errors"]
    return entry.data["results"]["usage"]["asked"]["completion_tokens"] / asked if asked else None


def largest(entry: Entry, metric: str) -> Json | None:
    """The row of a metric at the largest k that as many problems have as k = 1: a value over few of them misleads."""
    found = [r for (g, _, m, _), r in entry.rows.items() if g == "all" and m == metric and r["value"] is not None]
    most = max((row["problems"] for row in found), default=0)
    return max((row for row in found if row["problems"] == most), key=lambda row: row["k"] or 0, default=None)


def several(entry: Entry, metric: str) -> Json | None:
    """The same, None where one response is all there is."""
    row = largest(entry, metric)
    return row if row and (row["k"] or 0) > 1 else None
