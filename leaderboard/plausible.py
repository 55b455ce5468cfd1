"""What no run can say, and what a person should look at."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise

from harness.files import digest
from harness.run import Json
from leaderboard.entry import Entry

SHARES = ("accuracy", "pass@k", "maj@k", "best@k", "wmaj@k", "pass^k", "truncated")
SIGNED = ("_slope", "_log_ratio", "gap_tokens")
"""How the names of metrics end that may be negative."""
SUSPICIOUS = 0.5
"""A share of cut responses above this makes every other number doubtful."""


def impossible(results: Json) -> Iterator[str]:
    """Contradictions within the aggregates."""
    for row in results["metrics"]:
        name = row["metric"] if row["k"] is None else f"{row['metric']} at k = {row['k']}"
        value, low, high = row["value"], row["low"], row["high"]
        if value is None:
            continue
        if row["metric"] in SHARES and not 0 <= value <= 1:
            yield f"{name} is {value}, which is no share."
        if not math.isfinite(value) or (value < 0 and not row["metric"].endswith(SIGNED)):
            yield f"{name} is {value}."
        if low is not None and high is not None and not low - 1e-9 <= value <= high + 1e-9:
            yield f"{name} is {value}, outside of its interval from {low} to {high}."
    whole = {(r["metric"], r["k"]): r for r in results["metrics"] if r["group"] == "all" and r["value"] is not None}
    grown = sorted((k, r["value"], r["problems"]) for (m, k), r in whole.items() if m == "pass@k" and k is not None)
    for (k, value, size), (more, greater, same) in pairwise(grown):
        if size == same and greater < value - 1e-9:
            yield f"pass@{more} is less than pass@{k}, over the same problems."
    counts = results["problems"]
    if counts["finished"] + counts["errors"] > counts["selected"]:
        yield "There are more finished and failed problems than selected ones."


def unlikely(entry: Entry, lines: Iterable[Json]) -> Iterator[tuple[str, str]]:
    """(level, text) about the samples: contradictions are errors, oddities warnings. Reads a line at a time."""
    limit = entry.data["manifest"]["identity"]["sampling"].get("max_tokens")
    ids = []
    for line in lines:
        ids.append(line["problem_id"])
        yield from (("error", f"{line['problem_id']}: {text}") for text in _line(entry, line, limit))
    if len(set(ids)) < len(ids):
        yield "error", "A problem is there twice in the samples."
    if len(ids) != entry.data["samples"]["problems"]:
        yield "error", f"The samples have {len(ids)} problems, the entry says {entry.data['samples']['problems']}."
    if digest(ids) != entry.data["manifest"]["identity"]["problems"]:
        yield "error", "The problems of the samples are not those of the identity, in their order."
    rows = {r["metric"]: r for r in entry.data["results"]["metrics"] if r["group"] == "all" and r["k"] is None}
    cut = rows.get("truncated", {}).get("value") or 0.0
    if cut > SUSPICIOUS:
        yield (
            "warning",
            f"{100 * cut:.0f} % of the responses were cut at the token limit; more tokens might change the result.",
        )
    counts = entry.data["results"]["problems"]
    if counts["errors"] > 0.02 * counts["selected"]:
        yield "warning", f"{counts['errors']} of {counts['selected']} problems failed."
    if counts["unjudged"] > 0.02 * counts["selected"]:
        yield "warning", f"{counts['unjudged']} of {counts['selected']} problems are unjudged."


def _line(entry: Entry, line: Json, limit: int | None) -> Iterator[str]:
    """One problem against itself."""
    responses = line["responses"]
    if line["status"] != "ok":
        if responses:
            yield "failed, yet it has responses."
        return
    marked = [r for r in responses if r["chosen"]]
    verdict = marked[0]["correct"] if marked else None
    stated = {"n": line["n"], "c": line["c"], "unjudged": line["unjudged"], "correct": line["correct"]}
    counted = {
        "n": len(responses),
        "c": sum(r["correct"] is True for r in responses),
        "unjudged": sum(r["correct"] is None for r in responses),
        "correct": verdict,
    }
    yield from (f"{name} is {stated[name]}, its responses give {counted[name]}." for name in stated
                if stated[name] != counted[name])  # fmt: skip
    if [r["index"] for r in marked] != ([] if line["chosen"] is None else [line["chosen"]]):
        yield "the chosen response is not the one that is marked."
    verdicts: dict[int, set[bool | None]] = {}
    for response in responses:
        if response["vote"] is not None:
            verdicts.setdefault(response["vote"], set()).add(response["correct"])
    if any({True, False} <= found for found in verdicts.values()):
        yield "equal answers have different verdicts."
    yield from _lengths(entry, line, limit)


def _lengths(entry: Entry, line: Json, limit: int | None) -> Iterator[str]:
    """Tokens of the responses against the bill and the limit; a search's responses share steps."""
    lengths = [t for r in line["responses"] if (t := r["usage"]["completion_tokens"]) is not None]
    if min(lengths, default=0) < 0:
        yield "a response has a negative number of tokens."
    if entry.drawing and line["usage"] and sum(lengths) > line["usage"]["completion_tokens"]:
        yield "its responses have more tokens than the problem was billed."
    if entry.drawing and limit and max(lengths, default=0) > limit:
        yield f"a response is longer than the limit of {limit} tokens."
