r"""Formulas that were written before: `$…$`, `$$…$$`, `\(…\)`, `\[…\]` and the environments of displays."""

from __future__ import annotations

import re

from harness.traces.detector import Detector, Event

MAX_LENGTH = 1000
"""Characters of a formula; a longer one is none."""
DETECTOR = Detector(
    name="formulas",
    version="1",
    definition=(
        "A formula is what stands in $…$, $$…$$, \\(…\\), \\[…\\] or an equation, align, gather or multline "
        "environment, if it states or combines something: it holds a relation (=, <, ≤, ≡, ∈ …), or an "
        "operation with a letter in it; bare names and numbers are none. It is restated if the same formula "
        "stood earlier in the text, spacing, \\left, \\right, the kind of \\frac and braces around single signs "
        "aside. Share restated: restated formulas over formulas. Formulas in plain text, without LaTeX, are not "
        "seen."
    ),
    source="Meta-CoT paper, section 4.4; the measure is this project's",
)
_NAMES = "equation|align|aligned|gather|multline|eqnarray"
_FORMULA = re.compile(
    r"\$\$(?P<a>[^$]{1,1000})\$\$"
    r"|\$(?P<b>[^\s$](?:[^$\n]{0,998}[^\s$\\])?|[^\S\n][^$\n]{1,998}[^\S\n])\$(?!\d)"
    r"|\\\((?P<c>(?:[^\\\n]|\\[^()\n]){1,1000})\\\)"
    r"|\\\[(?P<d>(?:[^\\]|\\[^\[\]]){1,1000})\\\]"
    rf"|\\begin\{{(?:{_NAMES})\*?\}}(?P<e>(?:[^\\]|\\(?!(?:begin|end)\{{(?:{_NAMES})))"
    rf"{{1,1000}})\\end\{{(?:{_NAMES})\*?\}}"
    r"|\\[\\$]"
)
"""No part can run past another opening of its own kind, so that the search is linear in the length of the text.

Dollars enclose a formula if both or neither have a space on their inner side, and no digit follows the second, so that
prices are none (much as in Pandoc). The last alternative passes over an escaped dollar."""
_SPACING = re.compile(r"\\(?:[,;:!>]|(?:left|right|displaystyle|quad|qquad|limits|bigl|bigr|big|Big)(?![a-z]))|~")
_BRACED = re.compile(r"\{(\w)\}")
_RELATION = re.compile(
    r"[=<>≤≥≠≡≈∈∣]|\\(?:le|leq|ge|geq|ne|neq|equiv|approx|in|mid|sim|cong|subset|subseteq|to|implies|iff|parallel|perp)(?![a-zA-Z])"
)
_OPERATION = re.compile(r"(?<=.)[-+*/^·×]|\\(?:cdot|times|div|frac|sqrt|pm|sum|int|prod)(?![a-zA-Z])")
_COMMAND = re.compile(r"\\[a-zA-Z]+")


def formulas(text: str) -> tuple[int, list[Event]]:
    """How many formulas a text has, and the restated ones; `of` is where the formula stood first. Linear."""
    first: dict[str, int] = {}
    known: dict[str, str] = {}
    count = 0
    found = []
    for match in _FORMULA.finditer(text):
        if match.lastgroup is None:
            continue
        body = match[match.lastgroup]
        form = known.get(body)
        if form is None:
            form = normal(body)
            known[body] = form = form if _says_something(form) else ""
        if form:
            count += 1
            start = match.start()
            if first.setdefault(form, start) != start:
                found.append(Event("restated", start, match.end(), first[form]))
    return count, found


def normal(body: str) -> str:
    """A formula without what changes only its looks."""
    form = "".join(body.split()).replace("−", "-")
    if "\\" in form:
        form = _SPACING.sub("", form).replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    if "{" in form:
        form = _BRACED.sub(r"\1", form)
    return form.rstrip(".,;")


def _says_something(form: str) -> bool:
    """Whether it has a relation, or an operation with a letter."""
    if "=" in form or _RELATION.search(form):
        return len(form) > 2
    return _OPERATION.search(form) is not None and any(c.isalpha() for c in _COMMAND.sub("", form))
