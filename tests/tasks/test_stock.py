"""Stock lm-eval runs the same YAML: the same prompts, and the same verdicts as the harness."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

import tasks
from tasks import stock
from tasks.loading import load_task

with stock.quiet():
    from lm_eval import simple_evaluate
    from lm_eval.api.model import TemplateLM
    from lm_eval.tasks import TaskManager

FEW_SHOT = """
task: shots
custom_dataset: !function shots_data.load
test_split: test
fewshot_split: train
doc_to_text: "Q: {{q}}"
doc_to_target: "{{a}}"
num_fewshot: 2
description: "Add."
generation_kwargs: {until: ["Q:"], do_sample: false}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
"""
FEW_SHOT_DATA = """
from datasets import Dataset
def load(**_):
    rows = [{"q": f"{n}+{n}?", "a": str(2 * n)} for n in range(20)]
    return {"train": Dataset.from_list(rows[5:]), "test": Dataset.from_list(rows[:5])}
"""


class Recorder(TemplateLM):
    """A model that answers from a list and remembers what it was asked."""

    tokenizer_name = "none"
    eot_token_id = 0

    def __init__(self, answers: list[str]) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[object] = []

    def generate_until(self, requests, disable_tqdm: bool = False):
        self.asked = [request.args[0] for request in requests]
        return [self.answers[number % len(self.answers)] for number in range(len(requests))]

    def apply_chat_template(self, chat_history, add_generation_prompt=True):
        return repr(chat_history)

    def chat_template(self, chat_template=False):
        return "repr"

    def tok_encode(self, string, **kwargs):
        raise NotImplementedError

    _loglikelihood_tokens = loglikelihood_rolling = tok_encode


def run(model: Recorder, name: str, folder: Path, chat: bool = False, limit: int | None = None):
    with stock.quiet():
        return simple_evaluate(
            model=model,
            tasks=[name],
            task_manager=TaskManager(include_path=str(folder), include_defaults=False),
            limit=limit,
            bootstrap_iters=0,
            apply_chat_template=chat,
            fewshot_as_multiturn=chat,
        )


@pytest.mark.usefixtures("data_folder", "scorer")
@pytest.mark.parametrize(
    "name", ["math500", "harp", "harp_mcq", "omni_math", "omni_math_rule", "game24", "chained_sums"]
)
def test_our_tasks_run_under_stock_lm_eval(name: str) -> None:
    task = load_task(name)
    problems = task.problems[:3]
    answers = [problem.answer or "" for problem in problems[:-1]] + ["wrong"]
    model = Recorder(answers)
    results = run(model, name, Path(tasks.__file__).parent, limit=3)
    assert model.asked == [problem.text for problem in problems]

    module, _, function = task.scorer.function.partition(":")
    grade = getattr(importlib.import_module(module), function)
    verdicts = [grade(answer, p).correct is True for answer, p in zip(answers, problems, strict=False)]
    assert results["results"][name]["exact_match,none"] == sum(verdicts) / len(verdicts)
    assert results["versions"][name] == int(task.version)


@pytest.mark.usefixtures("data_folder", "scorer")
def test_messages_are_those_of_stock_lm_eval() -> None:
    model = Recorder(["x"])
    run(model, "math500", Path(tasks.__file__).parent, chat=True)
    assert model.asked == [repr(list(problem.messages)) for problem in load_task("math500").problems]


@pytest.mark.parametrize("chat", [False, True])
def test_few_shot_prompts_are_those_of_stock_lm_eval(tmp_path: Path, chat: bool) -> None:
    (tmp_path / "shots.yaml").write_text(FEW_SHOT)
    (tmp_path / "shots_data.py").write_text(FEW_SHOT_DATA)
    model = Recorder(["0"])
    run(model, "shots", tmp_path, chat)
    problems = load_task("shots", include_path=[tmp_path]).problems
    assert model.asked == [repr(list(p.messages)) if chat else p.text for p in problems]
    assert len({p.text.partition("Q:")[2] for p in problems}) == 5


def test_templates_are_compiled_once_only_while_rendering() -> None:
    from lm_eval.utils import env

    with stock._templates_compiled_once():
        assert env.from_string("{{a}}") is env.from_string("{{a}}")
    assert env.from_string("{{a}}") is not env.from_string("{{a}}")
