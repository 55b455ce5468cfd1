"""The rules that choose a response: ties, abstentions, responses that were cut, missing scores."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.choice import RULES, choices


def chosen(
    answers: list[str | None], scores: list[float | None] | None = None, *, cut: tuple[int, ...] = (), **weights: Any
) -> dict[str, int | None]:
    reasons = ["length" if i in cut else "eos" for i in range(len(answers))]
    return choices(answers, scores or [None] * len(answers), weights, reasons)


def test_ties_go_to_the_earlier_response() -> None:
    found = chosen(["a", "b", "b", "a"], [0.5, 0.5, 0.5, 0.5], visits=[1, 3, 3, 2])
    assert found == {"first": 0, "majority": 0, "best": 0, "weighted_majority": 0, "visits": 1}


def test_votes_are_counted_by_answer_and_weighed_by_score() -> None:
    found = chosen(["a", "b", "b", "c"], [0.9, 0.3, 0.4, 0.1])
    assert found == {"first": 0, "majority": 1, "best": 0, "weighted_majority": 0}
    assert chosen(["a", "b", "b"], [0.6, 0.3, 0.4])["weighted_majority"] == 1


def test_no_answer_is_no_vote_and_may_still_be_the_best() -> None:
    found = chosen([None, None, "a"], [0.9, 0.8, 0.1])
    assert found == {"first": 0, "majority": 2, "best": 0, "weighted_majority": 2}
    assert chosen([None, None], [0.1, 0.2]) == {"first": 0, "majority": 0, "best": 1, "weighted_majority": 1}


def test_a_cut_response_is_passed_over_while_there_is_a_whole_one() -> None:
    found = chosen(["a", "a", "b"], [0.9, 0.8, 0.1], cut=(0, 1), visits=[9, 8, 1])
    assert found == {"first": 0, "majority": 2, "best": 2, "weighted_majority": 2, "visits": 2}
    every = chosen(["a", "b", "b"], [0.9, 0.1, 0.1], cut=(0, 1, 2), visits=[1, 2, 0])
    assert every == {"first": 0, "majority": 1, "best": 0, "weighted_majority": 0, "visits": 1}
    assert choices(["a", "b"], [0.1, 0.2], {}, ["eos", "budget"])["best"] == 0


def test_without_scores_nothing_is_best_and_nobody_makes_one_up() -> None:
    found = chosen(["a", "b", "b"])
    assert (found["best"], found["weighted_majority"], found["majority"]) == (None, None, 1)
    assert chosen(["a", "b"], [None, 0.0])["best"] == 1


def test_a_missing_score_has_no_weight_and_is_not_0() -> None:
    assert chosen(["a", "b", "b"], [-2.0, None, None])["weighted_majority"] == 0  # 0 would be more than -2
    assert chosen(["a", "b", "b"], [0.1, None, 0.05])["weighted_majority"] == 0
    assert chosen(["a", None, "b"], [None, 0.9, None])["weighted_majority"] == 1  # nobody votes: the best one


def test_no_candidates_no_choice() -> None:
    assert set(choices([], [], {"visits": []}, []).values()) == {None}


@given(st.lists(st.tuples(st.none() | st.sampled_from("abc"), st.none() | st.floats(0, 1), st.booleans()), max_size=8))
def test_every_rule_keeps_to_the_responses_it_may_choose(rows: list[tuple[str | None, float | None, bool]]) -> None:
    answers, scores, cut = [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]
    found = choices(answers, scores, {"visits": [1.0] * len(rows)}, ["length" if c else "eos" for c in cut])
    assert set(found) == {*RULES, "visits"}
    for rule, index in found.items():
        if index is None:
            assert not rows or rule in ("best", "weighted_majority")
        elif rule != "first" and not all(cut):
            assert not cut[index]
    voters = [i for i in range(len(rows)) if answers[i] is not None and (not cut[i] or all(cut))]
    if voters:
        index = found["majority"]
        assert index is not None
        votes = [answers[i] for i in voters]
        assert votes.count(answers[index]) == max(map(votes.count, votes))
