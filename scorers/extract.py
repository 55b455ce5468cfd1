"""The one final answer of a response: its last complete box, or what it states to be its answer.

Linear in the length of the response. Where a thinking part exists, only what follows it counts. A response that gives
no answer has none: no number is picked up from the running text.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from harness.thinking import split

MAX_LENGTH = 8192
"""Characters of an answer; a longer box is no answer."""
_TAIL = 3000

_BOX = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])")
_SCAN = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])\s*|\\[^a-zA-Z]|[{}]|\n[^\S\n]*\n")
_BARE = re.compile(r"-?(?:\\[dt]?frac\s*(?:\{[^{}\n]{1,200}\}){2}|\\sqrt\s*\{[^{}\n]{1,200}\}|\\?[\w./:%]*\w%?)")

_STATED = (
    ("final answer", re.compile(r"\bfinal\s+answer\W{0,8}(?:is|:|=)(?:\s*:)?", re.IGNORECASE)),
    ("answer", re.compile(r"\banswer\s+is(?:\s*:)?|\banswer\W{0,6}:", re.IGNORECASE)),
    ("####", re.compile(r"^\s{0,3}####", re.MULTILINE)),
)
_MATH = re.compile(r"\$\$(.{1,4000}?)\$\$|\$(.{1,4000}?)\$|\\\((.{1,4000}?)\\\)|\\\[(.{1,4000}?)\\\]", re.DOTALL)
_TAG = re.compile(r"<answer>\s*([^<>]{1,2000}?)\s*</answer>")
_STOP = re.compile(r"\n|[.!?](?=\s|$)|,?\s(?:because|since|which|where|as)\s|\s(?:I hope it is)")
_DECORATION = " \t\n*_`:"


class Extraction(NamedTuple):
    """`answer` is None where the response gives none. `rule` says what was found, or why nothing was.

    `line` holds the answers of all boxes on the line of the last one, for problems that ask for several."""

    answer: str | None
    rule: str
    line: tuple[str, ...] = ()


def extract_answer(response: str) -> str | None:
    """The final answer of a response, or None."""
    return extract(response).answer


def extract(response: str) -> Extraction:
    """The final answer and the rule that found it. Never raises."""
    text = conclusion(response)
    if text is None:
        return Extraction(None, "unfinished thinking")
    if (content := _only_box(text)) is not None:
        return Extraction(content, "boxed", (content,))
    boxes, too_long = _boxes(text)
    if boxes:
        last = boxes[-1]
        start = text.rfind("\n", 0, last[0]) + 1
        line = tuple(content for at, content in boxes if at >= start)
        return Extraction(last[1], "boxed", line)
    if too_long:
        return Extraction(None, "the box is too long")
    tail = text[-_TAIL:]
    if "</answer>" in tail and (tags := _TAG.findall(tail)):
        return Extraction(tags[-1], "tag", (tags[-1],))
    return _stated(tail)


def conclusion(response: str) -> str | None:
    """What follows the thinking part; None if the thinking never ends. A closing tag counts without an opening one."""
    parts = split(response)
    return parts.answer if parts.closed else None


def _only_box(text: str) -> str | None:
    """The content of the usual kind of box: the only one, on one line, without escaped braces inside."""
    start = text.find("\\boxed{")
    if start < 0 or text.find("\\boxed", start + 7) >= 0 or "\\fbox" in text or text.find("\\boxed", 0, start) >= 0:
        return None
    position, depth = start + 7, 1
    while depth:
        end = text.find("}", position)
        if end < 0:
            return None
        depth += text.count("{", position, end) - 1
        position = end + 1
    content = text[start + 7 : end + 1]
    if len(content) > MAX_LENGTH or "\n" in content or "\\{" in content or "\\}" in content or "\\\\" in content:
        return None
    return content[:-1].strip() or None


def _boxes(text: str) -> tuple[list[tuple[int, str]], bool]:
    """Outermost complete boxes with their positions, and whether one was left out for its length.

    A blank line ends whatever is unfinished: no box spans paragraphs, and a box cut off must not swallow the next."""
    found: list[tuple[int, str]] = []
    first = _BOX.search(text)
    if first is None:
        return found, False
    too_long = False
    stack: list[int] = []  # where the content of an open box starts; -1 for any other open brace
    open_boxes = 0
    expected = -1  # where a brace would open a box
    position = 0
    for match in _SCAN.finditer(text, first.start()):
        sign = match[0]
        if sign == "{":
            is_box = match.start() == expected
            stack.append(match.end() if is_box else -1)
            open_boxes += is_box
            if is_box and open_boxes == 1:
                position = match.start()
        elif sign == "}":
            start = stack.pop() if stack else -1
            if start >= 0:
                open_boxes -= 1
                if not open_boxes:
                    content = text[start : match.start()].strip() if match.start() - start <= MAX_LENGTH else None
                    too_long |= content is None
                    if content:
                        found.append((position, content))
        elif sign[0] == "\n":
            stack.clear()
            open_boxes = 0
        elif len(sign) > 2:
            expected = match.end()
            if not open_boxes and not text.startswith("{", expected):
                bare = _BARE.match(text, expected)
                if bare and not bare[0].startswith("\\left"):
                    found.append((match.start(), bare[0]))
    return found, too_long


def _stated(tail: str) -> Extraction:
    """What the end of a response states: the last `answer is …`, `Answer: …`, `#### …`."""
    best: tuple[int, str, str] | None = None
    for rule, pattern in _STATED:
        for match in pattern.finditer(tail):
            answer = _value(tail[match.end() :])
            if answer and (best is None or match.end() > best[0]):
                best = (match.end(), rule, answer)
    if best is None:
        return Extraction(None, "no answer")
    return Extraction(best[2], best[1], (best[2],))


def _value(rest: str) -> str | None:
    """The answer at the beginning of what follows the statement."""
    rest = rest.lstrip(_DECORATION)
    math = _MATH.match(rest)
    if math:
        inside = next(group for group in math.groups() if group is not None).strip()
        after = rest[math.end() :].lstrip("*_ ")
        if not after or after[0] in ".,;:!\n)" or not re.match(r"(?:or|and)\b|%|\\%", after):
            return inside or None
    end = _STOP.search(rest)
    value = (rest[: end.start()] if end else rest).strip(_DECORATION).rstrip(".,;:!")
    return value if value and len(value) <= 400 else None
