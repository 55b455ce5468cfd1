"""lm-eval's other generative tasks (gsm8k, minerva_math ...): their problems, and grading by their own functions.

A verdict needs one number: the task's metric exact_match, math_verify, acc or em, in this order, else its first that is
a number; a response is correct when it is 1 or more. A task with several answer filters (gsm8k has strict-match and
flexible-extract) is graded through the first one it declares; `metadata: {filter: name}` in a YAML chooses another.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from numbers import Real
from pathlib import Path
from typing import Any

from harness.core import Grade, Level, Message, Problem, UsageError
from tasks import definitions, stock

METRICS = ("exact_match", "math_verify", "acc", "em")
_BUILTIN = "lm_eval:"
_NO_ANSWER = "[invalid]"  # what lm-eval's regex filters answer when nothing matches


def problems_of(task: Any, name: str, prompts: Sequence[tuple[tuple[Message, ...], str]]) -> list[Problem]:
    """The problems of a task whose documents are not in our format.

    The id is the document's own (`unique_id`, `id`) where these are all different, else `<task>/<index>`. Level,
    subject and difficulty are read from columns of these names, or `type`; "Level 5" is 5.
    """
    docs = [dict(doc) for doc in task.task_docs]
    ids = _ids(docs, name)
    problems = []
    for doc, problem_id, (messages, text) in zip(docs, ids, prompts, strict=True):
        target, difficulty = task.doc_to_target(doc), doc.get("difficulty")
        subject = doc.get("subject") or doc.get("type")
        problems.append(
            Problem(
                id=problem_id,
                statement=str(task.doc_to_text(doc)),
                answer=None if target is None or not str(target).strip() else str(target),
                level=_level(doc.get("level")),
                subject=subject if isinstance(subject, str) else None,
                difficulty=float(difficulty) if isinstance(difficulty, int | float) else None,
                messages=messages,
                text=text,
                doc=doc,
            )
        )
    return problems


def _ids(docs: Sequence[Mapping[str, Any]], name: str) -> list[str]:
    for field in ("unique_id", "id"):
        own = [str(doc[field]) for doc in docs if doc.get(field) not in (None, "")]
        if len(own) == len(docs) == len(set(own)):
            return own
    return [f"{name}/{index}" for index in range(len(docs))]


def _level(value: Any) -> Level | None:
    if isinstance(value, str):
        numbered = re.fullmatch(r"(?:Level )?(\d+)", value.strip())
        return int(numbered[1]) if numbered else value.strip() or None
    return int(value) if isinstance(value, int | float) else None


# ------------------------------------------------------------------------------------------------------------- grading


def options_of(definition: definitions.Definition) -> dict[str, Any]:
    """What `grade` needs to find the task again in another process: its file, and the filter to answer through.

    The file of a built-in task is named relative to lm-eval, so that it is the same on every machine.
    """
    root = definitions.builtin_folder()
    inside = root is not None and definition.path.is_relative_to(root)
    path = _BUILTIN + definition.path.relative_to(root).as_posix() if root and inside else str(definition.path)
    chosen = (definition.config.get("metadata") or {}).get("filter")
    return {"path": path} | ({"filter": chosen} if chosen else {})


def grade(response: str, problem: Problem, **options: Any) -> Grade:
    """The verdict of the task's own filters and `process_results` on one response; `options` are from `options_of`.

    The task is built once per process, around `problem.doc`, without its data set. What the task's functions raise
    becomes "could not be judged".
    """
    with stock.quiet():
        task = _task(json.dumps(options, sort_keys=True), problem)
        try:
            filtered = _filtered(task, response, problem, options.get("filter"))
            value = _value(task, task.process_results(problem.doc, [filtered]))
        except UsageError:
            raise
        except Exception as error:  # the functions of an unknown task, on a model's text, may raise anything
            return Grade(None, reason=f"{type(error).__name__}: {str(error)[:200]}")
    answer = filtered.strip() if isinstance(filtered, str) else None
    if answer in ("", _NO_ANSWER):
        answer = None
    if value is None:
        return Grade(None, answer, answer, reason="the task reports no metric that is a number")
    name, number = value
    return Grade(number >= 1, answer, answer, rule=name, reason=f"{name} = {number:g}")


class _Around:
    """Stands in for a task's data set: the one document at hand, in every split."""

    def __init__(self, doc: Mapping[str, Any]) -> None:
        self.doc = doc

    def __call__(self, **_: Any) -> dict[str, Any]:
        from datasets import Dataset

        return {"test": Dataset.from_list([dict(self.doc)])}


_tasks: dict[str, Any] = {}


def _task(spec: str, problem: Problem) -> Any:
    """The task of `options`, built once; only its functions are used, so any document of it will do."""
    if spec not in _tasks:
        path = json.loads(spec)["path"]
        root = definitions.builtin_folder()
        file = root / path.removeprefix(_BUILTIN) if root and path.startswith(_BUILTIN) else Path(path)
        _tasks[spec] = stock.build(file, {**_WITHOUT_DATA, "custom_dataset": _Around(problem.doc)})
    return _tasks[spec]


# The document has been through `process_docs` already, and grading shows no examples.
_WITHOUT_DATA: Mapping[str, Any] = {
    "process_docs": None,
    "training_split": None,
    "validation_split": None,
    "test_split": "test",
    "fewshot_split": None,
    "fewshot_config": None,
    "num_fewshot": 0,
}


def _filtered(task: Any, response: str, problem: Problem, name: str | None) -> Any:
    """The response after the filter called `name`, or after the first one the task declares."""
    from lm_eval.api.instance import Instance

    ensembles = {ensemble.name: ensemble for ensemble in task._filters}
    if name is not None and name not in ensembles:
        raise UsageError(f"Task '{task.task_name}' has no filter '{name}'. It has {', '.join(ensembles)}.")
    ensemble = ensembles[name or next(iter(ensembles))]
    instance = Instance(
        request_type="generate_until",
        doc=problem.doc,
        arguments=(problem.text, {}),
        idx=0,
        metadata=(task.task_name, 0, 1),
        resps=[response],
    )
    ensemble.apply([instance])
    return instance.filtered_resps[ensemble.name]


def _value(task: Any, results: Mapping[str, Any]) -> tuple[str, float] | None:
    declared = [name for name in task.aggregation() if name in results]
    numeric = [name for name in [*declared, *results] if isinstance(results[name], Real)]
    for name in [*METRICS, *numeric]:
        if name in numeric:
            return name, float(results[name])
    return None
