"""From the text of an answer to tokens: LaTeX, Unicode and plain notation become one alphabet.

Linear in the length of the text; nothing is interpreted here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from scorers.syntax import MAX_ANSWER, TooLarge, Unreadable


class Token(NamedTuple):
    """`kind` is num, name (a symbol or a command), word (a run of letters in text) or op (everything else).

    `text` is a number's digits, a command without its backslash, a word or a character. `roman`: it stood in text mode.
    `spaced`: white space came before it.
    """

    kind: str
    text: str
    roman: bool = False
    spaced: bool = False


_UNICODE = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "×": r"\times ", "÷": r"\div ", "·": r"\cdot ", "⋅": r"\cdot ",
    "∙": r"\cdot ", "∗": "*", "√": r"\sqrt ", "∛": r"\sqrt[3]", "∞": r"\infty ", "°": r"^{\circ}", "º": r"^{\circ}",
    "≤": r"\le ", "≥": r"\ge ", "⩽": r"\le ", "⩾": r"\ge ", "≠": r"\ne ", "≈": r"\approx ", "≡": r"\equiv ",
    "∪": r"\cup ", "∩": r"\cap ", "∈": r"\in ", "∅": r"\emptyset ", "∖": r"\setminus ", "±": r"\pm ", "∓": r"\mp ",
    "∘": r"\circ ", "∉": r"\notin ", "∤": r"\nmid ",
    "⌊": r"\lfloor ", "⌋": r"\rfloor ", "⌈": r"\lceil ", "⌉": r"\rceil ", "⟨": r"\langle ", "⟩": r"\rangle ",
    "∠": r"\angle ", "△": r"\triangle ", "ℝ": r"\mathbb{R}", "ℤ": r"\mathbb{Z}", "ℕ": r"\mathbb{N}",
    "′": "'", "″": "''", "’": "'", "‘": "'", "“": '"', "”": '"', "∣": "|", "∶": ":", "⁄": "/", "∕": "/",
    "€": r"\euro ", "£": r"\pounds ", "…": "...", "⋯": "...", "→": r"\to ", "，": ",", "。": ".", "；": ";", "：": ":",
    "（": "(", "）": ")", "％": "%", "、": ",", "\u200b": "", "\ufeff": "", "\u2061": "", "\u2062": "",
    "¥": r"\yen ", "₹": r"\rupees ", "¢": r"\text{ cents}",
    "½": r"\frac{1}{2}", "⅓": r"\frac{1}{3}", "⅔": r"\frac{2}{3}", "¼": r"\frac{1}{4}", "¾": r"\frac{3}{4}",
    "⅕": r"\frac{1}{5}", "⅖": r"\frac{2}{5}", "⅗": r"\frac{3}{5}", "⅘": r"\frac{4}{5}", "⅙": r"\frac{1}{6}",
    "⅚": r"\frac{5}{6}", "⅛": r"\frac{1}{8}", "⅜": r"\frac{3}{8}", "⅝": r"\frac{5}{8}", "⅞": r"\frac{7}{8}",
    "α": r"\alpha ", "β": r"\beta ", "γ": r"\gamma ", "δ": r"\delta ", "ε": r"\epsilon ", "θ": r"\theta ",
    "λ": r"\lambda ", "μ": r"\mu ", "π": r"\pi ", "ρ": r"\rho ", "σ": r"\sigma ", "τ": r"\tau ", "φ": r"\phi ",
    "ϕ": r"\phi ", "ω": r"\omega ", "ζ": r"\zeta ", "Δ": r"\Delta ", "Ω": r"\Omega ", "∑": r"\sum ", "Σ": r"\Sigma ",
}  # fmt: skip
_TRANSLATION = str.maketrans(_UNICODE)
_WIDE = {0xFF01 + offset: chr(0x21 + offset) for offset in range(94)} | {0xFE63: "-", 0x3000: " "}
_ALPHANUMERIC = re.compile("[\U0001d400-\U0001d7ff]")  # letters and digits in the styles of mathematics
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉ₙ", "0123456789n")
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
_SUBSCRIPT = re.compile("[₀₁₂₃₄₅₆₇₈₉ₙ]+")

# Backslash escapes of JSON or Python that were applied to LaTeX by accident: \frac, \text, \right and the like.
_LOST = {"\x0crac": r"\frac", "\text": r"\text", "\times": r"\times", "\theta": r"\theta", "\x08oxed": r"\boxed"}
_LOST_ESCAPE = re.compile("|".join(re.escape(key) for key in _LOST))

_TEXT = frozenset(
    "text textbf textit textrm textsf textsc texttt textnormal mbox hbox mathrm operatorname rm bf it sc emph".split()
)
_STYLE = frozenset(
    """left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr middle displaystyle textstyle scriptstyle limits
    nolimits mathbf mathit mathsf mathcal mathfrak boldsymbol bm boxed fbox ensuremath mathop mathord mathbin mathrel
    mathstrut strut underline color qquad quad enspace thinspace negthinspace medspace thickspace space hfill
    mathopen mathclose mathpunct tiny small normalsize large Large LARGE huge Huge""".split()
)
_WITH_ARGUMENT = frozenset(
    "hspace vspace phantom hphantom vphantom label tag color textcolor kern hskip cancel bcancel xcancel sout".split()
)
_SPACES = frozenset(" \t\n\r\f\v,;:!> /")
_SAME = {
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "dbinom": "binom", "tbinom": "binom", "leq": "le", "geq": "ge",
    "leqslant": "le", "geqslant": "ge", "neq": "ne", "lt": "<", "gt": ">", "colon": ":", "mid": "|", "vert": "|",
    "lvert": "|", "rvert": "|", "lbrace": r"\{", "rbrace": r"\}", "lbrack": "[", "rbrack": "]", "lparen": "(",
    "rparen": ")", "ast": "*", "star": "*", "land": "and", "wedge": "and", "lor": "or", "vee": "or", "varnothing":
    "emptyset", "ldots": "...", "dots": "...", "cdots": "...", "dotsc": "...", "degree": "degree", "arcdeg": "degree",
    "percent": "%", "textdollar": r"\$", "dollar": r"\$", "varphi": "phi", "varepsilon": "epsilon", "prime": "'",
    "backslash": "setminus", "smallsetminus": "setminus", "rightarrow": "to", "imath": "i", "thickapprox": "approx",
    "simeq": "approx", "tg": "tan", "ctg": "cot", "cosec": "csc", "lb": r"\{", "rb": r"\}", "iff": "iff",
    "longrightarrow": "to", "Vert": "|", "infin": "infty", "times": "*", "cdot": "*", "textquotesingle": "'",
    "longmapsto": "mapsto", "cong": "equiv", "bigcup": "cup", "bigcap": "cap",
    "arctg": "arctan", "Reals": "R", "bar": "overline", "lg": "log10", "textpercent": "%", "and": "and", "or": "or",
}  # fmt: skip

_DIGITS = r"\d{1,3}(?:(?:\s*(?:,\s*\\[!,]|\{,\}|\\text\{,\}|\\[,;:! ])\s*|[  ])\d{3})+(?!\d)"
_NUMBER = re.compile(rf"(?:{_DIGITS}|\d+)(?:\.\d+)?(?:[eE][+-]?\d{{1,12}}(?![\da-zA-Z]))?|\.\d+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d,]|\.\d*,)(?:\.\d+)?")
_COMMAND = re.compile(r"\\([a-zA-Z]+|.)", re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_]+")
_DOUBLED = re.compile(r"\\\\(?=(?:[dt]?frac|sqrt|pi|text|cdot|times|left|right|boxed|infty|circ|pm|binom)(?![a-zA-Z]))")
_OVER = re.compile(r"\{([^{}]*)\\over(?![a-zA-Z])([^{}]*)\}")
_CHOOSE = re.compile(r"\{([^{}]*)\\choose(?![a-zA-Z])([^{}]*)\}|\(([^(){}]*)\\choose(?![a-zA-Z])([^(){}]*)\)")
_ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)(?![a-zA-Z])")
_ONLY_DIGITS = re.compile(r"[^\d.eE+-]")
_ENVIRONMENT = re.compile(r"\s*\{\s*([a-zA-Z]+)\*?\s*\}")


def trim(text: str) -> str:
    """The text without white space around it, lost backslashes put back first: a form feed may be half of `\\frac`."""
    if "\x0c" in text or "\t" in text or "\x08" in text:
        text = _LOST_ESCAPE.sub(lambda m: _LOST[m[0]], text)
    return text.strip()


def clean(text: str) -> str:
    """The text with Unicode signs spelled in LaTeX and lost backslashes put back.

    Raises TooLarge past the length cap."""
    if len(text) > MAX_ANSWER:
        raise TooLarge("the answer is too long")
    if not text.isascii():
        text = _SUPERSCRIPT.sub(lambda m: "^{" + m[0].translate(_SUPERSCRIPTS) + "}", text)
        text = _SUBSCRIPT.sub(lambda m: "_{" + m[0].translate(_SUBSCRIPTS) + "}", text)
        text = text.translate(_TRANSLATION).translate(_WIDE)
        text = _ALPHANUMERIC.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)
    if "\\\\" in text and "begin" not in text:
        text = _DOUBLED.sub(r"\\", text)
    if not text[-1:].isdigit():
        text = _DONE.sub("", text)
    if "\\over" in text:
        text = _OVER.sub(r"\\frac{\1}{\2}", text)
    if "\\choose" in text:
        text = _CHOOSE.sub(lambda m: rf"\binom{{{m[1] or m[3]}}}{{{m[2] or m[4]}}}", text)
    return unwrap(trim(text))


_WRAPPERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"), ("**", "**"), ("*", "*"), ("__", "__"),
             ("_", "_"), ("`", "`"))  # fmt: skip
_DONE = re.compile(
    r"(?:\s|\\[ ,;:!]|\\q?quad(?![a-z])){0,4}(?:\\(?:blacksquare|square|checkmark|qed|Box)|[∎✓✔✅■□])[\s$]{0,4}$"
)
"""What says that a proof or a check is done."""
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{")


def unwrap(text: str) -> str:
    """The text without the `$…$`, `\\[…\\]`, `\\boxed{…}` around the whole of it and without closing punctuation."""
    for _ in range(8):
        before = text
        text = text.strip().rstrip(".;:,").rstrip() if not text.endswith("...") else text.strip()
        text = text.removesuffix(r"\text{.}").removesuffix(r"\text{,}")
        text = text.removesuffix("\\").rstrip() if not text.endswith("\\\\") else text[:-2].rstrip()
        for opening, closing in _WRAPPERS:
            if text.startswith(opening) and text.endswith(closing) and len(text) >= len(opening) + len(closing):
                text = text[len(opening) : len(text) - len(closing)]
        box = _BOX.match(text)
        if box and text.endswith("}") and _closing(text, box.end()) == len(text) - 1:
            text = text[box.end() : -1]
        if text == before:
            break
    return text


def _closing(text: str, start: int) -> int:
    depth = 1
    for match in re.compile(r"\\.|[{}]", re.DOTALL).finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if not depth:
            return match.start()
    return -1


class _Lexer:
    """State of one pass: position, brackets open, and which braces belong to a `\\text`."""

    def __init__(self, text: str, thousands: bool) -> None:
        self.text = text
        self.at = 0
        self.tokens: list[Token] = []
        self.spaced = False
        self.brackets = 0
        self.braces: list[tuple[bool, bool]] = []  # text mode outside, and whether the brace is a token
        self.roman = False
        self.thousands = thousands

    def emit(self, kind: str, text: str) -> None:
        self.tokens.append(Token(kind, text, self.roman, self.spaced))
        self.spaced = False

    def run(self) -> list[Token]:
        text, size = self.text, len(self.text)
        while self.at < size:
            char = text[self.at]
            if char.isspace() or char in "~$\x00":
                self.spaced = True
                self.at += 1
            elif char == "\\":
                self.command()
            elif (char.isdigit() and char.isascii()) or (char == "." and text[self.at + 1 : self.at + 2].isdecimal()):
                self.number()
            elif char.isalpha():
                self.letters()
            else:
                self.symbol(char)
        return self.tokens

    def number(self) -> None:
        match = _GROUPED.match(self.text, self.at) if self.thousands and not self.brackets else None
        match = match or _NUMBER.match(self.text, self.at)
        if match is None:
            raise Unreadable("a digit of another script")
        self.emit("num", _ONLY_DIGITS.sub("", match[0]))
        ordinal = _ORDINAL.match(self.text, match.end())
        self.at = ordinal.end() if ordinal else match.end()

    def letters(self) -> None:
        match = _LETTERS.match(self.text, self.at)
        if match is None:
            raise Unreadable("a letter of another kind")
        self.emit("word" if self.roman or len(match[0]) > 1 else "name", match[0])
        self.at = match.end()

    def symbol(self, char: str) -> None:
        self.at += 1
        if char == "}":
            self.close_brace()
            return
        if char == "{":
            self.braces.append((self.roman, True))
        elif char in "([":
            self.brackets += 1
        elif char in ")]":
            self.brackets = max(0, self.brackets - 1)
        elif char == "." and self.text.startswith("..", self.at):
            self.at += 2
            char = "..."
        elif char == "*" and self.text.startswith("*", self.at):
            self.at += 1
            char = "^"
        elif char in "<>" and self.text.startswith("=", self.at):
            self.at += 1
            char = "le" if char == "<" else "ge"
        elif char == "!" and self.text.startswith("=", self.at):
            self.at += 1
            char = "ne"
        self.emit("op", char)

    def close_brace(self) -> None:
        if not self.braces:
            raise Unreadable("unbalanced braces")
        roman, visible = self.braces.pop()
        if visible and self.tokens and self.tokens[-1].text == "{" and self.tokens[-1].kind == "op":
            self.tokens.pop()  # an empty group says nothing
            self.spaced = True
        elif visible and len(self.tokens) > 1 and self.tokens[-2].text == "{" and self.tokens[-1].text in "-+=:":
            del self.tokens[-2]  # {-}1 is typesetting
        elif visible:
            self.emit("op", "}")
        else:
            self.spaced = True
        self.roman = roman

    def command(self) -> None:
        match = _COMMAND.match(self.text, self.at)
        if match is None:  # a lone backslash at the end
            self.at += 1
            return
        name = match[1]
        self.at = match.end()
        if not name.isalpha():
            self.escaped(name)
        elif name in _TEXT:
            self.enter_text()
        elif name in _STYLE and name != "color":
            self.spaced |= name not in ("left", "right")  # f\left(x\right) is f(x)
            self.at += name in ("left", "right") and self.text.startswith(".", self.at)  # a bracket that is not shown
        elif name in _WITH_ARGUMENT:
            self.skip_argument()
        elif name in ("begin", "end"):
            self.environment(name)
        elif name in ("mathbb", "Bbb"):
            self.emit("name", "mathbb")
        else:
            name = _SAME.get(name, name)
            self.emit("word" if name in ("and", "or") else "name" if name.isalpha() or name == "log10" else "op", name)

    def escaped(self, name: str) -> None:
        if name == "{":
            self.brackets += 1
            self.emit("op", r"\{")
        elif name == "}":
            self.brackets = max(0, self.brackets - 1)
            self.emit("op", r"\}")
        elif name == "\\":
            self.emit("op", r"\\")
        elif name in "$%":
            self.emit("op", "%" if name == "%" else r"\$")
        elif name == "|":
            self.emit("op", "|")
        elif name in "()[]" or name in _SPACES:  # math delimiters inside a sentence; spacing
            self.spaced = True
        else:
            self.emit("op", name)

    def enter_text(self) -> None:
        self.spaced = True
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if self.text.startswith("{", self.at):
            self.at += 1
            self.braces.append((self.roman, False))
            self.roman = True

    def skip_argument(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if self.text.startswith("{", self.at):
            end = _closing(self.text, self.at + 1)
            self.at = end + 1 if end >= 0 else len(self.text)
        self.spaced = True

    def environment(self, name: str) -> None:
        match = _ENVIRONMENT.match(self.text, self.at)
        if match is None:
            raise Unreadable("an environment without a name")
        self.at = match.end()
        self.emit("op", name)
        self.emit("word", match[1])
        if name == "begin" and match[1] == "array":
            self.skip_argument()


def tokens(text: str, thousands: bool = True) -> list[Token]:
    """Tokens of a cleaned text. `thousands`: `1,000` outside brackets is one number.

    Raises Unreadable for braces that do not balance."""
    lexer = _Lexer(text, thousands)
    found = lexer.run()
    if lexer.braces:
        if len(lexer.braces) > 3:
            raise Unreadable("unbalanced braces")
        # A box that was copied without its last braces.
        found.extend(Token("op", "}") for _, visible in lexer.braces if visible)
    return found
