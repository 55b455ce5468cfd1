"""Cells of tables that draw: the classes by which style.css shows a share, its interval, or shares by level."""

from __future__ import annotations

from collections.abc import Sequence


def cell(row: dict[str, float | None] | None) -> str:
    """The classes of a cell whose background shows a share with its interval: one node, no style."""
    if row is None or row.get("value") is None:
        return ""
    value, low, high = row["value"], row.get("low"), row.get("high")
    named = [f"v{_whole(value)}"]
    if low is not None and high is not None:
        named += [f"l{_whole(low)}", f"h{_whole(high)}"]
    return " ".join(["bar", *named])


def strip(values: Sequence[float | None]) -> str:
    """The classes of a cell that shows up to eight shares as small columns of tenths, one node again."""
    if not values:
        return ""
    return " ".join([f"strip n{min(len(values), 8)}", *(
        f"s{i}-{'x' if value is None else round(10 * value)}" for i, value in enumerate(values[:8])
    )])  # fmt: skip


def _whole(share: float | None) -> int:
    return round(100 * min(max(share or 0.0, 0.0), 1.0))
