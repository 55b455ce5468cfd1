"""Is an entry what it claims to be? Its form, its digests, its aggregates made anew, impossible values, duplicates.

Nothing here trusts the submitter: every number of an entry with samples is derived from them again, with the same
estimators and seeds as the run's own results. Whether the samples are true is another question; the command that
made them is in the entry.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness.analysis.cost import cost_rows, costs
from harness.analysis.selection import choices_of, quality_rows, selection_rows
from harness.core import HarnessError
from harness.files import digest, file_digest, read_json
from harness.results import build
from harness.run import Json
from leaderboard.entry import Entry, sealed
from leaderboard.plausible import impossible, unlikely

CLOSE = 1e-6
"""Relative and absolute: results differ in the last digits between machines, and by no more."""
SHOWN = 5
"""Differences of one kind that are named; the rest is counted."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a file: an error, or a warning for a person to look at."""

    level: str
    file: str
    message: str


@cache
def validator() -> Draft202012Validator:
    """Of the published schema."""
    text = files("leaderboard").joinpath("entry.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


def misshapen(entries: Sequence[Entry]) -> str | None:
    """What is wrong with the first entry that is not of the published form."""
    for entry in entries:
        for _, message in _form(Path(), entry.data):
            return f"{entry.path}: {message}"
    return None


def check_folder(folder: Path) -> list[Finding]:
    """Everything about the entries of a folder. Raises UsageError where there is no such folder."""
    found: list[Finding] = []
    entries: list[Entry] = []
    paths = sorted(folder.glob("*.json"))
    for path in paths:
        errors = list(check_file(path))
        found += errors
        if not any(each.level == "error" for each in errors):
            entries.append(Entry(read_json(path), path))
    found += duplicates(entries)
    named = {entry.samples_path for entry in entries} | {
        p.with_suffix("").with_suffix(".samples.jsonl.gz") for p in paths
    }
    for path in sorted(set(folder.glob("*.samples.jsonl.gz")) - named):
        found.append(Finding("warning", str(path), "No entry names these samples."))
    return found


def check_file(path: Path) -> Iterator[Finding]:
    """Everything about one entry. Later checks rest on earlier ones, so the first kind of error ends it."""
    try:
        data = read_json(path)
    except HarnessError as error:
        yield Finding("error", str(path), str(error))
        return
    for step in (_form, _digests, _samples, _content):
        messages = list(step(path, data))
        yield from (Finding(level, str(path), message) for level, message in _few(messages))
        if any(level == "error" for level, _ in messages):
            return


Messages = Iterator[tuple[str, str]]


def _form(_: Path, data: Any) -> Messages:
    """The published schema."""
    for error in sorted(validator().iter_errors(data), key=lambda e: [str(part) for part in e.path]):
        where = ".".join(map(str, error.path)) or "the entry"
        yield "error", f"{where}: {error.message[:200]}"


def _digests(path: Path, data: Json) -> Messages:
    """The name, the seal, the identity."""
    identity, claimed = data["manifest"]["identity"], data["manifest"]["identity_digest"]
    if path.stem != data["id"]:
        yield "error", f"The file must be called {data['id']}.json, as its id says."
    if digest(identity) != claimed:
        yield "error", "identity_digest is not the digest of the identity."
    if not data["id"].endswith(f"-{claimed[:8]}"):
        yield "error", f"The id must end in -{claimed[:8]}, the first digits of the identity's digest."
    if sealed(data)["digest"] != data["digest"]:
        yield "error", "The digest does not fit the content: something was changed after `harness leaderboard add`."
    for name in ("task", "strategy"):
        if data[name] != identity[name]:
            yield "error", f"{name} is not that of the identity."
    if data["budget"] != identity.get("budget"):
        yield "error", "budget is not that of the identity."
    if data["samples"] is None and data["label"] != "self-reported":
        yield "error", f"The label '{data['label']}' needs samples. Without them it is self-reported."
    if data["label"] == "reproduced" and not data.get("reproduction"):
        yield (
            "error",
            "The label 'reproduced' needs a reproduction. `harness leaderboard add RUN --reproduces ID` makes it.",
        )


def _samples(path: Path, data: Json) -> Messages:
    """The samples file and its digest."""
    about = data["samples"]
    if about is None:
        return
    file = path.with_name(about["file"])
    if Path(about["file"]).name != about["file"]:
        yield "error", f"The samples file '{about['file']}' must lie beside the entry."
    elif not file.exists():
        yield "error", f"The samples file {about['file']} is missing."
    elif file.stat().st_size != about["bytes"] or file_digest(file) != about["sha256"]:
        yield "error", f"The samples file {about['file']} is not the one whose digest the entry gives."


def _content(path: Path, data: Json) -> Messages:
    """What the samples say against what the entry says."""
    entry = Entry(data, path)
    yield from (("error", text) for text in impossible(data["results"]))
    if data["samples"] is None:
        yield "warning", "No samples are attached: nothing could be recomputed."
        return
    try:
        yield from unlikely(entry, entry.problems())
        yield from _recomputed(entry)
    except HarnessError as error:
        yield "error", str(error)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        yield "error", f"The samples are not of the published form: {type(error).__name__}: {str(error)[:200]}."


def recomputed(entry: Entry) -> Json:
    """The parts of an entry that follow from its samples, made anew."""
    run = entry.run()
    results = build(run, entry.data["ks"], cluster=entry.data["results"]["cluster"])
    choices = choices_of(run)
    return {
        "results": {name: results[name] for name in ("problems", "judge", "metrics", "curves")}
        | {"usage": {"asked": results["usage"]["asked"]}},
        "analysis": {"selection": selection_rows(choices), "quality": quality_rows(choices)},
        "cost": [row for row in cost_rows(costs(run)) if row["group"] == "all"],
    }


def _recomputed(entry: Entry) -> Messages:
    made = recomputed(entry)
    claimed = {
        "results": {name: entry.data["results"][name] for name in ("problems", "judge", "metrics", "curves")}
        | {"usage": {"asked": entry.data["results"]["usage"]["asked"]}},
        "analysis": entry.data["analysis"],
        "cost": _untimed(entry.data["cost"]),
    }
    made["cost"] = _untimed(made["cost"])
    for where, stated, derived in differences(_keyed(claimed), _keyed(made)):
        yield "error", f"{where} is {_short(stated)}, the samples give {_short(derived)}."


def _untimed(rows: Sequence[Json]) -> list[Json]:
    """Seconds are in the call log alone."""
    return [row for row in rows if not row["metric"].endswith("_seconds")]


def _keyed(value: Any) -> Any:
    """Lists of tidy rows by what they are about, so that a difference is named by its metric and not by its place."""
    if isinstance(value, dict):
        return {name: _keyed(part) for name, part in value.items()}
    if isinstance(value, list) and value and all(isinstance(row, dict) and "metric" in row for row in value):
        return {_name(row): row for row in value}
    return value


def _name(row: Json) -> str:
    words = [str(row[name]) for name in ("metric", "k", "rule") if row.get(name) is not None]
    group = "" if row.get("value_of_group") is None else f" of {row['group']} {row['value_of_group']}"
    return " ".join(words) + group


def differences(stated: Any, derived: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    """(where, stated, derived) wherever two values differ by more than rounding."""
    if isinstance(stated, Mapping) and isinstance(derived, Mapping):
        for name in dict.fromkeys([*stated, *derived]):
            yield from differences(stated.get(name), derived.get(name), f"{where}.{name}" if where else str(name))
    elif isinstance(stated, list) and isinstance(derived, list) and len(stated) == len(derived):
        for place, (a, b) in enumerate(zip(stated, derived, strict=True)):
            yield from differences(a, b, f"{where}[{place}]")
    elif not _same(stated, derived):
        yield where, stated, derived


def _same(a: Any, b: Any) -> bool:
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (a, b))
    return math.isclose(a, b, rel_tol=CLOSE, abs_tol=CLOSE) if numbers else bool(a == b)


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else json.dumps(value)[:60]


def _few(messages: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The first of each level, and how many more there are."""
    for level in ("error", "warning"):
        own = [text for kind, text in messages if kind == level]
        yield from ((level, text) for text in own[:SHOWN])
        if len(own) > SHOWN:
            yield level, f"… and {len(own) - SHOWN} more of this kind."


# ---------------------------------------------------------------------------------------------------------- duplicates


def duplicates(entries: Sequence[Entry]) -> Iterator[Finding]:
    """One run under two names; and the responses of one model under the name of another.

    Runs of one model share responses by design, since a second strategy finds the finished calls of the first."""
    identities: dict[str, Entry] = {}
    prints: dict[str, Entry] = {}
    for entry in entries:
        other = identities.setdefault(entry.data["manifest"]["identity_digest"], entry)
        if other is not entry:
            yield Finding("error", str(entry.path), f"It has the identity of {other.id}. One of the two is a copy.")
        elif entry.data["samples"]:
            other = prints.setdefault(_fingerprint(entry), entry)
            models = [digest(each.data["manifest"]["identity"]["model"]) for each in (entry, other)]
            if models[0] != models[1]:
                text = f"Verdict and length of every response are those of {other.id}, which is another model."
                yield Finding("warning", str(entry.path), text)


def _fingerprint(entry: Entry) -> str:
    """Of every response's verdict, length and vote."""
    made = sha256()
    for line in entry.problems():
        told = [(r["correct"], r["usage"]["completion_tokens"], r["vote"]) for r in line["responses"]]
        made.update(json.dumps([line["problem_id"], told]).encode())
    return made.hexdigest()
