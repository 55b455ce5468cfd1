"""TeX formulas as MathML, made when the site is built, so that a page shows mathematics without a script.

The converter is latex2mathml; its text output is not used, since it unescapes what `\\text{}` holds (live HTML) and
writes `href` as it comes. Its element tree is read instead, against a list of what may pass, and written here, escaped.
A formula with anything else in it is refused, and the caller shows the source. What is refused must not depend on the
clock, as a site is checked by building it again: limits are of length, depth and size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from leaderboard.characters import visible

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["formula"]

LONGEST = 2_000
"""Characters of a formula."""
DEEPEST = 24
"""Braces, environments and delimiters within each other; the converter recurses."""
LARGEST = 2_000
"""Elements of the result."""

# Definitions make bombs of a few characters; the others set attributes, load or link.
_REFUSED = re.compile(
    r"\\(?:newcommand|renewcommand|providecommand|def|gdef|let|DeclareMathOperator|newenvironment|href|url|class|style"
    r"|require|includegraphics|unicode|char|cssId|htmlData|input|verb|mathchoice|color|textcolor|colorbox|fcolorbox)"
    r"(?![a-zA-Z])"
)
_ELEMENTS = frozenset(
    "math mrow mi mn mo mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover mtable mtr mtd"
    " mphantom mpadded mstyle menclose".split()
)
_LENGTH = re.compile(r"[-+]?(?:\d{1,4}(?:\.\d{1,4})?|\.\d{1,4})?(?:em|ex|px|pt|mu|cm|mm|in|pc|%)?")
_WORDS = re.compile(r"[a-z0-9. -]{0,200}")
_SPACES = {"veryverythin": 1, "verythin": 2, "thin": 3, "medium": 4, "thick": 5, "verythick": 6, "veryverythick": 7}
"""Named widths in 18ths of an em (MathML 3, section 3.1.1), which browsers no longer know."""
_NAMED = re.compile(rf"(negative)?({'|'.join(_SPACES)})mathspace")
_ALIKE = re.compile(r"\\(begin|end)\{(?:aligned|eqnarray\*?|alignat\*?|multline\*?|gather\*?|gathered)\}")
"""Environments of rows that the converter does not know; it aligns rows without "&" as well."""
_LENGTHS = frozenset("width height depth lspace rspace voffset minsize maxsize linethickness".split())
_VALUES = frozenset(
    "display displaystyle scriptlevel stretchy fence form separator accent accentunder largeop movablelimits symmetric"
    " mathvariant columnalign columnlines columnspacing rowlines rowspacing notation".split()
)
_FARTHEST = 4.0
"""Em that a space or a shift may reach: no formula covers what stands elsewhere."""


@lru_cache(maxsize=1 << 16)
def formula(tex: str, *, display: bool = False) -> Markup | None:
    """The formula as MathML with its TeX source as annotation; None where it is refused or not understood."""
    if not tex.strip() or len(tex) > LONGEST or _depth(tex) > DEEPEST or _REFUSED.search(tex):
        return None
    if any(0xD800 <= ord(c) <= 0xDFFF for c in tex) or visible(tex) != escape(tex):
        return None
    from latex2mathml.converter import convert_to_element

    try:
        tree = convert_to_element(_ALIKE.sub(r"\\\1{align*}", tex), display="block" if display else "inline")
        inner = "".join(_content(tree))
    except Exception:  # whatever it is that the converter makes of somebody's text: the source is shown
        return None
    block = ' display="block"' if display else ""
    note = f'<annotation encoding="application/x-tex">{escape(tex)}</annotation>'
    return Markup(f"<math{block}><semantics><mrow>{inner}</mrow>{note}</semantics></math>")  # noqa: S704


def _depth(tex: str) -> int:
    """How far groups are nested, from below: what opens and is never closed counts as open."""
    deepest = depth = 0
    for token in re.finditer(r"\\\\|\\[{}]|\{|\}|\\(?:begin|end|left|right)(?![a-zA-Z])|[_^]", tex):
        word = token[0]
        if word in ("{", "\\begin", "\\left"):
            depth += 1
        elif word in ("}", "\\end", "\\right"):
            depth = max(0, depth - 1)
        deepest = max(deepest, depth)
    return deepest


def _content(tree: Element) -> Iterator[str]:
    """What stands inside <math>, escaped. Raises ValueError for what is not allowed."""
    left = LARGEST

    def write(element: Element) -> Iterator[str]:
        nonlocal left
        left -= 1
        if element.tag not in _ELEMENTS or left < 0:
            raise ValueError(element.tag)
        text = unescape(element.text or "")
        if re.search(r"\\[a-zA-Z]", text) or (element.tail or "").strip():
            raise ValueError(f"an unknown command: {text}")
        yield f"<{element.tag}{_attributes(element)}>{visible(text)}"
        for child in element:
            yield from write(child)
        yield f"</{element.tag}>"

    for child in tree:
        yield from write(child)


def _attributes(element: Element) -> str:
    """The attributes, each of a known name with a value of its kind. Raises ValueError for others."""
    found = []
    for name, given in element.attrib.items():
        named = _NAMED.fullmatch(given)
        value = given if named is None else f"{'-' if named[1] else ''}{_SPACES[named[2]] / 18:.4g}em"
        if name in _LENGTHS:
            number = re.search(r"[\d.]+", value)
            known = _LENGTH.fullmatch(value) is not None
            fits = known and (number is None or _em(value, float(number[0])) <= _FARTHEST)
        else:
            fits = name in _VALUES and _WORDS.fullmatch(value) is not None
        if not fits:
            raise ValueError(f"{name}={value}")
        found.append(f' {name}="{value}"')
    return "".join(found)


def _em(value: str, number: float) -> float:
    """About how long a length is, in em."""
    per_em = {"ex": 2, "px": 16, "pt": 12, "mu": 18, "cm": 0.42, "mm": 4.2, "in": 0.17, "pc": 1, "%": 100}
    return number / next((size for unit, size in per_em.items() if value.endswith(unit)), 1)
