"""What every number means: one page, to which all others lead."""

from __future__ import annotations

from collections.abc import Iterator

from leaderboard import references
from leaderboard.render import render
from leaderboard.site import Site


def pages(site: Site) -> Iterator[tuple[str, str]]:
    """methods.html."""
    cited = [found for task in site.tasks if (found := references.series(task)[1])]
    yield "methods.html", render("methods.html.j2", "methods.html", site=site, cited=list(dict.fromkeys(cited)))
