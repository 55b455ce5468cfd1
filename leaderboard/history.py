"""What is new: runs by day, and for each the run that it follows with the verdict of the two."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.baseline import asked
from harness.files import digest
from harness.run import Json
from leaderboard.entry import Entry
from reports import sides
from reports.comparison import Rule, compare

_COUNTER = r"(?:checkpoint|ckpt|steps?|iter(?:ation)?s?|epochs?)[-_=]?\d+(?:\.\d+)?[kKmMbB]?"


@dataclass(frozen=True)
class Event:
    """A run that appeared, and how it stands to its forerunner; `verdict` is None without one or without samples."""

    entry: Entry
    before: Entry | None = None
    verdict: Json | None = None

    @property
    def regressed(self) -> bool:
        """Whether the forerunner is provably better."""
        return self.verdict is not None and self.verdict["verdict"] == "regression"


def lineage(model: str) -> str:
    """What the checkpoints of one training have in common: the name without its counter."""
    return re.sub(_COUNTER, "#", model, flags=re.IGNORECASE)


def forerunner(entry: Entry, entries: Sequence[Entry]) -> Entry | None:
    """The entry named in `after`; else the latest earlier one of the same lineage that was asked the same."""
    if entry.data["after"] is not None:
        return next((other for other in entries if other.id == entry.data["after"]), None)
    key = _key(entry)
    earlier = [e for e in entries if e.data["created"] < entry.data["created"] and _key(e) == key]
    return max(earlier, key=lambda e: (e.data["created"], e.id), default=None)


def _key(entry: Entry) -> tuple[str, str]:
    return lineage(entry.model), digest(asked(entry.data["manifest"]["identity"]))


def events(entries: Sequence[Entry]) -> list[Event]:
    """The entries as events, the newest first."""
    found = []
    for entry in sorted(entries, key=lambda e: (e.data["created"], e.id), reverse=True):
        before = forerunner(entry, entries)
        verdict = None
        if before is not None and entry.tallies and before.tallies:
            base, candidate = (sides.of_run(each.run()) for each in (before, entry))
            allowed = ("strategy", "sampling", "verifier", "budget", "prompts") if entry.data["after"] else ()
            verdict = compare(base, candidate, Rule(entry.metric, allowed=allowed))
        found.append(Event(entry, before, verdict))
    return found
