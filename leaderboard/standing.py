"""Who is ahead of whom: the runs that can be ranked together, and the ranks that paired tests leave open."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.files import digest
from harness.run import Json
from leaderboard.entry import Entry, Tally
from scorers.ranks import rank_ranges


def rankable(entry: Entry) -> str:
    """What runs must share to be ranked together: the same problems of the same data, graded by the same rules.

    Prompts, sampling, strategy and budget are what is compared."""
    identity = entry.data["manifest"]["identity"]
    return digest({name: identity[name] for name in ("task", "problems", "scorer", "judge")})


def value(metric: str, tally: Tally) -> float | None:
    """A problem's value of an entry's own metric: the share of right responses, or the chosen one's verdict."""
    if tally.status != "ok":
        return None
    if metric == "pass@1":
        judged = tally.n - tally.unjudged
        return tally.c / judged if judged else None
    return None if tally.correct is None else float(tally.correct)


def rankings(entries: Sequence[Entry]) -> dict[str, Json]:
    """By entry id: `best` and `worst` rank, `of` how many. Entries without samples are not ranked."""
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.tallies:
            groups.setdefault(rankable(entry), []).append(entry)
    found: dict[str, Json] = {}
    for members in groups.values():
        place = {name: i for i, name in enumerate(dict.fromkeys(name for e in members for name in e.tallies))}
        table = np.full((len(members), len(place)), np.nan)
        for row, entry in enumerate(members):
            for name, tally in entry.tallies.items():
                if (number := value(entry.metric, tally)) is not None:
                    table[row, place[name]] = number
        for entry, (best, worst) in zip(members, rank_ranges(table), strict=True):
            found[entry.id] = {"best": best, "worst": worst, "of": len(members)}
    return found
