"""A page per run: its curves, levels, subjects, costs, and how to do it again."""

from __future__ import annotations

from collections.abc import Iterator

from leaderboard.render import render
from leaderboard.site import Site


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """run/<id>.html."""
    for entry in site.entries:
        yield entry.href, render("run.html.j2", entry.href, site=site, entry=entry)
