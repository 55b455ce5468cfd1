"""The statement that an answer makes: lists, tuples, intervals, sets, matrices, relations, ratios, units, bases.

Extends the formula parser by brackets with structure inside and by everything that stands around formulas.
"""

from __future__ import annotations

from fractions import Fraction

from scorers.domains import part_of_domain
from scorers.lexer import Token, clean, tokens
from scorers.numerals import MAX_DIGITS
from scorers.phrases import clock, rewritten, words_or_raw
from scorers.quantifiers import QuantifierParser
from scorers.respelling import lettered, read_base, respelled
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, contains, letters, number
from scorers.units import Unit, read_unit

RELATIONS = {
    "=": "=", "<": "<", ">": ">", "le": "le", "ge": "ge", "ne": "ne", "in": "in", "approx": "approx", "equiv": "equiv",
    "nequiv": "nequiv", "notin": "notin", "to": "to", "mapsto": "mapsto",
}  # fmt: skip
_STOPS = frozenset({"or", "and", "for", "where", "with", "if", "when", "otherwise"})
_FILLERS = frozenset({"either", "both", "is", "are", "about", "approximately", "exactly", "equals", "or"})
_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_ORDER = frozenset({"<", ">", "le", "ge"})
_CURRENCY = {r"\$": "$", "euro": "euro", "pounds": "gbp", "yen": "yen", "rupees": "rupees"}


class AnswerParser(QuantifierParser):
    """Reads a whole answer."""

    def __init__(self, found: list[Token]) -> None:
        super().__init__(found)
        self.in_set = False
        self.nested = False
        self.compounds = 0
        self.joint = ","  # the word between the items of a list

    def answer(self) -> Node:
        """The whole token list as one statement; raises Unreadable if anything is left over."""
        items = self.listing()
        if self.at < len(self.tokens):
            raise Unreadable("something is left over")
        return items[0] if len(items) == 1 else self.make("list", *items, name=self.joint)

    def listing(self) -> list[Node]:
        """Items with commas, semicolons, `or`, `and` between them."""
        items = [self.item()]
        items.extend(self.clauses(items[-1]))
        while self.separators():
            start = self.at
            items.extend(self.clauses(items[-1]))
            if self.at > start:
                continue  # f(x) = cx, where c is a constant
            items.append(self.item())
            items.extend(self.clauses(items[-1]))
        return items

    def separators(self) -> bool:
        """Consume what separates two items."""
        start = self.at
        while True:
            token = self.peek()
            joined = token.kind == "op" and token.text in (",", ";")
            if not joined and not (token.kind == "word" and token.text.lower() in ("or", "and")):
                pairs = start > 0 and token.text == "(" and self.tokens[start - 1].text == ")"
                return self.at > start or (pairs and not self.nested)
            if not joined:
                self.joint = token.text.lower()
            self.at += 1

    def item(self) -> Node:  # noqa: PLR0911  # one rule a line
        """A chain of relations, or a single side."""
        self.depth += 1
        if self.depth > 40:
            raise TooLarge("the answer is nested too deeply")
        while self.peek().kind == "word" and self.peek().text.lower() in _FILLERS:
            self.at += 1
        if self.accept("..."):
            self.depth -= 1
            return self.make("dots")
        if self.peek().text in ("=", "approx") and self.peek().kind != "num":
            self.at += 1
        bare = (self.peek().kind == "op" and self.peek().text in _ORDER) or self.peek().text in ("le", "ge")
        sides, relations = [self.make("words") if bare else self.caption() or self.side()], []
        while (relation := self.relation()) is not None:
            relations.append(relation)
            sides.append(self.side())
        modulus = self.modulus()
        self.depth -= 1
        if not relations and modulus is None:
            return sides[0]
        if relations and set(relations) == {":"}:
            return self.make("ratio", *sides)
        if modulus is not None and len(sides) == 2 and relations[0] in ("equiv", "nequiv"):
            return self.make("rel", *sides, modulus, name=relations[0])
        if not relations and modulus is not None:
            return self.make("rel", Node("words"), sides[0], modulus, name="equiv")
        if modulus is not None:
            raise Unreadable("a modulus of another relation")
        if ":" in relations:
            return self.two_ratios(sides, relations)
        return self.make("rel", *sides, name=" ".join(relations))

    def two_ratios(self, sides: list[Node], relations: list[str]) -> Node:
        """`a : b = 7 : 32`; raises Unreadable for other relations with colons."""
        middle = len(sides) // 2
        if relations != [*relations[: middle - 1], "=", *relations[middle:]] or relations.count(":") != len(sides) - 2:
            raise Unreadable("a colon inside a relation")
        ratios = [self.make("ratio", *part) for part in (sides[:middle], sides[middle:])]
        return self.make("rel", *ratios, name="=")

    def caption(self) -> Node | None:
        """Words that name what follows an equals sign: `\\text{Area} = 12`."""
        ahead = 0
        while self.peek(ahead).kind == "word":
            ahead += 1
        words = [token.text for token in self.tokens[self.at : self.at + ahead]]
        if self.peek(ahead).text != "=" or not any(len(word) > 3 or self.peek().roman for word in words):
            return None
        self.at += ahead
        return self.make("words", name=" ".join(words).lower())

    def relation(self) -> str | None:
        """Consume a relation sign."""
        token = self.peek()
        if token.kind in ("num", "word"):
            return None
        if token.text == ":" and not self.in_set:
            self.at += 1
            return "=" if self.accept("=") else ":"
        if token.text == "not" and self.peek(1).text in ("=", "in"):
            raise Unreadable("a negated relation")
        if token.text in RELATIONS:
            self.at += 1
            return RELATIONS[token.text]
        return None

    def modulus(self) -> Node | None:
        """What follows `\\pmod`."""
        opened = self.peek().text == "("
        if self.peek(1 if opened else 0).text not in ("pmod", "mod", "bmod"):
            return None
        self.at += 2 if opened else 1
        node = self.argument(split=False)
        if opened:
            self.take(")")
        return node

    def side(self) -> Node:
        """Sets joined by `\\cup`, `\\cap`, `\\setminus`, or one formula with its unit."""
        node = self.quantity()
        names = {"cup": "union", "cap": "inter", "setminus": "minus"}
        joined = 0  # a chain of unions is one node, other chains grow deeper
        while self.peek().text in names:
            op, right = names[self.take().text], self.quantity()
            joined += 1
            if op == "union" and node.op == "union":
                node = self.make("union", *node.args, right)
            elif joined > 40:
                raise TooLarge("too many sets")
            else:
                node = self.make(op, node, right)
        return node

    def quantity(self) -> Node:
        """A formula and the unit after it."""
        node = self.formula()
        words: list[str] = []
        while self.peek().kind == "word" and self.peek().text.lower() in _SCALES:
            scale = number(_SCALES[self.take().text.lower()])
            inner = self.make("mul", scale, node.args[0] if node.op == "unit" else node)
            node = self.make("unit", inner, name=node.name, value=node.value) if node.op == "unit" else inner
        while True:
            token = self.peek()
            if token.kind == "word" and token.text.lower() not in _STOPS:
                words.append(self.take().text)
            elif words and token.text == "^" and token.kind == "op":
                self.at += 1
                words.extend(("^", self.argument_text()))
            elif words and token.kind == "op" and token.text in ("/", "*", ".", "-"):
                self.at += 1
                words.append("/" if token.text == "/" else " ")
            elif words and words[-1] == "/" and token.kind == "name" and token.text in ("h", "s", "m", "g", "l"):
                words.append(self.take().text)
            elif not words and token.text in ('"', "'") and token.kind == "op":
                words.append(self.marks())
            elif not words and token.kind == "name" and token.text in _CURRENCY:
                words.append(_CURRENCY[self.take().text])  # 5 €
            else:
                break
        return self.compound(self.with_unit(node, words)) if words else node

    def compound(self, node: Node) -> Node:
        """`5 hours and 30 minutes` is one quantity: the smaller unit follows the larger one of its kind."""
        start = self.at
        if node.op != "unit" or not node.name or node.value is None or self.compounds > 2:
            return node
        if self.peek().kind == "word" and self.peek().text.lower() == "and":
            self.at += 1
        if self.peek().kind == "num":
            self.compounds += 1
            try:
                small = self.quantity()
            except TooLarge:
                raise
            except Unreadable:
                small = node
            self.compounds -= 1
            if small.op == "unit" and small.name == node.name and small.value and small.value < node.value:
                scaled = self.make("mul", number(node.value / small.value), node.args[0])
                return self.make("unit", self.make("add", scaled, small.args[0]), name=small.name, value=small.value)
        self.at = start
        return node

    def marks(self) -> str:
        """`"` and `''` are inches, `'` feet."""
        if self.take().text == '"' or self.accept("'"):
            return "in"
        return "ft"

    def with_unit(self, node: Node, words: list[str]) -> Node:
        """The node as a quantity; raises Unreadable where the words are no unit."""
        unit = read_unit(words)
        if unit is None:
            raise Unreadable("words")
        if unit.dimension == "radian" and contains(node, "const"):
            return node
        if unit.dimension == "angle" and node.op != "unit":
            return self.make("deg", node)
        if node.op == "unit" and not unit.dimension:
            return node
        return self.make("unit", node, name=unit.dimension, value=unit.factor)

    # -------------------------------------------------------------------------------------------------------- brackets

    def bracket(self) -> Node:
        """A tuple, interval, set, group, matrix or amount of money."""
        token = self.take()
        if token.text in ("(", "["):
            return self.tuple_or_group(token.text)
        if token.text == "{":
            return self.brace_group()
        if token.text == r"\{":
            return self.set_of()
        if token.text == "begin":
            return self.environment()
        if token.text == r"\$":
            return self.money(token.text)
        raise Unreadable("an operand is missing")

    def named(self, name: str) -> Node:
        """Commands of structures, and those of formulas."""
        if name == "langle":
            items = self.listing()
            self.take("rangle")
            return self.make("tuple", *items, name="()")
        if name == "emptyset":
            return self.make("set")
        if name == "mathbb":
            domain = self.argument_text()
            if self.peek().kind != "op" or self.peek().text not in ("^", "_"):
                return self.make("domain", name=domain)
            return part_of_domain(domain, raised=self.take().text == "^", mark=self.argument_text())
        if name in _CURRENCY:
            return self.money(name)
        return super().named(name)

    def money(self, sign: str) -> Node:
        """An amount after a currency sign."""
        unit = read_unit([_CURRENCY[sign]]) or Unit(("", Fraction(1)))
        return self.make("unit", self.factor(), name=unit.dimension, value=unit.factor)

    def inside(self, in_set: bool) -> list[Node]:
        """The items inside a bracket; bars and colons get the meaning they have there."""
        kept = self.bars, self.in_set, self.nested
        self.bars, self.in_set, self.nested = int(in_set), in_set, True
        items = self.listing()
        self.bars, self.in_set, self.nested = kept
        return items

    def tuple_or_group(self, opening: str) -> Node:
        """Round or square brackets, or one of each."""
        items = self.inside(in_set=False)
        closing = self.take().text
        if closing not in (")", "]"):
            raise Unreadable("a bracket is not closed")
        if len(items) > 1:
            return self.make("tuple", *items, name=opening + closing)
        if opening + closing not in ("()", "[]"):
            raise Unreadable("an interval with one end")
        if self.peek().text == "_" and items[0].op == "num" and items[0].shown is None:
            return self.in_base(str(items[0].value))
        return items[0]

    def brace_group(self) -> Node:
        """Braces: a group of TeX, or a set whose backslashes were forgotten."""
        items = self.inside(in_set=False)
        self.take("}")
        if len(items) > 1 and any(item.op == "rel" for item in items):
            return self.make("list", *items, name=",")
        return items[0] if len(items) == 1 else self.make("set", *items)

    def set_of(self) -> Node:
        """`\\{…\\}`: elements, or a variable and its conditions."""
        if self.accept(r"\}"):
            return self.make("set")
        if self.peek().text == "begin" and self.peek(1).text in ("array", "cases", "aligned", "matrix"):
            self.take()
            found = self.cases(self.take().text)
            self.accept(r"\}")
            return found
        items = self.inside(in_set=True)
        if self.accept("|", ":"):
            if len(items) != 1:
                raise Unreadable("conditions on several elements")
            joint, self.joint = self.joint, ","
            conditions = self.inside(in_set=True)
            if self.joint == "or" and len(conditions) > 1:
                conditions = [self.make("list", *conditions, name="or")]
            self.joint = joint
            self.take(r"\}")
            return self.make("builder", items[0], *conditions)
        self.take(r"\}")
        return self.make("set", *items)

    def in_base(self, digits: str) -> Node:
        """A number in a base of 2 to 36."""
        self.take("_")
        base = read_base(self.argument_text())
        if not digits.isdigit() or base is None:
            raise Unreadable("a subscript that is no base")
        if max(map(int, digits)) >= abs(base):  # no numeral, but not the same digits in another base either
            return self.make("base", name=digits, value=Fraction(base))
        if base == 10:
            return number(int(digits[:MAX_DIGITS]))
        return self.make("base", name=digits.lstrip("0") or "0", value=Fraction(base))


def in_words(found: list[Token]) -> Node:
    """What a rule for phrases finds in the tokens, or their words."""
    try:
        return AnswerParser(found).statement(rewritten(found))
    except TooLarge:
        raise
    except Unreadable:
        if named := _named_value(found):
            return named
    if len(found) > 1 and "only" in (ends := (found[0].text.lower(), found[-1].text.lower())):
        found = found[1:] if ends[0] == "only" else found[:-1]
    return words_or_raw(found)


def _named_value(found: list[Token]) -> Node | None:
    """`\\lim c_n = 4\\pi`: what stands behind an equals sign, named by something that is not read."""
    signs = [index for index, token in enumerate(found) if token.text == "=" and token.kind == "op"]
    if len(signs) != 1 or any(token.kind == "word" and token.roman for token in found):
        return None
    try:
        value = AnswerParser(found[signs[0] + 1 :]).answer()
    except Unreadable:
        return None
    name = " ".join(token.text for token in found[: signs[0]])
    readable = value.op in FORMULA and not letters(value)
    return Node("rel", (Node("words", name=name), value), "=") if readable else None


def parse(text: str, thousands: bool = True) -> Node:
    """The tree of an answer. Words that no rule reads become a `words` node; `raw` nodes are mathematics that this
    parser does not know, by their tokens. Raises TooLarge, and Unreadable where nothing is left to compare."""
    text = clean(text)
    text = respelled(text)
    if node := lettered(text):
        return node
    try:
        found = tokens(text, thousands)
    except TooLarge:
        raise
    except Unreadable:
        plain = " ".join(text.split())
        return Node("raw", name=plain)
    if not found:
        raise Unreadable("nothing is there")
    time = clock(found)
    if time:
        return time
    try:
        return AnswerParser(rewritten(found)).answer()
    except TooLarge:
        raise
    except Unreadable:
        return in_words(found)
    except RecursionError as error:
        raise TooLarge("the answer is nested too deeply") from error
