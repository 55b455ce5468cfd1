"""A task as lm-eval's users write it: own columns, two filters, a metric with options, and few-shot examples."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from harness.core import Problem, Task, UsageError
from tasks import foreign
from tasks.loading import load_task

YAML = """
task: word_sums
custom_dataset: !function word_sums_data.load
output_type: generate_until
training_split: train
test_split: test
fewshot_split: train
process_docs: !function word_sums_data.process
doc_to_text: "Question: {{question}}\\nAnswer:"
doc_to_target: "{{answer}}"
num_fewshot: 1
generation_kwargs:
  until: "Question:"
  max_tokens: 99
  temperature: 0.5
  top_p: 0.9
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
    regexes_to_ignore: [",", "(?s).*#### "]
filter_list:
  - name: strict
    filter:
      - {function: regex, regex_pattern: "#### (-?[0-9,]+)"}
      - {function: take_first}
  - name: flexible
    filter:
      - {function: regex, regex_pattern: "(-?[0-9,]+)", group_select: -1}
      - {function: take_first}
metadata: {version: 2.5}
"""

MODULE = """
from datasets import Dataset

def load(**kwargs):
    rows = [{"raw": f"{n} plus {n}?", "gold": 2000 * n, "level": f"Level {n}", "type": "sums"} for n in range(1, 5)]
    return {"train": Dataset.from_list(rows[3:]), "test": Dataset.from_list(rows[:3])}

def process(dataset):
    # Raises when applied twice, as most such functions do.
    rows = [{**row, "question": row.pop("raw"), "answer": f"Sum. #### {row.pop('gold'):,}"} for row in dataset]
    return Dataset.from_list(rows)

def verdicts(doc, results):
    return RESULTS
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "word_sums.yaml").write_text(YAML)
    (tmp_path / "word_sums_data.py").write_text(MODULE)
    return tmp_path


@pytest.fixture
def task(folder: Path) -> Task:
    return load_task("word_sums", include_path=[folder])


def test_problems(task: Task) -> None:
    assert [p.id for p in task.problems] == ["word_sums/0", "word_sums/1", "word_sums/2"]
    assert [p.level for p in task.problems] == [1, 2, 3]
    assert task.problems[1].answer == "Sum. #### 4,000"
    assert task.problems[1].statement == "Question: 2 plus 2?\nAnswer:"
    assert task.problems[1].subject == "sums"
    assert (task.version, task.stop, task.max_tokens, task.temperature, task.top_p) == (
        "2.5",
        ("Question:",),
        99,
        0.5,
        0.9,
    )


def test_few_shot_examples(task: Task, folder: Path) -> None:
    problem = task.problems[0]
    assert problem.text == "Question: 4 plus 4?\nAnswer: Sum. #### 8,000\n\nQuestion: 1 plus 1?\nAnswer:"
    assert [message["role"] for message in problem.messages] == ["user", "assistant", "user"]
    bare = load_task("word_sums", include_path=[folder], num_fewshot=0)
    assert bare.problems[0].text == problem.statement
    assert bare.digest != task.digest


@pytest.mark.parametrize(
    ("response", "correct", "answer"),
    [("It is #### 2,000", True, "2,000"), ("#### 2001", False, "2001"), ("It is 2000", False, None), ("", False, None)],
)
def test_the_first_filter_grades(task: Task, response: str, correct: bool, answer: str | None) -> None:
    grade = foreign.grade(response, task.problems[0], **task.scorer.options)
    assert (grade.correct, grade.answer, grade.canonical) == (correct, answer, answer)
    assert task.scorer.function == "tasks.foreign:grade"
    assert task.scorer.version.startswith("lm-eval 0.")


def test_another_filter_can_be_chosen(folder: Path) -> None:
    (folder / "word_sums.yaml").write_text(YAML.replace("version: 2.5", "version: 2.5, filter: flexible"))
    task = load_task("word_sums", include_path=[folder])
    grade = foreign.grade("1000, no: 2000", task.problems[0], **task.scorer.options)
    assert (grade.correct, grade.answer) == (True, "2000")
    with pytest.raises(UsageError, match="no filter 'gone'"):
        foreign.grade("2000", task.problems[0], **{**task.scorer.options, "filter": "gone"})


def test_problem_and_scorer_can_go_to_another_process(task: Task) -> None:
    problem, scorer = pickle.loads(pickle.dumps((task.problems[2], task.scorer)))
    assert foreign.grade("#### 6000", problem, **scorer.options).correct is True


def with_results(folder: Path, results: str) -> Task:
    (folder / "word_sums_data.py").write_text(MODULE.replace("RESULTS", results))
    (folder / "word_sums.yaml").write_text(YAML + "process_results: !function word_sums_data.verdicts\n")
    foreign._tasks.clear()
    return load_task("word_sums", include_path=[folder])


@pytest.mark.parametrize(
    ("results", "correct"),
    [
        ("{'other': 1, 'exact_match': 0}", False),
        ("{'other': 0, 'math_verify': True}", True),
        ("{'score': 0.5}", False),
        ("{'score': 2}", True),
        ("{'pair': (1, 2)}", None),
        ("{'exact_match': 1 / 0}", None),
    ],
)
def test_verdicts_of_own_functions(folder: Path, results: str, correct: bool | None) -> None:
    task = with_results(folder, results)
    grade = foreign.grade("#### 1", task.problems[0], **task.scorer.options)
    assert grade.correct is correct
    assert bool(grade.reason)


def test_builtin_tasks_are_named_relative_to_lm_eval() -> None:
    from tasks import definitions

    definition = definitions.builtin("gsm8k").tasks["gsm8k"]
    options = foreign.options_of(definition)
    assert options == {"path": "lm_eval:gsm8k/gsm8k.yaml"}
    problem = Problem("gsm8k/0", "?", "3", doc={"question": "1 + 2?", "answer": "It is three. #### 3"})
    assert foreign.grade("So #### 3", problem, **options).correct is True
    assert foreign.grade("So 3", problem, **options).correct is False


@pytest.mark.parametrize(
    ("value", "level"), [("Level 5", 5), ("3", 3), (2, 2), (2.0, 2), ("Level ?", "Level ?"), ("", None), (None, None)]
)
def test_levels(value: object, level: int | str | None) -> None:
    assert foreign._level(value) == level


def test_own_ids_are_used_where_they_are_unique() -> None:
    assert foreign._ids([{"id": 7}, {"id": 8}], "t") == ["7", "8"]
    assert foreign._ids([{"id": 7}, {"id": 7}], "t") == ["t/0", "t/1"]
    assert foreign._ids([{"id": None, "unique_id": "a"}, {"id": 1, "unique_id": "b"}], "t") == ["a", "b"]
