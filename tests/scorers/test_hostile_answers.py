"""Answers that attack the grader: code, resources, traps. None is right, none takes long, nothing of them runs."""

# Rows of a table stay whole.
# ruff: noqa: E501

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scorers import algebra
from scorers.equivalence import compare

BIG = "9" * 4000
CODE = [
    "__import__('os').system('touch {mark}')", "open('{mark}', 'w').write('x')", "exec(\"open('{mark}','w')\")", r"\write18{{touch {mark}}}", r"\immediate\write18{{touch {mark}}}", r"\openout0={mark}",
    "`touch {mark}`", "$(touch {mark})", "; touch {mark} #", "sympify(\"open('{mark}','w')\")", "N(__import__('os').system('touch {mark}'))", "Lambda(x, open('{mark}', 'w'))",
    r"\operatorname{{__import__('os').system('touch {mark}')}}", r"\text{{open('{mark}','w')}}", "(lambda: open('{mark}','w'))()", "().__class__.__base__.__subclasses__()", "Symbol('x').__class__.__init__.__globals__",
    "exit()", "quit()", "raise SystemExit", "os._exit(0)", "getattr(int,'__add__')(41,1)", "chr(52)+chr(50)", "'4'+'2'", "int('42')", "print(42)", "0x2A", "0b101010", "[42][0]", "eval(42)", "lambda:42",
    r"\def\a#1{{#1#1}}\a{{\a{{\a{{x}}}}}}", r"\csname endcsname\endcsname", r"\input{{/etc/passwd}}", r"\loop\iftrue\repeat",
]  # fmt: skip
RESOURCES = [
    "9^{9^{9^9}}", "2^{2^{2^{2^{2^2}}}}", "(10^{10})!", "((((5!)!)!)!)!", "5" + "!" * 500, r"\binom{10^{12}}{5\cdot10^{11}}", r"\sum_{k=1}^{10^{12}} k^k", r"\prod_{k=1}^{10^{10}} k",
    r"\sum_{a=1}^{999}\sum_{b=1}^{999}\sum_{c=1}^{999} abc", r"\prod_{i=1}^{1000}\prod_{j=1}^{1000}(i+j)^{i^j}", r"\int_0^{10^{10}} \sin(e^{x^2}) dx", r"\int_{-\infty}^{\infty} \frac{\sin(1000x^3)}{x} dx",
    r"\exp(\exp(\exp(\exp(10))))", r"\sin(10^{10^{10}})", r"\log(9^{9^{9^9}})", r"\gcd(9^{99999},3^{88888})", r"7^{7^{7}} \bmod 10^9", r"1+2+\cdots+10^{15}", r"1+2+4+\ldots+2^{10^9}", r"1\cdot2\cdot3\cdots 10^{9}", r"1,2,\dots,10^{12}",
    r"\Gamma(10^{10})", r"\Gamma(\Gamma(\Gamma(9)))", r"\operatorname{arcsinh}(9^{9^9})", r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^{10^{12}}", r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^{64}", r"\begin{pmatrix}1&1\\1&0\end{pmatrix}" * 400,
    r"\begin{pmatrix}x&y\\z&w\end{pmatrix}" * 40, r"\begin{pmatrix}9^{99}&9^{98}\\9^{97}&9^{96}\end{pmatrix}^{64}", r"\begin{pmatrix}" + " & ".join("1" * 1700) + r"\end{pmatrix}",
    r"\det\begin{pmatrix}" + r" \\ ".join(" & ".join(str(i * j % 97) for j in range(40)) for i in range(40)) + r"\end{pmatrix}", r"\sqrt{" * 900 + "42" + "}" * 900, r"\frac{1}{1+" * 700 + "1" + "}" * 700, "(" * 3000 + "42" + ")" * 3000,
    r"\text{" * 1500 + "43" + "}" * 1500, r"\boxed{" * 1000 + "43" + "}" * 1000, r"\left(" * 1500, "|" * 999, "-" * 5000 + "43", "x^{" * 1200 + "2" + "}" * 1200, "f" + "'" * 4000 + "(x)", r"\cos(" * 600 + "x" + ")" * 600,
    BIG, BIG + "." + BIG, "1e999999999", "1E-999999999", "9" * 30 + "e9999", rf"\frac{{{BIG}}}{{{BIG[:-1]}7}}", rf"\sqrt[{'9' * 300}]{{{'7' * 300}}}", "2^{" + "9" * 200 + "}", "(x+y+z+w+u+v)^{300}", "(1+x)^{10^9}", "(x-1)(x-2)" * 800,
    "+".join(f"x^{{{i}}}" for i in range(1200)), ",".join("1" * 4000), r"\{" + ",".join(map(str, range(2000))) + r"\}", r"1 \text{ or } " * 700 + "2", r"\pm1" * 900, r"\cup".join(f"({i},{i + 1})" for i in range(900)), "<".join(map(str, range(2000))),
    "x=" * 3500 + "1", "a" * 8000, "and " * 2000, "the answer is " * 500, r"\frac" * 1300 + "43", r"\circ" * 1300, "43" + "%" * 6000, r"0.\overline{" + "123456789" * 700 + "}", "1.2.3.4." * 900, "12:" * 2500, "5_{" * 1200 + "5" + "}" * 1200,
    "\x00" * 4000, "\ud800" * 2000, "\u202e24", "½" * 3000, "2" + "²" * 2500, "∫" * 2500, r"{n \choose k}" * 300, r"\cancel{" * 1200 + "42" + "}" * 1200, r"x \in " * 1200 + r"\mathbb{R}", r"\begin{cases}" + r"\\".join(f"{i} & x={i}" for i in range(500)) + r"\end{cases}",
    "x" * 10**6, "9" * 10**6, r"\frac{" * 200_000, r"\boxed{" * 100_000, r"\boxed{}" * 100_000 + r"\boxed{43}", " " * 10**6 + "43", "the answer is 43 " * 60_000, "<answer>" * 100_000, r"\boxed{1}," * 90_000,
]  # fmt: skip
TRAPS = [
    ("42", [r"\boxed{42} or \boxed{43}", "42 or 43", "41, 42, 43", "between 41 and 43", "about 42 or so, maybe 43", "not 42", r"x \ne 42", r"\ge 42", "more than 42", r"42 \pm 1", "42?43", "42!", "42x", "42_{5}", "4 2 1", "0.42", r"\sqrt{42}",
            "42i", "(42,42)", "[42,43]", r"\{42,0\}", r"x \equiv 42 \pmod{43}", "42 = x = 43", "x = 42 or x = 43", "1. 42 2. 43", "(A) 42 (B) 43", "42 when n is even, 43 when n is odd", "the value 42 is wrong; it is 43", r"\boxed{43} (we had 42 before)",
            "What is 6*7? 42 is a guess. The final answer is 7.", r"\boxed{42", r"\phantom{42}", r"\cancel{42}", r"\sout{42} 43", "forty two hundred", r"\overline{42}", "all real numbers except 42", "any number", "42 (wrong)", "42 is incorrect", "NOT(42)"]),
    (r"\frac{1}{2}", ["2", "1,2", "1:3", "0.51", r"\frac12 \text{ or } \frac13", r"1\frac12", r"-\frac12", "1/2/2", "(1,2)", "1.2"]),
    ("(1,2)", ["(2,1)", "[1,2]", r"\{1,2\}", "(1,2,3)", "(1,2),(2,1)", "x=1", "(1.2)", r"(1,2)\cup(3,4)"]),
    (r"\text{Evelyn}", ["Evelyn or Briana", "not Evelyn", "Evelyn and Carla", "Evelyn's brother", "anyone but Evelyn", "Neither Evelyn nor Carla"]),
    ("C", ["(D)", "A, B, C", "C or D", "not C", "AC", "(A) or (C)", "C. no wait, D", "all of the above"]),
    ("x", ["х", "χ", "×", "X"]), ("a", ["а", "α", "A"]), ("42", ["٤٢", "４３", "4²", "4₂", "42\u200b3", "l2", "O42+1"]),
]  # fmt: skip
MORE_GOLDS = [r"\frac{\pi}{3}", "x^2+1", "(1,2)", r"\{1,2,3\}", r"x\in[-2,7]", r"\text{Evelyn}", r"\begin{pmatrix}1\\2\end{pmatrix}", "9^{9^{9^9}}", "y=2x+3", "2:3", r"2k\pi, k\in\mathbb{Z}"]  # fmt: skip
HEAVY = ["9^{9^{9^{8}}}", r"\sum_{k=1}^{10^{12}} k^k", "(x+y+z+w+u+v)^{300}", "(" * 2500 + "1" + ")" * 2500, r"\sqrt{" * 700 + "2" + "}" * 700, ",".join("1" * 3000), "a " * 3500, r"\begin{pmatrix}1&1\\1&0\end{pmatrix}^{10^{12}}"]  # fmt: skip
SECONDS = 2.0


@pytest.fixture(scope="module", autouse=True)
def no_worker_is_left() -> Iterator[None]:
    algebra.warm_up()
    yield
    algebra.close()


def _refused(gold: str, answer: str) -> None:
    start = time.thread_time()
    found = compare(gold, answer)
    assert found.correct is not True, found.reason
    assert time.thread_time() - start < SECONDS


@pytest.mark.parametrize("template", CODE)
def test_code_does_not_run(template: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    _refused("42", template.format(mark=mark))
    assert not mark.exists()


@pytest.mark.parametrize("answer", RESOURCES, ids=range(len(RESOURCES)))
def test_what_would_take_for_ever_is_refused_in_time(answer: str) -> None:
    _refused("42", answer)


@pytest.mark.parametrize("answer", HEAVY, ids=range(len(HEAVY)))
@pytest.mark.parametrize("gold", MORE_GOLDS)
def test_heavy_answers_against_golds_of_every_kind(gold: str, answer: str) -> None:
    _refused(gold, answer)


@pytest.mark.parametrize(("gold", "answer"), [(gold, answer) for gold, answers in TRAPS for answer in answers])
def test_a_trap_is_not_the_answer(gold: str, answer: str) -> None:
    _refused(gold, answer)
