"""Values by cases against one another and against one formula."""

from __future__ import annotations

import pytest

from scorers.equivalence import equivalent


def cases(*rows: tuple[str, str]) -> str:
    return r"\begin{cases}" + r"\\".join(f"{value} & {condition}" for value, condition in rows) + r"\end{cases}"


SAME = [
    (cases(("x", r"x \ge 0"), ("-x", "x < 0")), "|x|"),
    (cases(("x", "x > 0"), ("-x", r"x \le 0")), cases(("-x", "x < 0"), ("x", r"\text{otherwise}"))),
    (cases(("1", "x > 0"), ("0", "x = 0"), ("-1", "x < 0")), r"\operatorname{sgn}(x)"),
    (cases((r"\frac n2", r"n \text{ even}"), (r"\frac{n-1}{2}", r"n \text{ odd}")), r"\lfloor \frac n2 \rfloor"),
    (cases(("a", r"a \ge b"), ("b", "b > a")), r"\max(a, b)"),
    (cases(("2", "1 < x < 3"), ("0", r"\text{else}")), cases(("2", r"x \in (1, 3)"), ("0", r"x \notin (1,3)"))),
    (cases(("0", r"3 \mid n"), ("1", r"3 \nmid n")), cases(("0", r"n \equiv 0 \pmod 3"), ("1", r"\text{otherwise}"))),
]
DIFFERENT = [
    (cases(("x", r"x \ge 0"), ("-x", "x < 0")), "x"),
    (cases(("1", "x > 0"), ("0", r"x \le 0")), cases(("1", r"x \ge 0"), ("0", "x < 0"))),
    (cases(("1", r"x \ge 2"), ("0", "x < 2")), cases(("1", r"x \ge 3"), ("0", "x < 3"))),
    (
        cases(("n", r"n \text{ even}"), ("n+1", r"n \text{ odd}")),
        cases(("n", r"n \text{ odd}"), ("n+1", r"n \text{ even}")),
    ),
    (cases(("x", r"x \ge 0"), ("-x", "x < 0")), cases(("x", r"x \ge 0"))),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_same_values(left: str, right: str) -> None:
    assert equivalent(left, right) is True
    assert equivalent(right, left) is True
    assert equivalent(f"f(x) = {left}", f"f(x) = {right}") is True


@pytest.mark.parametrize(("left", "right"), DIFFERENT)
def test_other_values(left: str, right: str) -> None:
    assert equivalent(left, right) is False
    assert equivalent(right, left) is False


def test_a_condition_in_words_is_not_guessed() -> None:
    primes = cases(("1", r"n \text{ is prime}"), ("0", r"\text{otherwise}"))
    assert equivalent(primes, cases(("1", r"n \text{ is composite}"), ("0", r"\text{otherwise}"))) is not True
    assert equivalent(primes, primes.replace("prime", "a prime")) is not False
