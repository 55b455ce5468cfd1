"""Reading a text of mathematics as tokens: words, numbers, commands and signs, whatever the spacing around them."""

from __future__ import annotations

import re

__all__ = ["is_number", "tokens"]

_LAYOUT = (
    "left|right|bigl?|bigr?|biggl?|biggr?|displaystyle|textstyle|quad|qquad|text|mathrm|textbf|mathbf|limits|hfill"
    "|begin|end|align|aligned|equation|boxed|hline|smallskip|medskip|bigskip"
)
_TOKEN = re.compile(
    rf"\\(?:(?:{_LAYOUT})(?![a-z])|[^a-z])"  # what sets the page and says nothing: no token
    r"|(\\[a-z]+|[^\W\d_]+(?:['’][a-z]+)?|\d+(?:[.,]\d+)*|[^\s\w.,;:!?$*{}\\\"'’`~&#…“”—–])"
)
_LABEL = re.compile(
    r"(?:\s*(?:[-*•>#]+|\**(?:step|part|line)\s+\d{1,4}\b\**\s*[:.)]?|\(?\d{1,3}[.):](?=\s)|\([a-z]\)(?=\s)))+", re.IGNORECASE
)


def tokens(text: str, *, label: bool = False) -> list[str]:
    r"""The tokens of a text in lower case: words, numbers, LaTeX commands, other signs.

    Left out are spacing and layout (`\,`, `\left`, `$`, `\[`, braces), punctuation and Markdown; `\dfrac` is `\frac`.
    With `label`, the label of a step goes too: `Step 3:`, `2.`, `-`. Linear in the length of the text."""
    if label and (found := _LABEL.match(text)):
        text = text[found.end() :]
    text = text.lower()
    if "−" in text:
        text = text.replace("−", "-")
    if "frac" in text:
        text = text.replace("\\dfrac", "\\frac").replace("\\tfrac", "\\frac")
    return list(filter(None, _TOKEN.findall(text)))


def is_number(token: str) -> bool:
    """Whether a token is a number in figures."""
    return token[0].isdigit()
