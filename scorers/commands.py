"""Commands of LaTeX and named functions inside a formula: fractions, roots, sums, sine and the rest."""

from __future__ import annotations

from scorers.derivatives import derivative
from scorers.determinant import determinant
from scorers.lexer import Token
from scorers.parser import ACCENTS, APPLIED, FIGURES, FUNCTIONS, GREEK, NAMED, PAIRS, FormulaParser
from scorers.syntax import Node, Unreadable, contains, is_formula, number, symbols

_ALIAS = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "ln": "log", "sign": "sgn", "cosec": "csc", "cosech": "csch",
    "arsinh": "arcsinh", "arcosh": "arccosh", "artanh": "arctanh", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh",
}  # fmt: skip
_INVERSE = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec", "csc": "arccsc",
    "sinh": "arcsinh", "cosh": "arccosh", "tanh": "arctanh",
}  # fmt: skip
_MANY = frozenset({"gcd", "lcm", "max", "min"})
_HERE = Token("op", "differential")


class CommandParser(FormulaParser):
    """Reads commands with their arguments."""

    def named(self, name: str) -> Node:
        """What a command or a letter stands for; raises Unreadable for commands that are not known."""
        if name in PAIRS:
            closing, call = PAIRS[name]
            node = self.formula()
            self.take(closing)
            return self.make("call", node, name=call)
        if name in FUNCTIONS and name not in ("sqrt", "cbrt"):
            return self.function(name)
        if name in ACCENTS:
            return self._accented(name)
        if name in FIGURES:
            return self.make("sym", name=f"{name} {self.argument_text()}")
        if name in NAMED:
            return self._special(name)
        if len(name) == 1 or name in GREEK:
            return self.symbol(name)
        raise Unreadable(f"unknown command {name[:30]}")

    def _special(self, name: str) -> Node:  # noqa: PLR0911  # one rule a line
        if name == "frac":
            if (variable := self._differentiated()) is not None:
                return self._derivative(variable)
            top = self.argument()
            return self.make("div", top, self.argument())
        if name in ("sqrt", "cbrt"):
            return self._root(name)
        if name == "binom":
            top = self.argument()
            return self.make("binom", top, self.argument())
        if name in ("sum", "prod"):
            return self._series(name)
        if name == "int":
            return self._integral()
        if name == "infty":
            return self.make("inf")
        return self.make("const", name=name)

    def _accented(self, name: str) -> Node:
        """A symbol under a bar, an arrow or a hat; a conjugate where the number under the bar is known."""
        if name == "overline" and (conjugate := self._conjugate()) is not None:
            return conjugate
        arrow = "vec" if name.startswith("overr") else name
        return self.make("sym", name=f"{arrow}({self.argument_text()})")

    def _conjugate(self) -> Node | None:
        """A bar over a complex number that is written out, `\\overline{3 + 2i}`; None over anything else."""
        if self.peek().text != "{" or not any(token.text == "i" for token in self.tokens[self.at : self.at + 40]):
            return None
        start = self.at
        try:
            inner = self.argument(split=False)
        except Unreadable:
            inner = number(0)
        if not symbols(inner) and contains(inner, "const"):
            return self.make("call", inner, name="conj")
        self.at = start
        return None

    def _differentiated(self) -> str | None:
        """Consume `{d}{dx}` with an operand behind it; the variable, or None for any other fraction."""
        if self.peek(self.peek().text == "{").text not in ("d", "partial"):
            return None
        start = self.at
        top, bottom = self.argument_text(), self.argument_text()
        if bottom[:-1] == top and bottom[-1].isalpha() and self.starts_factor(Node("sym", name=top)):
            return bottom[-1]
        self.at = start
        return None

    def _derivative(self, variable: str) -> Node:
        """`\\frac{d}{dx} x^2`. Before an equals sign it is a name for what the other side is. Raises Unreadable where a
        sum follows, which may belong to the operand."""
        start = self.at
        operand = self.product()
        if self.peek().text == "=":
            written = " ".join(token.text for token in self.tokens[start : self.at])
            return self.make("sym", name=f"d/d{variable} {written}")
        if self.peek().text in ("+", "-") or not is_formula(operand):
            raise Unreadable("the derivative of something unclear")
        self.nodes += 100
        return derivative(operand, variable)

    def _root(self, name: str) -> Node:
        degree = number(3 if name == "cbrt" else 2)
        if name == "sqrt" and self.peek().text == "[":
            self.take("[")
            degree = self.formula()
            self.take("]")
        node = self.argument(split=False)
        return self.make("pow", node, self.make("div", number(1), degree), name="root")

    def _series(self, name: str) -> Node:
        low = high = None
        while low is None or high is None:
            if self.accept("_"):
                self.take("{")
                index = self.primary()
                self.take("=")
                low = self.formula()
                self.take("}")
            elif self.accept("^"):
                high = self.argument(split=False)
            else:
                raise Unreadable("a sum without bounds")
        if index.op not in ("sym", "const"):
            raise Unreadable("a sum over something that is not a symbol")
        return self.make(
            "sum", low, high, self._bind(self.product(), index), Node("sym", name="#" + index.name), name=name
        )

    def _integral(self) -> Node:
        """`\\int_a^b … dx`; raises Unreadable without bounds, or without a differential."""
        bounds: dict[str, Node] = {}
        while self.peek().text in ("_", "^") and self.peek().kind == "op":
            sign = self.take().text
            bounds[sign] = self._side_of_range()
        if len(bounds) != 2:
            raise Unreadable("an integral without bounds")
        end, name = self._differential()
        if self.tokens[end : end + 1] == [_HERE]:
            body = self.formula() if self.at < end else number(1)
            self.take(_HERE.text)
        else:
            body = self.product()  # the differential stood in a numerator
            if self.at < end:
                raise Unreadable("an integral that goes on")
        index = Node("sym", name=name)
        return self.make("int", bounds["_"], bounds["^"], self._bind(body, index), Node("sym", name="#" + name))

    def _side_of_range(self) -> Node:
        """A bound, which may be a sum in braces."""
        return self.argument(split=False) if self.peek().text != "-" else self.signed_factor()

    def _differential(self) -> tuple[int, str]:
        """Find `dx`, take it out, and return where the integrand ends with the name of the variable."""
        depth = 0
        for at in range(self.at, len(self.tokens)):
            token, after = self.tokens[at], self.peek(at + 1 - self.at)
            depth += {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}.get(token.text, 0) if token.kind == "op" else 0
            letters = (
                token.kind == "word" and len(token.text) > 1 and token.text[-2] == "d" and token.text[-1].isalpha()
            )
            apart = token.text == "d" and after.kind in ("name", "word") and len(after.text) == 1
            if not (letters or apart):
                continue
            name = after.text if apart else token.text[-1]
            head = token.text[:-2] if letters else ""
            kind = "word" if len(head) > 1 else "name"
            rest = [token._replace(text=head, kind=kind)] if head else []
            mark = [_HERE] if not depth else [] if rest or self._is_factor(at) else [Token("num", "1")]
            self.tokens[at : at + 1 + apart] = [*rest, *mark]
            return at + len(rest), name
        raise Unreadable("an integral without a differential")

    def _is_factor(self, at: int) -> bool:
        """Whether something in the same group stands before the differential."""
        return self.tokens[at - 1].text not in ("{", "(") or self.tokens[at - 1].kind != "op"

    def _bind(self, body: Node, index: Node) -> Node:
        if body.op == index.op and body.name == index.name:
            return Node("sym", name="#" + index.name)
        if not body.args:
            return body
        return Node(body.op, tuple(self._bind(arg, index) for arg in body.args), body.name, body.value)

    def function(self, name: str) -> Node:
        """A function with its power, its base and its argument."""
        power = base = None
        while self.peek().text in ("^", "_") and self.peek().kind == "op":
            if self.take().text == "^":
                power = self.argument(split=False)
            else:
                base = self.argument(split=False)
        brackets = ("(", "{", *((r"\{",) if name in _MANY else ("[",) if name in ("floor", "ceil") else ()))
        if self.peek().text in brackets and self.peek().kind == "op":
            arguments = self.argument_list()
        else:
            arguments = [self.bare_argument()]
        if (power is not None and power.op == "neg" and power.args[0].value == 1) and name in _INVERSE:
            name, power = _INVERSE[name], None
        if name == "det" and len(arguments) == 1 and arguments[0].op == "matrix":
            return determinant(arguments[0])
        if len(arguments) > 1 and name not in _MANY:
            raise Unreadable(f"too many arguments of {name}")
        if name == "cis":
            return self._cis(arguments[0])
        if name == "log10":
            name, base = "log", number(10)
        if base is not None and name != "log":
            raise Unreadable(f"a subscript of {name}")
        node = self.make("call", *arguments, *([base] if base else []), name=_ALIAS.get(name, name))
        return node if power is None else self.make("pow", node, power)

    def _cis(self, angle: Node) -> Node:
        """cos θ + i sin θ."""
        turned = self.make("mul", self.make("const", name="i"), self.make("call", angle, name="sin"))
        return self.make("add", self.make("call", angle, name="cos"), turned)

    def argument_list(self) -> list[Node]:
        """Arguments in parentheses or braces, commas between them."""
        closing = {"(": ")", "{": "}", "[": "]", r"\{": r"\}"}[self.take().text]
        found = [self.formula()]
        while self.accept(","):
            found.append(self.formula())
        self.take(closing)
        return found

    def bare_argument(self) -> Node:
        """The argument of a function written without parentheses: factors up to the next sign or function."""
        factors = [self.signed_factor()]
        while self.starts_factor(factors[-1]) and not self._is_function():
            factors.append(self.factor())
        return factors[0] if len(factors) == 1 else self.make("mul", *factors)

    def _is_function(self) -> bool:
        token = self.peek()
        return token.kind in ("name", "word") and token.text in FUNCTIONS - {"sqrt", "cbrt"}

    def symbol(self, name: str) -> Node:
        """A letter with its subscript, or applied: `x_1`, `f(x)`; e and i are constants."""
        if self.peek().text == "_" and self.peek().kind == "op":
            self.at += 1
            return self.make("sym", name=f"{name}_{self.argument_text()}")
        if name in ("e", "i"):
            return self.make("const", name=name)
        if name == "Gamma" and self.peek().text == "(":
            arguments = self.argument_list()
            if len(arguments) != 1:
                raise Unreadable("an incomplete gamma function")
            return self.make("fact", self.make("add", arguments[0], number(-1)), name="!")
        if name == "zeta" and self.peek().text == "(" and self.peek(1).kind == "num" and self.peek(2).text == ")":
            return self.make("call", *self.argument_list(), name="zeta")
        if name in APPLIED and self.peek().text == "(" and not self.peek().spaced:
            applied = self.application(name)
            if applied:
                return applied
        return self.make("sym", name=name)

    def application(self, name: str) -> Node | None:
        """`f(x)`, `P(x, y)`, `f(2)`: a symbol of its own; None for `h(a + b)`, a product."""
        ahead, inside = 1, []
        while self.peek(ahead).kind in ("num", "name") or self.peek(ahead).text in (",", "-"):
            if self.peek(ahead).text == "-" and (self.peek(ahead - 1).text not in ("(", ",") or name not in "fgFG"):
                return None  # f(-2), but P(a - b) is a product
            inside.append(self.peek(ahead).text)
            ahead += 1
        if self.peek(ahead).text != ")" or not inside or (len(inside) > 1 and not {",", "-"} & set(inside)):
            return None
        self.at += ahead + 1
        return self.make("sym", name=f"{name}({''.join(inside)})")
