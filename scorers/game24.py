"""Grades the game of 24: an expression that uses each given number once and makes 24.

`problem.doc["numbers"]` holds the numbers. The expression is the final answer of the response, in LaTeX or plain, with
or without `= 24` behind it; only + − × ÷ and parentheses count. The arithmetic is exact.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction

from harness.core import Grade, Problem
from scorers.extract import extract

VERSION = "2"
TARGET = 24
MAX_LENGTH = 400
MAX_DEPTH = 40

_SPACING = re.compile(
    r"\\(?:left|right|big|Big|bigl|bigr|Bigl|Bigr|displaystyle|quad|qquad|text|mathrm|boxed|[,;:! ])(?![a-zA-Z])|[\s$~]"
)
_TOKEN = re.compile(r"\d+|\\[dt]?frac|\\times|\\cdot|\\div|\\[()\[\]]|[-+*/()\[\]{}×÷·⋅−–∗]")
_SIGNS = {"×": "*", "·": "*", "⋅": "*", "∗": "*", r"\times": "*", r"\cdot": "*", "÷": "/", r"\div": "/", "−": "-"}
_SIGNS |= {"–": "-", r"\dfrac": r"\frac", r"\tfrac": r"\frac", "[": "(", "]": ")"}


class NotAnExpression(ValueError):
    """The text is no arithmetic expression of the game."""


@dataclass(frozen=True, slots=True)
class Term:
    """A value, the numbers it uses, and its normal form.

    `key` is equal for expressions that differ only in order and grouping of sums and products."""

    value: Fraction
    numbers: tuple[int, ...]
    key: str
    parts: tuple[tuple[str, str], ...]  # (sign, key) of the terms of a sum or of the factors of a product
    kind: str  # number, sum or product


def grade(response: str, problem: Problem) -> Grade:
    """The grade of a response; `canonical` is the normal form of its expression."""
    found = extract(response)
    if found.answer is None:
        return Grade(False, rule=found.rule, reason="no final answer")
    try:
        term = read(found.answer)
    except NotAnExpression as error:
        return Grade(False, found.answer, None, found.rule, f"not an expression: {error}")
    except ZeroDivisionError:
        return Grade(False, found.answer, None, found.rule, "a division by zero")
    correct, reason = judge(term, problem.doc.get("numbers"))
    return Grade(correct, found.answer, term.key, found.rule, reason)


def judge(term: Term, numbers: object) -> tuple[bool | None, str]:
    """Whether an expression solves the game with these numbers, and why not."""
    if not isinstance(numbers, (list, tuple)) or not numbers:
        return None, "the problem gives no numbers"
    if Counter(term.numbers) != Counter(int(number) for number in numbers):
        return False, f"it uses {' '.join(map(str, sorted(term.numbers)))[:100]}"
    if term.value != TARGET:
        return False, f"it makes {term.value}"
    return True, "it makes 24"


def read(text: str) -> Term:
    """The expression that a text spells; raises NotAnExpression, ZeroDivisionError."""
    if len(text) > MAX_LENGTH:
        raise NotAnExpression("too long")
    sides = text.split("=")
    if len(sides) > 2 or (len(sides) == 2 and _SPACING.sub("", sides[1]).strip("{}.") != str(TARGET)):
        raise NotAnExpression("more than an expression and = 24")
    tokens: list[str] = []
    text = sides[0].rstrip(". \n")
    at = 0
    while at < len(text):
        space = _SPACING.match(text, at)
        token = None if space else _TOKEN.match(text, at)
        if token:
            tokens.append(_SIGNS.get(token[0], token[0]))
        elif not space:
            raise NotAnExpression(f"{text[at : at + 10]!r} is not arithmetic")
        at = (space or token).end()  # type: ignore[union-attr]
    tokens = [token for token in tokens if token not in ("\\(", "\\)", "\\[", "\\]")]
    parser = _Parser(tokens)
    term = parser.sum()
    if parser.at < len(tokens):
        raise NotAnExpression(f"{tokens[parser.at]!r} is left over")
    return term


class _Parser:
    """Recursive descent: sums of products of numbers, fractions and parentheses."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0
        self.depth = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise NotAnExpression(f"{expected or 'a number'} is missing")
        self.at += 1
        return token

    def sum(self) -> Term:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise NotAnExpression("too many parentheses")
        parts = [("+", self.product())]
        while self.peek() in ("+", "-"):
            sign = self.take()
            parts.append((sign, self.product()))
        self.depth -= 1
        return _sum(parts)

    def product(self) -> Term:
        parts = [("*", self.primary())]
        while True:
            sign = self.peek()
            if sign in ("*", "/"):
                self.at += 1
                parts.append((sign, self.primary()))
            elif sign in ("(", "{") or (sign == r"\frac" and not self.tokens[self.at - 1].isdigit()):
                parts.append(("*", self.primary()))  # 2(3+4); a number before a fraction would be a mixed number
            else:
                return _product(parts)

    def primary(self) -> Term:
        sign = self.take()
        if sign.isdigit():
            if len(sign) > 6:
                raise NotAnExpression("a number that was not given")
            value = int(sign)
            return Term(Fraction(value), (value,), str(value), (), "number")
        if sign == r"\frac":
            top = self.argument()
            return _product([("*", top), ("/", self.argument())])
        closing = {"(": ")", "{": "}"}.get(sign)
        if closing is None:
            raise NotAnExpression(f"{sign!r} where a number is expected")
        term = self.sum()
        self.take(closing)
        return term

    def argument(self) -> Term:
        """An argument of `\\frac`: braces, or one digit."""
        token = self.peek()
        if token.isdigit() and len(token) > 1:
            self.tokens[self.at] = token[1:]
            return Term(Fraction(int(token[0])), (int(token[0]),), token[0], (), "number")
        return self.primary()


def _join(parts: list[tuple[str, Term]], kind: str, same: str, other: str) -> tuple[tuple[str, str], ...]:
    """The parts with nested parts of the same kind spliced in, signs multiplied out."""
    found: list[tuple[str, str]] = []
    for sign, term in parts:
        inner = term.parts if term.kind == kind else ((same, term.key),)
        for inner_sign, key in inner:
            found.append((same if inner_sign == sign else other, key))
    return tuple(sorted(found))


def _sum(parts: list[tuple[str, Term]]) -> Term:
    if len(parts) == 1:
        return parts[0][1]
    value = sum((term.value if sign == "+" else -term.value for sign, term in parts), Fraction(0))
    joined = _join(parts, "sum", "+", "-")
    return _made(value, parts, joined, "sum")


def _product(parts: list[tuple[str, Term]]) -> Term:
    if len(parts) == 1:
        return parts[0][1]
    value = Fraction(1)
    for sign, term in parts:
        value = value * term.value if sign == "*" else value / term.value
    joined = _join(parts, "product", "*", "/")
    return _made(value, parts, joined, "product")


def _made(value: Fraction, parts: list[tuple[str, Term]], joined: tuple[tuple[str, str], ...], kind: str) -> Term:
    numbers = tuple(number for _, term in parts for number in term.numbers)
    key = "(" + "".join(f"{sign}{part}" for sign, part in joined) + ")"
    return Term(value, numbers, key, joined, kind)
