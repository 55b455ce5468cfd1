"""results.json against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.results import Outcome, default_ks


def response(answer: str | None, correct: bool | None, **extra: Any) -> dict[str, Any]:
    return {
        "answer": answer,
        "canonical": answer,
        "correct": correct,
        "score": None,
        "usage": {"completion_tokens": 10, "thinking_tokens": 0},
        "finish_reason": "eos",
        **extra,
    }


def outcome(responses: list[dict[str, Any]], **extra: Any) -> Outcome:
    line = {"problem_id": "p", "status": "ok", "level": 1, "subject": None, "correct": responses[0]["correct"]}
    return Outcome.of({**line, "usage": {}, "human_tokens": None, **extra}, responses)


def rows(outcomes: list[Outcome], ks: list[int]) -> dict[tuple[str, int | None], dict[str, Any]]:
    from harness.results import _rows

    return {(row["metric"], row["k"]): row for row in _rows(outcomes, ks, ("all", None))}


def test_default_ks() -> None:
    assert default_ks(0) == []
    assert default_ks(1) == [1]
    assert default_ks(4) == [1, 2, 4]
    assert default_ks(6) == [1, 2, 4, 6]


def test_pass_and_maj_by_hand() -> None:
    first = outcome([response("2", True), response("2", True), response("3", False), response("4", False)])
    second = outcome([response("7", False), response(None, False), response("7", False), response("8", True)])
    found = rows([first, second], [1, 2, 4])
    # pass@2: 1 - C(2,2)/C(4,2) = 5/6 and 1 - C(3,2)/C(4,2) = 1/2
    assert found["pass@k", 2]["value"] == pytest.approx((5 / 6 + 1 / 2) / 2)
    assert found["pass@k", 4]["value"] == 1.0
    # maj@4: the first votes 2 (right), the second 7 (wrong)
    assert found["maj@k", 4]["value"] == pytest.approx(0.5)
    assert found["accuracy", None]["value"] == pytest.approx(0.5)
    assert ("best@k", 1) not in found


def test_k_beyond_n_is_null_and_not_clipped() -> None:
    found = rows([outcome([response("2", True)] * 2)], [1, 4])
    assert found["pass@k", 1]["value"] == 1.0
    assert found["pass@k", 4] | {"group": "all"} == {
        "metric": "pass@k", "k": 4, "group": "all", "value_of_group": None,
        "value": None, "se": None, "low": None, "high": None, "problems": 0, "unjudged": 0, "se_samples": None,
    }  # fmt: skip


def test_unjudged_responses_are_missing_and_not_wrong() -> None:
    half = outcome([response("2", True), response("x", None), response("3", False)])
    found = rows([half], [1, 2, 3])
    assert found["pass@k", 1]["value"] == pytest.approx(0.5)
    assert found["pass@k", 1]["unjudged"] == 1
    assert found["pass@k", 3]["value"] is None


def test_scores_give_best_and_weighted_majority() -> None:
    scored = outcome([response("2", True, score=0.9), response("3", False, score=0.4), response("3", False, score=0.4)])
    found = rows([scored], [1, 3])
    assert found["best@k", 3]["value"] == 1.0
    assert found["wmaj@k", 3]["value"] == 1.0
    assert found["maj@k", 3]["value"] == 0.0


def test_tokens_have_quartiles_and_cut_responses_a_share() -> None:
    short = outcome([response("2", True)], human_tokens=[4, 8])
    cut = {"usage": {"completion_tokens": 30, "thinking_tokens": 5}, "finish_reason": "length"}
    long = outcome([response("2", True, **cut)])
    found = rows([short, long], [1])
    tokens = found["completion_tokens", None]
    assert (tokens["value"], tokens["median"], tokens["q25"], tokens["q75"]) == (20.0, 20.0, 15.0, 25.0)
    assert found["truncated", None]["value"] == pytest.approx(0.5)
    assert (found["human_tokens", None]["value"], found["human_tokens", None]["problems"]) == (6.0, 1)
    assert found["thinking_tokens", None]["value"] == 2.5
