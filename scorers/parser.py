"""Recursive descent over the tokens of a formula: sums, products, powers, functions, LaTeX and plain.

Size and depth are bounded, and nothing is computed but the value of literals. Brackets with structure inside (tuples,
intervals, sets) are read by `scorers.statements`, which extends the parser.
"""

from __future__ import annotations

from fractions import Fraction

from scorers.determinant import determinant
from scorers.general_terms import DOTS, written_out
from scorers.lexer import Token
from scorers.numerals import NumeralReader
from scorers.syntax import MAX_DEPTH, Node, TooLarge, Unreadable, is_formula, number
from scorers.units import UNIT_WORDS, read_unit
from scorers.words import is_product

FUNCTIONS = frozenset(
    """sin cos tan cot sec csc cosec arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech csch cosech
    arcsinh arccosh arctanh arsinh arcosh artanh asinh acosh atanh log ln exp log10 gcd lcm max min det arg Re Im sgn
    sign abs floor ceil sqrt cbrt asin acos atan cis""".split()
)
GREEK = frozenset(
    """alpha beta gamma delta epsilon zeta eta theta vartheta iota kappa lambda mu nu xi rho varrho sigma tau upsilon
    phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar aleph""".split()
)
ACCENTS = frozenset("overline overrightarrow overleftrightarrow vec hat widehat tilde widetilde dot overarc".split())
FIGURES = frozenset("angle triangle measuredangle square odot".split())
APPLIED = frozenset("fghpqFGHPQRSTV")
PAIRS = {"lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil")}
_LENGTHS = frozenset("mm cm km ft feet inches meters".split())
_SCALES = {"C": "celsius", "F": "fahrenheit"}
_TRANSPOSED = frozenset(("T", "top", "t", "intercal"))
_SIGNS = frozenset("+ - * / = ( { ^ |".split())
NAMED = frozenset({"frac", "sqrt", "cbrt", "binom", "sum", "prod", "int", "infty", "pi"} | set(PAIRS) | FIGURES)


class FormulaParser(NumeralReader):
    """Reads one formula at a time from a list of tokens."""

    def formula(self) -> Node:
        """A sum of products."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge("the answer is nested too deeply")
        terms = [self.signed()]
        dotted = False
        while (token := self.peek()).kind in ("op", "name") and token.text in ("+", "-", "pm", "mp"):
            self.at += 1
            if token.text == "+" and self.accept("..."):
                terms.append(DOTS)
                dotted = True
                continue
            term = self.signed()
            terms.append(term if token.text == "+" else self._sign(token.text, term))
        self.depth -= 1
        if dotted:
            self.nodes += 20
            return written_out(terms, "sum")
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
        dotted = False
        while True:
            token = self.peek()
            if token.kind in ("op", "name") and token.text == "*":
                self.at += 1
                factors.append(self.signed_factor())
            elif token.kind in ("op", "name") and token.text in ("/", "div"):
                self.at += 1
                top = factors[0] if len(factors) == 1 else self.make("mul", *factors)
                factors = [self.make("div", top, self.signed_factor())]
            elif token.text == "..." and token.kind == "op" and len(factors) > 1 and not dotted:
                self.at += 1
                dotted = True
                self.accept("*")
                factors.extend((DOTS, self.factor()))
            elif self.starts_factor(factors[-1]):
                factors.append(self.factor())
            elif dotted:
                self.nodes += 20
                return written_out(factors, "prod")
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
            known = token.text in NAMED or token.text in FUNCTIONS or token.text in GREEK or token.text in ACCENTS
            return known or len(token.text) == 1
        if token.text == "|":
            return self.bars == 0
        return token.text in ("(", "{", "[", "begin") and before.op not in ("tuple", "set")

    def _starts_word(self, token: Token, before: Node) -> bool:
        plain = before.op in ("num", "div", "mul") or token.text in _LENGTHS
        measured = plain and before.op != "sym" and token.text.lower() in UNIT_WORDS
        applied = self.peek(1).text == "(" or (self.peek(1).text == "^" and self.peek(3).text == "(")
        if measured and not (applied and token.text in FUNCTIONS):
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
                if node.name[0] in APPLIED and self.peek().text == "(":
                    node = self.application(node.name) or node
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
        if token.text in ("circ", "degree", "o") and token.kind in ("name", "word") and closed:
            self.at += braces + 1
            for _ in range(braces):
                self.take("}")
            return self.degrees(base)
        if token.text in ("'", "*") and base.op == "sym":
            self.argument_text()
            return self.make("sym", name=base.name + token.text)
        if base.op == "tuple" or (base.op == "matrix" and self.peek(braces).kind != "num"):
            return self.transposed(base)
        if self._ordinal():
            return base
        exponent = self.argument(split=False)
        if base.op == "const" and base.name == "e":
            return self.make("call", exponent, name="exp")
        inverse = base.op == "sym" and base.name in APPLIED and exponent == Node("neg", (number(1),))
        applied = self.application(f"{base.name}^-1") if inverse and self.peek().text == "(" else None
        return applied or self.make("pow", base, exponent)

    def _ordinal(self) -> bool:
        """Consume the end of `11^\\text{th}`."""
        size = 3 if self.peek().text == "{" else 1
        token = self.peek(size // 2)
        if token.roman and token.text in ("st", "nd", "rd", "th"):
            self.at += size
            return True
        return False

    def transposed(self, matrix: Node) -> Node:
        """What `^T` makes of a matrix, or of a row `[1, 2]`, which becomes a column; raises Unreadable for powers."""
        if self.argument_text() not in _TRANSPOSED or matrix.name in ("(]", "[)"):
            raise Unreadable(f"a power of a {matrix.op}")
        if matrix.op == "tuple":
            return self.make("tuple", *matrix.args, name="()")
        columns = zip(*(row.args for row in matrix.args), strict=True)
        return self.make("matrix", *(self.make("tuple", *column, name="()") for column in columns))

    def degrees(self, node: Node) -> Node:
        """Degrees, with minutes and seconds of arc where they follow."""
        parts = [node]
        while len(parts) < 3 and self.peek().kind == "num" and self.peek(1).text in ("'", '"') and is_formula(node):
            seconds = self.peek(1).text == '"' or self.peek(2).text == "'"
            value = self.literal(self.take())
            self.at += 1 + (seconds and self.peek().text == "'")
            parts.append(self.make("div", value, number(3600 if seconds else 60)))
        if (scale := _SCALES.get(self.peek().text)) and self.peek().kind in ("name", "word"):
            return self.temperature(node, scale)
        return self.make("deg", self.make("add", *parts) if len(parts) > 1 else node)

    def temperature(self, node: Node, scale: str) -> Node:
        """`25^\\circ C`, `1.8^\\circ C/h`."""
        self.at += 1
        words = [scale]
        while self.peek().text in ("/", "per") or (len(words) > 1 and self.peek().kind in ("name", "word")):
            words.append(self.take().text)
        unit = read_unit(words)
        if unit is None:
            raise Unreadable("a temperature per something else")
        return self.make("unit", node, name=unit.dimension, value=unit.factor)

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
            return self.symbol(token.text[0])
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
        return determinant(node) if node.op == "matrix" else self.make("call", node, name="abs")

    def word(self) -> Node:
        """A run of letters: a function, a constant or a product of symbols."""
        token = self.take()
        text = token.text
        if text in FUNCTIONS or text in ("pi", "infty", "infinity", "inf", "oo", "binom", "frac"):
            return self.named({"infinity": "infty", "inf": "infty", "oo": "infty"}.get(text, text))
        if text in GREEK and not token.roman:
            return self.symbol(text)
        if len(text) == 1:
            return self.symbol(text)
        for name in ("sqrt", "sin", "cos", "tan", "pi", "ln", "log"):
            if text.startswith(name) and len(text) <= len(name) + 1 and not token.roman:
                self.at -= 1
                self.tokens[self.at] = token._replace(text=text[len(name) :], kind="name")
                return self.named(name)
        if token.roman or not (is_product(text) or self._between_signs(text)):
            raise Unreadable("words")
        return self._letters(text)

    def _between_signs(self, text: str) -> bool:
        """Whether a short word such as `by` or `AT` stands where only letters can: `ax + by`, `AE \\cdot AT = 3`."""
        before = self.tokens[self.at - 2].text if self.at > 1 else ""
        after = self.peek()
        free = after.kind in ("op", "name") and after.text not in (",", ";", ".")
        return len(text) == 2 and free and (before in _SIGNS if before else text.isupper() and after.text in _SIGNS)

    def _letters(self, text: str) -> Node:
        # A power after a run of letters belongs to the last of them: the others go back as a factor of their own.
        last = Token("name", text[-1])
        self.at -= 1
        self.tokens[self.at] = last
        tail = self.factor()
        return self.make("mul", *(self.symbol(letter) for letter in text[:-1]), tail)

    # ------------------------------------------------------------------------------- what scorers.commands fills in

    def named(self, name: str) -> Node:
        """What a command or a letter stands for."""
        raise Unreadable(f"unknown command {name[:30]}")

    def symbol(self, name: str) -> Node:
        """A letter with its subscript."""
        raise Unreadable(f"unknown symbol {name[:30]}")

    def application(self, name: str) -> Node | None:
        """`f(x)` as a symbol of its own; None for a product."""
        raise Unreadable(f"unknown function {name[:30]}")
