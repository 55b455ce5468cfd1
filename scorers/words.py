"""Answers in words: one spelling for what says the same, number words and Roman numerals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from scorers.lexer import Token

_UNITS = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen""".split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBER_WORDS: dict[str, int] = {name: value for value, name in enumerate(_UNITS)}
NUMBER_WORDS.update({name: 10 * value for value, name in enumerate(_TENS, start=2)})
NUMBER_WORDS.update({f"{ten} {one}": NUMBER_WORDS[ten] + NUMBER_WORDS[one] for ten in _TENS for one in _UNITS[1:10]})
NUMBER_WORDS.update(
    {"hundred": 100, "one hundred": 100, "thousand": 1000, "one thousand": 1000, "million": 10**6, "dozen": 12}
)

_DROPPED = frozenset({"a", "an", "the", "is", "are"})
_PUNCTUATION = frozenset({".", ",", ";", ":", "!", "?", "$", "{", "}", '"', "`", "-"})
_EMPTY = frozenset({"no solution", "no solutions", "no real solution", "no real solutions", "there no solution",
                    "there no solutions", "empty set", "emptyset", "none"})  # fmt: skip
_REALS = frozenset({"all real numbers", "all reals", "real numbers", "all real"})
_ROMAN = re.compile(r"^M{0,3}(CM|CD|D?C{0,3})(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})$")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def text_of(found: Sequence[Token]) -> str:
    """The tokens of an answer as one string: words in lower case without articles and punctuation."""
    parts: list[str] = []
    for index, token in enumerate(found):
        if token.kind == "num" and parts and parts[-1] == "frac" and len(token.text) == 2:
            parts.extend(token.text)  # \\frac12
        elif token.text in ("a", "A") and len(found) > index + 1 and _is_noun(found[index + 1]) and _after_word(parts):
            continue
        elif token.kind == "word":
            word = token.text.lower()
            if word not in _DROPPED:
                parts.append(word)
        elif token.kind == "op" and token.text in _PUNCTUATION:
            continue
        else:
            parts.append(token.text)
    return " ".join(parts)


def _after_word(parts: Sequence[str]) -> bool:
    """Whether an article may stand behind what was read: behind a word, or at the beginning."""
    return not parts or (len(parts[-1]) > 1 and parts[-1].isalpha())


def _is_noun(token: Token) -> bool:
    """Whether an article may stand before a token: `a square`, `a 5`."""
    return token.kind == "num" or (
        token.kind == "word" and len(token.text) > 2 and token.text.lower() not in ("and", "for", "but")
    )


def text_value(plain: str) -> tuple[str, int | Fraction]:
    """What a phrase stands for: ("number", n), ("empty", 0), ("domain", 0) or ("words", 0)."""
    value = number_phrase(plain) or fraction_phrase(plain)
    if value is not None:
        return "number", value
    if plain == "zero":
        return "number", 0
    if plain in _EMPTY:
        return "empty", 0
    return ("domain", 0) if plain in _REALS else ("words", 0)


_PARTS = {"half": 2, "halves": 2, "third": 3, "fourth": 4, "quarter": 4, "fifth": 5, "sixth": 6, "seventh": 7,
          "eighth": 8, "ninth": 9, "tenth": 10}  # fmt: skip


def fraction_phrase(plain: str) -> Fraction | None:
    """The fraction that words spell: `two thirds`, `half`; None for anything else."""
    words = plain.split()
    bottom = _PARTS.get(words[-1]) or _PARTS.get(words[-1].removesuffix("s")) if words else None
    top = (
        1 if len(words) == 1 and words[0] == "half" else number_phrase(" ".join(words[:-1])) if len(words) > 1 else None
    )
    return Fraction(top, bottom) if top and bottom and 0 < top < bottom else None


_SCALES = {"thousand": 1000, "million": 10**6, "billion": 10**9}


def number_phrase(plain: str) -> int | None:
    """The number that words spell: `one hundred and twenty`; None for anything else."""
    if plain in NUMBER_WORDS:
        return NUMBER_WORDS[plain]
    words = plain.split()
    if not 2 <= len(words) <= 15:
        return None
    if words[0] in ("negative", "minus"):
        positive = number_phrase(" ".join(words[1:])) if words[1] not in ("negative", "minus") else None
        return None if positive is None else -positive
    total = group = 0
    room, scale = 1000, 10**12  # below what the next word, and the next thousand or million, must stay
    for index, word in enumerate(words):
        value = NUMBER_WORDS.get(word, 0)
        if word == "and" and 0 < index < len(words) - 1 and words[index - 1] in ("hundred", *_SCALES):
            continue
        if word == "hundred" and 0 < group < 10:
            group, room = group * 100, 100
        elif word in _SCALES and group and _SCALES[word] < scale:
            scale, total = _SCALES[word], total + group * _SCALES[word]
            group, room = 0, 1000
        elif 0 < value < 100 and value < room and (value < 10 or room > 10):
            group, room = group + value, 10 if value >= 20 and not value % 10 else 1
        else:
            return None
    return total + group


def roman(plain: str) -> int | None:
    """The value of a Roman numeral of at least two letters."""
    plain = plain.upper()
    if not 2 <= len(plain) <= 15 or not _ROMAN.match(plain):
        return None
    values = [_ROMAN_VALUES[letter] for letter in plain]
    return sum(-now if now < after else now for now, after in zip(values, [*values[1:], 0], strict=True))


_ENGLISH = frozenset(
    """no yes red odd all any one two six ten the is are at it if to by of on we he she her him his and or not for
    cat dog sun mon tue wed thu fri sat jan feb mar apr may jun jul aug sep oct nov dec boy man win won new old net none
    but as an be so do can has had did was""".split()
)


_SORTED = frozenset("empty first most almost below begin best cost ghost lost accent".split())


def is_product(word: str) -> bool:
    """Whether a run of letters outside `\\text` is read as a product of symbols: short and no English word, or in
    alphabetical order as the corners of a figure are. `aT` is no English word."""
    if word.lower() in _ENGLISH and (word[1:].islower() or word.isupper()):
        return False
    return len(word) <= 3 or (len(word) <= 8 and list(word) == sorted(set(word)) and word not in _SORTED)
