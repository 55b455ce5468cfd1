"""What models and benchmarks write, as HTML: escaped text with its formulas, code and diagrams, and nothing else.

The markup is made here and nowhere else, so that a page may insert it as it is; what cannot be read as a formula or as
one of three marks of Markdown (bold, code, fenced code) stays the text that it was. Time is linear in the text, up to
the reach of a delimiter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from markupsafe import Markup

from leaderboard.characters import visible
from leaderboard.mathml import LONGEST, formula

__all__ = ["HEAD", "TAIL", "prose", "shortened"]

HEAD, TAIL = 16_000, 4_000
"""Characters of a long text that are shown: its beginning, and its end, where the answer is."""
_DIAGRAM = 20_000
"""Characters of a diagram's source or of a code block that are taken as one."""
_BOX = 300
"""Characters of an answer in a box that stands in no formula."""
_ENVIRONMENTS = (
    "align|align\\*|aligned|alignat|array|bmatrix|Bmatrix|cases|eqnarray|eqnarray\\*|equation|equation\\*|gather"
    "|gather\\*|gathered|matrix|multline|multline\\*|pmatrix|smallmatrix|split|tabular|vmatrix|Vmatrix"
)
_OPENERS = re.compile(
    rf"\\\\|\\\$|\$\$|\$|\\\(|\\\[|\\begin\{{(?P<environment>{_ENVIRONMENTS})\}}|\[asy\]|<asy>|```|`|\*\*|<think>"
    r"|<thinking>|\\boxed\{"
)
_CLOSERS = {"\\(": "\\)", "\\[": "\\]", "$$": "$$", "[asy]": "[/asy]", "<asy>": "</asy>", "```": "```",
            "<think>": "</think>", "<thinking>": "</thinking>"}  # fmt: skip
_BLOCKS = ("<details", "<pre", "<math display")
_AFTER = re.compile(r"[^\S\n]*\n*")
_DOLLAR = re.compile(r"(?<!\\)\$")
_LIKE_MATHS = re.compile(r"[\\^_=<>+/{}]")


def shortened(text: str, head: int = HEAD, tail: int = TAIL) -> tuple[str, int, str]:
    """(beginning, how many characters are left out, end) of a text."""
    if len(text) <= head + tail:
        return text, 0, ""
    return text[:head], len(text) - head - tail, text[-tail:]


def prose(text: str, *, head: int = HEAD, tail: int = TAIL) -> Markup:
    """The text as safe HTML; of a long one the beginning and the end, with what is missing said between them.

    Formulas in $…$, $$…$$, \\(…\\), \\[…\\] and environments become MathML, or their source in `code` where they are
    refused. Asymptote sources and thinking are folded. Line breaks stay; the container keeps white space."""
    first, missing, last = shortened(text, head, tail)
    if not missing:
        return _Reader(first).html()
    note = Markup('<p class="cut">{:,} characters are left out here.</p>').format(missing)
    return _Reader(first).html() + note + _Reader(last).html()


class _Reader:
    """One pass over a text, span by span."""

    def __init__(self, text: str, *, folds: bool = True) -> None:
        self._text = text
        self._folds = folds
        self._none_after: dict[str, int] = {}

    def html(self) -> Markup:
        """The whole text."""
        parts: list[Markup] = []
        start = place = 0
        while (match := _OPENERS.search(self._text, place)) is not None:
            found = self._span(match)
            if found is None:
                place = match.end()
                continue
            html, end = found
            before = self._text[start : match.start()]
            if html.startswith(_BLOCKS):  # they stand on lines of their own
                before = before.rstrip()
                end = _AFTER.match(self._text, end).end()  # type: ignore[union-attr]
            parts += [visible(before), html]
            start = place = end
        return Markup("").join([*parts, visible(self._text[start:])])

    def _span(self, match: re.Match[str]) -> tuple[Markup, int] | None:
        """What begins here, and where it ends; None where it is text."""
        opener, at = match[0], match.end()
        if match["environment"] is not None:
            return self._environment(match.start(), at, f"\\end{{{match['environment']}}}")
        if opener == "$":
            return self._dollar(match.start())
        if opener == "\\boxed{":
            return self._boxed(match.start(), at)
        if opener in ("`", "**"):
            return self._mark(opener, at)
        if opener in ("\\\\", "\\$"):
            return (visible("$"), at) if opener == "\\$" else None
        return self._block(opener, at)

    def _environment(self, start: int, at: int, closer: str) -> tuple[Markup, int] | None:
        """A formula that is an environment."""
        end = self._closer(closer, at, LONGEST)
        if end is None:
            return None
        source = self._text[start : end + len(closer)]
        return _maths(source, source, display=True), end + len(closer)

    def _block(self, opener: str, at: int) -> tuple[Markup, int] | None:
        """A formula, a diagram, code or thinking between two delimiters."""
        closer = _CLOSERS[opener]
        if opener[1:4] == "thi" and not self._folds:
            return None
        folded: dict[str, Callable[[str], Markup]] = {
            "[asy]": _diagram, "<asy>": _diagram, "```": _code, "<think>": _thinking, "<thinking>": _thinking,
        }  # fmt: skip
        if opener not in folded:
            end = self._closer(closer, at, LONGEST)
            if end is None or not self._text[at:end].strip():
                return None
            whole = self._text[at - len(opener) : end + len(closer)]
            return _maths(self._text[at:end], whole, display=opener in ("$$", "\\[")), end + len(closer)
        end = self._closer(closer, at, _DIAGRAM if opener[1:4] != "thi" else len(self._text))
        if end is None and opener[1:4] != "thi":
            return None
        end = len(self._text) if end is None else end  # thinking that was cut goes on to the end
        return folded[opener](self._text[at:end]), end + len(closer)

    def _closer(self, closer: str, start: int, reach: int) -> int | None:
        """Where the closing delimiter stands, within reach."""
        if start >= self._none_after.get(closer, len(self._text) + 1):
            return None
        found = self._text.find(closer, start, start + reach)
        if found < 0:
            if start + reach >= len(self._text):
                self._none_after[closer] = start
            return None
        return found

    def _dollar(self, start: int) -> tuple[Markup, int] | None:
        """An inline formula: as in Markdown it touches its dollars, else it must look like one; prices are none."""
        if start + 1 >= self._none_after.get("$", len(self._text) + 1):
            return None
        match = _DOLLAR.search(self._text, start + 1, start + 1 + LONGEST)
        if match is None:
            if start + 1 + LONGEST >= len(self._text):
                self._none_after["$"] = start + 1
            return None
        tex, end = self._text[start + 1 : match.start()], match.end()
        tight = not (tex[:1].isspace() or tex[-1:].isspace()) and not self._text[end : end + 1].isdigit()
        if not tex.strip() or "\n\n" in tex or not (tight or _LIKE_MATHS.search(tex)):
            return None
        return _maths(tex, self._text[start:end], display=False), end

    def _boxed(self, start: int, at: int) -> tuple[Markup, int] | None:
        """A final answer that stands outside of a formula."""
        depth = 1
        for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(self._text, at, at + _BOX):
            depth += {"{": 1, "}": -1}.get(match[0], 0)
            if not depth:
                source = self._text[start : match.end()]
                return _maths(source, source, display=False), match.end()
        return None

    def _mark(self, opener: str, at: int) -> tuple[Markup, int] | None:
        """Bold or code within a line."""
        line = self._text.find("\n", at, at + 500)
        end = self._text.find(opener, at, line if line >= 0 else at + 500)
        if end <= at or self._text[at].isspace() or self._text[end - 1].isspace():
            return None
        inner = self._text[at:end]
        if opener == "`":
            return _wrapped("<code>", visible(inner), "</code>"), end + 1
        return _wrapped("<b>", _Reader(inner, folds=False).html(), "</b>"), end + 2


def _wrapped(before: str, content: Markup, after: str) -> Markup:
    """Content between two tags of ours."""
    return Markup(f"{before}{content}{after}")  # noqa: S704


def _maths(tex: str, source: str, *, display: bool) -> Markup:
    found = formula(tex.strip(), display=display)
    return _wrapped('<code class="tex">', visible(source), "</code>") if found is None else found


def _diagram(source: str) -> Markup:
    head = '<details class="diagram"><summary>diagram (Asymptote source)</summary><pre>'
    return _wrapped(head, visible(source.strip("\n")), "</pre></details>")


def _code(source: str) -> Markup:
    language, _, rest = source.partition("\n")
    body = rest if re.fullmatch(r"[\w+-]{0,20}", language.strip()) and rest else source
    return _wrapped("<pre><code>", visible(body.strip("\n")), "</code></pre>")


def _thinking(source: str) -> Markup:
    """Folded. Marks of thinking inside are text, so that nothing is nested without end."""
    head = f'<details class="thinking"><summary>thinking ({len(source):,} characters)</summary><div>'
    return _wrapped(head, _Reader(source, folds=False).html(), "</div></details>")
