"""The table of a replay: every rule before and after."""

from __future__ import annotations

from pathlib import Path

from harness.run import Json, Run
from reports.cost import head
from reports.tables import by_whom, caption
from reports.views import View, percent


def table(run: Run, record: Json, path: Path) -> View:
    """A line per rule; "own" is the run's own rule before, and the one asked for after."""
    body = [
        [
            row["rule"],
            str(row["after"]["problems"]),
            percent(row["before"]),
            percent(row["after"]),
            _points(row["difference"]),
        ]
        for row in record["rules"]
    ]
    usage = record["usage"]
    verifier = {"name": record["verifier"], "aggregation": record["aggregation"], "uses_gold": record["uses_gold"]}
    after = by_whom(verifier if record["verifier"] else None) + (
        f" · choose {record['rule']}" if record["rule"] else ""
    )
    notes = [
        "accuracy in percent with 95 % intervals over problems; the difference in points, paired by problem",
        "oracle: a correct candidate is there; nothing was generated, and the run's own files are as they were",
        f"billed {usage['verifier_tokens']:,} verifier tokens in {usage['verifier_calls']:,} calls",
        *[f"error: {e['problem_id']}: {e['error']}" for e in record["errors"][:5]],
        f"replay: {path}",
    ]
    rows = [
        {**head(run), "rule": row["rule"], "side": side, **row[side]}
        for row in record["rules"]
        for side in ("before", "after", "difference")
    ]
    title = f"replay · {caption(run)} →{after.removeprefix(' ·')}"
    return View(title, ["rule", "problems", "before", "after", "difference"], body, notes, rows)


def _points(row: Json) -> str:
    if row["value"] is None:
        return "n/a"
    return f"{100 * row['value']:+.1f} [{100 * row['low']:+.0f}, {100 * row['high']:+.0f}]"
