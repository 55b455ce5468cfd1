"""Answers in words that say something about numbers: kinds of integers, bounds, values by cases, permutations, values
at the end of a sentence. Each rule turns a skeleton (`scorers.sentences`) into the tree that the same answer in symbols
has; a sentence that no rule knows stays words.
"""

from __future__ import annotations

import re
from itertools import permutations

from scorers.kinds import powers, signed
from scorers.sentences import ANYTHING, Sentence
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, number

_KIND_WORDS = frozenset(
    """all any every each of only for is are be must positive natural nonnegative non negative odd even integer integers
    number numbers whole where with when such that values value n exactly precisely and than greater prime
    function""".split()
)
_POSITIVE = frozenset({"positive", "natural"})
_LEAD = re.compile(r"^(?:(?:so|thus|hence|therefore|we have|we get|it is|that is|answer is|answer|exactly|only) )+")
_MULTIPLE = re.compile(
    r"^(?P<before>.*?)(?P<not>not )?(?:(?:any |every |each )?multiples? of|divisible by) (?P<by>#\d+)(?P<after>.*)$"
)
_COPULA = re.compile(r"^(?P<subject>.+) (?P<verb>is|are|equals|equal) (?P<rest>(?:to |exactly |precisely )*.+)$")
_IS = re.compile(r"\b(?:is|are|equals)\b")
_RELATIVE = re.compile(r"\b(?:which|that|whose|such)\b")
_THERE = re.compile(
    r"^there (?:is|are|exists?) (?:exactly |precisely |only )*(?P<value>#\d+)(?: [a-z]+){1,6}(?: #\d+)?$"
)
_ONLY = re.compile(r"^(?P<value>#\d+) (?:is|are) (?:only|unique) (?:possible |real |integer )?[a-z]+(?: function)?$")
_SUBJECT = re.compile(
    r"^(?:what|which|who|how|why)\b|\b(?:not|no|never|if|iff|whether|cannot|than|neither|nor|unless|where|at|by|twice|half)\b"
)
_PREFIX = re.compile(
    r"^(?:(?:all|only|any|every|possible|real|integers?|numbers?|functions?|polynomials?|solutions?|values?|form|of"
    r"|pairs?|triples?|set|points?|such|that|in|open|closed|interval|range|positive (?=integers? #)|for) )+"
    r"(?P<rest>#\d+)$"
)
_PERMUTED = re.compile(
    r"^(?P<value>.+?),?(?: (?:and|with|up to|or|along with|together with))*"
    r"(?: (?:all|any|of|its|their|the|(?P<cyclic>cyclic)))* permutations?(?: (?:of|thereof).*)?$"
)
_ALL_PERMUTED = re.compile(r"^(?:all |any )?(?P<cyclic>cyclic )?permutations? of (?P<value>#\d+)$")


def prose(found: Sentence, depth: int = 0) -> Node | None:
    """What a sentence says, None where no rule knows. Raises TooLarge."""
    if depth > 3 or len(found.text) > 1000:
        return None
    plain = _LEAD.sub("", found.text + " ").strip(" ,")
    plain = plain.removesuffix(" only").strip(" ,")
    if plain != found.text:
        found = found.part(plain)
        if (bare := found.maybe(plain)) and bare.op not in ("words", "raw"):
            return bare
    for rule in _RULES:
        try:
            node = rule(found, depth)
        except TooLarge:
            raise
        except Unreadable:
            node = None
        if node is not None:
            return node
    return None


# ------------------------------------------------------------------------------------------------- kinds of integers


def _kind(found: Sentence, depth: int) -> Node | None:
    """`all odd integers n ≥ 3`, `n is even`, `positive integers not divisible by 3`."""
    match = _MULTIPLE.match(found.text)
    halves = [word for word in ("odd", "even") if word in found.text.split()]
    if match:
        modulus, rest = found.read(match["by"]), f"{match['before']} {match['after']}"
        rest = " ".join(word for word in rest.split() if halves != [word])
        relation = "nequiv" if match["not"] else "equiv"
        remainder = 0
    else:
        modulus, rest, relation = number(2), found.text, "equiv"
        words = rest.split()
        if ("odd" in words) == ("even" in words) or "not" in words[:-2]:
            return None
        remainder = int(("odd" in words) != ("not" in words))
        rest = " ".join(word for word in words if word not in ("odd", "even", "not"))
    if modulus.op not in FORMULA:
        return None
    subject, conditions = _subject(found, rest)
    claim = Node("rel", (subject, number(remainder), modulus), relation)
    if match and halves:
        conditions.append(Node("rel", (subject, number(int(halves == ["odd"])), number(2)), "equiv"))
    return Node("list", (claim, *conditions), "and") if conditions else claim


def _subject(found: Sentence, rest: str) -> tuple[Node, list[Node]]:
    """Whom a kind of integers is about, and the bounds on it; raises Unreadable for words that say more."""
    words = rest.replace(",", " ").split()
    plain = [word for word in words if word[0] != "#"]
    if not set(plain) <= _KIND_WORDS - {"odd", "even", "prime", "greater", "than"}:
        raise Unreadable("a kind of integers with more conditions")
    subject, conditions = ANYTHING, []
    for mark in (word for word in words if word[0] == "#"):
        node = found.read(mark)
        if node.op == "rel" and node.args[0].op == "sym" and node.name in ("ge", ">", "in"):
            subject = node.args[0]
            conditions.append(node)
        elif node.op == "sym" and subject in (ANYTHING, node):
            subject = node
        else:
            raise Unreadable("a kind of integers with other conditions")
    if _POSITIVE & set(plain) and not conditions:
        conditions.append(Node("rel", (subject, number(1)), "ge"))
    elif {"nonnegative", "negative"} & set(plain) and not conditions:
        if "negative" in plain and "non" not in plain:
            raise Unreadable("negative integers")
        conditions.append(Node("rel", (subject, number(0)), "ge"))
    return subject, conditions


def _all_integers(found: Sentence, depth: int) -> Node | None:
    """`all positive integers n`, `all integers n ≥ 3`, `every natural number`."""
    if not re.search(r"\b(?:integers?|natural numbers?|whole numbers?)\b", found.text) or "not" in found.text.split():
        return None
    if not re.match(r"(?:for )?(?:all|any|every|each|positive|natural|nonnegative|non)\b", found.text):
        return None
    subject, conditions = _subject(found, found.text)
    if conditions:
        return conditions[0] if len(conditions) == 1 else Node("list", tuple(conditions), "and")
    return Node("rel", (subject, Node("domain", name="Z")), "in")


# --------------------------------------------------------------------------------------------------------------- bounds

_AT = {
    "at least": "ge", "no less than": "ge", "not less than": "ge", "no fewer than": "ge", "at most": "le",
    "no more than": "le", "not more than": "le", "no greater than": "le", "more than": ">", "greater than": ">",
    "larger than": ">", "bigger than": ">", "less than": "<", "fewer than": "<", "smaller than": "<",
    "strictly greater than": ">", "strictly less than": "<", "greater than or equal to": "ge",
    "less than or equal to": "le",
}  # fmt: skip
_BOUND = re.compile(
    rf"^(?:(?P<name>#\d+) )?(?:(?:is|are|must be|be) )?(?P<which>{'|'.join(sorted(_AT, key=len, reverse=True))}) "
    r"(?P<value>.+)$"
)
_UNIT = r"(?: (?!inclusive|exclusive)[a-z]+)?"
_BETWEEN = re.compile(
    rf"^(?:(?P<name>#\d+) )?(?:(?:is|are|lies|lie|be|strictly) )*between (?P<low>#\d+{_UNIT}) and (?P<high>#\d+{_UNIT})"
    r"(?: ,)?(?: (?P<how>inclusive|exclusive))?$"
)
_OR_MORE = re.compile(r"^(?P<value>.+?) or (?P<which>more|greater|above|less|fewer|below)(?P<unit> [a-z]+)?$")


def _bound(found: Sentence, depth: int) -> Node | None:  # noqa: PLR0911  # one rule a line
    """`at least 3`, `12 or more`, `x is less than 1/2`, `at least 3 and no more than 35`."""
    parts = re.split(r" (?:and|but) (?=(?:at|no|not|more|less|greater|fewer|smaller)\b)", found.text)
    if len(parts) == 2:
        sides = [_bound(found.part(part), depth) for part in parts]
        if None in sides:
            return None
        named = [side.args[0] for side in sides if side and side.args[0] != ANYTHING]
        subject = named[0] if named else ANYTHING
        return Node("list", tuple(Node("rel", (subject, *side.args[1:]), side.name) for side in sides if side), "and")
    match = _BETWEEN.match(found.text)
    if match:
        subject = found.read(match["name"]) if match["name"] else ANYTHING
        sign = "le" if match["how"] == "inclusive" else "<"
        return Node("rel", (_amount(found, match["low"]), subject, _amount(found, match["high"])), f"{sign} {sign}")
    match = _OR_MORE.match(found.text)
    if match:
        relation = "ge" if match["which"] in ("more", "greater", "above") else "le"
        return Node("rel", (ANYTHING, _amount(found, match["value"])), relation)
    match = _BOUND.match(found.text)
    if match is None:
        return None
    subject = found.read(match["name"]) if match["name"] else ANYTHING
    if subject.op not in ("words", "sym"):
        return None
    return Node("rel", (subject, _amount(found, match["value"])), _AT[match["which"]])


def _amount(found: Sentence, text: str) -> Node:
    """A number, without its unit; raises Unreadable."""
    node = found.read(text)
    if node.op in ("unit", "deg"):
        node = node.args[0]
    if node.op not in FORMULA:
        raise Unreadable("a bound that is no number")
    return node


# --------------------------------------------------------------------------------------------------------------- values


def _permuted(found: Sentence, depth: int) -> Node | None:
    """`(1, 2, 3) and its permutations`: all of them."""
    match = _ALL_PERMUTED.match(found.text) or _PERMUTED.match(found.text)
    if match is None:
        return None
    value = found.read(match["value"]) if "is" not in match["value"].split() else prose(found.part(match["value"]), 2)
    if value is None:
        return None
    name = None
    if value.op == "rel" and value.name == "=" and len(value.args) == 2:
        name, value = value.args
    items = [value] if value.op == "tuple" else list(value.args)
    if not items or any(item.op != "tuple" or len(item.args) > 5 for item in items) or len(items) > 6:
        return None
    spread: dict[tuple[Node, ...], Node] = {}
    for item in items:
        turns = [item.args[i:] + item.args[:i] for i in range(len(item.args))]
        for order in turns if match["cyclic"] else permutations(item.args):
            spread.setdefault(tuple(order), Node("tuple", tuple(order), item.name))
    found_list = Node("list", tuple(spread.values()), ",") if len(spread) > 1 else next(iter(spread.values()))
    return Node("rel", (name, found_list), "=") if name is not None and found_list.op == "tuple" else found_list


def _loss(found: Sentence, depth: int) -> Node | None:
    """`a loss of $37` is a negative amount."""
    match = re.match(r"^(?:[a-z ,]+ )??(?P<sign>loss of|lost|loses|lose|gain of|profit of|gained|gains) "
                     r"(?P<value>#\d+(?: [a-z]+)?)$", found.text)  # fmt: skip
    other = re.match(r"^(?P<value>#\d+(?: dollars| cents)?) (?P<sign>loss|gain|profit)$", found.text)
    match = match or other
    if match is None:
        return None
    value = found.read(match["value"])
    negative = match["sign"].startswith("los")
    if value.op == "unit":
        inner = Node("neg", value.args) if negative else value.args[0]
        return Node("unit", (inner,), value.name, value.value)
    if value.op not in FORMULA:
        return None
    return Node("neg", (value,)) if negative else value


_ROW = re.compile(r"(?:^| )(#\d+) (if|when|whenever|for|otherwise|else|elsewhere)\b")
_ELSE = ("otherwise", "else", "elsewhere")
_FIRST = re.compile(r"(?:^| )(?:if|when|whenever|for) ([^,]+?),? (?:then |it is |is |answer is |value is )?"
                    r"(#\d+)(?= ,| and| or| if| when| for| otherwise| elsewhere|$)")  # fmt: skip
_LINKS = re.compile(r"^(?: ?(?:,|and|or|while|but)(?= |$))+|(?: ?(?:,|and|or|while|but))+$")


def _by_cases(found: Sentence, depth: int) -> Node | None:
    """`2n + 1 if n is odd, 2n - 2 if n is even`; `1 if n = 1 and 0 otherwise`; `for odd n, 1, for even n, 0`."""
    text = re.sub(r"\b(otherwise|else|elsewhere) ?,? (?:it is |is )?(#\d+)", r"\2 otherwise", found.text)
    parts = _ROW.split(text)
    rows: list[tuple[str, str]] = []
    if not _LINKS.sub("", parts[0]).strip():
        rows = [(value, "otherwise" if word in _ELSE else _LINKS.sub("", condition).strip())
                for value, word, condition in zip(parts[1::3], parts[2::3], parts[3::3], strict=True)]  # fmt: skip
    elif re.match(r"(?:if|when|whenever|for) ", text):
        rows = [(value, condition) for condition, value in _FIRST.findall(text)]
        rows += [(value, "otherwise") for value in re.findall(r"(#\d+) otherwise", text)]
    if len(rows) < 2:
        return None
    name, cases = None, []
    for value, condition in rows:
        node = found.read(value)
        if node.op == "rel" and node.name == "=" and len(node.args) == 2:
            name, node = node.args
        if node.op not in FORMULA:
            return None
        when = _condition(found, condition, depth)
        if when is None:
            return None
        cases.append(Node("tuple", (node, when), "()"))
    piecewise = Node("cases", tuple(cases))
    return piecewise if name is None else Node("rel", (name, piecewise), "=")


def _condition(found: Sentence, text: str, depth: int) -> Node | None:
    if text == "otherwise":
        return Node("words", name="otherwise")
    node = found.maybe(text)
    if node is None or node.op not in ("rel", "list"):
        node = prose(found.part(text), depth + 2)
    return node if node is not None and node.op in ("rel", "list") else None


_REALS = re.compile(
    r"^(?:all|any|every|set of|set of all)"
    r"(?: (?:(?:real )?(?:numbers?|values?|reals)|real)(?: of)?|(?= #\d+ (?:except|other than|excluding|but)\b))"
    r"(?: (?P<name>#\d+))?"
    r"(?: ,)? (?:(?P<except>except|other than|excluding|but)(?: for)?"
    r"|(?:(?:that|which) (?:are|is)|such that|with|where) )? ?(?P<rest>.+)$"
)


def _reals(found: Sentence, depth: int) -> Node | None:
    """`all real numbers except 2`, `all real numbers x such that x > 3`, `all real numbers greater than 3`."""
    match = _REALS.match(found.text)
    if match is None:
        return None
    subject = found.read(match["name"]) if match["name"] else ANYTHING
    if match["except"]:
        values = found.read(match["rest"])
        items = values.args if values.op in ("list", "set") else (values,)
        items = tuple(item.args[1] if item.op == "rel" and item.name == "=" else item for item in items)
        if not all(item.op in FORMULA for item in items):
            return None
        relations = tuple(Node("rel", (subject, item), "ne") for item in items)
        return relations[0] if len(relations) == 1 else Node("list", relations, "and")
    node = _condition(found, match["rest"], depth)
    if node is not None and node.op == "rel" and node.args[0] == ANYTHING and subject != ANYTHING:
        return Node("rel", (subject, *node.args[1:]), node.name)
    return node


def _prefixed(found: Sentence, depth: int) -> Node | None:
    """`all real numbers a > 2`, `all n ≥ 3`, `the functions f(x) = cx`: what stands behind says it all."""
    match = _PREFIX.match(found.text)
    node = found.maybe(match["rest"]) if match else None
    if node is None or node.op in ("sym", "words", "raw"):
        return None
    if node.op == "tuple" and {"all", "interval"} & set(found.text.split()) == {"all"}:
        return None  # all pairs (a, b) such that …
    return node


def _with(found: Sentence, depth: int) -> Node | None:
    """`all n ≥ 3 with 3 ∤ n`: a bound and a condition on the same letter."""
    match = _SUCH.match(found.text)
    parts = [found.maybe(match[side]) for side in ("first", "second")] if match else []
    relations = [part for part in parts if part is not None and part.op == "rel"]
    if len(relations) != 2 or relations[0].name not in ("ge", ">", "in") or relations[0].args[0].op != "sym":
        return None
    return Node("list", tuple(relations), "and")


_SUCH = re.compile(
    r"^(?:for )?(?:all|any|every|each)(?: (?:positive|real|natural|integers?|numbers?|values?|of))* (?P<first>#\d+)"
    r"(?: ,)? (?:with|such that|where|for which|satisfying) (?P<second>#\d+)$"
)


def _either(found: Sentence, depth: int) -> Node | None:
    """`L = 1 or L is even`: statements of which one holds, or that hold together."""
    for word in ("or", "and"):
        parts = re.split(rf" ,? ?{word} (?:if )?", found.text)
        if not 2 <= len(parts) <= 4:
            continue
        nodes = [_condition(found, part.strip(" ,"), depth) for part in parts]
        if all(node is not None for node in nodes):
            return Node("list", tuple(node for node in nodes if node), word)
    return None


def _stated(found: Sentence, depth: int) -> Node | None:
    """`the smallest k is 57`, `f(x) = x is the only solution`: the value that a sentence gives."""
    match = _ONLY.match(found.text) or _THERE.match(found.text)
    if match:
        return found.read(match["value"])
    match = _COPULA.match(found.text)
    if match is None or _SUBJECT.search(match["subject"]):
        return None
    rest = found.part(re.sub(r"^(?:to |exactly |precisely |given by |of form )+", "", match["rest"]))
    if re.fullmatch(r"(?:#\d+|and|or|,| )+", match["subject"]):
        return None
    subject = match["subject"]
    if re.match(r"(?:all|any|every|only) ", subject) and _RELATIVE.search(subject):
        return None  # all n such that n + 1 is a power of two
    if (_IS.search(subject) and not _RELATIVE.search(subject)) or not re.search(r"[a-z]{2}", subject):
        return None
    node = rest.maybe(rest.text)
    if node is None or node.op in ("words", "raw", "sym"):
        node = prose(rest, depth + 1)
    return None if node is None or node.op in ("words", "raw") else node


_RULES = (
    _by_cases,
    _permuted,
    _kind,
    _bound,
    _all_integers,
    powers,
    _loss,
    _reals,
    signed,
    _prefixed,
    _with,
    _either,
    _stated,
)
