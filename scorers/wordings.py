"""Answers in words against words, and against what was read as a number, letters or ∞."""

from __future__ import annotations

from scorers.gist import gist, same_gist
from scorers.phrases import figures, is_answered, same_answered, spelled
from scorers.syntax import Node
from scorers.values import Undecided
from scorers.words import roman


def same_words(left: Node, right: Node, swapped: bool) -> bool | None:  # one signature for all rules
    """The rule for an answer in words; raises Undecided for long prose."""
    plain = left.name
    if right.op != "words":
        return _words_or_formula(plain, right)
    if is_answered(plain, right.name) or is_answered(right.name, plain) or same_gist(plain, right.name):
        return True
    if same_answered(plain, right.name):
        return True
    if max(len(plain.split()), len(right.name.split())) <= 12 and figures(plain) != figures(right.name):
        return False
    if min(len(plain.split()), len(right.name.split())) >= 6:
        raise Undecided("prose against prose", ask=False)
    return False


def _words_or_formula(plain: str, right: Node) -> bool | None:
    """Words against what was read as a number, letters or ∞."""
    if right.op == "num":
        value = roman(plain)
        return value is not None and value == right.value
    if right.op in ("sym", "mul"):
        letters = spelled(right)
        if plain in ("true", "false") and letters == plain[0]:
            return True
        return letters is not None and (letters == plain or same_gist(plain, letters))
    if right.op == "set" and not right.args:
        return gist(plain) == "nothing"
    return plain == "infinitely many" if right.op == "inf" else None
