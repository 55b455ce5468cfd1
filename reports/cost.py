"""The cost table: what a problem of each level cost in calls, tokens, depth and seconds."""

from __future__ import annotations

from harness.analysis.cost import KINDS, cost_rows, costs
from harness.run import Json, Run
from reports.tables import caption
from reports.views import View

ALWAYS = ("calls", "prompt_tokens", "cached_share", "completion_tokens", "serial_tokens")


def head(run: Run) -> Json:
    """The fields that say of which run a machine row is."""
    identity = run.manifest["identity"]
    strategy = identity["strategy"]["name"]
    return {"run": run.name, "task": identity["task"]["name"], "model": run.manifest["model"], "strategy": strategy}


def cost(run: Run, *, by: str = "level") -> View:
    """Means per problem, by level or subject; columns that are zero everywhere are left out."""
    rows = cost_rows(costs(run), by=by)
    index = {(row["value_of_group"], row["metric"]): row for row in rows}
    names = list(dict.fromkeys(row["metric"] for row in rows))
    names.insert(2, names.pop(names.index("cached_share")))
    names = [n for n in names if n in ALWAYS or index[None, n]["value"]]
    names.remove("cached_prompt_tokens") if "cached_prompt_tokens" in names else None
    values = list(dict.fromkeys(row["value_of_group"] for row in rows))
    body = [
        [
            "all" if value is None else str(value),
            str(index[value, "calls"]["problems"]) if (value, "calls") in index else "0",
            *[_cell(name, index.get((value, name))) for name in names],
        ]
        for value in values
    ]
    return View(f"cost · {caption(run)}", [by, "problems", *names], body, _notes(run), [head(run) | r for r in rows])


def _cell(name: str, row: Json | None) -> str:
    """One mean as a reader wants it."""
    if row is None or row["value"] is None:
        return "n/a"
    if name == "cached_share":
        return f"{100 * row['value']:.0f} %"
    if name.endswith("_seconds"):
        return f"{row['value']:,.1f}"
    return f"{row['value']:,.0f}" if row["value"] >= 100 else f"{row['value']:,.1f}"


def _notes(run: Run) -> list[str]:
    """What the numbers are."""
    wall = sum(session.get("seconds", 0.0) for session in run.manifest.get("sessions", ()))
    seconds = ", ".join(f"{kind}_seconds" for kind in KINDS)
    return [
        "means per problem; prompt and completion tokens are the policy's, as billed, pruned branches included",
        "serial_tokens: completion tokens on the longest chain of calls that waited for each other",
        f"{seconds}: summed over this run's own calls, which overlap in a batch; the run itself took {wall:,.0f} s",
    ]
