"""The comparison of any two runs of a task, computed in the page from their counts per problem."""

from __future__ import annotations

from collections.abc import Iterator

from leaderboard.render import render
from leaderboard.site import Site


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """compare.html; its data are the shards of the runs."""
    yield "compare.html", render("compare.html.j2", "compare.html", site=site)
