"""Kinds of numbers that a phrase names: powers and squares, positive and negative ones."""

from __future__ import annotations

import re

from scorers.sentences import ANYTHING, Sentence
from scorers.syntax import Node, number

_POWER = re.compile(
    r"^(?:all |the |(?P<name>#\d+) (?:is|are) |#\d+ such that )*(?:any |every )*"
    r"(?:(?:non)?negative |non negative |integer |positive )*"
    r"(?:powers? of (?P<base>#\d+|two|three)|perfect (?P<power>squares?|cubes?))$"
)


def powers(found: Sentence, depth: int) -> Node | None:
    """`all powers of 2`, `perfect squares`: a family with a parameter."""
    match = _POWER.match(found.text)
    if not match:
        return None
    parameter = Node("sym", name="k")
    if match["base"]:
        base = {"two": number(2), "three": number(3)}.get(match["base"]) or found.read(match["base"])
        body = Node("pow", (base, parameter))
        if base.op != "num":
            return None
    else:
        body = Node("pow", (parameter, number(2 if match["power"].startswith("square") else 3)))
    subject = found.read(match["name"]) if match["name"] else ANYTHING
    condition = Node("rel", (parameter, Node("domain", name="N?")), "in")
    return Node("list", (Node("rel", (subject, body), "="), condition), ",")


_SIGNED = re.compile(
    r"^(?:(?:all|any|every|set of) )*(?:(?P<name>#\d+) (?:is|are|must be) )?"
    r"(?P<sign>(?:non ?)?(?:positive|negative|zero))"
    r"(?P<kind>(?: real| reals| numbers?| values?)*)(?: (?:of )?(?P<of>#\d+))?$"
)
_SIGNS = {"positive": ">", "negative": "<", "nonnegative": "ge", "nonpositive": "le", "nonzero": "ne"}


def signed(found: Sentence, depth: int) -> Node | None:
    """`all nonnegative real numbers`, `x is positive`; the bare word may answer another question."""
    match = _SIGNED.match(found.text)
    if match is None or not (match["kind"] or match["name"]) or match["sign"] == "zero":
        return None
    mark = match["name"] or match["of"]
    subject = found.read(mark) if mark else ANYTHING
    return Node("rel", (subject, number(0)), _SIGNS[match["sign"].replace(" ", "")])
