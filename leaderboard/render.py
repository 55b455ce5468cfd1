"""The one Jinja environment of the site, and how numbers are written in it.

Everything is escaped unless a function of ours made it (`Markup`); a name that a template does not know is an error.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.run import Json

DASH = "–"
__all__ = ["DASH", "Markup", "environment", "interval", "percent", "quantity", "render", "root_of"]


def percent(value: float | None, digits: int = 1) -> str:
    """A share in percent without the sign."""
    return DASH if value is None else f"{100 * value:.{digits}f}"


def quantity(value: float | None) -> str:
    """A count or a mean of counts: three digits below a thousand, beyond ten thousand as 12.3k and 1.2M."""
    if value is None:
        return DASH
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if abs(value) >= factor:
            scaled = value / (1e3 if unit == "k" else factor)
            return f"{scaled:.0f}{unit}" if scaled >= 100 else f"{scaled:.1f}".removesuffix(".0") + unit
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if value == int(value) or abs(value) >= 100 else f"{value:.1f}"


def interval(row: Json | None, digits: int = 0) -> str:
    """The 95 % interval of a share in percent."""
    if row is None or row.get("low") is None:
        return DASH
    return f"{100 * row['low']:.{digits}f}–{100 * row['high']:.{digits}f}"


@cache
def environment() -> Environment:
    """Autoescape on, StrictUndefined, our filters."""
    made = Environment(
        loader=PackageLoader("leaderboard"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"percent": percent, "quantity": quantity, "interval": interval}
    made.globals["dash"] = DASH
    return made


def root_of(path: str) -> str:
    """The relative prefix from a page to the root of the site: "" for index.html, "../" for run/x.html."""
    return "../" * path.count("/")


def render(template: str, path: str, **values: Any) -> str:
    """A page at `path`. Templates get `root` and `path` besides the values; characters that UTF-8 cannot hold, as a
    model's lone surrogates, are replaced."""
    text = environment().get_template(template).render(root=root_of(path), path=path, **values)
    return text.encode("utf-8", "replace").decode()
