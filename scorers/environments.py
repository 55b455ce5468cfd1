"""`\\begin{…}…\\end{…}`: matrices, and values by cases."""

from __future__ import annotations

from scorers.commands import CommandParser
from scorers.determinant import determinant
from scorers.lexer import Token
from scorers.prose import prose
from scorers.sentences import sentence
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, number

_MATRICES = frozenset("pmatrix bmatrix matrix smallmatrix array Bmatrix vmatrix".split())
_CASES = frozenset({"cases", "dcases", "rcases"})
_IF = frozenset("if for when where whenever provided as".split())
OTHERWISE = Node("words", name="otherwise")


class EnvironmentParser(CommandParser):
    """Reads what stands in an environment."""

    nested = False

    def side(self) -> Node:
        """One side of a relation."""
        raise Unreadable("a side is missing")

    def item(self) -> Node:
        """One item of a list."""
        raise Unreadable("an item is missing")

    def answer(self) -> Node:
        """All tokens as one statement."""
        raise Unreadable("a statement is missing")

    def environment(self) -> Node:
        """What follows `\\begin`."""
        kind = self.take().text
        if kind in _CASES:
            return self.cases(kind)
        if kind not in _MATRICES:
            raise Unreadable(f"environment {kind[:20]}")
        return self.matrix(kind)

    def matrix(self, kind: str) -> Node:
        """`\\begin{pmatrix}…`: rows of formulas."""
        rows: list[list[Node]] = [[]]
        while not self.accept("end"):
            rows[-1].append(self.side())
            if self.accept(r"\\"):
                rows.append([])
            elif not self.accept("&") and self.peek().text != "end":
                raise Unreadable("a matrix that is not closed")
        self.take(kind)
        rows = rows if rows[-1] else rows[:-1]
        if not rows or len({len(row) for row in rows}) != 1:
            raise Unreadable("rows of different length")
        found = self.make("matrix", *(self.make("tuple", *row, name="()") for row in rows))
        return determinant(found) if kind == "vmatrix" else found

    def cases(self, kind: str) -> Node:
        """`\\begin{cases}`: values under conditions, or a system of equations."""
        kept, self.nested = self.nested, True
        rows: list[tuple[Node, ...]] = []
        while not self.accept("end"):
            value = self.item()
            self.accept(",", ";")
            divided = self.accept("&")
            rows.append((value, self.condition()) if divided or self.peek().kind == "word" else (value,))
            if not self.accept(r"\\") and self.peek().text != "end":
                raise Unreadable("cases that are not closed")
        self.take(kind)
        self.nested = kept
        if not rows or len({len(row) for row in rows}) != 1:
            raise Unreadable("cases with and without conditions")
        if len(rows[0]) == 1:
            return self.make("list", *(row[0] for row in rows), name=",")
        return self.make("cases", *(self.make("tuple", *row, name="()") for row in rows))

    def condition(self) -> Node:
        """What stands after the value of a case, up to the end of the row."""
        start, depth = self.at, 0
        while depth > 0 or self.peek().text not in (r"\\", "end"):
            depth += {"{": 1, "}": -1, "begin": 1, "end": -1}.get(self.take().text, 0)
        return self.condition_of(self.tokens[start : self.at])

    def condition_of(self, found: list[Token]) -> Node:
        """A condition in symbols or words; raises Unreadable."""
        while found and found[-1].text in (",", ".", ";"):
            found = found[:-1]
        while found and found[0].text.lower() in _IF | {",", "("}:
            found = found[1:-1] if found[0].text == "(" and found[-1].text == ")" else found[1:]
        if not found:
            raise Unreadable("a case without a condition")
        if found[0].text.lower() in ("otherwise", "else"):
            return OTHERWISE
        return self.statement(found)

    def statement(self, found: list[Token]) -> Node:
        """Tokens as a statement in symbols, or in words that a rule knows; raises Unreadable."""
        if divided := self.divisor(found):
            return divided
        self.nodes += 10
        if self.depth > 20 or self.nodes > 2000:
            raise TooLarge("sentences are nested too deeply")
        try:
            return self.parsed(found)
        except TooLarge:
            raise
        except Unreadable:
            words = sentence(found, lambda part: self.divisor(part) or self.parsed(part))
            node = prose(words) if words else None
            if node is None:
                raise
            return node

    def divisor(self, found: list[Token]) -> Node | None:
        """`3 \\mid n` and `3 \\nmid n` as congruences; None for other tokens."""
        bars = [at for at, token in enumerate(found) if token.kind != "num" and token.text in ("|", "nmid")]
        if len(bars) != 1 or not 0 < bars[0] < len(found) - 1:
            return None
        try:
            modulus, subject = self.parsed(found[: bars[0]]), self.parsed(found[bars[0] + 1 :])
        except Unreadable:
            return None
        name = "nequiv" if found[bars[0]].text == "nmid" else "equiv"
        both = modulus.op in FORMULA and subject.op in FORMULA
        return self.make("rel", subject, number(0), modulus, name=name) if both else None

    def parsed(self, found: list[Token]) -> Node:
        """Tokens as a statement in symbols; raises Unreadable."""
        reader = type(self)(found)
        reader.depth, reader.nodes = self.depth + 2, self.nodes
        return reader.answer()
