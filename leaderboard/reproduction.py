"""A second run of an entry, made by somebody else: do the two agree?"""

from __future__ import annotations

from dataclasses import replace

from harness.core import NotComparableError, UsageError
from harness.run import Run
from leaderboard.entry import Entry, sealed
from reports import sides
from reports.comparison import Rule, compare


def reproduced(entry: Entry, run: Run) -> Entry:
    """The entry with the label "reproduced" and what the second run found.

    The two agree where the 95 % interval of their paired difference holds 0. Raises UsageError for an entry without
    samples or a run of another model, NotComparableError for a run that was asked something else or disagrees."""
    if not entry.tallies:
        raise UsageError(f"{entry.id} has no samples to be compared with.")
    if run.manifest["model"] != entry.model:
        raise UsageError(f"{run.folder} is a run of {run.manifest['model']}, {entry.id} one of {entry.model}.")
    found = compare(sides.of_run(entry.run()), sides.of_run(run), Rule(entry.metric))
    if not found["low"] <= 0 <= found["high"]:
        raise NotComparableError(
            f"{run.folder} does not reproduce {entry.id}: {entry.metric} differs by {100 * found['difference']:+.1f} "
            f"points, 95 % {100 * found['low']:+.1f} to {100 * found['high']:+.1f}."
        )
    about = {
        "created": run.manifest["created"],
        "metric": entry.metric,
        "value": found["candidate"]["value"],
        **{name: found[name] for name in ("difference", "low", "high")},
        "problems": found["problems"]["paired"],
    }
    return replace(entry, data=sealed({**entry.data, "label": "reproduced", "reproduction": about}))
