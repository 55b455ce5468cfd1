"""What `grading.py` grades: synthetic gold answers with the forms of MATH-500, responses to them, hard pairs, bombs.

Everything is made from a seed. A response is some 500 characters of running text that end in a box. The right answers
to a problem are its gold answer in varied spellings; the wrong ones are a few popular mistakes and a long tail.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

Rng = random.Random


@dataclass(frozen=True)
class Item:
    """A response to a problem, with its final answer and whether it was made to be right."""

    problem: int
    gold: str
    answer: str
    response: str
    right: bool


# --------------------------------------------------------------------------------------------------------- gold answers

_NAMES = "Amara Bjorn Chidi Dalia Emeka Farid Greta Hana Ines Jonas Katya Liam".split()
_WORDS = "east west north even odd yes no hyperbola parabola circle ellipse Monday Friday".split()
_FUNCTIONS = r"\cot x;\tan x;\sin x;\cos x;\sec x;\csc x".split(";")
_UNITS = r"\text{ cm}^2;\text{ inches};\text{ degrees};\text{ meters};\text{ cents};\text{ minutes}".split(";")


def _integer(rng: Rng) -> str:
    size = rng.choices((20, 200, 5000, 90000), (45, 35, 15, 5))[0]
    return str(rng.randint(1, size) * rng.choices((1, -1), (9, 1))[0])


def _ratio(rng: Rng) -> tuple[int, int]:
    while True:
        top, bottom = rng.randint(1, 40), rng.randint(2, 30)
        if gcd(top, bottom) == 1:
            return top, bottom


def _fraction(rng: Rng) -> str:
    top, bottom = _ratio(rng)
    sign = rng.choices(("", "-"), (4, 1))[0]
    if top < 10 and bottom < 10 and rng.random() < 0.2:
        return rf"{sign}\frac{top}{bottom}"
    return rf"{sign}\frac{{{top}}}{{{bottom}}}"


def _root(rng: Rng) -> str:
    factor, inside = rng.randint(2, 16), rng.choice((2, 3, 5, 6, 7, 10, 11, 13, 51, 113))
    return rng.choice((rf"\sqrt{{{inside}}}", rf"{factor}\sqrt{{{inside}}}", rf"{factor} \sqrt{{{inside}}}",
                       rf"{rng.randint(1, 9)}+{factor}\sqrt{{{inside}}}",
                       rf"{rng.randint(1, 9)} \pm \sqrt{{{inside}}}"))  # fmt: skip


def _polynomial(rng: Rng) -> str:
    a, b, c = rng.randint(2, 9), rng.randint(2, 15), rng.randint(1, 30)
    variable = rng.choice("xknr")
    return rng.choice((f"{a}{variable}^2-{b}{variable}+{c}", f"{variable}^3+{a}{variable}-{c}", f"{a}{variable}+{b}",
                       f"{a}+{b}i", f"{c}-{b}i", f"({variable}+{a})({variable}-{b})", f"{a}{variable}^{{{b}}}",
                       rng.choice(_FUNCTIONS)))  # fmt: skip


def _tuple(rng: Rng) -> str:
    low, high = sorted(rng.sample(range(-20, 21), 2))
    return rng.choice((f"({low},{high})", f"({high},{low},{rng.randint(0, 9)})", f"[{low},{high}]", f"({low},{high}]",
                       rf"({low},\infty)", rf"(-\infty, {low}) \cup ({high}, \infty)",
                       rf"\left( {high}, \frac{{\pi}}{{{rng.randint(2, 6)}}} \right)",
                       rf"\left( \frac{{{2 * high + 1}}}{{2}}, {low} \right)"))  # fmt: skip


def _text(rng: Rng) -> str:
    word = rf"\text{{{rng.choice(_NAMES + _WORDS)}}}"
    return rng.choice((word, rf"\text{{({rng.choice('ABCDE')})}}", f"{rng.randint(2, 900)}{rng.choice(_UNITS)}"))


def _matrix(rng: Rng) -> str:
    entries = [rng.choice((str(rng.randint(-20, 20)), "{}/{}".format(*_ratio(rng)))) for _ in range(4)]
    if rng.random() < 0.7:
        return r"\begin{pmatrix} " + r" \\ ".join(entries[:3]) + r" \end{pmatrix}"
    return r"\begin{{pmatrix}} {} & {} \\ {} & {} \end{{pmatrix}}".format(*entries)


def _numeral(rng: Rng, base: int) -> str:
    digits = [rng.randint(1, base - 1), *(rng.randrange(base) for _ in range(rng.randint(1, 4)))]
    return "".join(map(str, digits)) + f"_{base}"


def _equation(rng: Rng) -> str:
    a, b = rng.randint(2, 9), rng.randint(1, 20)
    return rng.choice((f"x={b}", f"y = {a}x + {b}", f"{a}x - {b}y + {a * b + 1} = 0"))


def _list(rng: Rng) -> str:
    values = rng.sample(range(-12, 13), rng.randint(2, 3))
    return rng.choice((", ".join(map(str, values)), r"\{" + ",".join(map(str, values)) + r"\}"))


def _decimal(rng: Rng) -> str:
    return rng.choice((f"{rng.randint(1, 999) / 100:.2f}", f"{rng.randint(1, 400)}.5", f".{rng.randint(101, 999)}"))


# Gold answers by form, with the rows that MATH-500 has of each.
FORMS: tuple[tuple[Callable[[Rng], str], int], ...] = (
    (_integer, 311),
    (_fraction, 55),
    (_root, 22),
    (_polynomial, 21),
    (_tuple, 19),
    (lambda rng: rf"{5 * rng.randint(1, 36)}^\circ", 14),
    (_text, 12),
    (lambda rng: rng.choice((rf"{rng.randint(2, 90)}\pi", rf"\frac{{{rng.randint(3, 99)}}}{{\pi}}")), 8),
    (_decimal, 7),
    (_matrix, 7),
    (_list, 6),
    (lambda rng: _numeral(rng, rng.randint(2, 9)), 6),
    (_equation, 4),
    (lambda rng: rf"{rng.randint(1, 99)}\frac{{{rng.randint(1, 4)}}}{{5}}", 3),
    (lambda rng: rf"\${rng.randint(2, 400)}.{rng.randint(10, 99)}", 3),
    (lambda rng: rf"{rng.randint(10, 99)},\!{rng.randint(100, 999)}", 2),
)


def golds(count: int, rng: Rng) -> list[str]:
    """Gold answers of the forms that MATH-500 has, as often as it has them."""
    makers = rng.choices([maker for maker, _ in FORMS], [rows for _, rows in FORMS], k=count)
    return [maker(rng) for maker in makers]


# ------------------------------------------------------------------------------------------------------------ spellings


def spellings(gold: str) -> list[str]:
    """Other ways to write an answer, all of the same value, without the writing itself."""
    found = [gold.replace(r"\frac", r"\dfrac"), gold.replace(r"\frac", r"\tfrac")]
    found.append(re.sub(r"(?<![a-zA-Z]) | (?![a-zA-Z])", "", gold))
    if not re.search(r"\\[a-zA-Z]+ |\\\\ ", gold):
        found.append(re.sub(r"(?<=[\w)}])([-+=])(?=[\w\\(])", r" \1 ", gold))
    if re.fullmatch(r"[(\[].*[)\]]", gold) and gold[1:-1].count("(") == 0:
        found.append(rf"\left{gold[0]}{gold[1:-1].replace(',', ', ')}\right{gold[-1]}")
    for pattern, replacements in _SPELLINGS:
        if match := pattern.fullmatch(gold):
            found += [match.expand(text) for text in replacements]
    found += _numeric(gold) + _reordered(gold)
    return [text for text in dict.fromkeys(found) if text != gold and text]


_SPELLINGS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = tuple(
    (re.compile(pattern), replacements)
    for pattern, replacements in (
        (r"(-?\d+)", (r" \1 ", r"{\1}", r"\\text{\1}", r"x = \1")),
        (r"(\d{1,3})(\d{3})", (r"\1,\2", r"\1{,}\2", r"\1\\,\2")),
        (r"(-?)\\frac\{?(\d+?)\}?\{?(\d+)\}?", (r"\1\2/\3", r"\\frac{\1\2}{\3}", r"x=\1\\frac{\2}{\3}")),
        (r"(\d+) ?\\sqrt\{(\d+)\}", (r"\1\\cdot\\sqrt{\2}", r"\1 \\sqrt{\2}", r"\1\\sqrt{\2}", r"\1√\2")),
        (r"(\d+)\^\\circ", (r"\1", r"\1^{\\circ}", r"\1°", r"\1\\text{ degrees}")),
        (r"\\text\{(\w+)\}", (r"\1", r"\\textbf{\1}", r"\\mathrm{\1}", r"\\text{ \1}")),
        (r"\\text\{\((\w)\)\}", (r"\1", r"(\1)", r"\\textbf{(\1)}", r"\\text{\1}")),
        (r"(\d+)\\text\{ (\w+)\}(\^2)?", (r"\1", r"\1 \\text{ \2}\3", r"\1\\ \\mathrm{\2}\3", r"\1\\,\\text{\2}\3")),
        (r"(\d+)\\pi", (r"\1 \\pi", r"\1π", r"\1\\cdot\\pi")),
        (r"(\d+)_\{?(\d)\}?", (r"\1_{\2}", r"\1_\2", r"(\1)_{\2}")),
        (r"\\begin\{pmatrix\}(.*)\\end\{pmatrix\}", (r"\\begin{bmatrix}\1\\end{bmatrix}",)),
        (r"(\w) ?= ?(.*[^0])", (r"\1=\2", r"\1 = \2")),
        (r"x ?= ?(-?\d+)", (r"\1",)),
        (r"\\\$(\d+(?:\.\d+)?)", (r"\1", r"\1 \\text{ dollars}")),
        (r"(\d+),\\!(\d+)", (r"\1\2", r"\1,\2", r"\1{,}\2")),
        (r"\.(\d+)", (r"0.\1", r".\g<1>0")),
    )
)


def _numeric(gold: str) -> list[str]:
    """A terminating fraction as a decimal, a decimal as a fraction."""
    if match := re.fullmatch(r"(-?)\\frac\{(\d+)\}\{(\d+)\}", gold):
        value = Fraction(int(match[2]), int(match[3]))
        sign = match[1]
        doubled = rf"{sign}\frac{{{2 * value.numerator}}}{{{2 * value.denominator}}}"
        return [f"{sign}{float(value)}", doubled] if 1000 % value.denominator == 0 else [doubled]
    if re.fullmatch(r"\d*\.\d+", gold):
        value = Fraction(gold)
        return [rf"\frac{{{value.numerator}}}{{{value.denominator}}}"]
    return []


def _reordered(gold: str) -> list[str]:
    """The terms of a sum and the items of a list in reverse."""
    if re.fullmatch(r"-?\d+(?:, ?-?\d+)+", gold):
        return [", ".join(reversed(re.split(r", ?", gold)))]
    if re.fullmatch(r"\w[\w^]*(?: ?[-+] ?\w[\w^]*)+", gold):
        terms = re.findall(r"[-+]?[\w^]+", "+" + gold.replace(" ", ""))
        return ["".join(reversed(terms)).removeprefix("+")]
    return []


# ------------------------------------------------------------------------------------------------------------- mistakes


def mistake(gold: str, others: Sequence[str], rng: Rng) -> str:
    """A wrong answer: another number in the same place, another sign, or the answer to another problem."""
    numbers = list(re.finditer(r"\d+", gold))
    if not numbers or rng.random() < 0.1:
        return next(other for other in iter(lambda: rng.choice(others), None) if other != gold)
    if match := re.fullmatch(r"(\d+)_\{?(\d)\}?", gold):
        return next(other for other in iter(lambda: _numeral(rng, int(match[2])), None) if other != gold)
    if gold.startswith("-") and rng.random() < 0.15:
        return gold[1:]
    number = rng.choice(numbers)
    value = int(number[0])
    near = (value + 1, max(value - 1, 0), value + 2, 2 * value, value + 10, rng.randint(1, 3 * value + 9))
    changed = rng.choice(near[:2] if re.search(r"\\frac ?\d\d", gold) else near)  # \frac14 must not become \frac28
    if changed == value:
        changed += 1
    digits = str(changed).zfill(len(number[0])) if number[0].startswith("0") else str(changed)
    return gold[: number.start()] + digits + gold[number.end() :]


# ------------------------------------------------------------------------------------------------------------ responses

_SENTENCES = (
    "First we write down what is given and look for a relation between the unknowns.",
    "Let ${v}$ be the quantity that we want; then ${a}{v} + {b} = {c}$ after collecting terms.",
    "Substituting ${v} = {a}$ into the expression gives ${b} \\cdot {a} - {c}$, which we keep for later.",
    "By symmetry it is enough to treat the case ${v} > {a}$, and the other one follows in the same way.",
    "We check the boundary: for ${v} = {b}$ both sides agree, so nothing is lost by dividing by ${c}$.",
    "Notice that \\[ \\frac{{{a}}}{{{b}}} < {c}, \\] hence the estimate above is enough for what follows.",
    "Now we count the cases one by one; there are {a} of the first kind and {b} of the second.",
    "Squaring both sides we find ${v}^2 = {a}{v} + {b}$, and the discriminant is positive.",
    "This step needs some care, because the sign changes when we multiply by a negative number.",
    "The remaining part is a routine computation, and the terms with ${v}$ cancel.",
)
_ENDINGS = (
    "Therefore, the final answer is $\\boxed{{{0}}}$.",
    "Thus the answer is \\[\\boxed{{{0}}}\\]",
    "So we conclude that $\\boxed{{{0}}}$",
    "**Final Answer**\n\n\\boxed{{{0}}}",
)


def response(answer: str, rng: Rng) -> str:
    """Some 500 characters of running text that end in a box."""
    parts: list[str] = []
    while sum(map(len, parts)) < 420:
        a, b, c = rng.choices(range(2, 60), k=3)
        parts.append(rng.choice(_SENTENCES).format(v=rng.choice("nxkt"), a=a, b=b, c=c))
    return " ".join(parts) + "\n\n" + rng.choice(_ENDINGS).format(answer)


def mix(gold_answers: Sequence[str], responses: int, seed: str) -> list[Item]:
    """Responses, problem by problem: 45 % right, in varied spellings; the rest popular and rare mistakes."""
    rng = Rng(seed)
    others = golds(200, rng)
    items: list[Item] = []
    for index, gold in enumerate(gold_answers):
        ways = spellings(gold)
        wrong = [mistake(gold, others, rng) for _ in range(3)]
        share = rng.betavariate(1.35, 1.65)
        for _ in range(responses):
            right = rng.random() < share
            if right:
                answer = rng.choice(ways) if ways and rng.random() < 0.2 else gold
            else:
                rare = rng.random() < 0.15
                answer = mistake(gold, others, rng) if rare else rng.choices(wrong, (6, 3, 1))[0]
            items.append(Item(index, gold, answer, response(answer, rng), right))
    return items
