"""The answers a text states on its way: each ends an attempt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from harness.traces.detector import Detector
from harness.traces.text import tokens
from scorers.extract import extract

GAP = 20
"""Tokens between two statements of the same answer, from which on the second one ends an attempt of its own."""
MOST = 2000
"""Statements read in one text; what comes after is left out."""
_WINDOW = 400
DETECTOR = Detector(
    name="attempts",
    version="1",
    definition=(
        "An attempt ends where the text states an answer: a box (\\boxed{…}), 'the answer is …' (also should "
        "be, must be, would be), 'Answer: …' or '#### …'. Questions ('is the answer 5?'), negations, other "
        "people's answers and values without a figure, formula, letter of choice or the like are none. The same "
        f"answer stated again within {GAP} tokens, or a box at the end of the sentence that states it, belongs "
        "to the same attempt. The answer is read from the statement and graded by the task's own scorer."
    ),
    source="Meta-CoT paper, Figures 10 and 11 (in-context solutions); Chen et al. 2024 (arXiv 2412.21187), solutions",
)

_WORD = re.compile(r"answer|Answer|ANSWER|\\boxed|\\fbox|####")
_STATES = re.compile(
    r"(?:\s+(?:to|for|of)\s+(?:the|this|our)\s+\w+)?"
    r"(?:[\s*_]{0,4}[:=]|\s+(?:is|should\s+be|must\s+be|would\s+(?:then\s+)?be|will\s+be|becomes|comes\s+out\s+to\s+be)\b)"
)
_BEFORE = re.compile(r"([\w'’]*)\s*\Z")
_OTHERS = frozenset("her his their your whose another every each any no one's student's".split())
_CONDITIONS = frozenset("if whether what when suppose assume unless".split())
_INVERSE = re.compile(
    r"(\$[^$\n]{1,200}\$|[^\s,;:$]{1,60})\s+(?:is|must\s+be)\s+(?:indeed\s+)?(?:the|our|my)\s+(?:correct\s+|final\s+|right\s+)?\Z"
)
_ENDS = re.compile(r"[.,!;:)*]|\s*(?:$|\n)|\s+(?:to|here|then)\b")
_NOT = re.compile(
    r"\W{0,3}(?:not|no longer|never|neither|unknown|unclear|clear|obvious|needed|also not|less|more|greater|at least"
    r"|at most|between|half|twice)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[^.!\n]{0,80}?\?")
_CLOSED = re.compile(
    r"\(?[A-Ja-j]\)?|yes|no|true|false|none|infinity|infinitely many|undefined|dne|\w+ and \w+", re.IGNORECASE
)
_ADDED = re.compile(
    r",?\s(?:but|so|instead|rather|then|which|for|in|if|when|since|because|though|again|indeed|too|now|after|not|i\.e)\b"
    r"|,?\sand\s[^,.]{1,40}\s(?:is|are|was|has|gives|equals)\b"
)
"""What goes on behind a stated answer and is no part of it."""
_HASHES = re.compile(r"(?<!#####)\s")
_DISPLAY = re.compile(r"\$\$.{1,400}?\$\$|\\\[.{1,400}?\\\]", re.DOTALL)
_CHECKS = re.compile(r"\b(?:check|verif|confirm|test)", re.IGNORECASE)
_AGAIN = re.compile(r"\b[Aa]nswer\b")
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)|\n\s*\n")


@dataclass(frozen=True, slots=True)
class Statement:
    """An answer stated from `start` to `end` (characters). `text` is what a scorer can read it from."""

    start: int
    end: int
    answer: str
    text: str
    box: bool = False


def attempts(text: str) -> tuple[list[Statement], bool]:
    """The statements that end the attempts of a text, in order, and whether some were left out (more than MOST)."""
    found: list[Statement] = []
    for number, statement in enumerate(_statements(text)):
        if number == MOST:
            return found, True
        if found and _belongs(text, found[-1], statement):
            last = found[-1]
            kept = statement if statement.box else last
            found[-1] = replace(kept, start=last.start, end=max(last.end, statement.end))
        else:
            found.append(statement)
    return found, False


def _belongs(text: str, last: Statement, statement: Statement) -> bool:
    """Whether a statement is of the attempt that the last one ended."""
    if statement.start < last.end:
        return True
    if statement.start - last.end > 40 * GAP:
        return False
    between = text[last.end : statement.start]
    if tokens(statement.answer) == tokens(last.answer):
        return len(tokens(between)) < GAP
    return statement.box and not last.box and _SENTENCE_END.search(between) is None


def _statements(text: str) -> Iterator[Statement]:
    """Every place that states an answer; what is read behind each is bounded."""
    for match in _WORD.finditer(text):
        if match[0].startswith("\\"):
            piece = text[match.start() : match.end() + _WINDOW]
            again = piece.find("\\boxed", 6)
            piece = piece if again < 0 else piece[:again]
            answer = extract(piece).answer
            if answer is not None:
                end = match.start() + max(piece.find(answer) + len(answer) + 1, len(match[0]))
                yield Statement(match.start(), min(end, len(text)), answer, f"\\boxed{{{answer}}}", box=True)
            continue
        states = _HASHES.match(text, match.end()) if match[0] == "####" else _STATES.match(text, match.end())
        found = _inverse(text, match) if states is None else _stated(text, match.start(), states.end())
        if found is not None:
            yield found


def _stated(text: str, start: int, begin: int) -> Statement | None:
    """The statement in words that starts at `start` and names its answer from `begin` on; None if it states "
    "nothing."""
    after = _line(text[begin : begin + _WINDOW])
    near = _BEFORE.search(text[max(0, start - 40) : start])
    before = near[1].lower() if near else ""
    if before in _OTHERS or before.endswith(("'s", "’s")) or _NOT.match(after) or _conditional(text, start):
        return None
    if _checks(text, start, begin):
        return None
    if not after.strip() or _QUESTION.match(after):
        return None
    answer = extract(f"answer is {after.lstrip(' :=')}").answer
    answer = answer if answer is None or "\\" in answer else _ADDED.split(answer, maxsplit=1)[0].strip(" ,")
    if answer is None or not _is_value(answer):
        return None
    at = after.find(answer)
    end = begin + (at + len(answer) if at >= 0 else 0)
    box = "\\boxed" in after[: max(at, 0)]
    return Statement(start, end, answer, _told(answer, box, text.startswith("####", start)), box)


def _inverse(text: str, match: re.Match[str]) -> Statement | None:
    """`12 is the answer`: the value before the word."""
    begin = max(0, match.start() - 300)
    found = _INVERSE.search(text[begin : match.start()])
    if found is None or _conditional(text, begin + found.start()) or not _ENDS.match(text, match.end()):
        return None
    answer = found[1].strip("$*")
    if not _is_value(answer) or not any(c.isdigit() for c in answer):
        return None
    return Statement(begin + found.start(1), match.end(), answer, _told(answer, False, False))


def _told(answer: str, box: bool, hashes: bool) -> str:
    """The statement as a scorer can read it, in the form in which it was made."""
    if box or hashes:
        return f"\\boxed{{{answer}}}" if box else f"#### {answer}"
    return f"answer is {answer}" if "$" in answer else f"answer is ${answer}$"


def _line(text: str) -> str:
    """What stands behind a statement: the rest of its line, or the next one if that is empty; not a second "
    "statement."""
    begin = len(text) - len(text.lstrip(" \t\n*_:="))
    if display := _DISPLAY.match(text, begin):
        return text[: display.end()]
    end = text.find("\n", begin)
    line = text[: end if end >= 0 else len(text)]
    again = _AGAIN.search(line)
    return line if again is None else line[: again.start()]


def _conditional(text: str, start: int) -> bool:
    """Whether the sentence is a condition or a question."""
    begin = max(text.rfind(sign, max(0, start - 80), start) for sign in (". ", "\n", "? ", "! ")) + 1
    words = text[begin:start].split()
    near = {word.lower().strip(",") for word in words[:1] + words[-3:]}
    return not near.isdisjoint(_CONDITIONS) or (bool(words) and words[0].lower() == "is")


def _checks(text: str, start: int, begin: int) -> bool:
    """Whether "answer:" ends an announcement of a check."""
    line = text[max(text.rfind("\n", 0, start) + 1, start - 40) : start]
    return text[start:begin].endswith(":") and _CHECKS.search(line) is not None


def _is_value(answer: str) -> bool:
    """Whether a stated answer looks like one: a figure, a formula, a letter of choice, yes or no."""
    bare = answer.strip(" *_.,;:`$")
    if not bare or len(bare) > 200:
        return False
    if _CLOSED.fullmatch(bare) or "\\" in bare or "^" in bare or "=" in bare:
        return True
    return any(c.isdigit() for c in bare) and len(bare.split()) <= 12
