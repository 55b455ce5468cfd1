"""Hard pairs, every one distinct, and bombs: what `grading.py` times where no cache and no shortcut helps."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import comb, isqrt

Rng = random.Random
Pair = tuple[str, str, str]
"""A gold answer, the same written otherwise, and a near miss."""


@dataclass(frozen=True)
class HardPair:
    """Two answers of one family and whether they are equal."""

    family: str
    gold: str
    answer: str
    right: bool


def _frac(value: Fraction) -> str:
    sign = "-" if value < 0 else ""
    top, bottom = abs(value.numerator), value.denominator
    return sign + (str(top) if bottom == 1 else rf"\frac{{{top}}}{{{bottom}}}")


def _terms(coefficients: list[int], names: list[str]) -> str:
    """A sum in LaTeX: coefficients with the monomials they belong to."""
    text = ""
    for coefficient, name in zip(coefficients, names, strict=True):
        if coefficient:
            size = "" if abs(coefficient) == 1 and name else str(abs(coefficient))
            text += ("-" if coefficient < 0 else "+" if text else "") + size + name
    return text or "0"


def _product(left: list[int], right: list[int]) -> list[int]:
    """Coefficients of a product of two polynomials, the highest power first."""
    result = [0] * (len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            result[i + j] += a * b
    return result


def _power(variable: str, exponent: int) -> str:
    return f"{variable}^{{{exponent}}}" if exponent > 1 else variable * exponent


def _powers(degree: int) -> list[str]:
    return [_power("x", exponent) for exponent in range(degree, -1, -1)]


def _nonsquares(rng: Rng, count: int) -> list[int]:
    return rng.sample([n for n in range(2, 60) if isqrt(n) ** 2 != n], count)


def _denested(rng: Rng) -> Pair:
    a, b = _nonsquares(rng, 2)
    same, near = (rf"\sqrt{{{a + b}+2\sqrt{{{inside}}}}}" for inside in (a * b, a * b + 1))
    return rf"\sqrt{{{a}}}+\sqrt{{{b}}}", same, near


def _rationalised(rng: Rng) -> Pair:
    a, b = sorted(_nonsquares(rng, 2))
    k = rng.randint(2, 30)
    right = rf"\frac{{{k}\left(\sqrt{{{b}}}+\sqrt{{{a}}}\right)}}{{{b - a}}}"
    return rf"\frac{{{k}}}{{\sqrt{{{b}}}-\sqrt{{{a}}}}}", right, right.replace("+", "-")


def _nested(rng: Rng) -> Pair:
    digits = [rng.randint(1, 12) for _ in range(rng.randint(4, 6))]
    value, text = Fraction(digits[-1]), str(digits[-1])
    for digit in reversed(digits[:-1]):
        value, text = digit + 1 / value, rf"{digit}+\frac{{1}}{{{text}}}"
    return text, _frac(value), _frac(value + Fraction(1, value.denominator))


def _polynomial(rng: Rng) -> Pair:
    roots = [rng.choice((-1, 1)) * rng.randint(1, 9) for _ in range(rng.randint(3, 5))]
    coefficients = [rng.randint(1, 5)]
    factors = str(coefficients[0]) if coefficients[0] > 1 else ""
    for root in roots:
        coefficients = _product(coefficients, [1, root])
        factors += f"(x{root:+d})"
    names = _powers(len(roots))
    near = [*coefficients]
    near[rng.randrange(1, len(near))] += rng.choice((-1, 1))
    return factors, _terms(coefficients, names), _terms(near, names)


def _two_variables(rng: Rng) -> Pair:
    a, b, c, d = (rng.randint(1, 9) for _ in range(4))
    power = rng.randint(2, 4)
    row = [comb(power, k) * a ** (power - k) * b**k for k in range(power + 1)]
    names = [_power("x", power - k) + _power("y", k) for k in range(power + 1)] + ["x", ""]
    return rf"({a}x+{b}y)^{power}-{c}x+{d}", _terms([*row, -c, d], names), _terms([*row, -c, d + 1], names)


def _rational_function(rng: Rng) -> Pair:
    a, b = rng.sample(range(1, 15), 2)
    p, q = rng.randint(1, 9), rng.randint(1, 9)
    bottom = _terms([1, a + b, a * b], _powers(2))
    tops = [_terms([p + q, p * b + q * a + error], _powers(1)) for error in (0, 1)]
    same, near = (rf"\frac{{{top}}}{{{bottom}}}" for top in tops)
    return rf"\frac{{{p}}}{{x+{a}}}+\frac{{{q}}}{{x+{b}}}", same, near


def _trig_identity(rng: Rng) -> Pair:
    a, b = sorted(rng.sample(range(1, 14), 2), reverse=True)
    right = rf"\frac{{\sin({a + b}x)+\sin({a - b}x)}}{{2}}"
    return rf"\sin({a}x)\cos({b}x)", right, right.replace("+", "-", 1)


def _trig_value(rng: Rng) -> Pair:
    k, n = rng.randint(1, 40), rng.randint(2, 12)
    values = ((r"\cos\frac{\pi}{5}", r"\frac{1+\sqrt5}{4}"), (r"\sin\frac{\pi}{12}", r"\frac{\sqrt6-\sqrt2}{4}"),
              (r"\tan\frac{\pi}{8}", r"(\sqrt2-1)"), (r"\cos\frac{\pi}{12}", r"\frac{\sqrt6+\sqrt2}{4}"))  # fmt: skip
    left, right = rng.choice(values)
    return rf"{k}{left}+\frac{{1}}{{{n}}}", rf"\frac{{1}}{{{n}}}+{k}{right}", rf"\frac{{1}}{{{n + 1}}}+{k}{right}"


def _logarithm(rng: Rng) -> Pair:
    a, b, c = rng.randint(2, 9), rng.randint(2, 9), rng.randint(2, 40)
    product = a**3 * b**2 * c
    return rf"\ln {product}", rf"3\ln {a}+2\ln {b}+\ln {c}", rf"3\ln {a}+2\ln {b}+\ln {c + 1}"


def _interval(rng: Rng) -> Pair:
    n, k = _nonsquares(rng, 1)[0], rng.randint(2, 9)
    low, high = Fraction(rng.randint(-40, 0), rng.randint(2, 9)), rng.randint(1, 30)
    gold = rf"\left(-\infty,{_frac(low)}\right]\cup\left({k}\sqrt{{{n}}},{high + 90}\right)"
    same = rf"x\le {_frac(low)} \text{{ or }} \sqrt{{{k * k * n}}}<x<{high + 90}"
    union = rf"(\sqrt{{{k * k * n}}},{high + 90})\cup(-\infty,{_frac(low)}]"
    return gold, rng.choice((same, union)), union.replace("]", ")")


def _set(rng: Rng) -> Pair:
    k, n = rng.randint(2, 9), _nonsquares(rng, 1)[0]
    a, b = Fraction(rng.randint(1, 40), rng.randint(2, 9)), rng.randint(1, 99)
    gold = rf"\left\{{{k}\sqrt{{{n}}},{_frac(a)},{b}\pi\right\}}"
    doubled = rf"\frac{{{2 * a.numerator}}}{{{2 * a.denominator}}}"
    right = rf"\{{\pi\cdot {b},\sqrt{{{k * k * n}}},{doubled}\}}"
    return gold, right, right.replace(f"{b},", f"{b + 1},", 1)


def _matrix(rng: Rng) -> Pair:
    size = rng.randint(2, 4)
    rows = [[Fraction(rng.randint(-30, 30), rng.randint(1, 9)) for _ in range(size)] for _ in range(size)]
    scale = rng.randint(2, 7)
    gold = r"\\".join("&".join(_frac(entry) for entry in row) for row in rows)
    entries = [[entry * scale for entry in row] for row in rows]

    def scaled() -> str:
        inside = r"\\".join("&".join(_frac(entry) for entry in row) for row in entries)
        return rf"\frac{{1}}{{{scale}}}\begin{{bmatrix}}{inside}\end{{bmatrix}}"

    right = scaled()
    entries[-1][0] += 1
    return rf"\begin{{pmatrix}}{gold}\end{{pmatrix}}", right, scaled()


def _equation(rng: Rng) -> Pair:
    a, b, c, k = rng.randint(1, 9), rng.randint(1, 9), rng.randint(1, 60), rng.randint(2, 7)
    gold = f"(x-{a})^2+(y+{b})^2={c}"
    numbers = [k, k, -2 * a * k, 2 * b * k]
    right = _terms(numbers, ["x^2", "y^2", "x", "y"]) + f"={k * (c - a * a - b * b)}"
    return gold, right, _terms(numbers, ["x^2", "y^2", "x", "y"]) + f"={k * (c - a * a - b * b) + 1}"


def _complex(rng: Rng) -> Pair:
    a, b, c, d = (rng.randint(1, 15) for _ in range(4))
    norm = c * c + d * d
    real, imaginary = Fraction(a * c + b * d, norm), Fraction(b * c - a * d, norm)
    right = _frac(real) + ("-" if imaginary < 0 else "+") + _frac(abs(imaginary)) + "i"
    return rf"\frac{{{a}+{b}i}}{{{c}+{d}i}}", right, _frac(real + 1) + right[len(_frac(real)) :]


def _sum(rng: Rng) -> Pair:
    n, k = rng.randint(5, 40), rng.randint(2, 9)
    total = sum(k * j * j for j in range(1, n + 1)) + comb(n, 3)
    return rf"\sum_{{j=1}}^{{{n}}}{k}j^2+\binom{{{n}}}{{3}}", str(total), str(total + 1)


def _tuple(rng: Rng) -> Pair:
    (one, other, near), (x, y, _) = _denested(rng), _rationalised(rng)
    return rf"\left({one},{x}\right)", f"({other},{y})", f"({near},{y})"


FAMILIES: dict[str, Callable[[Rng], Pair]] = {
    "denested root": _denested,
    "rationalised root": _rationalised,
    "nested fraction": _nested,
    "polynomial": _polynomial,
    "two variables": _two_variables,
    "rational function": _rational_function,
    "trig identity": _trig_identity,
    "trig value": _trig_value,
    "logarithm": _logarithm,
    "interval": _interval,
    "set": _set,
    "matrix": _matrix,
    "equation": _equation,
    "complex": _complex,
    "sum": _sum,
    "tuple": _tuple,
}


def hard_pairs(each: int, seed: str) -> list[HardPair]:
    """So many pairs of every family, families in turn, half of them equal; no gold answer occurs twice."""
    rng = Rng(seed)
    seen: set[str] = set()
    pairs: list[HardPair] = []
    for number in range(each):
        for family, make in FAMILIES.items():
            gold, same, near = make(rng)
            while gold in seen:
                gold, same, near = make(rng)
            seen.add(gold)
            right = number % 2 == 0
            pairs.append(HardPair(family, gold, same if right else near, right))
    return pairs


def bombs(marker: str) -> dict[str, str]:
    """Hostile answers by name. None of them is 5. `marker` is a file that exists afterwards if one was run as code."""
    row = "&".join(["1"] * 1000)
    return {
        "power tower": r"9^{9^{9^9}}",
        "factorial of 10^10": r"(10^{10})!",
        "huge binomial": r"\binom{10^9}{5\cdot 10^8}",
        "long sum": r"\sum_{k=1}^{10^{12}}\frac{1}{k^3+k+1}",
        "power of a sum": r"\left((x+y+z)^{60}\right)^{60}-(a+b+c)^{900}",
        "500 nested fractions": r"\frac{1}{1+" * 500 + "x" + "}" * 500,
        "2,000 nested fractions": r"\frac{1}{1+" * 2000 + "x" + "}" * 2000,
        "1,000 nested roots": r"\sqrt{2+" * 1000 + "x" + "}" * 1000,
        "10^5 braces": "{" * 100_000 + "6" + "}" * 100_000,
        "1 MB of digits": "7" * 1_000_000,
        "1 MB of terms": "x+" * 500_000 + "1",
        "unclosed boxes": r"\boxed{ " * 40_000 + "6",
        "bait for regular expressions": r"answer is $" * 30_000 + " " * 50_000 + "6",
        "matrix of 10^6 entries": r"\begin{pmatrix}" + r"\\".join([row] * 1000) + r"\end{pmatrix}",
        "Python": f"__import__('os').system('touch {marker}')",
        "NUL bytes": "6\x00\x00",
        "lone surrogates": "\ud800\udfff6",
    }
