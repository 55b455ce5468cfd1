"""Readings of a whole answer by its tokens: times of day, ranges in words, names, what words stand for."""

from __future__ import annotations

import re
from fractions import Fraction

from scorers.lexer import Token
from scorers.syntax import Node, Unreadable, number
from scorers.units import UNIT_WORDS
from scorers.words import is_product, number_phrase, roman, text_of, text_value

_CLOCK = re.compile(r"^(\d{1,2})(?::(\d\d))?(?::(\d\d))?([ap]m)?$")
_NOT_NAMES = frozenset(
    """is are was it not no yes true false if then for all any every some none never always only or but with at least
    most more less than to of in on number""".split()
)
OPPOSITE = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
_PREDICATES = frozenset("has had was will wins won did does because since".split())
_HEDGES = frozenset("not or and nor no never neither if unless but".split())
_DOUBTS = frozenset(
    """if iff when whenever only unless except but for maybe perhaps sometimes depends wrong incorrect unknown and while
    whereas although however provided assuming to = question answer""".split()
)
_VERBS = frozenset("can cannot not do does has have will".split())  # no root, no idea: a sentence has one of them
_EMPTY = frozenset("there do does did it we that".split())
_GOES_ON = frozenset(
    """it there they because since he she we this that such for cannot does do not in as you one these those any all
    every a""".split()
)
_SPELLED = {
    **dict.fromkeys(("dne", "limit does not exist", "it does not exist", "undefined"), "does not exist"),
    **dict.fromkeys(
        ("infinite", "infinitely many solutions", "infinite solutions", "infinite number of solutions",
         "there infinitely many", "there infinitely many solutions", "infinitely"), "infinitely many"),
}  # fmt: skip


def rewritten(found: list[Token]) -> list[Token]:
    """`2 to 3` as a ratio, `2 out of 3` as a fraction, `three hours` and `USD 5` as a number with a unit; other
    answers as they are."""
    words = [token.text.lower() if token.kind == "word" else "" for token in found]
    if found[0].text in ("a", "an", "A", "An") and len(found) > 1 and len(words[1]) > 3 and words[1] not in UNIT_WORDS:
        found, words = found[1:], words[1:]  # a parallelogram
    if len(found) > 1 and words[0] in ("usd", "eur", "gbp") and found[1].kind == "num":
        return [*found[1:], found[0]]
    if len(found) > 1 and words[0] in ("minus", "negative") and found[1].kind == "num":
        found, words = [Token("op", "-"), *found[1:]], ["", *words[1:]]
    units = next((i for i, word in enumerate(words) if word in UNIT_WORDS), 0)
    if all(words) and 0 < units <= 8 and (value := number_phrase(" ".join(words[:units]))) is not None:
        return [Token("num", str(value)), *found[units:]]  # three hours
    if len(found) in (3, 4) and found[0].kind == found[-1].kind == "num" and words[1:-1] in (["out", "of"], ["in"]):
        return [found[0], Token("op", "/"), found[-1]]  # 3 out of 8
    if len(found) == 3 and words[1] == "to" and found[0].kind == found[2].kind == "num":
        return [found[0], Token("op", ":"), found[2]]
    return found


def clock(found: list[Token]) -> Node | None:
    """A time of day such as `4:40 a.m.`; None without `a.m.` or `p.m.`, which is a ratio."""
    if not 2 <= len(found) <= 12:
        return None
    text = "".join(token.text for token in found if token.text not in (".", "{", "}", "*")).lower()
    match = _CLOCK.match(text)
    if match is None or match[4] is None or not (0 < int(match[1]) < 13):
        return None
    minutes, seconds = int(match[2] or 0), int(match[3] or 0)
    if max(minutes, seconds) > 59:
        return None
    if match[2] is None and not any(t.text == "." or t.roman or t.text in ("PM", "AM", "P", "A") for t in found):
        return None  # 3pm is a product
    return Node("time", name=match[4], value=int(match[1]) % 12 * 60 + minutes + Fraction(seconds, 60))


def words_or_raw(found: list[Token]) -> Node:
    """What is left of an answer that is no mathematics the parser reads: its words, or its tokens."""
    plain = text_of(found)
    if not plain:
        raise Unreadable("nothing is there")
    simple = _simple(plain)
    if simple is not None:
        return simple
    prose = any(token.kind == "word" and (token.roman or not is_product(token.text)) for token in found)
    if len(words := plain.split()) > 1 and set(words) <= set(OPPOSITE):
        return Node(
            "tuple", tuple(Node("words", name=word) for word in words), "()"
        )  # the answers to several questions
    listed = _names(found) if prose else None
    return listed or Node("words" if prose else "raw", name=_SPELLED.get(plain, plain))


def _simple(plain: str) -> Node | None:
    """A number, the empty set or the real numbers in words."""
    kind, value = text_value(plain)
    if kind == "number":
        return number(value)
    if kind == "empty":
        return Node("set")
    return Node("domain", name="R") if kind == "domain" else None


def _names(found: list[Token]) -> Node | None:
    """Names with commas or `and` between them: a list, in any order."""
    items: list[list[Token]] = [[]]
    for token in found:
        text = token.text.lower()
        if (token.kind == "op" and text in (",", ";", "&")) or text == "and":
            items.append([])
        elif token.kind in ("word", "name") and text.isalpha():
            items[-1].append(token)
        elif token.kind != "op" or text not in (".", "{", "}"):
            return None
    names = [plain for item in items if (plain := text_of(item))]
    if not 2 <= len(names) <= 20 or any(set(n.split()) & _NOT_NAMES or len(n.split()) > 2 for n in names):
        return None
    return Node("list", tuple(_simple(name) or Node("words", name=name) for name in names), ",")


def spelled(node: Node) -> str | None:
    """The letters of a product of symbols, as they were written in a row: `DNE`, `II`."""
    factors = node.args if node.op == "mul" else (node,)
    if not all(factor.op in ("sym", "const") and len(factor.name) == 1 for factor in factors):
        return None
    word = "".join(factor.name for factor in factors).lower()
    return _SPELLED.get(word, word)


def is_answered(short: str, long: str) -> bool:
    """Whether a sentence gives the answer and goes on to say why: `No, it is impossible`, `Ann has the most`."""
    words = long.split()
    if short not in OPPOSITE:
        rest = long.removeprefix(short + " ").split()
        return len(rest) < len(words) and rest[0] in _PREDICATES and not set(rest) & _HEDGES
    if len(words) < 2 or words[0] != short or {"or", OPPOSITE[short]} & set(words):
        return False
    if words[1] == "for" and len(words) > 2 and words[2] in ("all", "every", "any", "each"):
        return True
    if words[1] in _DOUBTS:
        return False
    if words[1] in _GOES_ON:
        return True
    return not (_DOUBTS & set(words)) and (short in ("yes", "true") or bool(_VERBS & set(words)))


def same_answered(left: str, right: str) -> bool:
    """Whether two sentences begin with the same yes or no and the shorter one says no more than the longer one."""
    one, other = left.split(), right.split()
    if one[0] != other[0] or one[0] not in OPPOSITE or min(len(one), len(other)) < 2:
        return False
    if OPPOSITE[one[0]] in one + other or (_DOUBTS | {"or"}) & {*one, *other}:
        return False
    first, second = sorted((set(one) - _EMPTY, set(other) - _EMPTY), key=len)
    return first <= second and ("not" in one) == ("not" in other)


def is_roman(left: Node, right: Node) -> bool:
    """`XIV` outside `\\text` was read as a product."""
    figure, letters = (left, right) if left.op == "num" else (right, left)
    word = spelled(letters)
    return word is not None and len(word) > 1 and roman(word) == figure.value


_FIGURE = re.compile(r"^(?:overline|triangle|angle|square|overarc|widehat)[ (]([A-Z]{2,4})\)?$")


def is_figure(left: Node, right: Node) -> bool:
    """`\\overline{AB}` or `\\triangle ABC` against its letters."""
    match = _FIGURE.match(left.name) if left.op == "sym" else None
    return match is not None and right.op == "mul" and spelled(right) == match[1].lower()


def figures(text: str) -> list[str]:
    """The numbers in a phrase."""
    return sorted(part for part in text.split() if part.isdigit())


def same_time(left: Node, right: Node, swapped: bool) -> bool | None:  # one signature for all rules
    """A time of day against `17:30`, `17:30:00` or, the half of the day left out, `5:30`."""
    if right.op != "ratio" or not 2 <= len(right.args) <= 3 or left.value is None:
        return None
    hours, *parts = (arg.value for arg in right.args)
    if hours is None or hours.denominator > 1 or any(part is None or not 0 <= part < 60 for part in parts):
        return False
    minutes = sum((part / 60**place for place, part in enumerate(parts) if part is not None), Fraction(0))
    if minutes != left.value % 60 or hours % 12 != left.value // 60:
        return False
    return hours < 24 and (left.name == "pm" if hours > 12 else hours > 0 or left.name == "am")
