"""Equivalence and canonical forms: labelled pairs, properties, hostile text."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from foreign_pairs import RESPONSES
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from labelled_pairs import PAIRS

from harness.core import Problem, ScorerRef
from scorers import algebra, equivalence
from scorers.equivalence import Verdict, canonical, compare, equivalent, vote_form
from scorers.pool import GradingPool

relaxed = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module", autouse=True)
def no_worker_is_left() -> Iterator[None]:
    algebra.warm_up()
    yield
    algebra.close()


# -------------------------------------------------------------------------------------------------------------- labels


def test_there_are_enough_pairs_of_both_kinds() -> None:
    assert len({pair[1:3] for pair in PAIRS}) == len(PAIRS) >= 3500
    assert sum(verdict for *_, verdict in PAIRS) >= 2200
    assert sum(not verdict for *_, verdict in PAIRS) >= 1600


@pytest.mark.parametrize(("kind", "gold", "answer", "verdict"), PAIRS)
def test_labelled_pair(kind: str, gold: str, answer: str, verdict: bool) -> None:
    found = compare(gold, answer)
    if found.reason == "timed out":  # by the clock of a busy machine: asked once more, past what is kept
        found = equivalence._whole(gold, answer)
    assert found.correct is verdict, f"{kind}: {found.reason}"


@pytest.mark.parametrize(("kind", "gold", "answer", "verdict"), PAIRS)
def test_a_yes_holds_in_both_directions(kind: str, gold: str, answer: str, verdict: bool) -> None:
    if not answer.strip() or "." in gold + answer:  # only a gold decimal is rounded to
        return
    swapped = equivalent(answer, gold)
    assert (swapped is True) == verdict


@pytest.mark.parametrize(("kind", "gold", "answer", "verdict"), PAIRS)
def test_equal_forms_are_equivalent_answers(kind: str, gold: str, answer: str, verdict: bool) -> None:
    forms = canonical(gold), canonical(answer)
    if forms[0] == forms[1] and forms[0] is not None:
        assert verdict


@pytest.mark.parametrize(("gold", "response", "verdict"), RESPONSES)
def test_final_answer_of_a_text(gold: str, response: str, verdict: bool) -> None:
    found = compare(gold, response)
    assert found.correct is verdict, found.reason


def test_nothing_is_equivalent_to_nothing() -> None:
    for empty in ("", "  ", "$$", r"\boxed{}", "."):
        assert equivalent(empty, "5") is None
        assert equivalent("5", empty) is False
        assert equivalent(empty, empty) is None
        assert canonical(empty) is None


@pytest.mark.parametrize("gold", ["}{", r"\frac{1}", r"1 + 2 + \ldots + n +", "x^"])
def test_a_gold_answer_that_cannot_be_read_is_not_judged(gold: str) -> None:
    assert equivalent(gold, "5") is None
    assert equivalent(gold, gold) is True
    assert equivalent("5", gold) is False


@pytest.mark.parametrize("answer", [r"p<-3 \text{ or } p>1", r"(-\infty,-3)\cup(1,\infty)", r"p<-3 \text{ and } p>1"])
def test_a_gold_answer_that_contradicts_itself_means_or(answer: str) -> None:
    gold = r"p>1 \text{ and } p<-3"
    assert equivalent(gold, answer) is True
    assert equivalent(answer, gold) is ("and" in answer)
    assert equivalent(gold, r"p>2 \text{ and } p<-3") is False
    assert equivalent(gold, r"\emptyset") is False


def test_mathematics_that_only_math_verify_reads() -> None:
    assert equivalent(r"\int_0^1 2x\,dx", "1") is True
    assert equivalent(r"\int_0^1 2x\,dx", "2") is False
    assert equivalent(r"\frac12", r"\lim_{x\to 0}\frac{1-\cos x}{x^2}") is True


# --------------------------------------------------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    "same",
    [
        ["1/2", r"\frac12", r"\dfrac{1}{2}", "0.5", ".5", r"\frac{2}{4}", "$0.50$"],
        ["10000", "10,000", "10{,}000", r"10\,000", "10^4", r"10{,}000"],
        [r"90^\circ", r"90\text{ degrees}", "90°", r"90\degree"],
        [r"\$5", r"\textdollar 5", "5 dollars", "USD 5", r"500\text{ cents}"],
        [r"5\%", "5 percent", "5%"],
        [r"\sqrt{12}", r"2\sqrt3", "2*sqrt(3)"],
        ["x^2-1", "(x-1)(x+1)", "-1+x^2"],
        [r"\{1,2\}", r"\{2,1\}", r"\{2, 1, 1\}"],
        ["1, 2", r"2\text{ and }1", r"1\text{ or }2"],
        ["x>3", "3<x", r"x\in(3,\infty)"],
        ["y=2x", "2y=4x", "2x-y=0"],
        [r"\text{Yes}", "yes", "Yes."],
        [r"3\text{ m}", r"300\text{ cm}"],
        ["2:4", "1:2"],
    ],
)
def test_answers_of_one_type_share_a_form(same: list[str]) -> None:
    assert len({canonical(text) for text in same}) == 1


def test_votes_do_not_split_over_units_and_names() -> None:
    assert len({vote_form(text) for text in ["5", "x=5", r"5\text{ cm}", r"\$5", r"5\%", r"\boxed{5}"]}) == 1
    assert vote_form("x=1, x=2") == vote_form("2, 1")
    assert vote_form("(x,y)=(1,2)") == vote_form("(1,2)")
    assert vote_form("x>5") != vote_form("5")
    assert vote_form("") is None


# ---------------------------------------------------------------------------------------------------------- properties

atoms = st.one_of(
    st.integers(-(10**6), 10**6).map(str),
    st.tuples(st.integers(-50, 50), st.integers(1, 50)).map(lambda f: rf"\frac{{{f[0]}}}{{{f[1]}}}"),
    st.decimals(-100, 100, places=3).map(str),
    st.sampled_from(["x", "y", "n", r"\pi", "e", "i", r"\sqrt{2}", r"\sqrt[3]{5}", r"\alpha", "x_1", "f(x)", "0"]),
)


def grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    two = st.tuples(inner, inner)
    return st.one_of(
        two.map(lambda p: f"{p[0]}+{p[1]}"),
        two.map(lambda p: f"({p[0]})({p[1]})"),
        two.map(lambda p: rf"\frac{{{p[0]}}}{{{p[1]}}}"),
        inner.map(lambda t: f"({t})^2"),
        inner.map(lambda t: rf"\sqrt{{{t}}}"),
        inner.map(lambda t: f"-({t})"),
        inner.map(lambda t: rf"\sin({t})"),
        inner.map(lambda t: rf"\lfloor {t}\rfloor"),
        inner.map(lambda t: f"|{t}|"),
    )


formulas = st.recursive(atoms, grow, max_leaves=6)
answers = st.one_of(
    formulas,
    st.tuples(formulas, formulas).map(lambda p: f"({p[0]}, {p[1]})"),
    st.tuples(formulas, formulas).map(lambda p: rf"[{p[0]}, {p[1]})"),
    st.lists(formulas, max_size=3).map(lambda p: r"\{" + ", ".join(p) + r"\}"),
    st.lists(formulas, min_size=2, max_size=3).map(", ".join),
    formulas.map(lambda t: f"x = {t}"),
    formulas.map(lambda t: rf"x \le {t}"),
    st.tuples(st.integers(0, 99), st.sampled_from([r"\%", r"^\circ", r"\text{ cm}", r"\text{ apples}", "_8", ""])).map(
        lambda p: f"{p[0]}{p[1]}"
    ),
    st.integers(0, 99).map(lambda n: rf"\${n}"),
    st.sampled_from([r"\text{Yes}", "no", "A", "(C)", r"\emptyset", r"\mathbb{R}", r"\infty", "2:3", "4:05 p.m."]),
)


@relaxed
@given(answers)
def test_reflexive(answer: str) -> None:
    assert equivalent(answer, answer) is True
    assert equivalent(answer, f"${answer}$") is True
    assert equivalent(rf"\boxed{{{answer}}}", f" {answer} ") is True


@relaxed
@given(answers, answers)
def test_symmetric(left: str, right: str) -> None:
    if not any(character == "." for character in left + right):  # only a gold decimal is rounded to
        assert (equivalent(left, right) is True) == (equivalent(right, left) is True)


@relaxed
@given(answers, answers)
@example(r"50\%", r"50^\circ")
@example(r"\$36", r"36^\circ")
@example(r"\$5", r"5\%")
def test_equal_forms_imply_equivalence(left: str, right: str) -> None:
    if canonical(left) == canonical(right):
        assert equivalent(left, right) is True


@relaxed
@given(formulas, st.integers(1, 9))
def test_formulas_under_changes_of_writing(formula: str, number: int) -> None:
    for same in (
        formula.replace("+", " + "),
        formula.replace(r"\frac", r"\dfrac"),
        rf"\left({formula}\right)",
        rf"\frac{{{number}({formula})}}{{{number}}}",
        f"({formula})+{number}-{number}",
    ):
        assert equivalent(formula, same) is not False
    assert equivalent(formula, f"({formula})+{number}") is not True


@relaxed
@given(st.integers(-(10**30), 10**30), st.integers(-(10**30), 10**30))
def test_integers_are_compared_exactly(left: int, right: int) -> None:
    assert equivalent(str(left), str(right)) is (left == right)
    assert equivalent(str(left), str(left + 1)) is False
    assert equivalent(f"{left:,}", str(left)) is True


@relaxed
@given(st.text(max_size=60), st.text(max_size=60))
@example("\x00", "\ud800")
@example("{" * 50, "}" * 50)
@example("²", "٣")
def test_any_text_has_a_verdict(left: str, right: str) -> None:
    assert compare(left, right).correct in (True, False, None)
    forms = canonical(left), canonical(right)
    if forms[0] is not None and forms[0] == forms[1]:
        assert equivalent(left, right) is not False


@relaxed
@given(st.text(alphabet="0123456789.,+-*/^_(){}[]|=<>!%$\\ abcdefinoprstx", max_size=40))
def test_mathematical_noise_has_a_verdict(text: str) -> None:
    assert compare("5", text).correct in (True, False, None)
    assert compare(text, "5").correct in (True, False, None)


# ------------------------------------------------------------------------------------------------------- hostile text

BOMBS = {
    "tower": r"9^{9^{9^9}}",
    "factorial": r"(10^{10})!",
    "factorials": "((((10!)!)!)!)!",
    "fractions": r"\frac{1}{" * 2000 + "1" + "}" * 2000,
    "roots": r"\sqrt{" * 2000 + "2" + "}" * 2000,
    "digits": "1" * 10**6,
    "terms": "x+" * 500_000 + "x",
    "braces": "{" * 8000,
    "parentheses": "(" * 4000 + "1" + ")" * 4000,
    "binomial": r"\binom{10^{100}}{10^{50}}",
    "matrix": r"\begin{pmatrix}" + (r"1&" * 999 + r"1\\") * 1000 + r"\end{pmatrix}",
    "sum": r"\sum_{i=1}^{10^9} i",
    "bounds": r"n \in \mathbb{Z}, 0 < n < e^{e^{20}}",
    "condition": r"x" + r"\quad" * 2000 + r"(x \ge 2",
    "vectors": "+".join(["2(1,2)"] * 1000),
    "sums": r"\sum_{i=1}^{4000}\sum_{j=1}^{4000} ij",
    "power": r"(a+b+c+d)^{1000000}",
    "powers": "+".join(["7^{40000}"] * 300),
    "factorials in a row": "+".join(["9000!"] * 300),
    "signs": r"\pm 1" * 30,
    "set": r"\{" + ",".join(rf"\sqrt{{{n}}}" for n in range(300)) + r"\}",
    "exponentials": r"e^{e^{e^{e^{10}}}}",
    "sine": r"\sin(10^{100000})",
    "root of high degree": r"\sqrt[10^{9}]{2}",
    "bars": "|" * 4000,
    "commas": "," * 8000,
    "minus signs": "-" * 8000 + "1",
    "carets": "2" + "^2" * 300,
    "integral": r"\int_0^{10^{10}} x^{x^x} dx",
    "limit": r"\lim_{n\to\infty} n^{n^n}",
    "product": r"\prod_{i=1}^{5000} i^{i}",
    "nul": "\x00" * 8000,
    "surrogates": "\ud800" * 8000,
    "floor": r"\lfloor 10^{10^{5}}\pi\rfloor",
    "ratio": ":".join(["7^{9000}"] * 200),
    "relations": "<".join(["x"] * 2000),
    "unions": r"\cup".join(f"({n},{n + 1})" for n in range(600)),
    "boxes": r"\boxed{" * 1000 + "7" + "}" * 1000,
    "polynomial": "(x^{400}+y^{300})^{300}",
    "polynomials": "+".join(f"x^{{{n}}}" for n in range(900, 1700)),
    "cosines": "+".join(rf"\cos({n}^\circ)\sqrt{{{n}}}" for n in range(1, 200)),
    "code": "__import__('os').system('sleep 60')",
}


def slowdown() -> float:
    """How much longer than its computing this process takes just now, because others keep the machine busy."""
    wall, computed = time.monotonic(), time.thread_time()
    while time.thread_time() - computed < 0.02:
        pass
    return max(1.0, (time.monotonic() - wall) / 0.02)


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_bombs_are_answered_in_time(bomb: str) -> None:
    for gold, answer in (("5", bomb), (bomb, "5"), (r"\sqrt{2}", bomb), ("x", bomb), (bomb, bomb + " + 1")):
        started = time.monotonic()
        assert equivalent(gold, answer) is not True
        assert time.monotonic() - started < 2.5 * slowdown()
    started = time.monotonic()
    canonical(bomb)
    assert time.monotonic() - started < 2.5 * slowdown()
    assert equivalent(bomb, bomb) is not False


CERTAIN = [
    r"\begin{pmatrix}" + (r"1&" * 999 + r"1\\") * 1000 + r"\end{pmatrix}",
    r"\begin{cases}" + r"x & x>0 \\" * 300 + r"\end{cases}",
    *("9" * 10**6, r"\left(" * 10**5, r"\sqrt{" * 9000, "$" * 10**5, " " * 10**5 + "x", "\\" * 8000, "x<" * 900),
    *(r"\sum_{i=1}^{10^{100}} i^2", "(x+1)^{5000}", "9**9**9**9", "[x for x in range(10**9)]", "exit()"),
]


@pytest.mark.parametrize("bomb", CERTAIN, ids=range(len(CERTAIN)))
def test_a_bomb_is_no_ordinary_answer(bomb: str) -> None:
    for gold in ("5", r"\frac{\sqrt3}{2}", "(1,2)", r"\text{Yes}", "x>3"):
        started = time.monotonic()
        assert equivalent(gold, bomb) is False
        assert time.monotonic() - started < 2 * slowdown()


TWICE = r"\int_0^1\int_0^1 xy\,dx\,dy"
"""Mathematics that this package leaves to math-verify."""


def test_the_first_question_to_math_verify_has_the_verdict_of_the_second() -> None:
    algebra.close()
    started = time.monotonic()
    assert equivalent(TWICE, r"\frac14") is True
    assert time.monotonic() - started < 3 * slowdown()
    assert equivalent(TWICE, r"\frac12") is False


def test_a_busy_machine_does_not_change_a_verdict() -> None:
    command = [sys.executable, "-c", "while True: pass"]
    others = [subprocess.Popen(command) for _ in range(2 * (os.cpu_count() or 1))]
    scorer = ScorerRef("scorers.math_answer:grade")
    try:
        algebra.close()
        assert equivalent(TWICE, r"\frac14") is True  # cold
        assert equivalent(r"\lim_{x\to 0}\frac{\sin 7x}{x}", "7") is True
        with GradingPool() as pool:
            for gold, answer in ((r"\int_{0}^{\infty} e^{-x^2}\,dx", r"\frac{\sqrt\pi}{2}"), (TWICE, r"\frac14")):
                assert pool.grade(scorer, rf"\boxed{{{answer}}}", Problem("p", "?", gold)).correct is True
    finally:
        for other in others:
            other.kill()
            other.wait()


def test_waiting_for_math_verify_is_bounded_in_every_thread() -> None:
    hard = [(rf"\int_0^\infty \frac{{\sin(x^x)}}{{x^x+{n}}} dx", "5") for n in range(4)]

    def ask(pair: tuple[str, str]) -> float:
        started = time.monotonic()
        assert equivalent(*pair) is not True
        return time.monotonic() - started

    algebra.warm_up()
    with ThreadPoolExecutor(4) as threads:
        assert max(threads.map(ask, hard)) < 2.5 * slowdown()


def test_threads_agree_with_one_thread() -> None:
    verdicts = {(gold, answer): compare(gold, answer) for _, gold, answer, _ in PAIRS}
    here = [pair for pair, found in verdicts.items() if found.correct is not None and "math-verify" not in found.reason]
    pairs = [pair for pair in here if not {algebra.UNREAD_GOLD, algebra.UNREAD_ANSWER} & {verdicts[pair].reason}]
    assert len(pairs) > 0.9 * len(PAIRS)
    from scorers.equivalence import _compare
    from scorers.reading import read

    _compare.cache_clear()
    read.cache_clear()
    with ThreadPoolExecutor(8) as threads:
        found = dict(zip(pairs, threads.map(lambda pair: compare(*pair), pairs), strict=True))
    differing = {pair: (verdicts[pair], found[pair]) for pair in pairs if found[pair].correct != verdicts[pair].correct}
    assert not differing


def test_a_verdict_that_the_clock_cut_is_not_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = (r"\frac{\pi^2}{6}", r"\sum_{k=1}^{\infty}\frac{1}{k^{2}}")
    with monkeypatch.context() as busy:
        busy.setattr(equivalence, "WALL_SECONDS", 0.0)
        assert compare(*pair) == Verdict(None, "timed out")
    assert compare(*pair).correct is True


def test_other_users_of_mpmath_keep_their_precision() -> None:
    import mpmath

    before = mpmath.mp.dps
    thread = threading.Thread(target=equivalent, args=(r"\sqrt{2}+\sqrt{7}", r"\sqrt{7}+\sqrt{2}"))
    thread.start()
    thread.join()
    assert equivalent(r"\pi^2", r"\pi\cdot\pi") is True
    assert mpmath.mp.dps == before
