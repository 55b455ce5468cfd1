"""Tokens one after the other, and the numbers among them: plain, mixed, repeating, broken off, in a base."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from scorers.lexer import Token
from scorers.syntax import MAX_NODES, Node, TooLarge, Unreadable

MAX_DIGITS = 4000
"""Digits of a literal; Python refuses to convert much longer ones anyway."""
_END = Token("op", "")


class TokenReader:
    """A position in a list of tokens, and the size of the tree that is made of them."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = list(tokens)
        self.at = 0
        self.depth = 0
        self.nodes = 0
        self.bars = 0  # open |, or a bar that belongs to a set builder

    def peek(self, ahead: int = 0) -> Token:
        """The next token; an op with empty text at the end."""
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else _END

    def take(self, text: str | None = None) -> Token:
        """Consume the next token, which must read `text` if given; raises Unreadable."""
        token = self.peek()
        if token is _END or (text is not None and token.text != text):
            raise Unreadable(f"{text or 'something'} expected")
        self.at += 1
        return token

    def accept(self, *texts: str) -> bool:
        """Consume the next token if it reads one of `texts` and is no number or word."""
        token = self.peek()
        if token.kind in ("op", "name") and token.text in texts:
            self.at += 1
            return True
        return False

    def make(self, op: str, *args: Node, name: str = "", value: Fraction | None = None) -> Node:
        """A node, counted."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooLarge("the answer has too many parts")
        return Node(op, args, name, value)

    def argument_text(self) -> str:
        """The tokens of a brace group, or of one token, as they are written."""
        if not self.accept("{"):
            token = self.take()
            if token.kind == "word" and len(token.text) == 2 and token.text[0].islower() and token.text[1].isupper():
                self.at -= 1  # I_bR is I_b times R
                self.tokens[self.at] = token._replace(text=token.text[1], kind="name")
                return token.text[0]
            return token.text
        depth, parts = 1, []
        while depth:
            token = self.take()
            depth += {"{": 1, "}": -1}.get(token.text, 0) if token.kind == "op" else 0
            parts.append(token.text)
        return "".join(parts[:-1]).replace("{", "").replace("}", "")


class NumeralReader(TokenReader):
    """Reads numbers."""

    def literal(self, token: Token) -> Node:
        """The number that a token spells, with the decimals it shows."""
        text = token.text
        if len(text) > MAX_DIGITS:
            raise TooLarge("a number has too many digits")
        mantissa, _, exponent = text.lower().partition("e")
        power = int(exponent or 0)
        if abs(power) > MAX_DIGITS:
            raise TooLarge("an exponent is too large")
        whole, dot, decimals = mantissa.partition(".")
        self.nodes += 1
        value = Fraction(int((whole or "0") + decimals), 10 ** len(decimals)) * Fraction(10) ** power
        return Node("num", value=value, shown=max(0, len(decimals) - power) if dot or exponent else None)

    def numeral(self) -> Node:
        """A number: plain, mixed, repeating, broken off, or in a base."""
        token = self.take()
        node = self.literal(token)
        following = self.peek()
        if following.text == "..." and following.kind in ("op", "name") and "." in token.text:
            self.at += 1
            return self._broken_off(token.text, node)
        dotted = following.text == "." and self.peek(1).text in ("overline", "dot")
        if dotted or (following.text in ("overline", "dot") and "." in token.text):
            self.at += 1 + dotted
            return self._repeating(token.text, self.argument_text())
        if following.text == "_" and token.text.isdigit():
            return self.in_base(token.text)
        if token.text.isdigit():
            return self._mixed(node)
        return node

    def in_base(self, digits: str) -> Node:
        """A number with its base as a subscript."""
        raise Unreadable(f"a subscript after {digits[:20]}")

    def _mixed(self, node: Node) -> Node:
        """`1\\frac45` and `1 4/5` are sums where the fraction is a proper one of two literals."""
        size, top, bottom = self._plain_fraction()
        if not size or len(top) + len(bottom) > MAX_DIGITS or not 0 < int(top) < int(bottom):
            return node
        self.at += size
        return self.make("add", node, self.make("num", value=Fraction(int(top), int(bottom))), name="mixed")

    def _plain_fraction(self) -> tuple[int, str, str]:
        """How many tokens from here are a fraction of two integers (0: none), and the two."""
        token = self.peek()
        if token.kind == "num" and token.spaced and self.peek(1).text == "/" and self.peek(2).kind == "num":
            top, bottom = token.text, self.peek(2).text
            return (3, top, bottom) if top.isdigit() and bottom.isdigit() else (0, "", "")
        if token.text != "frac":
            return 0, "", ""
        parts: list[str] = []
        ahead = 1
        while len(parts) < 2:
            token = self.peek(ahead)
            if token.kind == "num" and token.text.isdigit() and len(token.text) <= 2 - len(parts):
                parts.extend(token.text)
                ahead += 1
            elif token.text == "{" and self.peek(ahead + 1).text.isdigit() and self.peek(ahead + 2).text == "}":
                parts.append(self.peek(ahead + 1).text)
                ahead += 3
            else:
                return 0, "", ""
        return ahead, parts[0], parts[1]

    def _repeating(self, text: str, period: str) -> Node:
        if not period.isdigit() or len(period) > 200 or "e" in text.lower():
            raise Unreadable("a bar over something that is not a period")
        whole, _, decimals = text.partition(".")
        ahead = Fraction(int(whole + decimals), 10 ** len(decimals))
        return self.make("num", value=ahead + Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(decimals)))

    def _broken_off(self, text: str, node: Node) -> Node:
        decimals = text.partition(".")[2]
        for size in range(1, len(decimals) // 2 + 1):
            times = 3 if size == 1 else 2
            if len(decimals) >= size * times and decimals.endswith(decimals[-size:] * times):
                return self._repeating(text, decimals[-size:])
        return Node("num", value=node.value, shown=node.shown, cut=True)
