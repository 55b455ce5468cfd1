"""Tasks by name: listing them, and loading one with its problems, its prompts and its scorer."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

from harness.core import HarnessError, Problem, ScorerRef, Task, UsageError
from scorers import thought
from tasks import definitions, documents, foreign, stock
from tasks.definitions import Catalog, Definition


def task_names(include_path: Sequence[Path] = ()) -> dict[str, str]:
    """Our tasks and those under `include_path`, with one line on each. Imports neither lm-eval nor datasets."""
    found = definitions.catalog(include_path)
    return {name: found.tasks[name].description for name in sorted(found.tasks)}


def load_task(name: str, *, include_path: Sequence[Path] = (), num_fewshot: int | None = None) -> Task:
    """The task called `name` (or in the YAML file `name`), ready to run.

    Looks among our tasks, under `include_path`, then among lm-eval's built-in ones. Raises UsageError when there is no
    such task, its definition or its data are not usable, or it does not generate text.
    """
    definition = _find(name, include_path)
    _check(definition)
    with stock.quiet():
        built = _build(definition)
        shots = _num_fewshot(definition, num_fewshot)
        try:
            prompts = stock.prompts(built, shots)
        except Exception as error:  # templates and functions of any lm-eval task
            raise _unusable(definition, "its prompts cannot be made", error) from error
        problems, scorer = _problems(definition, built, prompts)
    scorer = _with_thinking(definition.name, scorer, built.config.metadata or {})
    _check_ids(definition.name, problems)
    return Task(
        name=definition.name,
        version=str(built.VERSION),
        problems=tuple(problems),
        scorer=scorer,
        **_generation(built.config.generation_kwargs),
        digest=_digest(definition, problems),
        description=definition.description,
    )


# ------------------------------------------------------------------------------------------------------------- finding


def _find(name: str, include_path: Sequence[Path]) -> Definition:
    file = Path(name)
    if file.suffix == ".yaml" and file.is_file():
        config = definitions.read(file)
        return Definition(str(config.get("task") or file.stem), file.resolve(), config)
    found = definitions.catalog(include_path)
    for path, reason in found.broken.items():
        if path.stem == name or f"task: {name}\n" in path.read_text(encoding="utf-8", errors="replace"):
            raise UsageError(reason)
    return _named(name, found) or _named(name, definitions.builtin(name)) or _unknown(name, found)


def _named(name: str, found: Catalog) -> Definition | None:
    if name in found.tasks:
        return found.tasks[name]
    members = found.members.get(name, [])
    if len(members) == 1 and members[0] != name:
        return _named(members[0], found) or _named(members[0], definitions.builtin(members[0]))
    if members:
        some = ", ".join(members[:8]) + (", ..." if len(members) > 8 else "")
        raise UsageError(f"'{name}' is not one task but {len(members)}: {some}. Name the ones you want to run.")
    return None


def _unknown(name: str, found: Catalog) -> Definition:
    near = get_close_matches(name, found.tasks, n=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(sorted(found.tasks))}."
    raise UsageError(
        f"Task '{name}' is not known. {hint} "
        "`harness list tasks` shows all; --include_path adds a folder of lm-eval task files."
    )


# ------------------------------------------------------------------------------------------------ checking and building


def _check(definition: Definition) -> None:
    """Refuse, before anything is imported or downloaded, what cannot become a task."""
    config, where = definition.config, f"Task '{definition.name}' ({definition.path})"
    if "class" in config:
        raise UsageError(f"{where} is a Python class. Only tasks defined by YAML fields can be run.")
    kind = config.get("output_type", "generate_until")
    if kind != "generate_until":
        raise UsageError(f"{where} has output_type {kind}. Only tasks that generate text (generate_until) can be run.")
    needed = {
        "custom_dataset or dataset_path": ("custom_dataset", "dataset_path"),
        "test_split or validation_split": ("test_split", "validation_split"),
        "doc_to_text": ("doc_to_text", "use_prompt"),
        "doc_to_target": ("doc_to_target", "use_prompt"),
    }
    for field, either in needed.items():
        if all(config.get(key) is None for key in either):
            raise UsageError(f"{where} has no field {field}.")


def _build(definition: Definition) -> Any:
    try:
        return stock.build(definition.path)
    except HarnessError:
        raise
    except Exception as error:  # lm-eval, the hub's client and the task's own functions raise anything
        source = definition.config.get("dataset_path")
        data = f"it or its data set '{source}' cannot be loaded" if source else "it cannot be loaded"
        raise _unusable(definition, data, error) from error


def _unusable(definition: Definition, what: str, error: Exception) -> UsageError:
    reason = " ".join(str(error).split())[:300]
    return UsageError(f"Task '{definition.name}' ({definition.path}): {what} ({type(error).__name__}: {reason}).")


def _num_fewshot(definition: Definition, asked: int | None) -> int:
    own = definition.config.get("num_fewshot")
    if asked is None:
        return int(own or 0)
    if asked < 0:
        raise UsageError(f"--num_fewshot {asked} is negative.")
    if own == 0 and asked:
        # lm-eval takes an explicit 0 as "never any" and ignores the option; saying so beats ignoring it too.
        raise UsageError(f"Task '{definition.name}' is defined without examples: --num_fewshot {asked} has no effect.")
    return asked


# -------------------------------------------------------------------------------------------------- problems and scorer


def _problems(definition: Definition, built: Any, prompts: Sequence[Any]) -> tuple[list[Problem], ScorerRef]:
    metadata = built.config.metadata or {}
    own_results = built.config.process_results not in (None, documents.process_results)
    stock_grading = ScorerRef("tasks.foreign:grade", foreign.options_of(definition), f"lm-eval {version('lm_eval')}")
    if not documents.are_ours(built.task_docs.features, definition.name):
        return foreign.problems_of(built, definition.name, prompts), stock_grading
    problems = [
        documents.problem_of(doc, messages, text)
        for doc, (messages, text) in zip(built.task_docs, prompts, strict=True)
    ]
    if own_results and "scorer" not in metadata:
        return problems, stock_grading
    return problems, _scorer(definition.name, str(metadata.get("scorer", documents.DEFAULT_SCORER)))


def _scorer(task: str, name: str) -> ScorerRef:
    function = documents.scorer_function(name)
    module, _, attribute = function.partition(":")
    try:
        found = import_module(module)
        getattr(found, attribute)
    except (ImportError, AttributeError) as error:
        raise UsageError(f"Task '{task}' names the scorer '{name}', which cannot be loaded: {error}.") from error
    return ScorerRef(function, version=str(getattr(found, "VERSION", "1")))


def _with_thinking(task: str, scorer: ScorerRef, metadata: Mapping[str, Any]) -> ScorerRef:
    """The scorer, looking in the thinking where the answer part states no answer, if the task wants that."""
    wanted = metadata.get("look_in_thinking", False)
    if not isinstance(wanted, bool):
        raise UsageError(f"Task '{task}' has look_in_thinking: {wanted!r} in its metadata. It is true or false.")
    if not wanted:
        return scorer
    if scorer.function == "tasks.foreign:grade":
        raise UsageError(f"Task '{task}' says look_in_thinking, but lm-eval grades it and reads whole responses.")
    version = f"{thought.VERSION}, {scorer.function} {scorer.version}"
    return ScorerRef("scorers.thought:grade", {"scorer": scorer.function}, version)


def _check_ids(name: str, problems: Sequence[Problem]) -> None:
    seen: set[str] = set()
    for problem in problems:
        if problem.id in seen:
            raise UsageError(f"Task '{name}' has two documents with the problem_id '{problem.id}'.")
        seen.add(problem.id)


def _generation(given: Mapping[str, Any]) -> dict[str, Any]:
    """Sampling parameters in our words: lm-eval knows several for each, and `do_sample: false` means greedy."""
    until = given.get("until") or []
    lengths = [given[key] for key in ("max_gen_toks", "max_tokens", "max_new_tokens") if given.get(key) is not None]
    temperature = 0.0 if given.get("do_sample") is False else given.get("temperature")
    return {
        "stop": tuple(text for text in ([until] if isinstance(until, str) else until) if text),
        "max_tokens": int(lengths[0]) if lengths else None,
        "temperature": None if temperature is None else float(temperature),
        "top_p": float(given["top_p"]) if given.get("top_p") is not None else None,
    }


def _digest(definition: Definition, problems: Sequence[Problem]) -> str:
    """Identifies what is asked and what counts as right: the definition, prompts, ids, levels, subjects and answers."""
    content = [
        definition.config,
        [(p.id, p.level, p.subject, p.difficulty, p.answer, p.messages, p.text) for p in problems],
    ]
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
