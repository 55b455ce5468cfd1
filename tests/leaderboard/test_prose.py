"""What models write becomes HTML that can only be read, whatever it is, in bounded time."""

from __future__ import annotations

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from leaderboard.characters import plain, visible
from leaderboard.mathml import LONGEST, formula
from leaderboard.prose import HEAD, TAIL, prose

TAGS = frozenset(
    "math semantics annotation mrow mi mn mo mtext mspace msup msub msubsup mfrac msqrt mroot mover munder munderover"
    " mtable mtr mtd mphantom mpadded mstyle menclose b code pre p details summary div span".split()
)
ATTRIBUTES = frozenset(
    "class title encoding display displaystyle scriptlevel stretchy fence form separator accent accentunder largeop"
    " movablelimits symmetric mathvariant columnalign columnlines columnspacing rowlines rowspacing notation width"
    " height depth lspace rspace voffset minsize maxsize linethickness".split()
)
CLASSES = {"tex", "code-point", "diagram", "thinking", "cut"}


class Strict(HTMLParser):
    """Fails for anything that is not on the lists, and for tags that are not closed in order; keeps the text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in TAGS, tag
        for name, value in attrs:
            assert name in ATTRIBUTES, name
            assert name != "class" or value in CLASSES
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def read(html: str) -> str:
    """The text of the page, once all of it is known to be on the lists."""
    html.encode()  # no surrogate is left
    parser = Strict()
    parser.feed(str(html))
    parser.close()
    assert not parser.open
    return parser.text


HOSTILE = [
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "$\\text{<img src=x onerror=alert(1)>}$",
    "$\\mbox{</math><script>alert(1)</script>}$",
    "$\\href{javascript:alert(1)}{x}$",
    "$\\text{&lt;img src=x onerror=alert(1)&gt;}$",
    "$\\style{position:fixed}{x}$",
    "$\\class{x}{y}$",
    "$\\newcommand{\\a}{\\b\\b}\\newcommand{\\b}{\\a\\a}\\a$",
    "$\\def\\x{\\x\\x}\\x$",
    "$\\color{red;background:url(http://a/)}x$",
    "$\\unicode{x3c}script\\unicode{x3e}$",
    "$\\hspace{9999em}$",
    "$\\raise{900em}x$",
    "$\\genfrac<>{\"onload=alert(1)}0ab$",
    "[asy]</pre></details><script>alert(1)</script>[/asy]",
    "```html\n<script>alert(1)</script>\n```",
    "**<img src=x onerror=alert(1)>**",
    "`<a href=javascript:alert(1)>`",
    "<think></details><iframe src=//a></think>",
    "\x00\x1b[31m\x7f\x85\ud800 \udfff \u202eevil\u202c \ufeff\u2028\u200b",
    "$\u202ex$ \\(\ud800\\) $\x00$",
    "<!--", "<![CDATA[", "<?php", "</div></script>", "&#60;script&#62;", "&lt;script&gt;",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_can_only_be_read(text: str) -> None:
    html = prose(text)
    read(html)
    for one, other in (("<think>", "x"), ("$", "$$"), ("", "")):
        read(prose(f"{one}{text}{other}"))


pieces = st.lists(
    st.one_of(
        st.sampled_from(
            "$ $$ \\( \\) \\[ \\] ** ` ``` [asy] [/asy] <think> </think> \\begin{align} \\end{align} \\frac { } ^ _ & "
            "\\text{ \\left( \\right) \\sqrt[3] \\boxed{ \\\\ \\$ \\hline \\mathbb{R} \\begin{array}{c|c} \\end{array} "
            "< > \n \n\n \" '".split(" ")
        ),
        st.text(max_size=8),
        st.characters(categories=["Cs", "Cc", "Cf"]),
        st.sampled_from(HOSTILE),
    ),
    max_size=30,
)  # fmt: skip


@given(pieces)
def test_any_text_becomes_closed_html_of_known_tags(parts: list[str]) -> None:
    read(prose("".join(parts)))


@given(st.text())
def test_text_without_marks_is_itself(text: str) -> None:
    plain = "".join(c for c in text if c not in "$\\*`[<" and not visible(c).startswith("<"))
    assert read(prose(plain)) == plain
    assert read(visible(plain)) == plain


@given(pieces)
def test_the_source_of_a_formula_is_kept(parts: list[str]) -> None:
    tex = "".join(parts)
    if (html := formula(tex)) is not None:
        assert tex in read(html)


def test_formulas_are_recognised_and_prices_are_not() -> None:
    assert prose("It costs $5 and $6, or \\$7.") == "It costs $5 and $6, or $7."
    for text in ("$x$", "$ x^2 $", "\\(x\\)", "\\boxed{\\frac{1}{2}}"):
        assert prose(text).count("<math>") == 1
    for text in ("$$x$$", "\\[x\\]", "\\begin{align*}a&=b\\\\c&=d\\end{align*}"):
        assert prose(text).count('<math display="block">') == 1


def test_rows_and_named_spaces_become_what_browsers_know() -> None:
    for name in ("aligned", "eqnarray*", "gather", "align"):
        html = formula(f"\\begin{{{name}}} x &= 1 \\\\ y &= 2 \\end{{{name}}}")
        assert html is not None
        assert html.count("<mtr>") == 2
    html = formula("10,\\!080")
    assert html is not None
    assert 'width="-0.1667em"' in html
    assert "mathspace" not in html


def test_a_formula_that_is_refused_shows_its_source() -> None:
    assert prose("so $\\nosuchcommand{x}$.") == 'so <code class="tex">$\\nosuchcommand{x}$</code>.'
    assert formula("x" * (LONGEST + 1)) is None
    assert formula("{" * 30 + "x" + "}" * 30) is None
    assert formula("x_" * 900) is None


def test_what_is_folded_and_marked() -> None:
    html = prose("<think>well $x$</think>**Yes** `a<b`\n```python\nx < 1\n```\n[asy]\ndraw(a);\n[/asy]")
    assert '<details class="thinking"><summary>thinking (8 characters)</summary>' in html
    assert "<b>Yes</b> <code>a&lt;b</code>" in html
    assert "<pre><code>x &lt; 1</code></pre>" in html
    assert "<pre>draw(a);</pre>" in html
    assert "U+202E" in read(prose("a\u202eb")) and "\u202e" not in prose("a\u202eb")
    assert read(prose("<think>never ends")).endswith("never ends")


@given(st.text(st.characters()))
def test_plain_text_holds_nothing_that_is_obeyed(text: str) -> None:
    made = plain(text)
    assert visible(made) == escape(made)


def test_a_megabyte_is_shortened_in_the_middle() -> None:
    html = prose("a" * 10**6 + " \\boxed{42}")
    text = read(html)
    assert f"{10**6 + 11 - HEAD - TAIL:,} characters are left out here." in text
    assert text.endswith("\\boxed{42}") and len(html) < HEAD + TAIL + 1000


BOMBS = ["$", "$a ", "\\(", "**", "`", "\\begin{align}", "<think>", "[asy]", "$x^{", "```", "$\\left(", "\\boxed{",
         "$x_", "$\\frac", "$\\verb", "$\\operatorname{  ", "\x00", "\\\\", "$\\text{"]  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_repeated_openers_take_no_time(bomb: str) -> None:
    """Work is counted by the clock with much room: what is guarded against takes minutes."""
    started = time.process_time()
    read(prose(bomb * (20_000 // len(bomb))))
    assert time.process_time() - started < 5


PIECES = ["x^", "\\frac", "\\sqrt", "\\operatorname{", "{", "\\left(", "'", "\\text{", "1", " ", "\\begin{array}{c}",
          "\\not", "\\overline", "&", "\\\\", "\\hline", "%"]  # fmt: skip


@pytest.mark.parametrize("piece", PIECES)
def test_the_longest_formula_takes_no_time(piece: str) -> None:
    started = time.process_time()
    formula((piece * LONGEST)[:LONGEST])
    assert time.process_time() - started < 3
