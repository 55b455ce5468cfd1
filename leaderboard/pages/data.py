"""Everything as files: the rows of the index, and per run the whole entry, its metrics and its problems."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.files import dumps
from harness.run import Json
from leaderboard.entry import Entry
from leaderboard.figures import budget, several, tokens
from leaderboard.site import Site
from reports import sheet

SCHEMA = "harness.leaderboard/1"
PROBLEMS = ("problem_id", "level", "subject", "status", "n", "c", "unjudged", "correct", "completion_tokens")


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """data/entries.json, data/metrics.csv, and data/run/<id>.json, .metrics.csv and .problems.csv."""
    summary = {
        "schema": SCHEMA,
        "title": site.options.title,
        "entries": [_about(e, site.ranks.get(e.id)) for e in site.entries],
    }
    yield "data/entries.json", json.dumps(summary, indent=1, allow_nan=False) + "\n"
    yield (
        "data/metrics.csv",
        sheet.table([{**_head(entry), **row} for entry in site.entries for row in _metrics(entry)]),
    )
    for entry in site.entries:
        yield f"data/run/{entry.id}.json", dumps(entry.data) + "\n"
        yield f"data/run/{entry.id}.metrics.csv", sheet.table(_metrics(entry))
        if entry.tallies:
            yield f"data/run/{entry.id}.problems.csv", sheet.lines(_problems(entry))


def _head(entry: Entry) -> Json:
    return {"id": entry.id, "task": entry.task, "model": entry.model, "strategy": entry.strategy}


def _about(entry: Entry, rank: Json | None) -> Json:
    """One row of the index in numbers."""
    shown = {"accuracy": entry.row(entry.metric), "pass@1": entry.row("pass@1"), "truncated": entry.row("truncated")}
    shown |= {name: several(entry, name) for name in ("maj@k", "best@k", "wmaj@k")}
    keep = ("metric", "k", "value", "low", "high", "problems")
    return {
        **_head(entry),
        "parameters": entry.parameters,
        "budget": budget(entry),
        "verifier": entry.verifier,
        "date": entry.date,
        "label": entry.data["label"],
        "identity": entry.data["manifest"]["identity_digest"],
        "rank": rank,
        "completion_tokens_per_problem": tokens(entry),
        **{name: row and {field: row[field] for field in keep} for name, row in shown.items()},
        "file": f"data/run/{entry.id}.json",
    }


def _metrics(entry: Entry) -> Sequence[Json]:
    rows: Sequence[Json] = entry.data["results"]["metrics"]
    return rows


def _problems(entry: Entry) -> Iterator[Sequence[Any]]:
    """Counts: no text of a problem or of a response."""
    yield PROBLEMS
    for name, tally in entry.tallies.items():
        correct = None if tally.correct is None else int(tally.correct)
        numbers = (tally.n, tally.c, tally.unjudged, correct, tally.tokens)
        yield (name, tally.level, tally.subject, tally.status, *numbers)
