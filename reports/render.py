"""How HTML of ours is made: escaped templates, and numbers written alike in reports and on the site.

Everything is escaped unless a function of ours made it (`Markup`); a name that a template does not know is an error.
"""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from harness.run import Json

DASH = "–"
__all__ = ["DASH", "Markup", "environment", "interval", "percent", "quantity"]


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
def environment(package: str) -> Environment:
    """The templates of `package`: autoescape on, StrictUndefined, our filters."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"percent": percent, "quantity": quantity, "interval": interval}
    made.globals["dash"] = DASH
    return made
