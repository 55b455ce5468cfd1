"""Every estimator against the enumeration of all subsets in exact fractions, and the identities between them."""

import math
import time
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.estimators import (
    best_at_k,
    best_curve,
    g_pass_at_k,
    maj_at_k,
    maj_curve,
    pass_at_k,
    pass_hat_k,
    weighted_maj_at_k,
    weighted_maj_estimate,
)

# The first example may import numpy or scipy, and the machine may be busy: no limit per example.
unhurried = settings(deadline=None)
flags = st.lists(st.booleans(), min_size=1, max_size=8)
maybe_answer = st.sampled_from([None, "a", "b", "c", "d"])
response = st.tuples(maybe_answer, st.booleans())
responses = st.lists(response, min_size=1, max_size=8)
# Quarters are exact in floats, so that enumeration and estimator agree on what ties.
quarter = st.integers(-8, 8).map(lambda i: i / 4)
maybe_score = st.one_of(st.none(), st.just(math.nan), quarter)


def close(value):
    return pytest.approx(float(value), rel=1e-12, abs=1e-12)


def subset_mean(n, k, worth):
    return sum((worth(subset) for subset in combinations(range(n), k)), Fraction(0)) / math.comb(n, k)


def columns(rows):
    return [row[0] for row in rows], [row[1] for row in rows]


def is_missing(score):
    return score is None or math.isnan(score)


def vote_by_enumeration(answers, correct, weights, k):
    """Answers with the greatest summed weight share; an answer is worth the mean of its flags over all responses."""
    worth = {}
    for answer in set(answers) - {None}:
        own = [flag for other, flag in zip(answers, correct, strict=True) if other == answer]
        worth[answer] = Fraction(sum(own), len(own))

    def outcome(subset):
        totals = {}
        for i in subset:
            if answers[i] is not None:
                totals[answers[i]] = totals.get(answers[i], 0) + Fraction(weights[i])
        winners = [answer for answer, total in totals.items() if total == max(totals.values())]
        return sum((worth[answer] for answer in winners), Fraction(0)) / max(len(winners), 1)

    return subset_mean(len(answers), k, outcome)


@unhurried
@given(flags)
def test_counts_equal_enumeration(correct):
    n, c = len(correct), sum(correct)
    for k in range(1, n + 1):
        assert pass_at_k(n, c, k) == close(subset_mean(n, k, lambda s: any(correct[i] for i in s)))
        assert pass_hat_k(n, c, k) == close(subset_mean(n, k, lambda s: all(correct[i] for i in s)))
        for tenths in range(11):
            needed = max(1, math.ceil(Fraction(tenths * k, 10)))
            exact = subset_mean(n, k, lambda s, m=needed: sum(correct[i] for i in s) >= m)
            assert g_pass_at_k(n, c, k, tenths / 10) == close(exact)


@unhurried
@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))))
def test_pass_at_k_rises_and_pass_hat_k_falls_with_k(counts):
    n, c = counts
    rising = [pass_at_k(n, c, k) for k in range(1, n + 1)]
    falling = [pass_hat_k(n, c, k) for k in range(1, n + 1)]
    assert rising == sorted(rising)
    assert falling == sorted(falling, reverse=True)
    assert rising[0] == close(Fraction(c, n))
    assert falling[0] == close(Fraction(c, n))
    assert rising[-1] == (c > 0)
    assert falling[-1] == (c == n)


def test_published_and_hand_counted_values():
    assert pass_at_k(8, 1, 8) == 1.0  # drawing with replacement would say 0.656
    assert pass_at_k(10, 3, 1) == 0.3
    assert pass_at_k(4, 2, 2) == close(Fraction(5, 6))
    assert pass_hat_k(4, 2, 2) == close(Fraction(1, 6))


def test_threshold_of_g_pass_ignores_rounding_of_tau_times_k():
    assert 0.07 * 100 > 7
    assert g_pass_at_k(100, 7, 100, 0.07) == 1.0
    assert g_pass_at_k(3, 2, 3, 2 / 3) == 1.0
    assert g_pass_at_k(10, 1, 10, 0.11) == 0.0
    assert g_pass_at_k(10, 4, 3, 0.0) == pass_at_k(10, 4, 3)
    assert g_pass_at_k(10, 4, 3, 1.0) == pass_hat_k(10, 4, 3)


@pytest.mark.parametrize(
    ("n", "c", "k"), [(3, 1, 4), (3, 1, 0), (3, 1, -1), (3, 4, 1), (3, -1, 1), (0, 0, 1), (-1, 0, 1)]
)
def test_impossible_counts_are_refused(n, c, k):
    for estimator in (pass_at_k, pass_hat_k, lambda *counts: g_pass_at_k(*counts, 0.5)):
        with pytest.raises(ValueError):
            estimator(n, c, k)


@pytest.mark.parametrize("tau", [-0.1, 1.1, math.nan])
def test_g_pass_refuses_a_threshold_that_is_no_share(tau):
    with pytest.raises(ValueError):
        g_pass_at_k(3, 1, 1, tau)


@pytest.mark.parametrize("k", [0, 3])
def test_impossible_k_is_refused_for_every_choice(k):
    with pytest.raises(ValueError):
        maj_at_k(["a", "b"], [True, False], k)
    with pytest.raises(ValueError):
        best_at_k([1.0, 2.0], [1.0, 0.0], k)
    with pytest.raises(ValueError):
        weighted_maj_at_k(["a", "b"], [True, False], [1.0, 2.0], k)


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError):
        maj_at_k(["a", "b"], [True], 1)
    with pytest.raises(ValueError):
        best_at_k([1.0], [1.0, 0.0], 1)
    with pytest.raises(ValueError):
        weighted_maj_at_k(["a"], [True], [1.0, 2.0], 1)


@unhurried
@given(responses)
def test_maj_equals_enumeration(rows):
    answers, correct = columns(rows)
    n = len(rows)
    exact = [vote_by_enumeration(answers, correct, [1] * n, k) for k in range(1, n + 1)]
    curve = maj_curve(answers, correct, range(1, n + 1))
    assert curve == [close(value) for value in exact]
    assert [maj_at_k(answers, correct, k) for k in range(1, n + 1)] == curve


@unhurried
@given(st.lists(response, min_size=12, max_size=40), st.data())
def test_maj_curve_is_pointwise_and_keeps_the_order_of_ks(rows, data):
    answers, correct = columns(rows)
    ks = data.draw(st.lists(st.integers(1, len(rows)), max_size=6))
    assert maj_curve(answers, correct, ks) == [maj_at_k(answers, correct, k) for k in ks]


@unhurried
@given(st.lists(st.integers(0, 30), min_size=1, max_size=60), st.data())
def test_winning_probabilities_of_a_long_tail_sum_to_one(drawn, data):
    """Some answer wins every draw that is not of abstentions only."""
    answers = [None if label == 0 else f"{label}" for label in drawn]
    n = len(answers)
    k = data.draw(st.integers(1, n))
    blank = math.comb(answers.count(None), k) / math.comb(n, k)
    wins = [maj_at_k(answers, [other == answer for other in answers], k) for answer in set(answers) - {None}]
    assert sum(wins) + blank == close(1)


@unhurried
@given(st.lists(st.sampled_from("abcdef"), min_size=2, max_size=40))
def test_two_votes_decide_nothing_without_abstentions(answers):
    correct = [answer == "a" for answer in answers]
    one, two = maj_curve(answers, correct, [1, 2])
    assert one == close(Fraction(sum(correct), len(correct)))
    assert two == close(one)


def test_known_majorities():
    assert maj_at_k(["r"] * 3 + ["x"] * 2 + ["y"] * 2 + ["z"], [True] * 3 + [False] * 5, 8) == 1.0
    assert maj_at_k(["r", "x"], [True, False], 2) == 0.5
    assert maj_at_k([None, None, "r"], [False, False, True], 2) == close(Fraction(2, 3))
    assert maj_at_k([None, None], [False, False], 2) == 0.0
    assert maj_at_k(["", "", "r"], [False, False, True], 3) == 0.0  # an empty answer is an answer
    assert maj_curve(["a"], [True], []) == []


def test_a_flag_on_an_abstention_counts_for_nothing():
    assert maj_at_k([None, "a"], [True, False], 1) == 0.0


@pytest.mark.parametrize("sizes", [[256], [2] * 128, [8] * 32, [1] * 256, [100, *[4] * 39], [*range(22, 0, -1), 3]])
def test_curves_of_256_responses_are_quick(sizes):
    answers = [f"{i}" for i, size in enumerate(sizes) for _ in range(size)]
    correct = [answer == "0" for answer in answers]
    start = time.process_time()
    curve = maj_curve(answers, correct, range(1, 257))
    best = best_curve([float(i) for i in range(256)], [float(flag) for flag in correct], range(1, 257))
    assert time.process_time() - start < 2  # measured: 0.1 s; the limit allows for a busy machine
    assert curve[0] == best[0] == close(Fraction(sizes[0], 256))
    assert all(0 <= value <= 1 for value in curve)


@unhurried
@given(st.lists(st.tuples(maybe_score, quarter), min_size=1, max_size=8))
def test_best_equals_enumeration(rows):
    scores, values = columns(rows)
    keys = [-math.inf if is_missing(score) else score for score in scores]

    def outcome(subset):
        top = [Fraction(values[i]) for i in subset if keys[i] == max(keys[j] for j in subset)]
        return sum(top, Fraction(0)) / len(top)

    ks = range(1, len(rows) + 1)
    curve = best_curve(scores, values, ks)
    assert curve == [close(subset_mean(len(rows), k, outcome)) for k in ks]
    assert [best_at_k(scores, values, k) for k in ks] == curve


@unhurried
@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_best_with_an_oracle_is_pass_at_k_and_reversed_pass_hat_k(correct):
    n, c = len(correct), sum(correct)
    for k in range(1, n + 1):
        assert best_at_k([float(flag) for flag in correct], correct, k) == close(pass_at_k(n, c, k))
        assert best_at_k([-float(flag) for flag in correct], correct, k) == close(pass_hat_k(n, c, k))
        assert best_at_k([None] * n, correct, k) == close(Fraction(c, n))


def test_missing_scores_lose_even_against_minus_infinity():
    assert best_at_k([None, math.nan, -math.inf], [0.0, 0.0, 1.0], 3) == 1.0
    assert best_at_k([None, math.inf], [100.0, 700.0], 2) == 700.0


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_best_refuses_values_that_are_no_numbers(value):
    with pytest.raises(ValueError):
        best_at_k([1.0], [value], 1)


@unhurried
@given(st.lists(st.tuples(maybe_answer, st.booleans(), maybe_score), min_size=1, max_size=8))
def test_weighted_majority_equals_enumeration(rows):
    answers, correct = columns(rows)
    scores = [row[2] for row in rows]
    weights = [0 if is_missing(score) else score for score in scores]
    for k in range(1, len(rows) + 1):
        value, error = weighted_maj_estimate(answers, correct, scores, k)
        assert value == close(vote_by_enumeration(answers, correct, weights, k))
        assert error == 0
        assert weighted_maj_at_k(answers, correct, scores, k) == value


@unhurried
@given(responses, st.sampled_from([0.1, 1.0, 3.0]))
def test_equal_weights_are_a_plain_majority(rows, weight):
    answers, correct = columns(rows)
    for k in range(1, len(rows) + 1):
        assert weighted_maj_at_k(answers, correct, [weight] * len(rows), k) == close(maj_at_k(answers, correct, k))


def test_decimal_scores_tie_as_on_paper():
    assert 0.1 + 0.2 != 0.3
    assert weighted_maj_at_k(["a", "a", "b"], [True, True, False], [0.1, 0.2, 0.3], 3) == 0.5
    assert weighted_maj_at_k(["a", "b"], [True, False], [1e-300, 2e-300], 2) == 0.0


def many_responses():
    answers = [None if i % 9 == 0 else "right" if i % 3 else f"w{i % 5}" for i in range(60)]
    scores = [(i * 37 % 60) / 60 for i in range(60)]
    return answers, [answer == "right" for answer in answers], scores


@pytest.mark.parametrize("k", [1, 2, 59, 60])
def test_weighted_majority_is_exact_for_one_two_and_almost_all(k):
    answers, correct, scores = many_responses()
    weights = [i * 37 % 60 for i in range(60)]  # the scores without their denominator
    value, error = weighted_maj_estimate(answers, correct, scores, k)
    assert (value, error) == (close(vote_by_enumeration(answers, correct, weights, k)), 0.0)


def test_all_pairs_are_visited_however_many():
    answers = ["right"] * 100 + ["wrong"] * 156
    assert math.comb(256, 2) > 20_000
    value, error = weighted_maj_estimate(answers, [True] * 100 + [False] * 156, [1.0] * 256, 2)
    assert (value, error) == (close(Fraction(100, 256)), 0.0)


def test_monte_carlo_is_seeded_and_reports_its_error():
    answers, correct, _ = many_responses()
    # Equal weights have an exact value to compare with, and equal weights are not a special case in the code.
    exact = maj_at_k(answers, correct, 8)
    value, error = weighted_maj_estimate(answers, correct, [1.0] * 60, 8, draws=4000)
    assert 0 < error < 0.01
    assert abs(value - exact) < 4 * error
    assert (value, error) == weighted_maj_estimate(answers, correct, [1.0] * 60, 8, draws=4000)
    assert value != weighted_maj_at_k(answers, correct, [1.0] * 60, 8, draws=4000, seed=1)


def test_draws_that_all_agree_still_report_an_error():
    answers = ["right"] * 59 + ["wrong"]
    value, error = weighted_maj_estimate(answers, [True] * 59 + [False], [1.0] * 60, 30, draws=100)
    assert (value, error) == (1.0, 0.01)


def test_answers_of_equal_worth_need_no_draws():
    answers = [None] * 20 + [f"{i}" for i in range(40)]
    assert weighted_maj_estimate(answers, [False] * 60, [0.5] * 60, 30) == (0.0, 0.0)
    value, error = weighted_maj_estimate(answers, [True] * 60, [0.5] * 60, 10)
    assert (value, error) == (close(1 - Fraction(math.comb(20, 10), math.comb(60, 10))), 0.0)
    assert weighted_maj_estimate([None] * 60, [False] * 60, [None] * 60, 30) == (0.0, 0.0)


def test_weighted_majority_refuses_what_it_cannot_sum():
    with pytest.raises(ValueError):
        weighted_maj_at_k(["a", "b"], [True, False], [math.inf, 1.0], 1)
    with pytest.raises(ValueError):
        weighted_maj_at_k(["a", "b"], [False, False], [-math.inf, 1.0], 1)
    with pytest.raises(ValueError):
        weighted_maj_estimate(["a", "b"], [True, False], [1.0, 1.0], 1, draws=1)
