"""lm-eval's results (`results_<date>.json`) with their samples (`--log_samples`), a run folder per task.

Tasks whose documents hold a mathematical question and its answer are graded by this harness's own scorer, from
lm-eval's raw responses; all others keep lm-eval's verdict, the metric exact_match, math_verify, acc or em (else its
first number) of one filter, which is right when it is 1 or more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from harness.core import Problem, ScorerRef, UsageError
from harness.files import file_digest, read_json, read_lines
from harness.imports.folder import Given, Imported, Item
from harness.imports.known import KNOWN, MATH_SCORER, level
from harness.run import Json
from scorers import extract_answer
from tasks.documents import COLUMNS, DEFAULT_SCORER, problem_of, scorer_function

HELP = "lm-eval's results with --log_samples"
METRICS = ("exact_match", "math_verify", "acc", "em")
QUESTIONS = ("problem", "question", "Problem", "Question", "query")
ANSWERS = ("answer", "Answer", "final_answer")


def read(path: Path, *, filter_name: str | None = None, regrade: bool = True) -> list[Imported]:
    """The runs at a path: a results file, or a folder that holds some anywhere below.

    `filter_name` chooses among lm-eval's filters of a task (default: the first); without `regrade` its verdicts stand.
    Raises UsageError where there are no results, or none with samples."""
    files = [path] if path.is_file() else sorted(path.rglob("results_*.json")) if path.is_dir() else []
    if not files:
        raise UsageError(f"There is no results_*.json of lm-eval at {path}. Name the file, or lm-eval's --output_path.")
    found = [each for file in files for each in _tasks(file, filter_name, regrade)]
    if not found:
        raise UsageError(f"The results at {path} have no samples beside them. Run lm-eval with --log_samples.")
    return found


def _tasks(file: Path, filter_name: str | None, regrade: bool) -> Iterator[Imported]:
    """One results file: a run for each task whose samples stand beside it."""
    results = read_json(file)
    if not isinstance(results, dict) or not isinstance(results.get("configs"), dict):
        raise UsageError(f"{file} holds no results of lm-eval: it has no configs.")
    date = file.stem.rpartition("_")[2]
    for task in results["configs"]:
        samples = file.with_name(f"samples_{task}_{date}.jsonl")
        if samples.is_file():
            yield _run(_Source(file, samples, results, task), _by_document(samples, filter_name), regrade)


@dataclass(frozen=True, slots=True)
class _Source:
    """A task of a results file."""

    file: Path
    samples: Path
    results: Json
    task: str

    def of_task(self, field: str) -> Any:
        """A field of the results that has a value per task."""
        values = self.results.get(field)
        return values.get(self.task) if isinstance(values, dict) else None


def _by_document(path: Path, filter_name: str | None) -> list[Json]:
    """The samples of one filter in the order of the documents. Raises UsageError for damaged and foreign ones."""
    kept: dict[int, Json] = {}
    filters: list[str] = []
    for number, (_, _, sample) in enumerate(read_lines(path), 1):
        if sample is None or not {"doc_id", "doc", "resps"} <= set(sample):
            raise UsageError(f"Line {number} of {path} is no sample of lm-eval's. Was the file cut?")
        name = str(sample.get("filter", "none"))
        if name not in filters:
            filters.append(name)
        if name == (filter_name or filters[0]):
            kept.setdefault(int(sample["doc_id"]), sample)
    if not kept and filters:
        raise UsageError(f"{path} has no filter '{filter_name}'. It has {', '.join(filters)}.")
    return [kept[place] for place in sorted(kept)]


def _run(source: _Source, samples: Sequence[Json], regrade: bool) -> Imported:
    """One task as a run."""
    if not samples:
        raise UsageError(f"{source.file} has an empty samples file for the task '{source.task}'.")
    ids = _ids(samples, source.task)
    known = regrade and _scorer(source.task, samples[0]["doc"]) is not None
    items = [_item(source.task, sample, name, known) for sample, name in zip(samples, ids, strict=True)]
    arguments = _generation(source, samples[0])
    metric = _metric(samples[0])
    filter_name = samples[0].get("filter", "none")
    return Imported(
        task=source.task,
        version=str(source.of_task("versions")),
        items=items,
        identity={
            "model": _model(source),
            "sampling": _sampling(arguments),
            "imported": _origin(source, filter_name),
            "source": {"task_hash": source.of_task("task_hashes"), "samples": file_digest(source.samples)},
        },
        about=_about(source),
        scorer=_scorer(source.task, samples[0]["doc"]) if known else None,
        graded_by=f"lm-eval ({metric}, filter {filter_name})",
        solver=_strategy(source),
    )


def _ids(samples: Sequence[Json], task: str) -> list[str]:
    """The documents' own ids where all have one and all are different, else task and place."""
    for field in ("problem_id", "unique_id", "id"):
        own = [str(sample["doc"][field]) for sample in samples if sample["doc"].get(field) not in (None, "")]
        if len(own) == len(samples) == len(set(own)):
            return own
    return [f"{task}/{sample['doc_id']}" for sample in samples]


# ----------------------------------------------------------------------------------------------------- one document


def _item(task: str, sample: Json, problem_id: str, known: bool) -> Item:
    """A document with its responses. Raises UsageError where they are no texts."""
    resps = sample["resps"]
    texts = resps[0] if resps and isinstance(resps[0], list) else resps
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise UsageError(f"The task '{task}' did not generate text, so there are no responses to import.")
    name = _metric(sample)
    value = sample.get(name) if name else None
    verdict = None if value is None else bool(float(value) >= 1)
    one = len(texts) == 1
    reason = "" if value is None else f"lm-eval's {name} is {value:g}"
    answer = _filtered(sample) if one and not known else None
    beside = ("completion_tokens", "thinking_tokens", "finish_reasons")
    tokens, thought, ends = (_per_response(sample, name, len(texts)) for name in beside)
    given = [
        Given(text, verdict if one else None, answer, reason, None, tokens[i], thought[i], ends[i], i)
        for i, text in enumerate(texts)
    ]
    about = {"lm_eval": {metric: sample.get(metric) for metric in sample.get("metrics") or () if metric in sample}}
    return Item(_problem(sample, problem_id), given, int(sample["doc_id"]), verdict, extra=about)


def _per_response(sample: Json, name: str, count: int) -> list[Any]:
    """What this harness's export adds to a sample, a value per response; lm-eval itself has no such field."""
    values = sample.get(name)
    return values if isinstance(values, list) and len(values) == count else [None] * count


def _filtered(sample: Json) -> str | None:
    """The answer that lm-eval's filter took out of the one response."""
    filtered = sample.get("filtered_resps") or []
    while isinstance(filtered, list) and filtered:
        filtered = filtered[0]
    return filtered if isinstance(filtered, str) and filtered != "[invalid]" else None


def _metric(sample: Json) -> str | None:
    """The metric that decides."""
    named = [name for name in sample.get("metrics") or () if isinstance(sample.get(name), int | float)]
    return next((name for name in (*METRICS, *named) if name in named), None)


def _problem(sample: Json, problem_id: str) -> Problem:
    """The problem in a document: ours, or one of the forms in which others keep questions and answers."""
    doc, text = sample["doc"], _prompt(sample)
    if set(COLUMNS) <= set(doc):
        return replace(problem_of(doc), text=text)
    question = next((str(doc[name]) for name in QUESTIONS if isinstance(doc.get(name), str)), text)
    subject = doc.get("subject") or doc.get("type")
    solution = doc.get("solution")
    return Problem(
        id=problem_id,
        statement=question,
        answer=_gold(doc, sample.get("target")),
        level=level(doc.get("level")),
        subject=subject if isinstance(subject, str) else None,
        solutions=(solution,) if isinstance(solution, str) else (),
        text=text,
        doc=doc,
    )


def _prompt(sample: Json) -> str:
    """What the model read."""
    first = (sample.get("arguments") or {}).get("gen_args_0") or {}
    text = first.get("arg_0", "")
    return text if isinstance(text, str) else json.dumps(text)


def _gold(doc: Mapping[str, Any], target: Any) -> str | None:
    """The final answer: that of a document's solution or field `answer`, which may end with it (gsm8k's ####); without
    either, lm-eval's target."""
    if isinstance(doc.get("solution"), str) and (boxed := extract_answer(doc["solution"])) is not None:
        return boxed
    for name in ANSWERS:
        value = doc.get(name)
        if isinstance(value, int | float):
            return str(value)
        if isinstance(value, str) and value.strip():
            return value.rpartition("####")[2].strip()
    return str(target).rpartition("####")[2].strip() or None if target is not None else None


def _scorer(task: str, doc: Mapping[str, Any]) -> ScorerRef | None:
    """The scorer of ours that judges such documents; None where the task is not known."""
    if not set(COLUMNS) <= set(doc):
        known = KNOWN.search(task) and any(isinstance(doc.get(name), str) for name in QUESTIONS)
        return MATH_SCORER if known else None
    function = scorer_function(str(doc.get("scorer") or DEFAULT_SCORER))
    try:
        module = import_module(function.partition(":")[0])
    except ImportError:
        return None
    return ScorerRef(function, version=str(getattr(module, "VERSION", "1")))


# ------------------------------------------------------------------------------------------------------- the whole run


def _model(source: _Source) -> Json:
    """The model's identity as lm-eval's configuration has it."""
    config = source.results.get("config") or {}
    arguments = config.get("model_args")
    if isinstance(arguments, str):
        pairs = (part.partition("=") for part in arguments.split(",") if part)
        arguments = {key.strip(): value for key, _, value in pairs}
    return {
        "backend": f"lm-eval/{config.get('model')}",
        "model": source.results.get("model_name"),
        "args": arguments or {},
        "revision": config.get("model_revision") or None,
        "sha": config.get("model_sha") or None,
        "dtype": config.get("model_dtype"),
        "parameters": config.get("model_num_parameters"),
        "chat_template_sha": source.results.get("chat_template_sha"),
    }


def _strategy(source: _Source) -> Json | None:
    """What this harness's export says of the strategy that made the responses; lm-eval itself only draws them."""
    config = source.of_task("configs") or {}
    found = (config.get("metadata") or {}).get("strategy")
    own = isinstance(found, dict) and {"name", "parameters"} <= set(found) and "metacot_harness" in source.results
    return found if own else None


def _generation(source: _Source, sample: Json) -> Json:
    """The arguments of a generation: the sample's, which hold what the command line changed, else the task's."""
    first = (sample.get("arguments") or {}).get("gen_args_0") or {}
    own = first.get("arg_1")
    config = source.of_task("configs") or {}
    return own if isinstance(own, dict) else config.get("generation_kwargs") or {}


def _sampling(given: Json) -> Json:
    """Sampling parameters in our words. lm-eval draws greedily unless do_sample or a temperature says otherwise."""
    lengths = [given[key] for key in ("max_gen_toks", "max_tokens", "max_new_tokens") if given.get(key) is not None]
    until = given.get("until") or []
    drawn = given.get("do_sample", bool(given.get("temperature")))
    temperature = given.get("temperature", 1.0) if drawn else 0.0
    return {
        "temperature": float(temperature),
        "top_p": float(given["top_p"]) if given.get("top_p") is not None else 1.0,
        "max_tokens": int(lengths[0]) if lengths else None,
        "stop": [until] if isinstance(until, str) else [str(text) for text in until],
        "seed": None,
    }


def _origin(source: _Source, filter_name: str) -> Json:
    """What lm-eval says of the run that decides about its numbers."""
    results = source.results
    config = results.get("config") or {}
    return {
        "from": "lm-eval",
        "version": results.get("lm_eval_version"),
        "filter": filter_name,
        "num_fewshot": source.of_task("n-shot"),
        "system_instruction_sha": results.get("system_instruction_sha"),
        "fewshot_as_multiturn": results.get("fewshot_as_multiturn"),
        "seeds": {k: config.get(k) for k in ("random_seed", "numpy_seed", "torch_seed", "fewshot_seed")},
    }


def _about(source: _Source) -> Json:
    """The rest of the manifest."""
    results = source.results
    name = results.get("model_name") or "unknown"
    packages = {"lm-eval": results.get("lm_eval_version"), "transformers": results.get("transformers_version")}
    seconds = results.get("total_evaluation_time_seconds")
    return {
        "model": f"{(results.get('config') or {}).get('model') or 'lm_eval'}/{name}",
        "created": datetime.fromtimestamp(float(results.get("date") or 0), UTC).isoformat(timespec="seconds"),
        "chat_template": results.get("chat_template"),
        "environment": {"packages": {k: v for k, v in packages.items() if v}},
        **({} if seconds is None else {"seconds": float(seconds)}),
    }
