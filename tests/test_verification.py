"""A verifier bound to a problem: one finite score per step or an error, never a number that nobody gave."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.core import BackendError, Desk, Prompt, Scores, UsageError
from harness.core import Path as Steps
from harness.verification import AGGREGATIONS, Verification

PROMPT = Prompt("p", "q", "text")
TWO = Steps(PROMPT, ("one\n\n", "two"), finished=True, finish_reason="eos")
NO_DESK: Any = None


class Says:
    """Says the same of everything, and remembers what it was shown."""

    uses_gold = False
    concurrency = 64

    def __init__(self, scores: Scores, *, partial: bool = True) -> None:
        self.identity: Mapping[str, Any] = {"verifier": "says"}
        self.environment: Mapping[str, Any] = {}
        self.partial = partial
        self.seen: list[Steps] = []
        self._scores = scores

    async def score(self, path: Steps, desk: Desk) -> Scores:
        self.seen.append(path)
        return self._scores

    async def close(self) -> None:
        pass


def scored(says: Says, path: Steps = TWO, **options: str) -> Steps:
    return asyncio.run(Verification(says, NO_DESK, **options).score([path]))[0]


@pytest.mark.parametrize(("aggregation", "value"), [("last", 0.25), ("min", 0.25), ("product", 0.125), ("mean", 0.375)])
def test_the_scores_of_steps_become_one(aggregation: str, value: float) -> None:
    path = scored(Says(Scores((0.5, 0.25))), aggregation=aggregation)
    assert (path.score, path.step_scores, path.text) == (value, (0.5, 0.25), TWO.text)


def test_a_score_of_the_whole_goes_before_an_aggregate() -> None:
    assert scored(Says(Scores(outcome=0.75))).score == 0.75
    path = scored(Says(Scores((0.5, 0.25), outcome=0.75)))
    assert (path.score, path.step_scores) == (0.75, (0.5, 0.25))


def test_every_aggregation_of_one_score_is_that_score() -> None:
    assert {aggregate([0.3]) for aggregate in AGGREGATIONS.values()} == {0.3}


def test_steps_are_those_of_the_text_however_it_was_written() -> None:
    says = Says(Scores((0.1, 0.2, 0.3)))
    path = Steps(PROMPT, ("a\n\nb", "\n\n", "\n\nc"), finished=True, finish_reason="eos")
    assert scored(says, path).step_scores == (0.1, 0.2, 0.3)
    assert says.seen[0].steps == ("a\n\n", "b\n\n\n\n", "c")
    empty = Says(Scores((0.1,)))
    scored(empty, Steps(PROMPT, finished=True, finish_reason="eos"))
    assert empty.seen[0].steps == ("",)


@pytest.mark.parametrize("scores", [Scores(), Scores((0.5,)), Scores((0.5,) * 3), Scores((0.5,), outcome=0.9)])
def test_another_number_of_scores_than_steps_is_an_error(scores: Scores) -> None:
    with pytest.raises(BackendError, match=rf"gave {len(scores.steps)} scores for 2 steps") as caught:
        scored(Says(scores))
    assert not caught.value.retryable


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_score_that_is_no_finite_number_is_an_error(bad: float) -> None:
    for scores in (Scores((bad, 0.5)), Scores((0.5, bad)), Scores(outcome=bad)):
        with pytest.raises(BackendError, match="no finite number") as caught:
            scored(Says(scores))
        assert not caught.value.retryable


def test_a_verifier_of_whole_responses_is_asked_about_no_partial_one() -> None:
    says = Says(Scores(outcome=1.0), partial=False)
    with pytest.raises(UsageError, match="scores finished responses only"):
        scored(says, Steps(PROMPT, ("one\n\n",)))
    assert not says.seen
    assert scored(says).score == 1.0


def test_an_unknown_aggregation_is_named() -> None:
    with pytest.raises(UsageError, match="last, min, product, mean, not 'median'"):
        Verification(Says(Scores()), NO_DESK, aggregation="median")


def test_order_is_kept_when_later_paths_are_scored_first() -> None:
    class Slow(Says):
        async def score(self, path: Steps, desk: Desk) -> Scores:
            await asyncio.sleep(0.001 * (5 - int(path.text)))
            return Scores(outcome=float(path.text))

    paths = [Steps(PROMPT, (str(i),), finished=True) for i in range(5)]
    found = asyncio.run(Verification(Slow(Scores()), NO_DESK).score(paths))
    assert [path.score for path in found] == [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("strategy", ["mcts", "beam", "tree_of_thoughts -S evaluate=verifier"])
def test_the_command_refuses_it_in_one_sentence_with_code_2(
    strategy: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = (
        f"eval game24 --model toy/default --verifier oracle --limit 2 --output-dir {tmp_path} --strategy {strategy}"
    )
    assert main(command.split()) == 2
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert err.count("scores finished responses only") == 1
