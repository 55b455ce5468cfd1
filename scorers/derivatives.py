"""Derivatives that an answer leaves to take: `d/dx x²` is 2x. The rules of sums, products, quotients, powers and chains
(Leibniz), on the tree of a formula."""

from __future__ import annotations

from scorers.syntax import Node, TooLarge, Unreadable, number, symbols

MAX_PARTS = 200
_ZERO, _ONE = number(0), number(1)


def derivative(node: Node, name: str) -> Node:
    """The derivative with respect to a symbol; raises Unreadable for functions without a rule here, TooLarge."""
    return _Rules(name).of(node)


def _times(*factors: Node) -> Node:
    kept = tuple(factor for factor in factors if factor != _ONE)
    if _ZERO in factors:
        return _ZERO
    return Node("mul", kept) if len(kept) > 1 else kept[0] if kept else _ONE


def _plus(*terms: Node) -> Node:
    kept = tuple(term for term in terms if term != _ZERO)
    return Node("add", kept) if len(kept) > 1 else kept[0] if kept else _ZERO


def _negative(node: Node) -> Node:
    return node if node == _ZERO else Node("neg", (node,))


class _Rules:
    """One rule a kind of node; counts the steps."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.steps = 0

    def of(self, node: Node) -> Node:
        self.steps += 1
        if self.steps > MAX_PARTS:
            raise TooLarge("a derivative has too many parts")
        if node.op == "sym" and node.name == self.name:
            return _ONE
        names = symbols(node)
        if any("(" in name or "'" in name for name in names):
            raise Unreadable("the derivative of an unknown function")
        if self.name not in names:
            return _ZERO
        method = getattr(self, "_" + node.op, None)
        if method is None:
            raise Unreadable(f"the derivative of {node.op}")
        found: Node = method(*node.args) if node.op in ("neg", "div", "pow") else method(node)
        return found

    def _neg(self, inner: Node) -> Node:
        return _negative(self.of(inner))

    def _add(self, node: Node) -> Node:
        return _plus(*map(self.of, node.args))

    def _mul(self, node: Node) -> Node:
        parts = enumerate(node.args)
        return _plus(*(_times(*node.args[:at], self.of(factor), *node.args[at + 1 :]) for at, factor in parts))

    def _div(self, top: Node, bottom: Node) -> Node:
        outer = _plus(_times(self.of(top), bottom), _negative(_times(top, self.of(bottom))))
        return Node("div", (outer, Node("pow", (bottom, number(2)))))

    def _pow(self, base: Node, exponent: Node) -> Node:
        if self.name not in symbols(exponent):
            less = Node("pow", (base, _plus(exponent, number(-1))))
            return _times(exponent, less, self.of(base))
        log = Node("call", (base,), "log")
        inner = _plus(_times(self.of(exponent), log), _times(exponent, Node("div", (self.of(base), base))))
        return _times(Node("pow", (base, exponent)), inner)

    def _call(self, node: Node) -> Node:
        if node.name == "log" and len(node.args) == 2 and self.name not in symbols(node.args[1]):
            return Node("div", (self._call(Node("call", node.args[:1], "log")), Node("call", node.args[1:], "log")))
        if len(node.args) != 1 or node.name not in ("sin", "cos", "tan", "log", "exp"):
            raise Unreadable(f"the derivative of {node.name}")
        inner = node.args[0]
        cosine = Node("call", (inner,), "cos")
        outer = {
            "sin": cosine,
            "cos": _negative(Node("call", (inner,), "sin")),
            "tan": Node("div", (_ONE, Node("pow", (cosine, number(2))))),
            "log": Node("div", (_ONE, inner)),
            "exp": node,
        }[node.name]
        return _times(outer, self.of(inner))
