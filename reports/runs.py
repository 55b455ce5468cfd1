"""What run folders there are, and in what two runs differ."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness import registry
from harness.core import UsageError
from harness.housekeeping import Found, size, state
from harness.run import Json, Run, differing
from reports.forms import safe, table
from scorers.intervals import mean_estimate

COLUMNS = ("run", "task", "model", "strategy", "state", "problems", "accuracy", "tokens", "date", "size")
LONG = 60
"""Characters of a value in a table of differences."""


def row(found: Found) -> Json:
    """What a listing says of one folder. Numbers are read from results.json where the run has ended, else counted."""
    run = found.run
    if run is None:
        return {"run": str(found.folder), "state": "damaged", "problem": found.problem, "size": size(found.folder)}
    manifest, identity = run.manifest, run.manifest["identity"]
    numbers = _ended(run) or _counted(run)
    return {
        "run": str(run.folder),
        "task": identity["task"]["name"],
        "model": manifest["model"],
        "strategy": identity["strategy"],
        "state": state(run),
        "selected": len(manifest["problem_ids"]),
        **numbers,
        "created": manifest["created"],
        "size": size(run.folder),
    }


def _ended(run: Run) -> Json | None:
    """Numbers of results.json; None where it is not there, or older than the run."""
    if run.manifest["state"] == "running":
        return None
    try:
        results = run.results()
    except UsageError:
        return None
    accuracy = next(r for r in results["metrics"] if (r["metric"], r["group"]) == ("accuracy", "all"))
    shown = {"accuracy": accuracy["value"], "low": accuracy["low"], "high": accuracy["high"]}
    usage = results["usage"]["asked"]
    tokens = usage["completion_tokens"] or (None if run.manifest["state"] == "imported" else 0)
    return {"finished": results["problems"]["finished"], **shown, "completion_tokens": tokens}


def _counted(run: Run) -> Json:
    """The same of a run that goes on or was killed, from the lines of its problems."""
    finished = tokens = 0
    correct = []
    for line in run.lines("problems.jsonl"):
        finished += line.get("status") == "ok"
        tokens += (line.get("usage") or {}).get("completion_tokens") or 0
        if line.get("correct") is not None:
            correct.append(float(line["correct"]))
    found = mean_estimate(correct)
    shown = {name: None if found is None else getattr(found, name) for name in ("value", "low", "high")}
    shown["accuracy"] = shown.pop("value")
    return {"finished": finished, **shown, "completion_tokens": tokens}


def listing(rows: Sequence[Json], root: Path) -> str:
    """A Markdown table of the runs, paths relative to `root`, the newest last."""
    ordered = sorted(rows, key=lambda each: (each.get("created", ""), each["run"]))
    whole = table(COLUMNS, [_cells(each, root) for each in ordered], left=5)
    damaged = [f"{safe(each['run'])}: {safe(each['problem'])}" for each in ordered if "problem" in each]
    total = f"{len(rows)} runs, {bytes_of(sum(each['size'] for each in rows))}"
    return "\n".join([whole, "", total, *damaged])


def _cells(each: Json, root: Path) -> list[str]:
    path = Path(each["run"])
    name = str(path.relative_to(root)) if path != root and path.is_relative_to(root) else path.name
    if "problem" in each:
        return [safe(name), *[""] * 3, "damaged", *[""] * 4, bytes_of(each["size"])]
    options = ",".join(f"{key}={value}" for key, value in _chosen(each["strategy"]).items())
    tokens = each["completion_tokens"]
    return [
        safe(name),
        safe(each["task"]),
        safe(each["model"]),
        safe(each["strategy"]["name"] + (f"({options})" if options else "")),
        each["state"],
        f"{each['finished']}/{each['selected']}",
        _accuracy(each),
        "n/a" if tokens is None else f"{tokens:,}",
        each["created"][:16].replace("T", " "),
        bytes_of(each["size"]),
    ]


def _chosen(strategy: Json) -> Json:
    """The parameters that are not the strategy's defaults."""
    parameters: Json = strategy["parameters"]
    if strategy["name"] not in registry.names("strategy"):
        return parameters
    known = registry.parameters(registry.component("strategy", strategy["name"]))
    return {k: v for k, v in parameters.items() if k not in known or known[k].default != v}


def _accuracy(each: Json) -> str:
    if each["accuracy"] is None:
        return "n/a"
    interval = "" if each["low"] is None else f" [{100 * each['low']:.0f}, {100 * each['high']:.0f}]"
    return f"{100 * each['accuracy']:.1f}{interval}"


def bytes_of(count: float) -> str:
    """A size as a person reads it."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


def differences(a: Run, b: Run) -> list[Json]:
    """The fields in which two runs differ: those of the identity first, then versions and devices, which are not
    supposed to change any number."""
    rows = []
    for part in ("identity", "environment"):
        first, second = a.manifest.get(part) or {}, b.manifest.get(part) or {}
        rows += [
            {"part": part, "field": name, "a": _at(first, name), "b": _at(second, name)}
            for name in differing(first, second)
        ]
    return rows


def _at(value: Any, name: str) -> Any:
    """The value at a dotted name; a key may hold dots itself, so the longest that fits is taken."""
    if not name:
        return value
    if not isinstance(value, Mapping):
        return None
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        key = ".".join(parts[:end])
        if key in value:
            return _at(value[key], ".".join(parts[end:]))
    return None


def differing_table(a: Run, b: Run) -> str:
    """The differences as a Markdown table, or a sentence where there are none."""
    rows = differences(a, b)
    if not rows:
        return f"{safe(a.folder)} and {safe(b.folder)} have one identity: they were asked the same of the same model."
    cells = [[each["part"], safe(each["field"]), _short(each["a"]), _short(each["b"])] for each in rows]
    return table(("part", "field", safe(a.name), safe(b.name)), cells, left=4)


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return safe(text if len(text) <= LONG else f"{text[: LONG - 1]}…")
