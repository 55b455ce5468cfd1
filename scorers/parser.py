"""Recursive descent over the tokens of a formula: sums, products, powers, functions, LaTeX and plain.

Size and depth are bounded, and nothing is computed but the value of literals. Brackets with structure inside (tuples,
intervals, sets) are read by `scorers.statements`, which extends the parser.
"""

from __future__ import annotations

from fractions import Fraction

from scorers.lexer import Token
from scorers.numerals import NumeralReader
from scorers.syntax import MAX_DEPTH, Node, TooLarge, Unreadable, is_formula, number
from scorers.units import UNIT_WORDS
from scorers.words import is_product

FUNCTIONS = frozenset(
    """sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth log ln exp log10 gcd lcm
    max min det arg Re Im sgn sign abs floor ceil sqrt cbrt asin acos atan""".split()
)
_ALIAS = {"asin": "arcsin", "acos": "arccos", "atan": "arctan", "ln": "log", "sign": "sgn"}
_INVERSE = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec", "csc": "arccsc",
}  # fmt: skip
_MANY = frozenset({"gcd", "lcm", "max", "min"})
_GREEK = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma tau upsilon
    phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar aleph""".split()
)
_ACCENTS = frozenset("overline overrightarrow overleftrightarrow vec hat widehat tilde widetilde dot overarc".split())
_FIGURES = frozenset("angle triangle measuredangle square odot".split())
_APPLIED = frozenset("fghpqFGHPQRSTV")
_PAIRS = {"lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil")}


class FormulaParser(NumeralReader):
    """Reads one formula at a time from a list of tokens."""

    def formula(self) -> Node:
        """A sum of products."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge("the answer is nested too deeply")
        terms = [self.signed()]
        while (token := self.peek()).kind in ("op", "name") and token.text in ("+", "-", "pm", "mp"):
            self.at += 1
            term = self.signed()
            terms.append(term if token.text == "+" else self._sign(token.text, term))
        self.depth -= 1
        return terms[0] if len(terms) == 1 else self.make("add", *terms)

    def signed(self) -> Node:
        """A product with any signs before it."""
        signs = []
        while (token := self.peek()).kind in ("op", "name") and token.text in ("+", "-", "pm", "mp"):
            signs.append(self.take().text)
            if len(signs) > MAX_DEPTH:
                raise TooLarge("too many signs")
        node = self.product()
        for sign in reversed(signs):
            node = node if sign == "+" else self._sign(sign, node)
        return node

    def _sign(self, sign: str, node: Node) -> Node:
        return self.make("neg", node) if sign == "-" else self.make("pm", node, name=sign)

    def product(self) -> Node:
        """Factors joined by multiplication or division signs, or by nothing; from left to right."""
        node = self.factor()
        factors = [node]
        while True:
            token = self.peek()
            if token.kind in ("op", "name") and token.text == "*":
                self.at += 1
                factors.append(self.signed_factor())
            elif token.kind in ("op", "name") and token.text in ("/", "div"):
                self.at += 1
                top = factors[0] if len(factors) == 1 else self.make("mul", *factors)
                factors = [self.make("div", top, self.signed_factor())]
            elif self.starts_factor(factors[-1]):
                factors.append(self.factor())
            else:
                return factors[0] if len(factors) == 1 else self.make("mul", *factors)

    def signed_factor(self) -> Node:
        """A factor that may carry a sign, after an explicit operator."""
        negative = False
        while (token := self.peek()).kind == "op" and token.text in ("+", "-"):
            negative ^= self.take().text == "-"
        node = self.factor()
        return self.make("neg", node) if negative else node

    def starts_factor(self, before: Node) -> bool:
        """Whether the next token begins a factor that multiplies the one before without a sign."""
        token = self.peek()
        if token.kind == "num":
            return before.op not in ("num", "unit", "const")
        if token.kind == "word":
            return self._starts_word(token, before)
        if token.kind == "name":
            known = token.text in _NAMES or token.text in FUNCTIONS or token.text in _GREEK or token.text in _ACCENTS
            return known or len(token.text) == 1
        if token.text == "|":
            return self.bars == 0
        return token.text in ("(", "{", "[", "begin") and before.op not in ("tuple", "set")

    def _starts_word(self, token: Token, before: Node) -> bool:
        measured = before.op in ("num", "div", "mul") and token.text.lower() in UNIT_WORDS
        if measured and self.peek(1).text != "(":
            return False
        if token.roman:
            return token.text in ("i", "e") or token.text in FUNCTIONS
        return token.text in FUNCTIONS or token.text in ("pi", "sqrt") or is_product(token.text)

    def factor(self) -> Node:
        """A primary with what follows it: powers, factorials, degrees, primes."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge("the answer is nested too deeply")
        node = self.primary()
        while True:
            token = self.peek()
            if token.kind not in ("op", "name"):
                break
            if token.text == "^":
                self.at += 1
                node = self.power(node)
            elif token.text == "!":
                self.at += 1
                node = self.make("fact", node, name="!!" if self.accept("!") else "!")
            elif token.text == "degree":
                self.at += 1
                node = self.degrees(node)
            elif token.text == "%":
                self.at += 1
                node = self.make("unit", node, name="share", value=Fraction(1))
            elif token.text == "'" and node.op == "sym":
                self.at += 1
                node = self.make("sym", name=node.name + "'")
            else:
                break
        self.depth -= 1
        return node

    def power(self, base: Node) -> Node:
        """What a `^` makes of its base: a power, degrees or a primed symbol."""
        braces = 0
        while self.peek(braces).text == "{" and self.peek(braces).kind == "op":
            braces += 1
        token = self.peek(braces)
        closed = not braces or self.peek(braces + 1).text == "}"
        if token.kind == "name" and token.text in ("circ", "degree", "o") and closed:
            self.at += braces + 1
            for _ in range(braces):
                self.take("}")
            return self.degrees(base)
        if token.text == "'" and base.op == "sym":
            self.argument_text()
            return self.make("sym", name=base.name + "'")
        exponent = self.argument(split=False)
        if base.op == "const" and base.name == "e":
            return self.make("call", exponent, name="exp")
        inverse = base.op == "sym" and base.name in _APPLIED and exponent == Node("neg", (number(1),))
        applied = self._application(f"{base.name}^-1") if inverse and self.peek().text == "(" else None
        return applied or self.make("pow", base, exponent)

    def degrees(self, node: Node) -> Node:
        """Degrees, with minutes of arc where they follow."""
        if self.peek().kind == "num" and self.peek(1).text == "'" and is_formula(node):
            minutes = self.literal(self.take())
            self.take("'")
            node = self.make("add", node, self.make("div", minutes, number(60)))
        return self.make("deg", node)

    # ------------------------------------------------------------------------------------------------------- arguments

    def argument(self, split: bool = True) -> Node:
        """The argument of a command: a brace group or one token; `split` takes one digit of a number, as TeX does."""
        token = self.peek()
        if token.kind == "num" and split and len(token.text) > 1 and token.text.isdigit():
            self.tokens[self.at] = token._replace(text=token.text[1:])
            return number(int(token.text[0]))
        if token.kind == "num":
            return self.literal(self.take())
        if token.kind == "word" and not token.roman and len(token.text) > 1 and token.text not in ("pi", "sqrt"):
            self.tokens[self.at] = token._replace(text=token.text[1:], kind="word" if len(token.text) > 2 else "name")
            return self._symbol(token.text[0])
        if token.text in ("-", "+") and token.kind == "op":
            self.at += 1
            inner = self.argument(split)
            return self.make("neg", inner) if token.text == "-" else inner
        node = self.primary()
        if not is_formula(node):
            raise Unreadable("a structure inside a formula")
        return node

    # ------------------------------------------------------------------------------------------------------- primaries

    def primary(self) -> Node:
        """A number, symbol, command with its arguments or bracket."""
        token = self.peek()
        if token.kind == "num":
            return self.numeral()
        if token.kind == "word":
            return self.word()
        if token.kind == "name":
            self.at += 1
            return self.named(token.text)
        if token.text == "|":
            return self.absolute()
        return self.bracket()

    def bracket(self) -> Node:
        """A bracket and what is inside; the statement parser knows more of them."""
        closing = {"(": ")", "[": "]", "{": "}"}.get(self.peek().text)
        if closing is None:
            raise Unreadable("an operand is missing")
        self.at += 1
        node = self.formula()
        self.take(closing)
        return node

    def absolute(self) -> Node:
        """`|…|`."""
        self.take("|")
        bars, self.bars = self.bars, self.bars + 1
        node = self.formula()
        self.take("|")
        self.bars = bars
        return self.make("call", node, name="abs")

    def word(self) -> Node:
        """A run of letters: a function, a constant or a product of symbols."""
        token = self.take()
        text = token.text
        if text in FUNCTIONS or text in ("pi", "infty", "infinity", "inf", "oo", "binom", "frac"):
            return self.named({"infinity": "infty", "inf": "infty", "oo": "infty"}.get(text, text))
        if text in _GREEK and not token.roman:
            return self._symbol(text)
        if len(text) == 1:
            return self._symbol(text)
        for name in ("sqrt", "sin", "cos", "tan", "pi", "ln", "log"):
            if text.startswith(name) and len(text) <= len(name) + 1 and not token.roman:
                self.at -= 1
                self.tokens[self.at] = token._replace(text=text[len(name) :], kind="name")
                return self.named(name)
        if token.roman or not is_product(text):
            raise Unreadable("words")
        if self.peek().text == "_":
            raise Unreadable("a subscript on a word")
        return self._letters(text)

    def _letters(self, text: str) -> Node:
        # A power after a run of letters belongs to the last of them: the others go back as a factor of their own.
        last = Token("name", text[-1])
        self.at -= 1
        self.tokens[self.at] = last
        tail = self.factor()
        return self.make("mul", *(self._symbol(letter) for letter in text[:-1]), tail)

    def named(self, name: str) -> Node:
        """What a command or a letter stands for; raises Unreadable for commands that are not known."""
        if name in _PAIRS:
            closing, call = _PAIRS[name]
            node = self.formula()
            self.take(closing)
            return self.make("call", node, name=call)
        if name in FUNCTIONS and name not in ("sqrt", "cbrt"):
            return self.function(name)
        if name in _ACCENTS:
            arrow = "vec" if name.startswith("overr") else name
            return self.make("sym", name=f"{arrow}({self.argument_text()})")
        if name in _FIGURES:
            return self.make("sym", name=f"{name} {self.argument_text()}")
        if name in _NAMES:
            return self._special(name)
        if len(name) == 1 or name in _GREEK:
            return self._symbol(name)
        raise Unreadable(f"unknown command {name[:30]}")

    def _special(self, name: str) -> Node:
        if name == "frac":
            top = self.argument()
            return self.make("div", top, self.argument())
        if name in ("sqrt", "cbrt"):
            return self._root(name)
        if name == "binom":
            top = self.argument()
            return self.make("binom", top, self.argument())
        if name in ("sum", "prod"):
            return self._series(name)
        if name == "infty":
            return self.make("inf")
        return self.make("const", name=name)

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
        if self.peek().text in ("(", "{") and self.peek().kind == "op":
            arguments = self.argument_list()
        else:
            arguments = [self.bare_argument()]
        if (power is not None and power.op == "neg" and power.args[0].value == 1) and name in _INVERSE:
            name, power = _INVERSE[name], None
        if len(arguments) > 1 and name not in _MANY:
            raise Unreadable(f"too many arguments of {name}")
        if name == "log10":
            name, base = "log", number(10)
        if base is not None and name != "log":
            raise Unreadable(f"a subscript of {name}")
        node = self.make("call", *arguments, *([base] if base else []), name=_ALIAS.get(name, name))
        return node if power is None else self.make("pow", node, power)

    def argument_list(self) -> list[Node]:
        """Arguments in parentheses or braces, commas between them."""
        closing = {"(": ")", "{": "}"}[self.take().text]
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

    def _symbol(self, name: str) -> Node:
        if self.peek().text == "_" and self.peek().kind == "op":
            self.at += 1
            return self.make("sym", name=f"{name}_{self.argument_text()}")
        if name in ("e", "i"):
            return self.make("const", name=name)
        if name in _APPLIED and self.peek().text == "(" and not self.peek().spaced:
            applied = self._application(name)
            if applied:
                return applied
        return self.make("sym", name=name)

    def _application(self, name: str) -> Node | None:
        """`f(x)`, `P(x, y)`, `f(2)`: a symbol of its own; None for `h(a + b)`, a product."""
        ahead, inside = 1, []
        while self.peek(ahead).kind in ("num", "name") or self.peek(ahead).text == ",":
            inside.append(self.peek(ahead).text)
            ahead += 1
        if self.peek(ahead).text != ")" or not inside or (len(inside) > 1 and "," not in inside):
            return None
        self.at += ahead + 1
        return self.make("sym", name=f"{name}({''.join(inside)})")


_NAMES = frozenset({"frac", "sqrt", "cbrt", "binom", "sum", "prod", "infty", "pi"} | set(_PAIRS) | _FIGURES)
