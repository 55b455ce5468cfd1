"""Rows as CSV that is safe to open in a spreadsheet.

A spreadsheet takes a cell that begins with = + - @ for a formula, quoted or not, and drops a tab or a line break before
it: a model called `=HYPERLINK(…)` would run on the reader's machine (OWASP, "CSV Injection"). Such text gets a `'` in
front, which shows it as it is. Numbers stay as they are, in text too ("-3"); JSON holds the text without the mark.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_STARTS = frozenset("=+-@\t\n\uff1d\uff0b\uff0d\uff20")  # the last four, of full width, count in some locales
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def inert(cell: Any) -> Any:
    """The cell, with a `'` in front where it is text that a spreadsheet would take for a formula.

    A carriage return becomes a line break: csv leaves it unquoted, and readers take it for the end of a row."""
    if not isinstance(cell, str):
        return cell
    if "\r" in cell:
        cell = cell.replace("\r\n", "\n").replace("\r", "\n")
    return f"'{cell}" if cell[:1] in _STARTS and not _NUMBER.fullmatch(cell) else cell


def table(rows: Iterable[Mapping[str, Any]], names: Sequence[str] = ()) -> str:
    """Rows as CSV with a header, the columns `names` or all in the order of their first row; null is an empty cell."""
    rows = list(rows)
    header = names or list(dict.fromkeys(name for row in rows for name in row))
    return lines([header, *([row.get(name) for name in header] for row in rows)])


def lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows of cells as CSV; null is an empty cell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [inert(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return text.getvalue()
