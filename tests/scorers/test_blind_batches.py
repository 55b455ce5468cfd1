"""Endings of responses written before the grader had seen them; first-sight figures are in benchmarks/RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from blind_formulas import FORMULAS
from blind_integers import INTEGERS
from blind_models import FIFTH, FOURTH, SETTLED, SEVENTH, SIXTH
from blind_pairs import EIGHTH, ELEVENTH, NINTH, TENTH
from blind_pairs import SETTLED as UNREAD
from blind_second import SECOND
from blind_statements import STATEMENTS
from blind_third import THIRD

from harness.core import Problem
from scorers import algebra
from scorers.equivalence import compare
from scorers.math_answer import grade

BATCHES = {"integers": INTEGERS, "formulas": FORMULAS, "statements": STATEMENTS, "second": SECOND, "third": THIRD}
PAIRS = [
    (gold, response, verdict)
    for batch in BATCHES.values()
    for gold, right, wrong in batch
    for verdict, responses in ((True, right), (False, wrong))
    for response in responses
]
ANSWERS = [
    (gold, answer, SETTLED.get((gold, answer), verdict))
    for batch in (FOURTH, FIFTH, SIXTH, SEVENTH)
    for gold, right, wrong in batch
    for verdict, answers in ((True, right), (False, wrong))
    for answer in answers
] + [
    (gold, answer, UNREAD.get((gold, answer), verdict))
    for batch in (EIGHTH, NINTH, TENTH, ELEVENTH)
    for gold, answer, verdict in batch
]


@pytest.fixture(scope="module", autouse=True)
def no_worker_is_left() -> Iterator[None]:
    algebra.warm_up()
    yield
    algebra.close()


def test_there_are_enough_of_both_kinds() -> None:
    assert len(set(PAIRS)) == len(PAIRS) >= 1800
    assert len({pair[:2] for pair in ANSWERS}) >= 3000
    assert True not in UNREAD.values(), "nothing wrong is accepted"
    assert min(sum(verdict for *_, verdict in PAIRS), sum(not verdict for *_, verdict in PAIRS)) >= 600


@pytest.mark.parametrize(("gold", "response", "verdict"), PAIRS)
def test_response(gold: str, response: str, verdict: bool) -> None:
    found = grade(response, Problem("p", "?", gold))
    assert found.correct is verdict, f"{found.answer}: {found.reason}"


@pytest.mark.parametrize(("gold", "answer", "verdict"), ANSWERS)
def test_answer(gold: str, answer: str, verdict: bool | None) -> None:
    assert compare(gold, answer).correct is verdict
