"""Cells of the site's tables that draw."""

from __future__ import annotations

from leaderboard import cells


def test_cells_name_their_numbers_as_classes() -> None:
    assert cells.cell({"value": 0.431, "low": 0.4, "high": 0.466}) == "bar v43 l40 h47"
    assert cells.cell({"value": 1.0, "low": None, "high": None}) == "bar v100"
    assert cells.cell(None) == ""
    assert cells.strip([0.7, None, 0.04]) == "strip n3 s0-7 s1-x s2-0"
    assert cells.strip([]) == ""
