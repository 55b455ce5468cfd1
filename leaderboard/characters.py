"""Somebody's characters as HTML that can only be read: escaped, and what would be obeyed made visible."""

from __future__ import annotations

import re
from functools import lru_cache

from markupsafe import Markup, escape

__all__ = ["plain", "visible"]

# Controls but tab and line feed; marks, embeddings, overrides and isolates of direction; separators of lines and
# paragraphs, the byte order mark and the invisible tag characters; surrogates, which no encoding of text can hold.
_OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_NAMES = {
    "\u202a": "left-to-right embedding",
    "\u202b": "right-to-left embedding",
    "\u202d": "left-to-right override",
    "\u202e": "right-to-left override",
    "\u2066": "left-to-right isolate",
    "\u2067": "right-to-left isolate",
    "\u2068": "first strong isolate",
}


def visible(text: str) -> Markup:
    """The text, escaped; characters that would be obeyed instead of seen stand as their numbers."""
    if not _OBEYED.search(text):
        return escape(text)
    text = text.replace("\r\n", "\n")
    parts, end = [], 0
    for match in _OBEYED.finditer(text):
        parts += [escape(text[end : match.start()]), _number(match[0])]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def plain(text: str) -> str:
    """The same for text that a page inserts as text: the numbers stand in angle brackets."""
    return _OBEYED.sub(lambda match: f"\u2039U+{ord(match[0]):04X}\u203a", text.replace("\r\n", "\n"))


@lru_cache(maxsize=1024)
def _number(character: str) -> Markup:
    name = _NAMES.get(character, "character shown as its number")
    return Markup('<span class="code-point" title="{}">U+{:04X}</span>').format(name, ord(character))
