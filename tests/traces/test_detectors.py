"""The detectors as functions: laws, places, and texts made to hurt them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from harness.steps import split_steps
from harness.traces.attempts import MOST, attempts
from harness.traces.formulas import formulas, normal
from harness.traces.markers import markers
from harness.traces.meaning import meanings
from harness.traces.repetition import repetitions
from harness.traces.scan import MOST_CHARACTERS, scan
from harness.traces.similarity import GRAM, LAST, likeness
from harness.traces.steps import steps
from harness.traces.text import tokens

WORDS = st.lists(st.sampled_from("a b c 1 2 x = +".split()), min_size=1, max_size=16).map(" ".join)
TEXTS = st.lists(WORDS, min_size=1, max_size=LAST).map("\n\n".join)


@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_similarity_is_what_comparing_all_pairs_would_say(text: str) -> None:
    pieces = steps(text, "\n\n")
    said = [tuple(pieces.tokens(number)) for number in range(len(pieces))]
    grams = [{own[i : i + GRAM] for i in range(len(own) - GRAM + 1)} for own in said]
    found, again = likeness(pieces)
    for number, like in enumerate(found):
        if like.same is not None:
            assert said[number] == said[like.same] and like.same < number
            continue
        pairs = [(len(grams[number] & g) / len(grams[number] | g) if g else 0.0) for g in grams[:number]]
        assert like.similarity == pytest.approx(max(pairs, default=0.0))
        if like.like is not None:
            assert pairs[like.like] == max(pairs)
    flat = [token for own in said for token in own]
    every = [tuple(flat[i : i + GRAM]) for i in range(len(flat) - GRAM + 1)]
    assert again == pytest.approx(1 - len(set(every)) / len(every) if every else 0.0)


@given(st.text("ab .1\n$\\{}()=xWait,", max_size=300), st.sampled_from(["\n\n", "\n", ".", ""]))
@settings(max_examples=200, deadline=None)
def test_every_place_lies_in_the_text_and_every_step_is_the_splitters(text: str, delimiter: str) -> None:
    scanned = scan(text, delimiter)
    for event in scanned.events:
        assert 0 <= event.start < event.end <= len(text)
        assert event.of is None or 0 <= event.of < event.start
    for statement in scanned.attempts:
        assert 0 <= statement.start < statement.end <= len(text)
    assert [text[start:end] for start, end in steps(text, delimiter).places] == [
        piece.strip() for piece in split_steps(text, delimiter) if piece.strip()
    ]
    assert 0 <= scanned.repeating_steps <= scanned.steps and 0 <= scanned.repeated_tokens <= scanned.tokens


@given(TEXTS)
@settings(max_examples=50, deadline=None)
def test_a_text_said_twice_repeats_every_long_step(text: str) -> None:
    pieces = steps(f"{text}\n\n{text}", "\n\n")
    repeated = repetitions(pieces, likeness(pieces)[0])
    for number in range(len(pieces) // 2, len(pieces)):
        assert (number in repeated) == (pieces.size(number) >= GRAM)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (r"$\dfrac{1}{2}\,x$", ["\\frac", "1", "2", "x"]),
        (r"\[ x^{12} \leq 3.5 \]", ["x", "^", "12", "\\leq", "3", "5"]),
        ("The **answer** (a) is −3!", ["the", "answer", "(", "a", ")", "is", "-", "3"]),
        ("3·4 ≤ 13 ✓", ["3", "·", "4", "≤", "13", "✓"]),
        (r"\left( a+b \right)^2", ["(", "a", "+", "b", ")", "^", "2"]),
        ("", []),
    ],
)
def test_tokens(text: str, wanted: list[str]) -> None:
    assert tokens(text) == wanted


@pytest.mark.parametrize("label", ["Step 3: ", "3. ", "- ", "**Step 12:** ", "(b) ", "### Step 1\n"])
def test_a_label_is_no_part_of_a_step(label: str) -> None:
    assert steps(f"{label}add the two numbers", "\n\n").tokens(0) == ["add", "the", "two", "numbers"]


@pytest.mark.parametrize(
    ("one", "other"),
    [(r"\frac{1}{2}", r"\dfrac12"), ("x^{2} = 1", "x^2=1."), (r"\left(a\right)\,+ b", "(a)+b")],
)
def test_formulas_that_differ_in_looks_are_the_same(one: str, other: str) -> None:
    assert normal(one) == normal(other)


def test_formulas_that_differ_in_meaning_are_not() -> None:
    assert normal(r"\frac{1}{2+x}") != normal(r"\frac{1}{2}+x")
    assert normal("x^{12}=1") != normal("x^{1}2=1")


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and then $7, in all $12.",
        "She has \\$5 + x and \\$5 + x.",
        "$x$ and $x$",
        "$12$ is $12$",
        "$-3$ $-3$",
    ],
)
def test_prices_names_and_numbers_are_no_formulas(text: str) -> None:
    assert formulas(text) == (0, [])


@pytest.mark.parametrize(
    ("text", "answers"),
    [
        (r"\boxed{\frac{1}{2}}", [r"\frac{1}{2}"]),
        ("The answer is:\n\n$$\nx = 3\n$$", ["x = 3"]),
        (r"put it in \boxed{}", []),
        ("Her answer is 5, and Tom's answer is 6.", []),
        ("The answer is 5 cm, so the box is \\boxed{5}.", ["5"]),
        ("#### 1,000", ["1,000"]),
        ("The answer is yes.", ["yes"]),
        ("The answer is very long indeed and says nothing.", []),
        ("The answer is 5. Wait, the answer is 6.", ["5", "6"]),
    ],
)
def test_attempts(text: str, answers: list[str]) -> None:
    assert [statement.answer for statement in attempts(text)[0]] == answers


def test_kinds_are_counted_once_a_sentence() -> None:
    found = markers("Wait, hold on, no, wait. But wait, let me check: I made a mistake. I made one.")
    assert [event.kind for event in found] == ["backtracking", "backtracking", "verification", "regret"]
    assert not markers("I had to wait. The check was for 5 dollars, and the mistake was hers.")


HOSTILE = {
    "boxes": "\\boxed{" * 15_000,
    "answers": "the answer is 5 " * 10_000,
    "dollars": "$" * 100_000,
    "spaced dollars": "$ x" * 37_500,
    "opened formulas": "\\(" * 50_000,
    "opened displays": "\\[a" * 37_500,
    "environments": "\\begin{align}" * 10_000,
    "blank lines": "\n" * 100_000,
    "short steps": "a\n\n" * 37_500,
    "one step again and again": "we add one and two and get three\n\n" * 3_750,
    "nearly the same steps": "".join(f"we add one and two and get {i} as we did before\n\n" for i in range(2_500)),
    "one long step": "x + y = z and " * 10_000,
    "waits": "Wait, " * 20_000,
    "sentences": "Wait. " * 20_000,
    "labels": "- 1. " * 22_500,
    "letters": "a" * 125_000,
    "plugging": "Plugging " * 12_500,
    "backslashes": "\\" * 100_000,
    "tags": "<" * 100_000,
    "other characters": "\u202e\x00\U0001f600\ud800" * 25_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_take_time_in_proportion_to_their_length(name: str) -> None:
    """A hundred thousand characters each: what is linear takes a fraction of a second, what is quadratic minutes."""
    started = time.process_time()
    scan(HOSTILE[name], "\n\n")
    assert time.process_time() - started < 8


def test_what_is_too_much_is_left_out_and_said() -> None:
    assert scan("x" * (MOST_CHARACTERS + 1), "\n\n").cut
    found, more = attempts("\n".join(f"The answer is {i}." for i in range(MOST + 5)))
    assert more and len(found) == MOST


def bags(texts: Sequence[str]) -> NDArray[np.float32]:
    """A vector of words: what an embedding says of texts that share their words in another order."""
    words = sorted({word for text in texts for word in text.split()})
    rows = np.array([[text.split().count(word) for word in words] for text in texts], dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_steps_of_like_meaning_are_found_where_their_numbers_agree() -> None:
    text = "\n\n".join(
        ["we now add 2 and 3 to get the sum", "the sum we get now to add 3 and 2", "the sum we get now to add 3 and 7",
         "Hm", "we now add 2 and 3 to get the sum", "a triangle with the sides of 2 and 3"]
    )  # fmt: skip
    found = [(e.kind, e.start) for e in scan(text, "\n\n", bags).events if e.kind in ("exact", "semantic")]
    assert found == [
        ("semantic", text.index("the sum we get now to add 3 and 2")),
        ("exact", text.rindex("we now add")),
    ]
    pieces = steps(text, "\n\n")
    assert meanings(text, pieces, range(len(pieces)), bags) == {}
