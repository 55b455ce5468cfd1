from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core import UsageError
from scorers.pool import GradingPool
from tasks import documents, foreign, stock
from tasks.loading import load_task, task_names

OURS = ["chained_sums", "game24", "harp", "harp_mcq", "math500", "omni_math", "omni_math_rule"]

YAML = """# Made up
task: {name}
custom_dataset: !function {name}_data.load
test_split: test
doc_to_text: "{{{{problem}}}}"
doc_to_target: answer
generation_kwargs: {{until: []}}
metric_list: [{{metric: exact_match, aggregation: mean, higher_is_better: true}}]
"""

MODULE = """
from datasets import Dataset
ROW = {"problem_id": "a", "problem": "1?", "answer": "1", "level": 1, "subject": None, "difficulty": None,
       "solutions": None}
def load(**_):
    return {"test": Dataset.from_list(ROWS)}
def verdict(doc, results):
    return {"exact_match": 1.0}
"""


def write(folder: Path, name: str, rows: str = "[ROW]", yaml: str = "", instead: tuple[str, str] = ("", "")) -> Path:
    text = YAML.format(name=name)
    (folder / f"{name}.yaml").write_text((text.replace(*instead) if instead[0] else text) + yaml)
    (folder / f"{name}_data.py").write_text(MODULE.replace("ROWS", rows))
    return folder


def refusal(name: str, folder: Path | None = None, **options: int) -> str:
    with pytest.raises(UsageError) as caught:
        load_task(name, include_path=[folder] if folder else [], **options)
    message = str(caught.value)
    assert "\n" not in message
    assert message.count(". ") <= 2
    return message


def test_names_and_descriptions(tmp_path: Path) -> None:
    write(tmp_path, "mine")
    names = task_names([tmp_path])
    assert sorted(names) == sorted([*OURS, "processbench", "mine"])
    assert names["mine"] == "Made up"
    assert all(names.values())


def test_listing_imports_no_engine() -> None:
    code = (
        "import sys; from tasks.loading import task_names; task_names();"
        "heavy = {'lm_eval', 'datasets', 'torch', 'transformers', 'httpx', 'numpy', 'sympy'} & set(sys.modules);"
        "sys.exit(', '.join(heavy) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("data_folder", "scorer")
@pytest.mark.parametrize("name", OURS)
def test_our_tasks(name: str) -> None:
    task = load_task(name)
    assert (task.name, task.version, task.stop, task.max_tokens, task.temperature) == (name, "1", (), 2048, 0.0)
    assert task.scorer.function == documents.scorer_function(
        {"harp_mcq": "choice", "game24": "game24"}.get(name, "math_answer")
    )
    assert task.scorer.version == "stub"
    problem = task.problems[0]
    assert problem.messages == ({"role": "user", "content": problem.text},)
    assert problem.text.startswith(problem.statement)
    assert r"\boxed{}" in problem.text
    assert "{{" not in problem.text
    assert len(task.digest) == 64
    assert load_task(name).digest == task.digest


@pytest.mark.usefixtures("scorer")
def test_digest_follows_what_is_asked_and_what_is_right(tmp_path: Path) -> None:
    digests = {
        load_task("mine", include_path=[write(tmp_path, "mine", rows, yaml)]).digest
        for rows, yaml in [
            ("[ROW]", ""),
            ("[{**ROW, 'answer': '2'}]", ""),
            ("[{**ROW, 'problem': '2?'}]", ""),
            ("[{**ROW, 'problem_id': 'b'}]", ""),
            ("[{**ROW, 'level': 2}]", ""),
            ("[ROW]", "metadata: {version: 2}\n"),
            ("[ROW]", "description: You add.\n"),
        ]
    }
    assert len(digests) == 7


@pytest.mark.usefixtures("scorer")
def test_system_prompt_and_prefilled_answer(tmp_path: Path) -> None:
    write(tmp_path, "mine", yaml='description: "You add."\ngen_prefix: "Sure:"\n')
    (problem,) = load_task("mine", include_path=[tmp_path]).problems
    assert list(problem.messages) == [
        {"role": "system", "content": "You add."},
        {"role": "user", "content": "1?"},
        {"role": "assistant", "content": "Sure:"},
    ]
    assert problem.text == "You add.1? Sure:"  # lm-eval puts nothing after a description


@pytest.mark.usefixtures("scorer")
def test_a_file_can_be_named(tmp_path: Path) -> None:
    write(tmp_path, "mine")
    assert load_task(str(tmp_path / "mine.yaml")).name == "mine"


@pytest.mark.usefixtures("scorer")
def test_groups_and_tags(tmp_path: Path) -> None:
    write(tmp_path, "one", yaml="tag: both\n")
    (tmp_path / "single.yaml").write_text("group: single\ntask: [one]\n")
    assert load_task("single", include_path=[tmp_path]).name == "one"
    assert load_task("both", include_path=[tmp_path]).name == "one"
    write(tmp_path, "two", yaml="tag: both\n")
    assert "not one task but 2: one, two" in refusal("both", tmp_path)


@pytest.mark.usefixtures("scorer")
def test_who_grades(tmp_path: Path) -> None:
    load = lambda name: load_task(name, include_path=[tmp_path]).scorer  # noqa: E731
    write(tmp_path, "plain")
    assert load("plain").function == "scorers.math_answer:grade"
    write(tmp_path, "named", yaml="metadata: {scorer: choice}\n")
    assert load("named").function == "scorers.choice:grade"
    write(tmp_path, "own", yaml="process_results: !function own_data.verdict\n")
    assert load("own").function == "tasks.foreign:grade"
    (problem,) = load_task("own", include_path=[tmp_path]).problems
    assert problem.id == "a"
    assert foreign.grade("x", problem, **load("own").options).correct is True


def test_unknown_names() -> None:
    message = refusal("math50")
    assert message.startswith("Task 'math50' is not known. Did you mean 'math500'?")
    assert "harness list tasks" in message
    assert "game24, harp" in refusal("qqqqqqqq")


@pytest.mark.parametrize("name", ["arc_easy", "hellaswag"])
def test_builtin_tasks_that_do_not_generate(name: str) -> None:
    assert "output_type multiple_choice" in refusal(name)


@pytest.mark.parametrize(
    ("removed", "field"),
    [
        ("custom_dataset: !function bad_data.load\n", "custom_dataset or dataset_path"),
        ("test_split: test\n", "test_split or validation_split"),
        ('doc_to_text: "{{problem}}"\n', "doc_to_text"),
        ("doc_to_target: answer\n", "doc_to_target"),
    ],
)
def test_missing_fields_are_named(tmp_path: Path, removed: str, field: str) -> None:
    message = refusal("bad", write(tmp_path, "bad", instead=(removed, "")))
    assert f"has no field {field}" in message
    assert str(tmp_path / "bad.yaml") in message


@pytest.mark.parametrize(
    ("instead", "reason"),
    [
        (("doc_to_target", "doc_to_targt: x\ndoc_to_target"), "doc_to_targt"),
        (("bad_data.load", "bad_data.gone"), "gone"),
        (("bad_data.load", "gone.load"), "gone"),
        (("{{problem}}", "{{gone}}"), "'gone' is undefined"),
        (("{{problem}}", "{{problem"), "TemplateSyntaxError"),
        (("task: bad", "task: ["), "is not YAML"),
        (("# Made up", "task: other\nnum: ["), "is not YAML"),
        (("task: bad", "task: bad\nclass: !function bad_data.Task"), "Python class"),
    ],
)
def test_broken_definitions_are_named(tmp_path: Path, instead: tuple[str, str], reason: str) -> None:
    message = refusal("bad", write(tmp_path, "bad", instead=instead))
    assert reason in message
    assert str(tmp_path / "bad.yaml") in message


@pytest.mark.usefixtures("scorer")
@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("[{k: v for k, v in ROW.items() if k != 'level'}]", "no column level"),
        ("[ROW, ROW]", "two documents with the problem_id 'a'"),
        ("[]", "cannot be loaded"),
        ("[ROW, {**ROW, 'problem': None}]", "Field problem of document 'a'"),
    ],
)
def test_unusable_documents(tmp_path: Path, rows: str, reason: str) -> None:
    assert reason in refusal("bad", write(tmp_path, "bad", rows))


def test_unknown_scorer(tmp_path: Path) -> None:
    message = refusal("bad", write(tmp_path, "bad", yaml="metadata: {scorer: gone}\n"))
    assert "names the scorer 'gone'" in message


def test_a_task_may_have_its_thinking_looked_at(tmp_path: Path) -> None:
    plain = load_task("mine", include_path=[write(tmp_path, "mine")])
    task = load_task("mine", include_path=[write(tmp_path, "mine", yaml="metadata: {look_in_thinking: true}\n")])
    assert (task.scorer.function, task.scorer.options) == ("scorers.thought:grade", {"scorer": plain.scorer.function})
    assert plain.scorer.version in task.scorer.version
    assert task.digest != plain.digest
    with GradingPool(timeout=10) as pool:
        for text, correct in (
            ("<think>\\boxed{1}</think> Done.", True),
            ("<think>\\boxed{1}</think> \\boxed{2}", False),
        ):
            assert pool.grade(task.scorer, text, task.problems[0]).correct is correct
            assert pool.grade(plain.scorer, text, task.problems[0]).correct is False
    off = load_task("mine", include_path=[write(tmp_path, "mine", yaml="metadata: {look_in_thinking: false}\n")])
    assert off.scorer == plain.scorer


def test_what_look_in_thinking_cannot_be(tmp_path: Path) -> None:
    message = refusal("bad", write(tmp_path, "bad", yaml="metadata: {look_in_thinking: 3}\n"))
    assert "look_in_thinking: 3" in message
    own = "process_results: !function own_data.verdict\nmetadata: {look_in_thinking: true}\n"
    assert "lm-eval grades it" in refusal("own", write(tmp_path, "own", yaml=own))


def test_missing_data_is_not_wrapped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path))
    monkeypatch.setattr("tasks.data._download", lambda url: (_ for _ in ()).throw(ConnectionError("down")))
    assert refusal("math500").startswith("math500/math500.jsonl is not here")


@pytest.mark.usefixtures("data_folder", "scorer")
def test_few_shot_option(tmp_path: Path) -> None:
    assert "defined without examples" in refusal("math500", num_fewshot=2)
    assert "is negative" in refusal("math500", num_fewshot=-1)
    assert load_task("math500", num_fewshot=0).digest == load_task("math500").digest


@pytest.mark.usefixtures("data_folder", "scorer")
def test_loading_is_quiet_and_leaves_logging_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    import datasets

    logger = logging.getLogger("lm_eval")
    before = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        with stock.quiet():
            assert logger.level == logging.ERROR
        load_task("math500")
        assert logger.level == logging.DEBUG
        assert not datasets.are_progress_bars_disabled()
    finally:
        logger.setLevel(before)
    assert capfd.readouterr() == ("", "")
