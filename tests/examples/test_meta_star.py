"""The world of the worked example: its puzzles, its solutions, its tokenizer; training itself is `make meta-star`."""

from __future__ import annotations

import re
import sys
from collections import Counter
from operator import add, mul, sub, truediv
from pathlib import Path
from types import ModuleType

import pytest

from scorers.game24 import grade
from tasks.loading import load_task

OPERATIONS = {"+": add, "-": sub, "*": mul, "/": truediv}
FOLDER = Path(__file__).parents[2] / "examples" / "meta_star"


@pytest.fixture(scope="module")
def world() -> ModuleType:
    sys.path.insert(0, str(FOLDER))
    try:
        import world
    finally:
        sys.path.remove(str(FOLDER))
    return world


def test_every_solution_is_right_for_the_grader_and_one_word_a_token(world: ModuleType) -> None:
    task = load_task("make24_test", include_path=[FOLDER])
    tokenizer = world.tokenizer()
    assert len(task.problems) == 193
    for problem in task.problems[::7]:
        for text in world.solutions(tuple(problem.doc["numbers"])):
            assert grade(text, problem).correct is True
            ids = tokenizer.encode(text)
            assert tokenizer.decode(ids) == text
            assert tokenizer.unk_token_id not in ids
    assert tokenizer.unk_token_id not in tokenizer.encode(f"{world.question((1, 2, 3))}Wait\n\n")


def test_no_training_data_holds_a_test_puzzle(world: ModuleType) -> None:
    test, train = set(world.puzzles("test")), set(world.puzzles("train"))
    assert not test & train
    asked = {tuple(map(int, re.findall(r"\d+", text)[1:])) for text, _ in world.noisy(2000)}
    assert not test & asked
    assert train & asked


def test_most_noisy_solutions_miss(world: ModuleType) -> None:
    texts = [text for _, text in world.noisy(2000)]
    right = sum("left:24\n\n\\boxed" in text for text in texts)
    assert 0.07 < right / len(texts) < 0.2
    assert texts == [text for _, text in world.noisy(2000)]


def test_half_of_them_start_again_and_every_step_is_true(world: ModuleType) -> None:
    texts = list(world.noisy(400))
    assert 0.4 < sum("Wait" in text for _, text in texts) / len(texts) < 0.6
    for asked, text in texts:
        numbers = sorted(map(int, re.findall(r"\d+", asked)[1:]))
        for attempt in text.split("Wait\n\n"):
            left = Counter(numbers)
            steps = [line for line in attempt.split("\n\n") if line and "boxed" not in line]
            assert 1 <= len(steps) <= 2
            for step in steps:
                a, sign, b, result, after = re.fullmatch(r"(\d+)([-+*/])(\d+)=(\d+) left:([\d,]+)", step).groups()
                assert OPERATIONS[sign](int(a), int(b)) == int(result)
                left = left - Counter([int(a), int(b)]) + Counter([int(result)])
                assert sorted(left.elements()) == list(map(int, after.split(",")))


def test_sums_are_true(world: ModuleType) -> None:
    rows = list(world.sums(50))
    told = [re.fullmatch(r"(\d+)([-+*/])(\d+)=(\d+)", text) for row in rows for text in row.split("\n\n") if text]
    assert len(told) == 600 and len({sum_.group(2) for sum_ in told if sum_}) == 4
    for sum_ in told:
        assert sum_ is not None
        a, sign, b, result = sum_.groups()
        assert OPERATIONS[sign](int(a), int(b)) == int(result)


def test_the_chat_template_marks_what_the_model_writes(world: ModuleType) -> None:
    tokenizer = world.tokenizer()
    said = [{"role": "user", "content": world.question((1, 2, 3))}, {"role": "assistant", "content": "1+2=3 left:3,3"}]
    ids = tokenizer.apply_chat_template(said, return_dict=True, return_assistant_tokens_mask=True)
    written = [i for i, mark in zip(ids["input_ids"], ids["assistant_masks"], strict=True) if mark]
    assert tokenizer.decode(written) == "1+2=3 left:3,3<end>"
