"""Reading a text of mathematics as tokens: words, numbers, commands and signs, whatever the spacing around them."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["MARK", "tokens", "tokens_of"]

_LAYOUT = (
    "left|right|bigl?|bigr?|biggl?|biggr?|displaystyle|textstyle|quad|qquad|text|mathrm|textbf|mathbf|limits"
    r"|begin\{[a-z*]+\}|end\{[a-z*]+\}|boxed"
)
_SILENT = re.compile(rf"\\(?:(?:{_LAYOUT})(?![a-z])|[^a-z])")
_HALVES = re.compile(r"\\frac\s*(\d)(\d)")
MARK = "\x00"
_LABEL = re.compile(
    r"\A(?:\s*(?:[-*•>#]+|\**(?:step|part|line)\s+\d{1,4}\b\**\s*[:.)]?|\(?\d{1,3}[.):](?=\s)|\([a-z]\)(?=\s)))+",
    re.IGNORECASE,
)
_BLANK = ".,;:!?$*{}\"'`~&#_"
_TO_SPACE = {ord(sign): " " for sign in _BLANK}
_BLANKS = re.compile(rf"[{re.escape(_BLANK)}’‘“”…—–]+")
_FOREIGN = re.compile(r"[^\x00-\x7f\w]")
_SIGNS = "+-=()^/<>|[]\\"


def tokens(text: str) -> list[str]:
    r"""The tokens of a text in lower case: words, numbers (`2x` is one token), LaTeX commands, other signs.

    Left out are spacing and layout (`\,`, `\left`, `$`, `\[`, braces), punctuation and Markdown; `\dfrac` is `\frac`.
    Linear in the length of the text, and made of string methods, which are several times as fast as one regular
    expression over it would be."""
    text = text.lower()
    if "\\" in text:
        text = text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
        text = _HALVES.sub(r"\\frac \1 \2", _SILENT.sub(" ", text))
    if text.isascii():
        text = text.translate(_TO_SPACE)
    else:
        text = _FOREIGN.sub(r" \g<0> ", _BLANKS.sub(" ", text.replace("−", "-")))
    for sign in _SIGNS:
        if sign in text:
            text = text.replace(sign, f" {sign}" if sign == "\\" else f" {sign} ")
    return text.split()


def tokens_of(steps: Sequence[str]) -> list[str]:
    """The tokens of all steps in a row, with MARK between one step and the next. The label in front of a step
    (`Step 3:`, `2.`, `-`) goes too."""
    return tokens(f" {MARK} ".join([_LABEL.sub("", step, count=1).replace(MARK, " ") for step in steps]))
