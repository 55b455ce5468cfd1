"""Integers, decimals and fractions of integers, read without the parser: most answers are one of these."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

from scorers.syntax import Node

_PLAIN = re.compile(
    r"([-+]?)(?:(\d{1,15})(\.\d{1,15})?|\\[dt]?frac\{(\d{1,15})\}\{(\d{1,15})\}|\\[dt]?frac(\d)(\d)|(\d{1,15})/(\d{1,15}))",
    re.ASCII,
)
_WRAPPED = re.compile(r"(?:\\(?:text|mathrm|mathbf|mbox|boxed))?\{\s*([^{}\s]{1,40})\s*\}")


@lru_cache(maxsize=8192)
def plain_value(text: str) -> tuple[int | Fraction, bool] | None:
    """The value of such a text and whether it is a decimal; None for every other text."""
    if text.endswith("}") and (wrapped := _WRAPPED.fullmatch(text)):
        text = wrapped[1]
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    sign, whole, decimals = match.group(1, 2, 3)
    if whole:
        if decimals:
            value = Fraction(int(whole + decimals[1:]), 10 ** (len(decimals) - 1))
            return (-value if sign == "-" else value), True
        return (-int(whole) if sign == "-" else int(whole)), False
    top, bottom = (part for part in match.group(4, 5, 6, 7, 8, 9) if part)
    if not int(bottom):
        return None
    value = Fraction(int(top), int(bottom))
    return (-value if sign == "-" else value), False


def same_plain(gold: str, answer: str) -> bool | None:
    """Whether two such texts are equal; None where one is something else, an answer may round to the gold answer, or
    has so many decimals that it may be what a computer prints for it."""
    left, right = plain_value(gold), plain_value(answer)
    if left is None or right is None:
        return None
    return True if left[0] == right[0] else None if left[1] or (right[1] and len(answer) > 14) else False


def plain_integer(text: str) -> tuple[Node, str] | None:
    """The node of an integer and its digits; None for every other text."""
    found = plain_value(text) if len(text) < 40 else None
    if found is None or not isinstance(found[0], int):
        return None
    size = Node("num", value=Fraction(abs(found[0])))
    return (Node("neg", (size,)) if found[0] < 0 else size), str(abs(found[0]))
