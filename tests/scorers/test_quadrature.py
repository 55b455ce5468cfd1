"""Definite integrals: exact values, known constants, and what is not certain."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scorers.fingerprint import constant
from scorers.precision import equal
from scorers.statements import parse
from scorers.syntax import Unreadable


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=4), st.integers(-4, 3), st.integers(1, 5))
@example([1, 1], -2, 2)
def test_polynomials(coefficients: list[int], low: int, width: int) -> None:
    high = low + width
    body = " + ".join(f"({c})x^{{{k}}}" for k, c in enumerate(coefficients))
    wanted = sum(Fraction(c, k + 1) * (Fraction(high) ** (k + 1) - Fraction(low) ** (k + 1))
                 for k, c in enumerate(coefficients))  # fmt: skip
    assert constant(parse(rf"\int_{{{low}}}^{{{high}}} ({body})\,dx"))[0] == wanted


@pytest.mark.parametrize(
    ("integral", "value"),
    [
        (r"\int_0^1 \frac{dx}{1+x^2}", r"\frac{\pi}{4}"),
        (r"\int_1^e \ln x \, dx", "1"),
        (r"\int_0^\pi \sin^2 x \, \mathrm{d}x", r"\frac{\pi}{2}"),
        (r"\int_{-\infty}^\infty \frac{1}{1+t^2}\,dt", r"\pi"),
        (r"2\int_0^1 \sqrt{1-x^2}\,dx + 1", r"\frac{\pi}{2} + 1"),
        (r"\int_0^\infty x^3 e^{-x} dx", "6"),
    ],
)
def test_known_values(integral: str, value: str) -> None:
    (left, digits), (right, _) = constant(parse(integral)), constant(parse(value))
    assert digits == 60 or left == right
    assert equal(left, right, 60)


@pytest.mark.parametrize(
    "text",
    [
        r"\int_0^1 |x - \frac13|\,dx",  # a kink that the rule does not see
        r"\int_0^\infty \frac{\sin x}{x}\,dx",
        r"\int_0^1 \frac1x\,dx",
        r"\int_0^1 ax\,dx",
        r"\int_{-1}^1 \sqrt{x}\,dx",
        r"\int_0^1 \lfloor 10x \rfloor\,dx",
    ],
)
def test_what_is_not_certain_is_not_read(text: str) -> None:
    with pytest.raises(Unreadable):
        constant(parse(text))
