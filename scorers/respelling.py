"""Rewritings of the text of an answer before it is cut into tokens: bases, intervals, congruences, conditions.

Each is guarded by a substring that must be there, so that a plain answer costs nothing. Linear in the length.
"""

from __future__ import annotations

import re
from fractions import Fraction

from scorers.syntax import Node
from scorers.words import NUMBER_WORDS

_GAP = r"(?:\s|~|\\[ ,;:!]|\\q?quad(?![a-z]))*"
_TEXT = r"\\(?:text|textrm|textnormal|mathrm|mbox|operatorname|rm)\s*"
_LEAD = re.compile(
    rf"^\s*[:=]\s*(?=\S)|^(?:{_TEXT}\{{)?\s*(?:the\s+)?(?:final\s+)?answer\s*(?:is|:|=)\s*:?\s*(?:\}}(?=.))?",
    re.IGNORECASE | re.DOTALL,
)
_BASE = re.compile(
    r"^\(?([0-9a-z]{1,200})\)?(?:[\s({$~]|\\[a-z]+)*base(?:[\s~${}:-]|\\[a-z]+)*(\w+)[\s)}$]*$", re.IGNORECASE
)
_SUBSCRIPT = re.compile(
    rf"^(?:{_TEXT}\{{)?\(?([0-9A-Fa-f]+)\)?\}}?\s*_\s*\{{?\s*(?:{_TEXT}\{{?)?\s*\(?(\d\d?|[a-z]+)\)?\s*\}}*$"
)
_OUTWARD = re.compile(r"^((?:[a-z]\s*\\in\s*)?)([\[\]])([^\[\]]*)([\[\]])$")
_PRIME = re.compile(r"\^\s*(?:\\prime|\{\s*\\prime\s*(\\prime\s*)?\})")
_BRACED_DEGREE = re.compile(r"\{\s*\^\s*\{?\s*\\circ\s*\}?\s*\}")
_NEGATED = re.compile(r"\\not\s*(=|\\equiv(?![a-z])|\\mid(?![a-z])|\\in(?![a-z]))")
_NOT = {"=": r"\ne ", r"\equiv": r"\nequiv ", r"\mid": r"\nmid ", r"\in": r"\notin "}
_DIVIDES = re.compile(r"^\s*\$?\s*([\w^{}+\-]{1,40}?)\s*\\(n?)mid(?![a-z])\s*(\\?[\w^{}+\-()! ]{1,60}?)\s*\$?\s*$")
_MODULUS = re.compile(
    rf"\({_GAP}(?:{_TEXT}\{{\s*mod\s*\}}|{_TEXT}\{{\s*mod\s+(\w{{1,20}})\s*\}}|\\[bp]?mod(?![a-z])|mod(?![a-z])){_GAP}"
    r"\{?([^(){}]{0,40})\}?\s*\)"
)
_UNIT_FRACTION = re.compile(
    rf"\\frac\s*\{{\s*(?:{_TEXT})\{{([^{{}}]*)\}}((?:\^\{{?\d\}}?)?)\s*\}}\s*\{{\s*(?:{_TEXT})\{{([^{{}}]*)\}}((?:\^\{{?\d\}}?)?)\s*\}}"
)
_UNMARKED = re.compile(rf"{_TEXT}\{{([^{{}}]*)\}}")
_DOMAIN = r"(\\in\s*\\mathbb\s*\{?\s*[ZN]\s*\}?(?:\s*[_^]\s*(?:\{[^{}]{0,8}\}|[+*0-9]))?)"
_LETTERS = r"(?<![a-zA-Z\\])([a-zA-Z](?:\s*,\s*[a-zA-Z])*)(?![a-zA-Z])"
_MANY = r"(?:(?:all|any|some|every|each|an?|arbitrary|(positive|natural|non-?negative))\s+)*"
_BREAK = r"(?:[,;:(]|\\q?quad(?![a-z])|\\[ ,;]|\b(?:for|where|with)\b)"
_CONDITION = re.compile(
    rf"^(?P<body>.*?[^\s,;:\\~(]){_GAP}{_BREAK}{_GAP}\(?{_GAP}(?:(?:for|where|with|and)\b)?{_GAP}"
    rf"{_MANY}(?:{_LETTERS}{_GAP}{_DOMAIN}|integers?\s+{_LETTERS}|{_LETTERS}\s+(?:is|are|be)\s+{_MANY}integers?"
    rf"|{_LETTERS}\s+integer){_GAP}\)?$",
    re.DOTALL,
)
_BRACKETED = re.compile(
    r"\(\s*(?:for|where|with|if|when)?\s*([^(),]{0,20}(?:\\[gln]eq?(?:slant)?(?![a-z])|[<>≤≥≠])[^(),]{1,20})\)[\s$.]*"
)
_APART = re.compile(r"(?:\s|~|\\[ ,;:!]|\\quad|\\qquad)$")
_THAT_IS = re.compile(r"(?<![\w\\])(?:i\.\s?e\.|namely)[,:]?(?=\s)")
_REMARK = re.compile(
    r"^(.*\S)\s*\(\s*(?:(?:or|i\.e\.|that is|equivalently|=)\s*,?\s*(.+)"
    r"|(?:exact|about|approx|\\approx|≈|rounded|since|because|simplified|in simplest|nearest|to the nearest|inclusive"
    r"|(?:a )?(?:double|triple|repeated) root|(?:with )?multiplicity"
    r"|need both|in any order|any order|order does).*"
    r"|([a-z]{3,}(?:[ -][a-z]+){0,6}))\)$",
    re.DOTALL,
)


_UNION = re.compile(r"(?:\\[lg]eq?(?![a-z])|<|>).*\\cup.*(?:\\[lg]eq?(?![a-z])|<|>)", re.DOTALL)
_RUN_ON = re.compile(r"(?<=[\w})\]])\s*(?=[fgP]\([xn]\)\s*=)")
_CAPITALS = re.compile(
    r"(?<![a-z\\])(?:(?:a(?:rc)?)?(?:sin|cos|tan)h?|sec|csc|cot|ln|log|exp|sqrt)(?=\s*\()", re.IGNORECASE
)
_EVENT = re.compile(
    r"^\s*\$?\s*(?:Pr?|\\Pr|\\mathbb\s*\{?\s*P\s*\}?|\\mathrm\{Pr?\})\s*(?:\\left)?\((?=[^()]*\\text)[^()]{1,200}\)\s*(?==)"
)
_LIMIT = re.compile(r"^(\s*(?:\$|\\\()?\s*)\\lim(?![a-z])[^=]{1,300}=(?=[^=]*$)")
_WHAT = re.compile(
    r"^(?:final |grand |total )?(?:total|sum|product|area|volume|perimeter|length|width|height|distance|probability"
    r"|ratio|result|value|solution|number|count|cost|price|profit|time|age|speed|average|mean|median|range|domain)s?"
    r"(?: of [a-z]+)?\s*:\s*(?=[\d$\\({\[.-])",
    re.IGNORECASE,
)
_NON = re.compile(r"\bnon-(?=[a-z])", re.IGNORECASE)
_PERIOD = re.compile(r"^\$?\s*(-?\d{1,20}\.\d{0,20})\((\d{1,20})\)\s*\$?$")
_HOURS = re.compile(r"^\$?\s*(\d+)\s*h\.?\s*(\d+)\s*(?:m|min|mins|minutes)\.?\s*\$?$")
_OCLOCK = re.compile(r"(\d{1,2})(?:[\s~]|\\text\s*\{)*o['’`\s]*clock\}?")


def _begun(text: str) -> str:
    """The text without "the answer is", with functions in small letters (`Sin(x)`), `0.1(6)` as a period,
    and a limit that is said to be something by one letter."""
    if text[:1] in ":=" or "nswer" in text:
        text = _LEAD.sub("", text, count=1)
    if ":" in text:
        text = _WHAT.sub("", text)
    if "\\text" in text and "=" in text:
        text = _EVENT.sub("P", text)
    if "\\lim" in text and "=" in text:
        text = _LIMIT.sub(r"\1L=", text)  # what the limit is said to be; math-verify drops the limit and what follows
    if "on-" in text:
        text = _NON.sub("non", text)
    if "(" in text:
        text = _PERIOD.sub(r"\1\\overline{\2}", _CAPITALS.sub(lambda m: m[0].lower(), text))
    return text


def respelled(text: str) -> str:
    """The text with a base as a subscript, intervals such as `]1, 2[` in round brackets, `(mod 7)` as `\\pmod{7}`, and
    the condition on a parameter, where there is one, behind a comma: `2k\\pi (k \\in \\mathbb{Z})`."""
    text = _begun(text)
    match = _BASE.match(text) if len(text) < 400 and ("base" in text or "Base" in text) else None
    if match and (base := read_base(match[2])):
        return f"{match[1]}_{{{base}}}"
    match = _OUTWARD.match(text) if "[" in text or "]" in text else None
    if match and (match[2] == "]" or match[4] == "["):
        return f"{match[1]}{'(' if match[2] == ']' else '['}{match[3]}{')' if match[4] == '[' else ']'}"
    if "\\prime" in text:
        text = _PRIME.sub(lambda m: "''" if m[1] else "'", text)
    if "\\circ" in text:
        text = _BRACED_DEGREE.sub(r"^\\circ ", text)
    if "\\not" in text:
        text = _NEGATED.sub(lambda m: _NOT[m[1]], text)
    if "mid" in text and (match := _DIVIDES.match(text)):
        return rf"{match[3]} \{match[2]}equiv 0 \pmod{{{match[1]}}}"
    if "mod" in text:
        text = _MODULUS.sub(lambda m: rf" \pmod{{{m[1] or m[2].strip()}}}", text)
    if "\\cup" in text and not any(sign in text for sign in ("[", r"\{", r"\in")) and _UNION.search(text):
        text = text.replace("\\cup", " or ")  # a < x < b ∪ c < x < d
    if "=" in text and text.count(")=") + text.count(") =") > 1:
        text = _RUN_ON.sub(", ", text)  # f(x) = 0f(x) = x
    if "h" in text or "clock" in text:
        text = _OCLOCK.sub(r"\1:00", _HOURS.sub(r"\1 hours \2 minutes", text))
    if "\\frac" in text and ("\\text" in text or "\\mathrm" in text):
        text = _UNIT_FRACTION.sub(r"\\text{\1}\2/\\text{\3}\4", text)
    return conditioned(text) if ("\\in" in text or "integer" in text) and len(text) < 1000 else text


def conditioned(text: str) -> str:
    """The condition that a parameter is an integer as one more item of the answer."""
    if text.startswith((r"\{", r"\left")):
        return text
    plain = _UNMARKED.sub(lambda m: f" {m[1]} ", text.replace("$", " ")) if "integer" in text else text
    plain = _UNMARKED.sub(lambda m: f" {m[1]} " if m[1].split() in _LINKS else m[0], plain)
    match = _CONDITION.match(plain)
    if match is None or match["body"].endswith(("=", "{")):
        return text
    names = next(group for group in (match[3], match[5], match[6], match[8]) if group)
    sign = {"p": "^+", "n": "_{\\ge 0}"}.get((match[2] or match[7] or " ")[0], "")
    domain = match[4] or rf"\in \mathbb{{Z}}{'^+' if 'natural' in (match[2], match[7]) else sign}"
    return match["body"] + "".join(f", {name.strip()} {domain}" for name in names.split(","))


_LINKS = [["for"], ["where"], ["with"], ["and"], ["for", "all"], ["for", "any"], ["for", "some"]]


def remark(text: str) -> tuple[str, str] | None:
    """An answer and the same answer again in a remark behind it, `5 (or 5.0)`; the second is empty for a remark that
    only comments: `5 (exact)`."""
    if not text.endswith((")", ")}")) or "(" not in text or len(text) > 1000:
        return None
    plain = _UNMARKED.sub(r"\1", text) if "\\text" in text else text
    match = _REMARK.match(plain)
    return (match[1], match[2] or match[3] or "") if match else None


def condition_apart(text: str) -> str | None:
    """`n^2 \\quad (n \\ge 2)` as `n^2, n \\ge 2`; None for other texts."""
    start = text.rfind("(")
    body = text[: max(start, 0)]
    match = _BRACKETED.fullmatch(text, start) if body.strip() and _APART.search(body[-8:]) else None
    return f"{body}, {match[1]}" if match else None


def said_again(text: str) -> str | None:
    """What stands behind `i.e.` or `namely`; None where nothing does."""
    match = _THAT_IS.search(text)
    rest = text[match.end() :].strip() if match else ""
    return (r"\text{" + rest if rest.count("}") > rest.count("{") else rest) or None


def read_base(text: str) -> int | None:
    """The base that a subscript names."""
    word = text.lower().replace("base", "").strip("() ")
    negative = word.startswith("-")
    word = word.removeprefix("-")
    base = NUMBER_WORDS.get(word) if not word.isdigit() else int(word[:3])
    return (-base if negative else base) if base is not None and 2 <= base <= 36 else None


def lettered(text: str) -> Node | None:
    """A number with letters among its digits, in a base: `1A_{16}`."""
    match = _SUBSCRIPT.match(text) if "_" in text and len(text) < 200 else None
    base = read_base(match[2]) if match else None
    if match is None or base is None or match[1].isdigit() or not match[1][0].isdigit():
        return None
    return Node("base", name=match[1].upper().lstrip("0") or "0", value=Fraction(base))
