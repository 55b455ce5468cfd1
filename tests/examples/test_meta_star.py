"""The world of the worked example: its puzzles, its solutions, its tokenizer; training itself is `make meta-star`."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from scorers.game24 import grade
from tasks.loading import load_task

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
    assert len(task.problems) == 297
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


def test_the_chat_template_marks_what_the_model_writes(world: ModuleType) -> None:
    tokenizer = world.tokenizer()
    said = [{"role": "user", "content": world.question((1, 2, 3))}, {"role": "assistant", "content": "1+2=3 left:3,3"}]
    ids = tokenizer.apply_chat_template(said, return_dict=True, return_assistant_tokens_mask=True)
    written = [i for i, mark in zip(ids["input_ids"], ids["assistant_masks"], strict=True) if mark]
    assert tokenizer.decode(written) == "1+2=3 left:3,3<end>"
