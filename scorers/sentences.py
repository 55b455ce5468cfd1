"""The skeleton of a sentence: its words, with a mark for every piece of mathematics between them.

`All odd integers $n \\ge 3$` is `all odd integers #0`. Rules for phrases are patterns on skeletons; what they find is
read by the parser of mathematics again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from scorers.lexer import Token
from scorers.syntax import Node, TooLarge, Unreadable
from scorers.words import is_product

MAX_TOKENS = 400
_DROPPED = frozenset("a an the that's".split())
_POINTS = frozenset({",", ".", ";", ":", "?"})
_FUNCTIONS = frozenset(
    "sin cos tan cot sec csc log ln exp gcd lcm max min floor ceil sqrt pi frac binom arctan".split()
)
_PROSE = frozenset("in its it by as so we up out set all if is are no not or and for any one two of on to at".split())
_MARK = re.compile(r"#(\d+)")
Parse = Callable[[list[Token]], Node]
ANYTHING = Node("words")
"""The subject of a relation that names none."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """`text` has words in lower case, points (`,` for all of them) and a mark `#i` for `pieces[i]`."""

    text: str
    pieces: tuple[tuple[Token, ...], ...]
    parse: Parse

    def tokens(self, part: str) -> list[Token]:
        """The tokens of a part of the skeleton."""
        found: list[Token] = []
        for word in part.split():
            mark = _MARK.fullmatch(word)
            if mark:
                found.extend(self.pieces[int(mark[1])])
            elif word == ",":
                found.append(Token("op", ","))
            else:
                found.append(Token("word", word, roman=True, spaced=True))
        return found

    def read(self, part: str) -> Node:
        """What a part of the skeleton says, as mathematics; raises Unreadable."""
        found = self.tokens(part)
        if not found:
            raise Unreadable("nothing is there")
        return self.parse(found)

    def maybe(self, part: str) -> Node | None:
        """`read`, or None."""
        try:
            return self.read(part)
        except TooLarge:
            raise
        except Unreadable:
            return None

    def part(self, text: str) -> Sentence:
        """A part of the skeleton as a sentence of its own."""
        return Sentence(" ".join(text.split()).strip(" ,"), self.pieces, self.parse)


def sentence(found: Sequence[Token], parse: Parse) -> Sentence | None:
    """The skeleton of a list of tokens; None without words, or where it is too long."""
    if len(found) > MAX_TOKENS:
        return None
    found = _opened(found)
    parts: list[str] = []
    pieces: list[list[Token]] = []
    depth = 0
    inside = False  # the last thing was a piece
    for index, token in enumerate(found):
        depth += _depth(token)
        if depth <= 0 and _is_article(found, index):
            inside = False
        elif depth <= 0 and _is_word(token) and not _is_environment(found, index):
            if token.text.lower() not in _DROPPED:
                parts.append(token.text.lower())
            inside = False
        elif depth <= 0 and token.kind == "op" and token.text in _POINTS and _is_point(found, index, inside):
            parts.append(",")
            inside = False
        elif inside and not (token.text in (",", ";") and depth <= 0 and _is_last_value(found, index)):
            pieces[-1].append(token)
        elif inside:
            parts.append(",")
            inside = False
        else:
            parts.append(f"#{len(pieces)}")
            pieces.append([token])
            inside = True
    if all(part[0] in "#," for part in parts):
        return None
    text = re.sub(r"(?: ,)+", " ,", " ".join(parts)).strip(" ,")
    return Sentence(text, tuple(map(tuple, pieces)), parse)


def _opened(found: Sequence[Token]) -> Sequence[Token]:
    """The tokens without the parentheses of `1 (when n = 2)`."""
    kept, open_at = [], []
    for index, token in enumerate(found):
        if token.kind == "op" and token.text == "(":
            open_at.append(index + 1 < len(found) and found[index + 1].text.lower() in _IF)
            if open_at[-1]:
                continue
        elif token.kind == "op" and token.text == ")" and open_at and open_at.pop():
            if index + 1 < len(found) and found[index + 1].text not in (",", ";", "."):
                kept.append(Token("op", ","))
            continue
        kept.append(token)
    return kept


_IF = frozenset({"if", "when", "for", "whenever", "where"})


def _is_last_value(found: Sequence[Token], index: int) -> bool:
    """Whether a comma between mathematics divides a condition from the next value: `1 if n = 1, 2 if n = 2`."""
    depth = 0
    ruled = any(token.text.lower() in _IF for token in found[:index] if token.kind == "word")
    for token in found[index + 1 :] if ruled else ():
        depth += _depth(token)
        if depth <= 0 and token.kind == "word" and token.text.lower() in (*_IF, "otherwise", "else"):
            return True
        if depth <= 0 and (_is_word(token) or token.text in (",", ";")):
            return False
    return False


def _depth(token: Token) -> int:
    if token.kind != "op":
        return 0
    return (token.text in ("(", "[", "{", r"\{", "begin")) - (token.text in (")", "]", "}", r"\}", "end"))


def _is_environment(found: Sequence[Token], index: int) -> bool:
    return index > 0 and found[index - 1].kind == "op" and found[index - 1].text in ("begin", "end")


def _is_article(found: Sequence[Token], index: int) -> bool:
    """Whether `a` is a word here: before a word, and not behind mathematics."""
    if found[index].text not in ("a", "A") or index + 1 >= len(found) or not _is_word(found[index + 1]):
        return False
    return index == 0 or _is_word(found[index - 1])


def _is_word(token: Token) -> bool:
    """Whether a token is prose: in text, or a run of letters that is no product and no function."""
    if token.kind != "word" or token.text in _FUNCTIONS:
        return False
    if token.roman:
        return len(token.text) > 1 or token.text in ("a", "A")
    return token.text in _PROSE or not is_product(token.text)


def _is_point(found: Sequence[Token], index: int, inside: bool) -> bool:
    """Whether a comma or full stop belongs to the sentence, not to a list or a ratio."""
    if index + 1 >= len(found) or _is_word(found[index + 1]):
        return True
    return not inside
