"""The benchmarks' own gold answers: each against itself rewritten, against near misses, and against other problems'.

What is known to go wrong is listed by id, never by text. The default run takes a sample of the larger sets."""

from __future__ import annotations

import os
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from harness.core import Problem
from scorers import algebra
from scorers.equivalence import canonical, equivalent, vote_form
from scorers.reading import read
from tasks import documents, harp, math500, omni_math

pytestmark = pytest.mark.skipif("HARNESS_DATA" not in os.environ, reason="HARNESS_DATA names no folder")

SETS = {"math500": math500.load, "harp": harp.load, "omni": omni_math.load}
SAMPLE = 400
Variants = Callable[[str], Iterator[tuple[str, str]]]
_FRAC = re.compile(r"\\frac(?![a-zA-Z])")
_LEFT = re.compile(r"\\(?:left|right)(?=\s*(?:[()\[\]|]|\\[{}|]))(?![a-zA-Z])")
_MARK = re.compile(r"(?<=[\d}])([+=])(?=[\d\\])")
_NUMBER = re.compile(r"-?\d{1,30}")
_TUPLE = re.compile(r"\(\s*(-?\d+)\s*,\s*(-?\d+)\s*\)")
_CLOSED = re.compile(r"\[([^\[\],\n]+),([^\[\],\n]+)\]")

# Ids whose answer is not recognised in another writing, or whose near miss is taken for it.
REWRITTEN: frozenset[str] = frozenset()
NEAR: frozenset[str] = frozenset()
CHANGED = frozenset(
    f"omni/{number}"
    for number in (
        210,  # the number is part of the question
        278,  # the letters are sides, and as products of letters both say the same
        697,  # binomial coefficients are symmetric
        1596,  # the domain of the function
        2544,  # the name of a constant
        4063, 4233, 4260,  # a condition behind the box
        4208,  # an empty case
        4240,  # what stands before the sign of approximation counts
    )
)  # fmt: skip
"""Ids whose answer keeps its meaning, or is taken to, when its last number grows by one."""
UNREAD = {"math500": 0, "harp": 2, "omni": 24}
"""Gold answers that only math-verify, or nobody, reads as mathematics."""
PROSE = {"math500": 4, "harp": 110, "omni": 420}
"""Gold answers in words that no rule turns into a value: names, yes and no, sentences."""


@pytest.fixture(scope="module", autouse=True)
def no_worker_is_left() -> Iterator[None]:
    algebra.warm_up()
    yield
    algebra.close()


def golds(name: str, limit: int | None) -> list[tuple[str, str]]:
    """Ids and gold answers, a sample of them drawn with a fixed seed."""
    found: list[Problem] = [documents.problem_of(doc) for doc in SETS[name]()["test"]]
    pairs = [(problem.id, problem.answer) for problem in found if problem.answer and problem.answer.strip()]
    if limit is None or len(pairs) <= limit + 100:
        return pairs
    return random.Random(20).sample(pairs, limit)


def rewritten(gold: str) -> Iterator[tuple[str, str]]:
    """The answer in other writings that say the same."""
    bare = "$" not in gold and "\\[" not in gold and "\\(" not in gold
    if bare:
        yield "dollars", f"${gold}$"
    if not gold.rstrip().endswith("\\") and gold.count("{") == gold.count("}"):  # else the box would not close
        yield "box", rf"\boxed{{{gold}}}"
    yield "spaces", f"  {gold} "
    if not gold.rstrip().endswith((".", "\\")):
        yield "full stop", f"{gold.rstrip()}."
    yield "dfrac", _FRAC.sub(r"\\dfrac", gold)
    yield "tfrac", _FRAC.sub(r"\\tfrac", gold)
    yield "no left", _LEFT.sub("", gold)
    yield "inner spaces", _MARK.sub(r" \1 ", gold)


def near_misses(gold: str) -> Iterator[tuple[str, str]]:
    """Answers that differ by a little."""
    bare = gold.strip().strip("$").strip()
    if _NUMBER.fullmatch(bare):
        yield "plus one", str(int(bare) + 1)
        yield "minus one", str(int(bare) - 1)
        if int(bare):
            yield "sign", str(-int(bare))
        last = str((int(bare[-1]) + 5) % 10)
        yield "last digit", bare[:-1] + last
    elif found := re.fullmatch(r"(-?)\\[dt]?frac\{(\d+)\}\{(\d+)\}", bare):
        yield "sign", rf"{'' if found[1] else '-'}\frac{{{found[2]}}}{{{found[3]}}}"
        if found[2] != found[3]:
            yield "upside down", rf"{found[1]}\frac{{{found[3]}}}{{{found[2]}}}"
        yield "numerator", rf"{found[1]}\frac{{{int(found[2]) + 1}}}{{{found[3]}}}"
    elif (found := _TUPLE.fullmatch(bare)) and found[1] != found[2]:
        yield "reversed", f"({found[2]},{found[1]})"
    elif found := _CLOSED.fullmatch(bare):
        yield "opened", f"({found[1]},{found[2]}]"


def changed(gold: str) -> Iterator[tuple[str, str]]:
    """The answer with its last number one greater."""
    numbers = list(re.finditer(r"\d+", gold))
    if numbers and len(numbers[-1][0]) < 40:
        last = numbers[-1]
        yield "last number", f"{gold[: last.start()]}{int(last[0]) + 1}{gold[last.end() :]}"


def failures(pairs: list[tuple[str, str]], variants: Variants, wanted: bool) -> dict[str, str]:
    """Ids for which a variant is not judged as it should be, with the variant's name; and that there are variants."""
    wrong, count = {}, 0
    for identity, gold in pairs:
        for kind, answer in variants(gold):
            count += 1
            if equivalent(gold, answer) is not wanted:
                wrong[identity] = kind
    assert count > len(pairs) / 2
    return wrong


def check(name: str, limit: int | None) -> None:
    pairs = golds(name, limit)
    assert set(failures(pairs, rewritten, True)) <= REWRITTEN
    assert set(failures(pairs, near_misses, False)) <= NEAR


def check_changed(name: str, limit: int | None) -> None:
    """No gold answer says the same with another number in it."""
    pairs = golds(name, limit)
    wrong = {identity for identity, gold in pairs for _, other in changed(gold) if equivalent(gold, other) is True}
    assert wrong <= CHANGED


@pytest.mark.parametrize("name", SETS)
def test_gold_answers_of_a_sample(name: str) -> None:
    check(name, SAMPLE)
    check_changed(name, SAMPLE)


@pytest.mark.parametrize("name", SETS)
def test_gold_answers_are_read(name: str) -> None:
    kinds = Counter(reading.node.op if (reading := read(gold.strip())) else "nothing" for _, gold in golds(name, None))
    assert kinds["raw"] + kinds["nothing"] + kinds["huge"] <= UNREAD[name]
    assert kinds["words"] <= PROSE[name]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["harp", "omni"])
def test_all_gold_answers(name: str) -> None:
    check(name, None)
    check_changed(name, None)


@pytest.mark.parametrize("name", SETS)
def test_answers_to_different_problems_differ(name: str) -> None:
    pairs = golds(name, None)
    draw = random.Random(7)
    equal = count = 0
    while count < 2000:
        (_, left), (_, right) = draw.sample(pairs, 2)
        if canonical(left) == canonical(right) or vote_form(left) == vote_form(right):
            continue
        count += 1
        equal += equivalent(left, right) is True
    assert equal <= ALLOWED_EQUAL[name]


ALLOWED_EQUAL = {"math500": 0, "harp": 0, "omni": 0}
