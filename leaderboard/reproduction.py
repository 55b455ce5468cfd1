"""A second run of an entry, made by somebody else: do the two agree?

The rule. The second run was asked the same: every field of the identity is equal (task with version and data, problems,
prompts, model with its weights or revision, strategy with parameters, sampling with its limits, verifier, scorer …) but
for those of `FREE`. It is another run: it began at another time and has a call log of its own. It is complete, and no
problem has a result in one of the two alone. And the results agree: of the metric that ranks the entry, the
95 % interval of the paired difference holds 0 and the difference is at most `NEAR`, since of few problems the interval
alone would hold anything; completion tokens per problem have a ratio whose 95 % interval holds 1, or one within `NEAR`
of 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.core import NotComparableError, UsageError
from harness.run import Json, Run, differing
from leaderboard.entry import Entry, sealed
from reports import sides
from reports.comparison import Rule, compare
from reports.sides import Side

FREE = ("sampling.seed", "model.engine")
"""What a second run may have of its own: its draws, and the version of the engine."""
NEAR = 0.05
LOGS = ("calls.jsonl", "calls.jsonl.gz")


def reproduced(entry: Entry, run: Run) -> Entry:
    """The entry with the label "reproduced" and what the second run found, by the rule above.

    Raises UsageError for an entry without samples and for the entry's own run, NotComparableError for a run that is not
    complete, was asked something else, covers other problems or disagrees; it says which of these."""
    if not entry.tallies:
        raise UsageError(f"{entry.id} has no samples to be compared with.")
    _require_another(entry, run)
    _require_same_question(entry, run)
    base, second = sides.of_run(entry.run()), sides.of_run(run)
    _require_same_problems(entry, base, second)
    found = compare(base, second, Rule(entry.metric))
    if wrong := [*_disagreement(found)]:
        raise NotComparableError(f"{run.folder} does not reproduce {entry.id}: {' and '.join(wrong)}.")
    about = {
        "created": run.manifest["created"],
        "metric": entry.metric,
        "value": found["candidate"]["value"],
        **{name: found[name] for name in ("difference", "low", "high")},
        "problems": found["problems"]["paired"],
    }
    return replace(entry, data=sealed({**entry.data, "label": "reproduced", "reproduction": about}))


def _require_another(entry: Entry, run: Run) -> None:
    """Two runs of one command may share every answer, never the call log, which holds how long each call took."""
    logs = [next((files[n]["sha256"] for n in LOGS if n in files), None) for files in _files(entry, run)]
    began = run.manifest["created"] == entry.data["created"]
    if logs[0] == logs[1] if None not in logs else began:
        raise UsageError(
            f"{run.folder} is the run that {entry.id} was made of. Evaluate it once more in another folder: "
            "the command of the entry with another --output-dir."
        )


def _files(entry: Entry, run: Run) -> tuple[Json, Json]:
    return entry.data["manifest"]["files"], run.manifest.get("files") or {}


def _require_same_question(entry: Entry, run: Run) -> None:
    if (state := run.manifest["state"]) != "complete":
        raise NotComparableError(f"{run.folder} is {state}: a second run of {entry.id} must be complete.")
    fields = differing(entry.data["manifest"]["identity"], run.manifest["identity"])
    if wrong := [field for field in fields if field not in FREE]:
        raise NotComparableError(
            f"{run.folder} is no second run of {entry.id}: they differ in {', '.join(wrong)}. "
            f"Evaluate with the command of the entry; only {' and '.join(FREE)} may differ."
        )


def _require_same_problems(entry: Entry, base: Side, second: Side) -> None:
    names = [*base.lines.problems, *(n for n in second.lines.problems if n not in base.lines.problems)]
    known = {name: [side.value(name, entry.metric) is not None for side in (base, second)] for name in names}
    if odd := [name for name, both in known.items() if both[0] is not both[1]]:
        count = "1 problem has" if len(odd) == 1 else f"{len(odd)} problems have"
        raise NotComparableError(
            f"{second.label} does not reproduce {entry.id}: {count} a result in one of the two alone, {odd[0]} first."
        )


def _disagreement(found: Json) -> Iterator[str]:
    """How the results differ by more than the rule lets them."""
    difference, low, high = found["difference"], found["low"], found["high"]
    far = "" if low <= 0 <= high else "of which the 95 % interval holds no 0"
    if abs(difference) > NEAR:
        far = f"more than {100 * NEAR:g}"
    if far:
        ends = f"95 % {100 * low:+.1f} to {100 * high:+.1f}"
        yield f"{found['metric']} differs by {100 * difference:+.1f} points ({ends}), {far}"
    tokens = found["tokens"]
    if tokens["ratio"] is None or abs(tokens["ratio"] - 1) <= NEAR:
        return
    if tokens["low"] is None or not tokens["low"] <= 1 <= tokens["high"]:
        yield f"it has {tokens['ratio']:.2f} times the completion tokens"
