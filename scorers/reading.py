"""From the text of an answer to what it says: its shape, its canonical form, and other ways to read it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from scorers.extract import extract
from scorers.forms import form
from scorers.lexer import clean, tokens
from scorers.phrases import words_or_raw
from scorers.plain import plain_integer
from scorers.respelling import condition_apart, remark, said_again
from scorers.shapes import is_name, shape
from scorers.statements import parse
from scorers.syntax import FORMULA, MAX_ANSWER, Node, TooLarge, Unreadable
from scorers.words import text_of

_AMBIGUOUS = re.compile(r"\d,[1-9]\d\d(?!\d)")  # nobody lists 000
_OTHERWISE = (
    ("C", re.compile(r"(?<![a-zA-Z\\])C\s*\(([^(),]{1,60}),([^(),]{1,60})\)"), r"\\binom{\1}{\2}"),  # C(n, k)
    ("C", re.compile(r"(?<![a-zA-Z\\])C_\{?(\w+)\}?\^\{?(\w+)\}?"), r"\\binom{\1}{\2}"),
    ("C", re.compile(r"(?:\{\s*\})?[_^]\{?(\w+)\}?\s*C_\{?(\w+)\}?"), r"\\binom{\1}{\2}"),
    ("P", re.compile(r"^\s*\$?\s*(?:\{\s*\}|\\,)?\s*[_^]?\{?(\d+)\}?\s*P_\{?(\d+)\}?\s*\$?$"), r"\frac{\1!}{(\1-\2)!}"),
    ("P", re.compile(r"^\s*\$?\s*P\s*\((\d+),\s*(\d+)\)\s*\$?$"), r"\frac{\1!}{(\1-\2)!}"),  # P(n, k)
    ("and", re.compile(r"^\s*(\d+)\s*(?:\\text\s*\{\s*and\s*\}|and)\s*(?=\\[dt]?frac|\d+\s*/)"), r"\1 "),  # 17 and 1/2
    ("log", re.compile(r"\\log(?![a-zA-Z])(?!\s*_)"), r"\\lg"),
    (
        "(",
        re.compile(r"^\s*\$?\s*[A-Z]\s*(?:\\left)?(\((?:[^(),]{1,200},){1,2}[^(),]{1,200}?)(?:\\right)?\)"),
        r"\1)",
    ),  # P(4, 7)
)
_PROSE = re.compile(r"[a-zA-Z]{2,}[ ,:]+(?:\w+ +)*[a-zA-Z]{2,}")
_LABEL = re.compile(
    r"^(?P<text>\\(?:text|textbf|textrm|textit|mathrm|mathbf|mbox|boldsymbol|bf)\s*\{?\s*)?(?P<open>\(?)(?P<letter>[A-J])"
    r"(?P<close>[).:]+)\s*\}*(?:[\s~,:;]|\\[ ,;:!]|\\q?quad)*(?P<rest>.+)$",
    re.DOTALL,
)
_HINT = re.compile(r"[A-J][).:]")
_HEDGED = re.compile(
    r"^(?:\\(?:text|textbf|mathrm)\s*\{)?\s*(?:or|and|nor|not)\b|.*\b(?:no|not|wait|actually|rather|or)\b.*(?<![a-zA-Z\\])[A-J]\b",
    re.DOTALL,
)
"""What stands behind the first letter of an answer that names another one: `(A) or (C)`."""
_MARKUP = re.compile(
    r"\\(?:text|textbf|textrm|textit|mathrm|mathbf|mbox|boldsymbol|boxed|left|right)(?![a-zA-Z])|[${}\s~]"
)
_LETTER = re.compile(r"^(?:(?i:option|choice|answer)[:.]?)?\(?([A-J])\)?[.:]?$")
_CONTINUES = re.compile(r"^(?:\\(?:cup|cap|setminus|le|ge|leq|geq|in|to|cdot|times|div|pm)\b|[-+*/^=<>,(_!'&|}])")


AS_TEXT = frozenset({"words", "raw", "list", "rel", "cases"})
"""Shapes that are the same where their words are."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an answer. `plain` is its words and tokens, for answers that are text."""

    node: Node
    form: str
    plain: str


@lru_cache(maxsize=2048)
def read(text: str, thousands: bool = True) -> Reading | None:
    """How an answer is read; None where there is nothing to read. Raises precision.OutOfTime."""
    if len(text) > MAX_ANSWER:
        return Reading(Node("huge", name="long"), "", "")
    if (found := plain_integer(text)) is not None:
        return Reading(found[0], ("-" if found[0].op == "neg" else "") + found[1], found[1])
    try:
        node = parse(text, thousands)
    except TooLarge:
        plain = " ".join(text.split())
        return Reading(Node("huge", name=plain), "?" + plain, plain)
    except Unreadable:
        return None
    try:
        node = shape(node)
        canonical = form(node)
    except TooLarge:
        plain = _plain(text, thousands)
        return Reading(Node("huge", name=plain), "?" + plain, plain)
    except Unreadable:
        node = _fallback(text, thousands)
        canonical = form(node)
    return Reading(node, canonical, _plain(text, thousands) if node.op in AS_TEXT else "")


def _plain(text: str, thousands: bool) -> str:
    try:
        return text_of(tokens(clean(text), thousands))
    except Unreadable:
        return " ".join(text.split())


def _fallback(text: str, thousands: bool) -> Node:
    try:
        return words_or_raw(tokens(clean(text), thousands))
    except Unreadable:
        return Node("raw", name=" ".join(text.split()))


def alternatives(text: str) -> list[Reading]:
    """Every way to read an answer: `100,200` is a number and a list."""
    if len(text) > MAX_ANSWER:
        return []
    found = [read(text)]
    changed: str | None
    for hint, pattern, other in _OTHERWISE:
        if hint in text and (changed := pattern.sub(other, text)) != text:
            found.append(read(changed))
    if "boxed" in text and (boxed := _in_prose(text)) is not None:
        found.append(read(boxed))
    if ("²" in text or "³" in text) and (area := _GLUED.match(text)):
        found.append(read(rf"{area[1]}\text{{ {area[2]}}}^{'2' if area[3] == '²' else '3'}"))
    if _UNIT_END.search(text) and (tail := _UNIT_TAIL.match(text)) and not _LETTERS.search(_COMMANDS.sub("", tail[1])):
        found.append(read(rf"{tail[1]}\text{{ {tail[2]}}}"))
    if _HINT_OF_PARTS.search(text) and (answers := _in_parts(text)) is not None:
        found.append(answers)
    if ")" in text[-4:] and (parts := remark(clean(text))) and _only_a_remark(*parts):
        found.append(read(parts[0]))
    if ")" in text[-4:] and (changed := condition_apart(clean(text))):
        found.append(read(changed))
    if ("i.e" in text or "namely" in text) and (changed := said_again(clean(text))):
        found.append(read(changed))
    if ";" in text and (rows := _rows(text)) is not None:
        found.append(read(rows))
    if _AMBIGUOUS.search(text):
        found.append(read(text, thousands=False))
    return [reading for reading in found if reading is not None]


def _rows(text: str) -> str | None:
    """`1, 2; 3, 4` as `(1, 2), (3, 4)`."""
    if any(sign in text for sign in "()[]{}="):
        return None
    rows = [row.strip(" $") for row in text.split(";")]
    sizes = {row.count(",") for row in rows}
    return ", ".join(f"({row})" for row in rows) if len(rows) > 1 and len(sizes) == 1 and sizes != {0} else None


def _in_parts(text: str) -> Reading | None:
    """`(a) Yes, (b) No`: the answers to the parts, in order."""
    cut = _PART.split(text)
    labels = [a or b for a, b in zip(cut[1::3], cut[2::3], strict=True)]
    if len(labels) < 2 or _MARKUP.sub("", cut[0]) or not any(labels == row[: len(labels)] for row in _LABELS):
        return None
    readings = [read(part.strip(" ,;.\n\\}{")) for part in cut[3::3]]
    if any(reading is None for reading in readings):
        return None
    node = Node("tuple", tuple(reading.node for reading in readings if reading), "()")
    return Reading(node, form(node), "")


_ENDS_IN_BOX = re.compile(r"(?:=|\\approx|\\to|≈)\s*\\boxed\s*\{[^=]*\}[\s$.\\\])]*$")
_PART = re.compile(
    r"(?:(?<![\w\\])|(?<=\\text\{))(?:\((a|b|c|d|i|ii|iii|iv|1|2|3|4)\)|(a|b|c|d|i|ii|iii|iv)[.)])(?=[\s~\\$:])"
)
_HINT_OF_PARTS = re.compile(r"[ai1][.)]")
_LABELS = (["a", "b", "c", "d"], ["i", "ii", "iii", "iv"], ["1", "2", "3", "4"])
_UNIT_END = re.compile(r"[\s~:;,!][a-zA-Z][^\s]{0,12}[\s$.]*$")
_GLUED = re.compile(r"^\s*\$?\s*([-+\d.,\s]*\d)\s*(m)([²³])[\s$.]*$")
_COMMANDS = re.compile(r"\\[a-zA-Z]+")
_LETTERS = re.compile(r"[a-zA-Z]")
_UNIT_TAIL = re.compile(
    r"^\s*\$?\s*([-+\d.,\s]*\d|.{0,200}[}\d)])\s*\$?(?:\s|~|\\[ ,;:!])+"
    r"((?:k?m|[sghLNJWVAK])(?:\s*\^\s*\{?[23]\}?)?(?:\s*/\s*(?:k?m|[sgh])(?:\s*\^\s*\{?[23]\}?)?)?)\s*\$?\s*\.?$"
)


def _in_prose(text: str) -> str | None:
    """What is in the last box of a text that is more than a formula around it."""
    answer = extract(text)
    inside = ", ".join(answer.line) if len(answer.line) > 1 else answer.answer
    if answer.rule != "boxed" or inside is None:
        return None
    if _ENDS_IN_BOX.search(text):
        return inside
    return inside if _PROSE.search(text.replace(answer.answer or "", "")) else None


def _only_a_remark(answer: str, again: str) -> bool:
    """Whether what stands in parentheses behind an answer is the same answer again, or no answer."""
    if not again:
        return True
    first, second = read(answer), read(again)
    return first is not None and second is not None and first.form == second.form


def label(text: str) -> tuple[str, str] | None:
    """The letter and the content of an answer that is a labelled choice: `\\textbf{(C)}\\ 12`, `(C) 12`, `C. 12`."""
    if len(text) > MAX_ANSWER or (text.isascii() and not _HINT.search(text)):
        return None
    try:
        match = _LABEL.match(clean(text))
    except Unreadable:
        return None
    if match is None or not match["rest"].strip() or _HEDGED.match(match["rest"]):
        return None
    bracketed = match["open"] == "(" and match["close"].startswith(")")
    if not bracketed and (match["open"] or match["close"] not in (".", ")", ":")):
        return None
    if not match["text"] and (_CONTINUES.match(match["rest"]) or (bracketed and match["letter"] > "E")):
        return None
    return match["letter"], match["rest"].strip()


def lone_letter(text: str) -> str | None:
    """The letter of an answer that names a choice and nothing else: `C`, `(C)`, `C)`, `option C`."""
    match = _LETTER.match(_MARKUP.sub("", text)) if len(text) < 60 else None
    return match[1] if match else None


def essential(node: Node) -> Node:
    """A shape without the parts that may be left out: the unit after a number, the name before a value."""
    if node.op == "unit" or (node.op == "deg" and node.args):
        return essential(node.args[0])
    if node.op == "rel" and len(node.args) == 2 and is_name(node.args[0]):
        value = node.args[1]
        if node.name == "in" or (node.name == "=" and value.op in (FORMULA | {"unit", "tuple", "set", "list"})):
            return essential(value)
    if node.op == "list" and all(arg.op == "rel" and arg.args[0] == node.args[0].args[0] for arg in node.args):
        return Node("list", tuple(essential(arg) for arg in node.args), node.name)
    return node
