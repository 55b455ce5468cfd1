"""results.json against numbers worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from harness.results import Outcome, _attempt_rows, _curves, _rows, default_ks


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


def test_the_ratio_to_human_solutions_is_one_of_means() -> None:
    def tokens(*counts: int) -> list[dict[str, Any]]:
        return [response("2", True, usage={"completion_tokens": c, "thinking_tokens": 0}) for c in counts]

    members = [outcome(tokens(10, 30), human_tokens=[10, 30]), outcome(tokens(50, 70), human_tokens=[20])]
    nobody = outcome(tokens(999, 999), human_tokens=None)
    row = rows([*members, nobody], [1])["human_ratio", None]
    assert row["value"] == pytest.approx((20 + 60) / (20 + 20))
    assert (row["problems"], row["se"], row["low"]) == (2, None, None)  # two problems have no bootstrap
    # Var of each mean of two: (20^2 / 2) / 2 = 100; sqrt(200) over 40 human tokens
    assert row["se_samples"] == pytest.approx(200**0.5 / 40)
    assert rows([nobody], [1])["human_ratio", None]["value"] is None
    many = rows([members[i % 2] for i in range(20)], [1])
    assert many["human_ratio", None]["low"] < 2 < many["human_ratio", None]["high"]
    assert many["completion_tokens", None]["median_low"] <= 40 <= many["completion_tokens", None]["median_high"]


def test_both_variances_stand_in_every_row() -> None:
    pair = [response("2", True), response("3", False, usage={"completion_tokens": 30, "thinking_tokens": 0})]
    found = rows([outcome(pair), outcome(pair)], [1, 2])
    assert all("se_samples" in row for row in found.values())
    assert found["pass@k", 1]["se_samples"] == found["pass^k", 1]["se_samples"] == pytest.approx((2 * 1 / 4) ** 0.5 / 2)
    assert found["completion_tokens", None]["se_samples"] == pytest.approx((2 * 100) ** 0.5 / 2)
    assert found["pass@k", 2]["se_samples"] is None  # k = n
    single = rows([outcome(pair[:1]), outcome(pair[1:])], [1])
    assert [row["se_samples"] for row in single.values() if row["metric"] != "human_ratio"] == [None] * (
        len(single) - 1
    )


def test_different_numbers_of_judged_responses_are_covered_where_there_are_enough() -> None:
    three = outcome([response("2", True), response("2", True), response("3", False)])
    one = outcome([response("2", False), response("x", None), response("y", None)])
    found = rows([three, one], [1, 2, 3])
    assert [found["maj@k", k]["problems"] for k in (1, 2, 3)] == [2, 1, 1]
    assert found["pass@k", 1]["value"] == pytest.approx((2 / 3 + 0) / 2)
    assert found["pass@k", 2]["value"] == 1.0
    curve = _curves([three, one], 3)["pass@k"]
    assert (curve["k"], curve["problems"]) == ([1, 2, 3], [2, 1, 1])
    assert curve["value"] == [0.333333, 1.0, 1.0]


def test_curves_depend_on_the_clusters_as_rows_do() -> None:
    right, wrong = response("2", True), response("3", False)
    paired = [
        outcome([right if i < 4 else wrong] * 2, problem_id=f"p{i}", groups={"contest": f"c{i // 2}"}) for i in range(8)
    ]
    row = {(r["metric"], r["k"]): r for r in _rows(paired, [1], ("all", None), "contest")}["pass@k", 1]
    curve = _curves(paired, 2, "contest")["pass@k"]
    assert (curve["low"][0], curve["high"][0]) == pytest.approx((row["low"], row["high"]), abs=1e-6)
    assert curve["low"][0] < _curves(paired, 2)["pass@k"]["low"][0]


def test_the_jackknife_is_asked_of_each_problem_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The jackknife is most of the work of a large run: levels and subjects must not repeat it."""
    calls = []
    monkeypatch.setattr(Outcome, "_sampling", lambda self, metric, ks: calls.append(metric) or [None] * len(ks))
    one = outcome([response("2", True)] * 8)
    for group in (("all", None), ("level", 1), ("subject", "algebra")):
        _rows([one], [1, 2, 4], group)
    assert len(calls) == len(set(calls))
    assert "maj@k" in calls


def test_attempts_by_hand() -> None:
    def tried(*verdicts: bool | None) -> Outcome:
        return outcome([response("1", verdict) for verdict in verdicts])

    made = [tried(False, True, False), tried(True, True, True), tried(False, False), tried(True, None, True)]
    found = {(row["metric"], row["k"]): row for row in _attempt_rows(made, 3, ("all", None))}
    assert found["attempt@k", 1]["value"] == 0.5
    assert found["attempt@k", 2]["value"] == pytest.approx(2 / 3)  # of three: the fourth could not be judged
    assert (found["attempt@k", 2]["problems"], found["attempt@k", 2]["unjudged"]) == (3, 1)
    assert found["attempt@k", 3]["value"] == 0.5
    assert found["any@k", 2]["value"] == pytest.approx(2 / 3)
    assert found["any@k", 3]["value"] == 1.0
    assert (found["fixed@k", 2]["value"], found["fixed@k", 2]["problems"]) == (0.5, 2)
    assert (found["broken@k", 2]["value"], found["broken@k", 2]["problems"]) == (0.0, 1)
    assert (found["broken@k", 3]["value"], found["broken@k", 3]["problems"]) == (0.5, 2)
    assert ("fixed@k", 1) not in found
    assert ("fixed@k", 3) not in found  # nobody was wrong before the third
