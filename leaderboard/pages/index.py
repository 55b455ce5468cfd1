"""The first page: a row per run, and what its accuracy costs."""

from __future__ import annotations

from collections.abc import Iterator

from leaderboard.render import render
from leaderboard.site import Site


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """index.html."""
    yield "index.html", render("index.html.j2", "index.html", site=site)
