"""Solved inequalities: roots, signs between them, and what stays unsolved."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.equivalence import equivalent
from scorers.realset import solutions
from scorers.shapes import shape
from scorers.statements import parse
from scorers.syntax import Unreadable

roots = st.sets(st.fractions(-9, 9, max_denominator=5), min_size=1, max_size=4).map(sorted)


def written(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def holds(text: str, at: Fraction) -> bool:
    _, spans = solutions(shape(parse(text)))
    return any(
        (span.low.side or span.low.value < at or (span.low_closed and span.low.value == at))
        and (span.high.side or span.high.value > at or (span.high_closed and span.high.value == at))
        for span in spans
    )


@settings(deadline=None, max_examples=80)
@given(roots, st.lists(st.integers(1, 2), min_size=4, max_size=4), st.sampled_from(["<", r"\le", ">", r"\ge"]))
def test_products_of_linear_factors(values: list[Fraction], powers: list[int], relation: str) -> None:
    factors = [f"(x - ({written(value)}))^{power}" for value, power in zip(values, powers, strict=False)]
    text = "".join(factors) + relation + "0"
    for at in [
        *values,
        values[0] - 1,
        values[-1] + 1,
        *((a + b) / 2 for a, b in pairwise(values)),
    ]:
        product = Fraction(1)
        for value, power in zip(values, powers, strict=False):
            product *= (at - value) ** power
        wanted = {"<": product < 0, r"\le": product <= 0, ">": product > 0, r"\ge": product >= 0}[relation]
        assert holds(text, at) is wanted


@pytest.mark.parametrize(
    ("unsolved", "solved"),
    [
        ("x^2 < 5", r"-\sqrt5 < x < \sqrt5"),
        (r"\frac{x+1}{x-3} \le 0", "[-1, 3)"),
        ("x^2 + x + 1 > 0", r"\mathbb{R}"),
        (r"x^4 - 5x^2 + 6 \ge 0", r"x \le -\sqrt3 \text{ or } -\sqrt2 \le x \le \sqrt2 \text{ or } x \ge \sqrt3"),
        (r"\frac{1}{x} > 2", r"\left(0, \frac12\right)"),
        ("x^2 + 1 < 0", r"\emptyset"),
        ("x^3 > 8", "x > 2"),
    ],
)
def test_unsolved_and_solved(unsolved: str, solved: str) -> None:
    assert equivalent(unsolved, solved) is True
    assert equivalent(solved, unsolved) is True


def test_a_root_of_high_degree_counts_to_all_digits() -> None:
    root = "1.1673039782614186842560458998548421807205603715254890"
    assert equivalent("x^5 - x - 1 > 0", f"x > {root}") is False
    assert equivalent("x^5 - x - 1 > 0", "x^5 > x + 1") is True


@pytest.mark.parametrize(
    "text", ["x^{40} > 2", "x^2 > y", r"\sqrt{x} > x", "x^2 = 4", r"x^2 > \pi x", "(10^{300}x)^2 > 1"]
)
def test_what_is_not_solved(text: str) -> None:
    with pytest.raises(Unreadable):
        solutions(shape(parse(text)))
