"""A page per run: its curves, levels, subjects, costs, and how to do it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from harness.run import Json
from leaderboard import cells, references
from leaderboard.entry import Entry
from leaderboard.figures import budget, largest, tokens
from leaderboard.render import render
from leaderboard.site import Site
from reports import charts
from reports.charts import Box, Line, Series
from reports.render import Markup

DRAWN = ("pass@k", "maj@k", "best@k", "wmaj@k")
"""The curves of a page. What they are is on the methods page."""


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """run/<id>.html."""
    for entry in site.entries:
        values = about(entry, site.of_task(entry.task)) | {"rank": site.ranks.get(entry.id)}
        yield entry.href, render("run.html.j2", entry.href, site=site, entry=entry, **values)


def about(entry: Entry, others: Sequence[Entry]) -> Json:
    """What the page of one run shows."""
    results, manifest = entry.data["results"], entry.data["manifest"]
    drawings = [draw_curves(entry), draw_cost(entry, others), draw_levels(entry), draw_tokens(entry)]
    return {
        "headline": entry.row(entry.metric),
        "metric": entry.metric,
        "budget": budget(entry),
        "tokens": tokens(entry),
        "truncated": entry.row("truncated"),
        "ratio": entry.row("human_ratio"),
        "counts": results["problems"],
        "warnings": manifest["warnings"],
        "drawings": [drawing for drawing in drawings if drawing],
        "tables": [found for name in ("level", "subject") if (found := by_group(entry, name))],
        "selection": selection(entry),
        "quality": quality(entry),
        "cost": [row for row in entry.data["cost"] if row["value"]],
        "command": shlex.join(["harness", *_words(entry)]),
        "identity": json.dumps(manifest["identity"], indent=2, sort_keys=True),
        "environment": manifest["environment"],
        "files": sorted(manifest["files"].items()),
        "usage": results["usage"]["asked"],
        "siblings": [o for o in others if o.model == entry.model and o is not entry],
    }


def _words(entry: Entry) -> list[str]:
    words = [str(word) for word in entry.data["command"]]
    return words[1:] if words and words[0].rsplit("/", 1)[-1] == "harness" else words


# -------------------------------------------------------------------------------------------------------------- curves


def draw_curves(entry: Entry) -> Markup:
    """pass@k, maj@k, best@k and wmaj@k with their bands, over k that every problem of k = 1 has."""
    lines = [Line(name, whole(entry, name), style) for style, name in enumerate(DRAWN)]
    if max((len(line.points) for line in lines), default=0) < 2:
        return Markup("")
    return charts.curves("curves", "More responses", lines, labels=("k, responses", "percent"), x="k")


def whole(entry: Entry, metric: str) -> list[charts.Spot]:
    """(k, value, low, high) for the k at which no problem is missing that k = 1 covers."""
    curve = entry.data["results"]["curves"].get(metric)
    if not curve or not curve["k"]:
        return []
    columns = zip(*(curve[name] for name in ("k", "value", "low", "high", "problems")), strict=True)
    return [(k, v, a, b) for k, v, a, b, size in columns if v is not None and size == curve["problems"][0]]


def draw_cost(entry: Entry, others: Sequence[Entry]) -> Markup:
    """Accuracy against completion tokens: the curves where responses are draws, the model's other runs as points."""
    lines: list[Line] = []
    per_response = entry.row("completion_tokens")
    if entry.drawing and per_response:
        each = per_response["value"]
        for style, name in enumerate(DRAWN):
            points = [(k * each, v, a, b) for k, v, a, b in whole(entry, name)]
            lines.append(Line(name, points, style))
    own = [entry] if not lines else []
    for other in [*own, *(o for o in others if o.model == entry.model and o is not entry)][:4]:
        accuracy, spent = other.row(other.metric), tokens(other)
        if accuracy and spent:
            point = (spent, accuracy["value"], accuracy["low"], accuracy["high"])
            lines.append(Line(f"{other.strategy} {budget(other)}", [point], len(lines)))
    spots = [x for line in lines for x, *_ in line.points]
    if len(set(spots)) < 2:
        return Markup("")
    labels = ("completion tokens per problem", "percent")
    return charts.curves("cost", "What accuracy costs", lines, labels=labels)


def draw_levels(entry: Entry) -> Markup:
    """Accuracy by level with its intervals, beside the mean over responses and published figures."""
    levels = entry.groups("level")
    shown = [entry.metric] if entry.metric == "pass@1" else [entry.metric, "pass@1"]
    lines = [Line(name, _shares(entry, name, levels), style) for style, name in enumerate(shown)]
    if entry.metric != "pass@1" and lines[0].points == lines[1].points:
        lines.pop()
    published, cited = references.accuracies(entry.task)
    for name, shares in published:
        known = range(1, len(shares) + 1)
        points = [(float(i), shares[level - 1], None, None) for i, level in enumerate(levels) if level in known]
        lines.append(Line(name, points, len(lines)))
    names = list(map(str, levels))
    return charts.dots("levels", "Accuracy by level", lines, names, labels=("level", "percent"), caption=cited)


def _shares(entry: Entry, metric: str, levels: Sequence[Any]) -> list[charts.Spot]:
    found = [(float(i), entry.row(metric, group="level", value=level)) for i, level in enumerate(levels)]
    return [(i, row["value"], row["low"], row["high"]) for i, row in found if row]


def draw_tokens(entry: Entry) -> Markup:
    """Completion tokens per response by level, beside human solutions and published figures."""
    levels = entry.groups("level")
    series = [
        Series("this run", _boxes(entry, "completion_tokens", levels), 0),
        Series("human solutions", _boxes(entry, "human_tokens", levels), 1),
    ]
    named, cited = references.series(entry.task)
    shown = {str(level) for level in levels}
    for number, (name, boxes) in enumerate(named):
        series.append(Series(name, [box for box in boxes if box.label in shown], 2 + number))
    caption = (
        "Boxes from quartile to quartile, a line at the median, a dot at the mean; each problem's mean counts once."
    )
    if cited and levels:
        caption += f" {cited}"
    labels = ("level", "tokens per response")
    return charts.boxes("tokens", "Tokens by level", series, labels=labels, caption=caption)


def _boxes(entry: Entry, metric: str, levels: Sequence[Any]) -> list[Box]:
    found = [(level, entry.row(metric, group="level", value=level)) for level in levels]
    return [
        Box(str(level), row["q25"], row["median"], row["q75"], row["value"], row["problems"])
        for level, row in found
        if row and row["value"]
    ]


# -------------------------------------------------------------------------------------------------------------- tables


def by_group(entry: Entry, name: str) -> Json | None:
    """Accuracy, votes and tokens by level or subject, the whole last."""
    groups = entry.groups(name)
    if not groups:
        return None
    several = ("maj@k", "best@k") if entry.metric == "pass@1" else ("pass@k", "maj@k", "best@k")
    columns = [m for m in several if (top := largest(entry, m)) and top["k"] > 1]
    rows = []
    for value in [*groups, None]:
        group = "all" if value is None else name
        kept = {m: entry.row(m, 1 if m == "pass@k" else (largest(entry, m) or {})["k"], group, value) for m in columns}
        accuracy = entry.row(entry.metric, group=group, value=value)
        rows.append({
            "label": "all" if value is None else str(value),
            "accuracy": accuracy,
            "bar": cells.cell(accuracy),
            "cells": list(kept.values()),
            "tokens": entry.row("completion_tokens", group=group, value=value),
            "human": entry.row("human_ratio", group=group, value=value),
            "truncated": entry.row("truncated", group=group, value=value),
        })  # fmt: skip
    names = [m.replace("k", "1" if m == "pass@k" else str((largest(entry, m) or {})["k"])) for m in columns]
    return {"by": name, "columns": names, "rows": rows, "human": any(row["human"] for row in rows)}


def selection(entry: Entry) -> Json:
    """Over all problems: the pool of candidates, by rule what it chose and what it lost. Empty for one candidate."""
    rows = [row for row in entry.data["analysis"]["selection"] if row["group"] == "all" and row["value"] is not None]
    index = {(row["metric"], row["rule"]): row for row in rows}
    pool = index.get(("candidates", None))
    if pool is None or pool["value"] <= 1:
        return {}
    rules = dict.fromkeys(row["rule"] for row in rows if row["rule"])
    return {
        "candidates": pool,
        "pool": [(name, index[name, None]) for name in ("mean", "oracle") if (name, None) in index],
        "rules": [(rule, index.get(("chosen", rule)), index.get(("lost", rule))) for rule in rules],
    }


def quality(entry: Entry) -> list[Json]:
    """Over all problems: whether the verifier's scores rank and mean what they say."""
    return [row for row in entry.data["analysis"]["quality"] if row["group"] == "all" and row["value"] is not None]
