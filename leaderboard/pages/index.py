"""The first page: a row per run, and what its accuracy costs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from harness.run import Json
from leaderboard import cells
from leaderboard.entry import Entry
from leaderboard.figures import budget, several, tokens
from leaderboard.render import render
from leaderboard.site import Site
from reports import charts
from reports.render import Markup, percent

SHOWN = 50
"""Rows in the page at first; the others wait in a template, since many nodes make a page slow."""
TITLED = 60
"""Points with a title of their own and in a second table, for the same reason."""
CHOICES = 30
"""Values of a filter; among more one searches by name."""


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """index.html; all.html besides where the first page does not show every row without a script."""
    rows = [row(entry, site.ranks.get(entry.id)) for entry in site.entries]
    facets = [
        (name, label, found)
        for name, label in FACETS
        if 1 < len(found := sorted({r[name] for r in rows}, key=_natural)) <= CHOICES
    ]
    values: dict[str, Any] = {
        "site": site,
        "facets": facets,
        "figures": list(_figures(site)),
        "levels": any(r["levels"] for r in rows),
        "columns": COLUMNS,
    }
    yield "index.html", render("index.html.j2", "index.html", rows=rows[:SHOWN], more=rows[SHOWN:], **values)
    if len(rows) > SHOWN:
        yield "all.html", render("index.html.j2", "all.html", rows=rows, more=[], **values)


FACETS = (
    ("task", "Task"),
    ("model", "Model"),
    ("strategy", "Strategy"),
    ("verifier", "Verifier"),
    ("budget", "Budget"),
    ("label", "Source"),
)
"""What the table can be filtered by."""
COLUMNS = (
    ("model", "Model", "text", "the model as it was named to the harness"),
    ("strategy", "Strategy", "text", "how inference compute was spent; its budget"),
    ("accuracy", "Accuracy", "number", "with its 95 % interval over problems; pass@1 for the strategy sample"),
    ("rank", "Rank", "number", "the ranks that paired tests leave open among runs on the same problems"),
    ("pass1", "pass@1", "number", "the mean over all responses"),
    ("maj", "maj@k", "number", "majority vote of all k responses"),
    ("best", "best@k", "number", "the response that the verifier scores highest, of all k"),
    ("tokens", "Tokens", "number", "completion tokens per problem, all responses and pruned branches"),
    ("levels", "Levels", "none", "accuracy by level, from the first to the last"),
    ("cut", "Cut", "number", "responses that met the token limit, in percent"),
    ("date", "Date", "text", "the day of the run"),
    ("identity", "Identity", "none", "the first 8 hex digits of the digest of everything that can change a number"),
)
"""Key, name, how it sorts, what it means."""


def row(entry: Entry, rank: Json | None) -> Json:
    """What the table shows of an entry: the facets by name, cells with their sorting values."""
    accuracy = entry.row(entry.metric)
    verifier = entry.verifier or "none"
    levels = [entry.row(entry.metric, group="level", value=v) for v in entry.groups("level")]
    one, cut = entry.row("pass@1"), entry.row("truncated")
    maj, best = several(entry, "maj@k"), several(entry, "best@k")
    spent = tokens(entry)
    gold = bool((entry.data["verifier"] or {}).get("uses_gold"))
    return {
        "entry": entry,
        "task": entry.task,
        "model": entry.model,
        "strategy": entry.strategy,
        "verifier": verifier,
        "budget": budget(entry),
        "gold": gold,
        "label": entry.data["label"],
        "accuracy": accuracy,
        "rank": rank,
        "bar": cells.cell(accuracy),
        "pass1": one,
        "maj": maj,
        "best": best,
        "tokens": spent,
        "levels": cells.strip([r["value"] if r else None for r in levels]) if levels else "",
        "spoken": ", ".join(
            f"level {v}: {percent(r['value'] if r else None, 0)}"
            for v, r in zip(entry.groups("level"), levels, strict=True)
        ),
        "cut": cut,
        "date": entry.date,
        "identity": entry.data["manifest"]["identity_digest"][:8],
    }


def _figures(site: Site) -> Iterator[tuple[str, Markup]]:
    """(task, drawing) of accuracy against cost."""
    sparse = len(site.entries) > TITLED
    strategies = sorted({entry.strategy for entry in site.entries})
    for number, task in enumerate(site.tasks):
        points = list(_points(site.of_task(task)))
        title = f"{task}: accuracy against tokens"
        labels = ("completion tokens per problem", "accuracy, %")
        drawn = charts.scatter(f"pareto-{number}", title, points, labels=labels, groups=strategies, sparse=sparse)
        yield task, drawn


def _points(entries: Sequence[Entry]) -> Iterator[charts.Point]:
    for entry in entries:
        accuracy, spent = entry.row(entry.metric), tokens(entry)
        if accuracy and spent:
            name = f"{entry.model}, {entry.strategy} {budget(entry)}"
            ends = accuracy["low"], accuracy["high"]
            yield charts.Point(name, spent, accuracy["value"], *ends, entry.href, entry.strategy)


def _natural(text: str) -> tuple[int, float, str]:
    """n=4 before n=16."""
    digits = "".join(c for c in text if c.isdigit())
    return (0, float(digits), text) if digits else (1, 0.0, text)
