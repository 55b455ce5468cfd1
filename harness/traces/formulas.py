r"""Formulas that were written before: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and the environments of displays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.traces.detector import Detector, Event

MAX_LENGTH = 1000
"""Characters of a formula; a longer one is none."""
DETECTOR = Detector(
    name="formulas",
    version="1",
    definition=(
        "A formula is what stands in $…$, $$…$$, \\(…\\), \\[…\\] or an equation, align, gather or multline environment, if "
        "it states or combines something: it holds a relation (=, <, ≤, ≡, ∈ …), or an operation with a letter in it; "
        "bare names and numbers are none. It is restated if the same formula stood earlier in the text, spacing, "
        "\\left, \\right, the kind of \\frac and braces around single signs aside. Share restated: restated formulas over "
        "formulas. Formulas in plain text, without LaTeX, are not seen."
    ),
    source="Meta-CoT paper, section 4.4; the measure is this project's",
)
_NAMES = "equation|align|aligned|gather|multline|eqnarray"
_MARK = re.compile(
    rf"\\\\|\\\$|\$\$|\$|\\[()\[\]]|\\(?:begin|end)\{{(?:{_NAMES})\*?\}}|\n[^\S\n]*\n"
)
_CLOSE = {"$": "$", "$$": "$$", r"\(": r"\)", r"\[": r"\]"}
_SPACING = re.compile(
    r"\\(?:[,;:!> ]|(?:left|right|displaystyle|quad|qquad|limits|bigl|bigr|big|Big)(?![a-zA-Z]))|[\s~]|\\\s"
)
_BRACED = re.compile(r"\{(\w)\}")
_RELATION = re.compile(
    r"[=<>≤≥≠≡≈∈∣]|\\(?:le|leq|ge|geq|ne|neq|equiv|approx|in|mid|sim|cong|subset|subseteq|to|implies|iff|parallel|perp)(?![a-zA-Z])"
)
_OPERATION = re.compile(r"(?<=.)[-+*/^·×]|\\(?:cdot|times|div|frac|sqrt|pm|sum|int|prod)(?![a-zA-Z])")
_COMMAND = re.compile(r"\\[a-zA-Z]+")


def formulas(text: str) -> tuple[int, list[Event]]:
    """How many formulas a text has, and the restated ones; `of` is where the formula stood first. Linear."""
    first: dict[str, int] = {}
    count = 0
    found = []
    for start, end, body in _written(text):
        form = normal(body)
        if not _says_something(form):
            continue
        count += 1
        if first.setdefault(form, start) != start:
            found.append(Event("restated", start, end, first[form]))
    return count, found


def normal(body: str) -> str:
    """A formula without what changes only its looks."""
    form = _SPACING.sub("", body).replace("−", "-")
    if "frac" in form:
        form = form.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    return _BRACED.sub(r"\1", form).rstrip(".,;")


def _says_something(form: str) -> bool:
    """Whether it has a relation, or an operation with a letter."""
    if _RELATION.search(form):
        return len(form) > 2
    return _OPERATION.search(form) is not None and any(c.isalpha() for c in _COMMAND.sub("", form))


def _written(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what stands inside) of everything set as a formula, in order, each mark looked at once.

    Dollars enclose a formula if both or neither have a space on their inner side, and no digit follows the second, so
    that prices are none (much as in Pandoc). A blank line ends whatever is open but a display."""
    opened: re.Match[str] | None = None
    wanted = ""
    for match in _MARK.finditer(text):
        sign = match[0]
        if sign in (r"\\", r"\$"):
            continue
        if opened is not None and sign == wanted and _closes(text, opened, match):
            if match.end() - opened.start() <= MAX_LENGTH:
                yield opened.start(), match.end(), text[opened.end() : match.start()]
            opened = None
        elif sign[0] == "\n":
            if wanted in ("$", r"\)"):
                opened = None
        elif opened is None or wanted == "$" or match.start() - opened.start() > MAX_LENGTH:
            opened, wanted = _opening(text, match)


def _opening(text: str, match: re.Match[str]) -> tuple[re.Match[str] | None, str]:
    sign = match[0]
    if sign.startswith(r"\begin"):
        return match, sign.replace("begin", "end")
    after = text[match.end() : match.end() + 1]
    if sign not in _CLOSE or (sign == "$" and (not after or after == "\n")):
        return None, ""
    return match, _CLOSE[sign]


def _closes(text: str, opened: re.Match[str], match: re.Match[str]) -> bool:
    if match[0] != "$":
        return True
    spaced = text[opened.end()].isspace(), text[match.start() - 1].isspace()
    return spaced[0] == spaced[1] and not text[match.end() : match.end() + 1].isdigit()
