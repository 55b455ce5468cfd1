"""Extraction of the final answer."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorers.extract import MAX_LENGTH, extract, extract_answer


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (r"So the result is \boxed{42}.", "42"),
        (r"First \boxed{1}, then \boxed{2}.", "2"),
        (r"\boxed{\frac{1}{2}}", r"\frac{1}{2}"),
        (r"\boxed{\left\{1, \{2\}\right\}}", r"\left\{1, \{2\}\right\}"),
        (r"\fbox{7}", "7"),
        (r"\boxed 5", "5"),
        (r"\boxed 5.", "5"),
        (r"$\boxed{ 5 }$", "5"),
        (r"\boxed{\boxed{5}}", r"\boxed{5}"),
        (r"\boxed {5}", "5"),
        (r"\boxed{x \text{ is } \}}", r"x \text{ is } \}"),
        (r"We get \boxed{3}. Let me check: \boxed{4", "3"),
        (r"\boxed{ broken \boxed{9}", None),
        ("\\boxed{ broken {\n\nBut then \\boxed{9}.", "9"),
        (r"a stray } and { and \boxed{6}", "6"),
        (r"\boxed{}", None),
        (r"\boxedword{5}", None),
        ("The final answer is 12.", "12"),
        ("The final answer is: $\\frac{3}{4}$.", r"\frac{3}{4}"),
        ("Final Answer: The final answer is $17$. I hope it is correct.", "17"),
        ("**Answer:** 3.5", "3.5"),
        ("Answer: C", "C"),
        ("### Answer\nAnswer:\n\n$x = 5$", "x = 5"),
        ("Thus, the answer is $5$ or $7$.", "$5$ or $7$"),
        ("work\n#### 1,234", "1,234"),
        ("The answer is 3. No wait, the answer is 4.", "4"),
        ("The answer is \\(2\\pi\\).", r"2\pi"),
        ("The answer is 5 because 2 + 3 = 5.", "5"),
        ("I computed 1, 2 and then 3", None),
        ("The answer is obvious to everyone.\nAnswer: 8", "8"),
        ("", None),
        (r"<think>maybe \boxed{1}</think> It is \boxed{2}", "2"),
        (r"maybe \boxed{1}</think> It is \boxed{2}", "2"),
        (r"<think>maybe \boxed{1}</think> I do not know", None),
        (r"<think>maybe \boxed{1}", None),
        (r"</think> \boxed{1} <think> again", None),
        (r"\boxed{1}</think>x</think>\boxed{3}", "3"),
        (r"\boxed{5}" + "\n" * 5 + "The answer is 6.", "5"),
    ],
)
def test_answer(response: str, answer: str | None) -> None:
    assert extract_answer(response) == answer


def test_the_rule_is_named() -> None:
    assert extract(r"\boxed{5}").rule == "boxed"
    assert extract("The final answer is 5").rule == "final answer"
    assert extract("Answer: 5").rule == "answer"
    assert extract("#### 5").rule == "####"
    assert extract("five").rule == "no answer"
    assert extract("<think>").rule == "unfinished thinking"
    assert extract(r"\boxed{" + "1" * (MAX_LENGTH + 1) + "}").rule == "the box is too long"


def test_boxes_on_the_last_line() -> None:
    assert extract("\\boxed{1}\nso \\boxed{3}, \\boxed{5} and \\boxed 7").line == ("3", "5", "7")


@pytest.mark.parametrize(
    "text",
    [
        "x" * 4_000_000,
        r"\boxed{" * 300_000,
        "{" * 1_000_000 + r"\boxed{5}",
        r"\boxed{" + "{" * 1_000_000,
        r"\boxed " * 200_000,
        "<think>" * 200_000,
        "</think>" * 200_000,
        "answer is " * 200_000,
        "answer: $" * 200_000,
        "\n" * 2_000_000,
        "\\" * 1_000_000,
        r"\boxed{5}" + "}" * 1_000_000,
        "\\boxed{" + " \n" * 500_000,
        "\\boxed" + " " * 1_000_000,
        "#### " * 200_000,
    ],
)
def test_megabytes_take_linear_time(text: str) -> None:
    started = time.monotonic()
    extract(text)
    assert time.monotonic() - started < 3


@settings(deadline=None)
@given(st.text())
def test_any_text_is_extracted_from(text: str) -> None:
    found = extract(text)
    assert found.answer is None or found.answer.strip()


@settings(deadline=None)
@given(st.lists(st.sampled_from([r"\boxed", r"\fbox", "{", "}", "5", " ", "\n\n", "\\", "$", "<think>", "</think>"])))
def test_any_mixture_of_boxes_is_extracted_from(parts: list[str]) -> None:
    answer = extract_answer("".join(parts))
    assert answer is None or answer in "".join(parts)


@settings(deadline=None)
@given(st.text(alphabet="abc 123\n$.,"), st.text(alphabet="123+-x^_ ", min_size=1).filter(str.strip))
def test_a_box_is_found_after_anything_plain(before: str, answer: str) -> None:
    assert extract_answer(before + rf"\boxed{{{answer}}}") == answer.strip()
