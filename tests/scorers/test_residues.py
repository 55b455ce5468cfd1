"""Sets of integers told by remainders, against sets written out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.equivalence import equivalent
from scorers.residues import integer_set
from scorers.shapes import shape
from scorers.statements import parse
from scorers.syntax import Unreadable

remainders = st.integers(2, 24).flatmap(lambda m: st.tuples(st.just(m), st.sets(st.integers(0, m - 1), min_size=1)))


def congruence(modulus: int, values: set[int]) -> str:
    return rf"n \equiv {', '.join(map(str, sorted(values)))} \pmod{{{modulus}}}"


def members(modulus: int, values: set[int]) -> set[int]:
    return {n for n in range(24 * 23) if n % modulus in values}


@settings(deadline=None, max_examples=150)
@given(remainders, remainders)
def test_two_congruences_are_the_same_where_their_members_are(
    one: tuple[int, set[int]], other: tuple[int, set[int]]
) -> None:
    period = one[0] * other[0]
    same = all((n % one[0] in one[1]) == (n % other[0] in other[1]) for n in range(period))
    assert equivalent(congruence(*one), congruence(*other)) is same


@settings(deadline=None, max_examples=100)
@given(st.integers(2, 40), st.integers(-40, 40), st.integers(2, 40), st.integers(-40, 40))
def test_progressions_and_congruences(step: int, first: int, modulus: int, value: int) -> None:
    same = step == modulus and (first - value) % modulus == 0
    progression = f"n = {step}k {'+' if first >= 0 else '-'} {abs(first)}"
    assert equivalent(rf"n \equiv {value} \pmod{{{modulus}}}", progression) is same


@pytest.mark.parametrize(
    ("text", "modulus", "values", "first"),
    [
        (r"\text{all odd integers } n \ge 3", 2, {1}, 3),
        (r"n \text{ is not divisible by } 3", 3, {1, 2}, None),
        (r"3 \nmid n", 3, {1, 2}, None),
        (r"n = 2k + 1, k \ge 4", 2, {1}, 9),
        (r"\{5, 8, 11, \ldots\}", 3, {2}, 5),
        (r"2n \equiv 6 \pmod{10}", 5, {3}, None),
        (r"n = 4k \text{ or } n = 4k + 2", 2, {0}, None),
        (r"\{n \in \mathbb{Z} \mid n \equiv 1 \pmod 4\}", 4, {1}, None),
        (r"\text{positive integers not divisible by } 5", 5, {1, 2, 3, 4}, 1),
    ],
)
def test_what_is_read(text: str, modulus: int, values: set[int], first: int | None) -> None:
    found = integer_set(shape(parse(text)))
    assert (found.modulus, set(found.remainders), found.first()) == (modulus, values, first)


@pytest.mark.parametrize("text", ["y = 2x", "f(n) = 2n", r"n \equiv 1 \pmod{10^9}", "n = k^2", r"n \equiv 1 \pmod 0"])
def test_what_is_no_set_of_integers(text: str) -> None:
    with pytest.raises(Unreadable):
        integer_set(shape(parse(text)))


def test_a_bound_that_says_positive_may_be_left_out_and_no_other() -> None:
    assert equivalent(r"n \text{ is even}", r"n = 2k, k \ge 1") is True
    assert equivalent(r"n \text{ is even}", r"n = 2k, k \ge 3") is False
    assert equivalent(r"\mathbb{Z}", r"\mathbb{N}") is False
