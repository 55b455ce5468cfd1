"""A page of the site from its template."""

from __future__ import annotations

from typing import Any

from reports.render import environment


def root_of(path: str) -> str:
    """The relative prefix from a page to the root of the site: "" for index.html, "../" for run/x.html."""
    return "../" * path.count("/")


def render(template: str, path: str, **values: Any) -> str:
    """A page at `path`. Templates get `root` and `path` besides the values; characters that UTF-8 cannot hold, as a
    model's lone surrogates, are replaced."""
    text = environment("leaderboard").get_template(template).render(root=root_of(path), path=path, **values)
    return text.encode("utf-8", "replace").decode()
