"""Whether two final answers say the same, and the canonical form under which answers are counted.

Layers, the cheap ones first: the same string, the same canonical form (exact numbers, values of formulas, structures),
the rules for two structures, and for mathematics that this package does not read, math-verify in a worker process that
is killed on its deadline. Nothing is ever evaluated as code, and every layer is bounded.

Both sides exact are compared exactly. Only where the gold answer is a decimal, an answer may round to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from scorers import algebra
from scorers.compare import same
from scorers.extract import extract
from scorers.forms import form
from scorers.lexer import trim, unwrap
from scorers.plain import plain_value, same_plain
from scorers.precision import OutOfTime, time_limit
from scorers.reading import AS_TEXT, Reading, alternatives, essential, label, lone_letter, read
from scorers.syntax import FORMULA, MAX_ANSWER, Node, TooLarge, Unreadable, symbols
from scorers.values import Undecided

_ELLIPSIS = re.compile(r"\\[lcd]?dots|\.\.\.|[…⋯]")
_SERIES = re.compile(r"[+*]\s*(?:\\[lcd]?dots|\.\.\.|[…⋯])|\\(?:cdot|times)\s*\\[lcd]?dots|\d\s*\\cdots\s*\d")
_LOWER = re.compile(r"(?<![a-zA-Z\\])[a-j](?![a-zA-Z])")
MAX_KEPT = 2000
"""Characters of a pair whose verdict is remembered."""
SECONDS = 1.0
"""Computing time for the layers that run in the caller's process; math-verify has `algebra.SECONDS` more."""
WALL_SECONDS = 60.0
"""Time on the clock for them. They wait for nothing but the processor, so that only a machine with far too much to do
gets here: what is decided must not depend on it."""
PATIENT_SECONDS = 12.0
"""The same in a worker of the pool, which would be killed a little later."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`correct` is None when neither yes nor no can be said; `reason` is for people."""

    correct: bool | None
    reason: str


def equivalent(gold: str, answer: str | None) -> bool | None:
    """Whether an answer says what the gold answer says; None when that cannot be told. No answer is a wrong one.

    Safe for hostile text, from any thread or process, within two seconds, where the first question to math-verify waits
    for it to be loaded and a busy machine makes a pair take longer before it changes the verdict."""
    return compare(gold, answer or "").correct


def compare(gold: str, answer: str) -> Verdict:
    """The verdict on an answer, with its reason. Never raises."""
    try:
        return _compare(gold, answer) if len(gold) + len(answer) < MAX_KEPT else _whole(gold, answer)
    except _NotKept as found:
        return found.verdict


def _whole(gold: str, answer: str) -> Verdict:  # noqa: PLR0911  # one rule a line
    """The verdict, from the strings on."""
    left, right = trim(gold), trim(answer)
    plain = same_plain(left, right)
    if plain is not None:
        return _SAME_VALUE if plain else _DIFFERENT
    if not unwrap(left[: MAX_ANSWER + 1]):
        return Verdict(None, "the gold answer is empty")
    if not unwrap(right[: MAX_ANSWER + 1]):
        return Verdict(False, "the answer is empty")
    if left == right:
        return Verdict(True, "the same string")
    final = _final(right)
    if final is None:
        return _bounded(left, right)
    if not final:
        return Verdict(False, "a box that is not closed")
    verdict, whole = _bounded(left, final), None
    if not verdict.correct and len(right) < MAX_KEPT:
        whole = _bounded(left, right)  # the text around a box may belong to the answer
    return whole if whole and whole.correct else verdict


def _bounded(gold: str, answer: str) -> Verdict:
    if len(gold) > MAX_ANSWER or len(answer) > MAX_ANSWER:
        both = len(gold) > MAX_ANSWER and len(answer) > MAX_ANSWER
        return Verdict(None, "both are too long to read") if both else Verdict(False, "one of them is too long to read")
    return _layers(gold, answer)


def _final(text: str) -> str | None:
    """The final answer of a text that is more than an answer; None where it is the answer itself, an empty string where
    a box is not closed."""
    if "boxed" in text or "fbox" in text:
        if len(text) < MAX_ANSWER and not _BOX.search(unwrap(text)):
            return None
        found = extract(text)
        if found.rule != "boxed" or found.answer is None:
            return "" if _OPEN_BOX.search(text) else None
        if _IN_FORMULA.search(text):
            return None
        return ", ".join(found.line) if len(found.line) > 1 else found.answer
    if "nswer" in text or "####" in text:
        found = extract(text)
        return found.answer if found.answer and found.answer != text else None
    return None


_BOX = re.compile(r"\\(?:boxed|fbox)(?![a-zA-Z])")
_OPEN_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{[^{}]")
_IN_FORMULA = re.compile(r"[-+*/^_]\s*\{?\\boxed|\\boxed\s*\{[^{}]*\}\s*(?:[-+*/^_!]|\\cdot|\\times|\\cup)")
"""A box that is only a part of a formula: `3 + \\boxed{4}`."""


_SAME_VALUE = Verdict(True, "the same value or form")
_DIFFERENT = Verdict(False, "a different answer")


class _NotKept(Exception):
    """A verdict that may be another the next time."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__(verdict.reason)
        self.verdict = verdict


_compare = lru_cache(maxsize=8192)(_whole)


def _limit() -> time_limit:
    return time_limit(SECONDS, PATIENT_SECONDS if algebra.in_worker() else WALL_SECONDS)


def _layers(gold: str, answer: str) -> Verdict:
    """The verdict of the layers behind the strings."""
    try:
        with _limit():
            verdict = _readings(gold, answer)
            if not verdict.correct and _labelled(gold, answer):
                return Verdict(True, "the same choice")
            if verdict.correct is not None or not verdict.reason.startswith("ask"):
                return verdict
            return _dotted(gold, answer) or _algebra(gold, answer)
    except OutOfTime as late:
        verdict = Verdict(None, "timed out")
        if late.waited:
            raise _NotKept(verdict) from None
        return verdict
    except RecursionError:
        return Verdict(None, "nested too deeply")
    except _NotKept:
        raise
    except Exception as error:  # a verdict is never worth a crash: what went wrong is said and counted
        return Verdict(None, f"the comparison failed: {type(error).__name__}")


def _dotted(gold: str, answer: str) -> Verdict | None:
    """The verdict where one side goes on with dots, which math-verify drops."""
    if _ELLIPSIS.search(answer) and not _ELLIPSIS.search(gold) and (known := read(gold)) and known.node.op != "raw":
        general = known.node.op in FORMULA and bool(symbols(known.node) or _SERIES.search(answer))  # 1 + 2 + … + n
        torn = answer.rstrip(" $.").endswith(("+", "-", "*", "="))  # … and not 1 + 2 + … + n +
        return Verdict(None if general and not torn else False, "an answer with dots")
    if _ELLIPSIS.search(gold) and not _ELLIPSIS.search(answer):
        return Verdict(None, "a gold answer with dots")
    return None


def _algebra(gold: str, answer: str) -> Verdict:
    """math-verify's verdict. An answer that nobody reads is wrong if the gold answer can be read, here or there."""
    gold_read, answer_read = (
        (reading := read(text)) is not None and reading.node.op != "raw" for text in (gold, answer)
    )
    found = algebra.ask(gold, answer)
    if found.reason == algebra.NOT_YET:
        raise _NotKept(Verdict(None, found.reason))
    if found.reason == algebra.UNREAD_ANSWER and found.correct is None:
        return Verdict(None, "a value out of reach") if answer_read else Verdict(False, found.reason)
    if found.reason == algebra.UNREAD_GOLD and gold_read:
        return Verdict(False, algebra.UNREAD_ANSWER)  # the gold answer is read here, and the answer is not
    return Verdict(found.correct, found.reason)


def _readings(gold: str, answer: str) -> Verdict:
    """The verdict over all ways to read the two: yes if one pair agrees."""
    golds, answers = alternatives(gold), alternatives(answer)
    if not golds:
        return Verdict(None, "the gold answer cannot be read")
    if not answers:
        return Verdict(False, "the answer cannot be read")
    worst = _DIFFERENT
    for left in golds:
        for right in answers:
            verdict = _two(left, right)
            if verdict.correct:
                return verdict
            if verdict.correct is None:
                worst = verdict
    return worst


def _two(left: Reading, right: Reading) -> Verdict:
    if left.form and left.form == right.form:
        return _SAME_VALUE
    kinds = {left.node.op, right.node.op}
    if kinds <= AS_TEXT and left.plain == right.plain and kinds & {"words", "raw"}:
        return Verdict(True, "the same words")
    if kinds & {"huge", "raw"}:
        return _unread(kinds)
    try:
        return Verdict(True, "equal") if same(left.node, right.node) else _DIFFERENT
    except Undecided as undecided:
        return Verdict(None, f"ask: {undecided}" if undecided.ask else str(undecided))
    except (TooLarge, Unreadable) as error:
        return Verdict(None, str(error))


def _unread(kinds: set[str]) -> Verdict:
    """The verdict where one of two different answers is out of bounds or not read."""
    if kinds == {"huge"}:
        return Verdict(None, "both are out of bounds")
    if "huge" in kinds:
        return Verdict(False, "one of them is out of bounds")
    return Verdict(False, "words against a formula") if "words" in kinds else Verdict(None, "ask: not read")


def _labelled(gold: str, answer: str) -> bool:
    """A choice letter with its content against the letter or the content."""
    letters = [lone_letter(_LOWER.sub(lambda m: m[0].upper(), text)) for text in (gold, answer)]
    if letters[0] is not None and letters[0] == letters[1]:  # (c) is (C), but c alone may be a symbol, and not C
        return len(gold) + len(answer) > 2
    for side, other in ((gold, answer), (answer, gold)):
        found = label(side)
        if found is None:
            continue
        letter, content = found
        if lone_letter(other) not in (None, letter):
            continue  # (B) A is not the choice A
        whole = read(other)
        if whole is not None and whole.node.op == "sym" and whole.node.name == letter:
            return True
        gold_first = (content, other) if side is gold else (other, content)
        if _readings(*gold_first).correct:
            return True
    return False


def canonical(answer: str) -> str | None:
    """One string for all ways to write an answer; None for an empty or endless one.

    Equal forms are equivalent answers. Units, also °, % and $, and names (`x = 5`) are part of it."""
    found = _reading(answer)
    return found.form if found else None


@lru_cache(maxsize=8192)
def vote_form(answer: str) -> str | None:
    """The form under which the answers to one problem are counted: canonical, and without units and names, which some
    responses give and others leave out."""
    if plain := plain_value(trim(answer)):
        return str(plain[0])
    found = _reading(answer)
    if found is None:
        return None
    try:
        with _limit():
            return form(essential(found.node))
    except Exception:  # as in `_reading`
        return found.form


def _reading(answer: str) -> Reading | None:
    text = trim(answer)
    if len(text) > MAX_ANSWER or not text:
        return None
    try:
        with _limit():
            return read(text)
    except Exception:  # out of time, too deep, or a fault of this package: then the writing counts
        plain = " ".join(text.split())
        return Reading(Node("huge", name=plain), "?" + plain, plain)
