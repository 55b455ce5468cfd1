"""lm-eval's results and samples files, as lm-eval 0.4.13 writes them with `--output_path` and `--log_samples`.

    OUT/<model>/results_<date>.json
    OUT/<model>/samples_<task>_<date>.jsonl

The date is the run's, its fraction of a second taken from the identity, so that the same run has the same names and two
runs of one second have different ones. `exact_match` is the verdict on the chosen response (our accuracy), null where
it could not be judged; pass@k and the others stand beside it under our names. The harness's own fields are additional.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.core import Problem
from harness.exports._asked import Asked, add_include_path, asked, distinct
from harness.exports._text import Cleaner, safe_name
from harness.files import write_json, write_lines
from harness.run import Json, Run

HELP = "lm-eval's results_….json and samples_….jsonl"
FILTER = "none"
SHOWN = ("accuracy", "pass@k", "maj@k", "best@k", "wmaj@k", "pass^k")
TOKENS = ("completion_tokens", "thinking_tokens", "truncated")


def add_arguments(parser: argparse._ActionsContainer) -> None:
    """The options of this format."""
    add_include_path(parser)


def export(runs: Sequence[Run], output: Path, options: argparse.Namespace) -> str:
    """Write both files of every run under `output`; the result says what was written."""
    distinct(runs)
    cleaner = Cleaner()
    notes, samples = set(), 0
    for run in runs:
        questions = asked(run, options)
        notes.add(questions.note())
        folder = output / safe_name(model_name(run))
        folder.mkdir(parents=True, exist_ok=True)
        date, task = date_id(run), run.manifest["identity"]["task"]["name"]
        hashes: list[str] = []
        path = folder / f"samples_{task}_{date}.jsonl"
        samples += write_lines(path, _noting(_samples(run, questions, cleaner), hashes))
        write_json(folder / f"results_{date}.json", cleaner.value(_results(run, _sha("".join(hashes)))))
    what = f"{len(runs)} results files and {samples} samples for lm-eval under {output}."
    return what + "".join(sorted(notes)) + cleaner.note()


def model_name(run: Run) -> str:
    """The model without its backend, as lm-eval names it."""
    return str(run.manifest["model"]).partition("/")[2] or str(run.manifest["model"])


def date_id(run: Run) -> str:
    """The date in the names of the files: the run's, and six digits of its identity."""
    seconds = str(run.manifest["created"]).partition("+")[0].partition(".")[0]
    fraction = int(run.manifest["identity_digest"][:12], 16) % 10**6
    return f"{seconds}.{fraction:06d}".replace(":", "-")


def _noting(samples: Iterator[Json], hashes: list[str]) -> Iterator[Json]:
    """The samples, while their hashes are kept for `task_hashes`."""
    for sample in samples:
        hashes.append(sample["doc_hash"] + sample["prompt_hash"] + sample["target_hash"])
        yield sample


def _samples(run: Run, questions: Asked, cleaner: Cleaner) -> Iterator[Json]:
    """A line per finished problem. Hashes are made as lm-eval makes them, so they agree with a run of lm-eval's own."""
    kwargs = _generation(run)
    for line, responses in run.by_problem():
        if line["status"] != "ok":
            continue
        problem = questions.problems[line["problem_id"]]
        prompt = questions.prompts[problem.id]
        target = _target(problem)
        chosen = [r for r in responses if r["chosen"]]
        verdict = line["correct"]
        doc = dict(problem.doc) or {"problem": problem.statement, "answer": problem.answer}
        sample: Json = {
            "doc_id": questions.places[problem.id],
            "doc": doc,
            "target": target,
            "arguments": {"gen_args_0": {"arg_0": prompt, "arg_1": kwargs}},
            "resps": [[r["text"] for r in responses]],
            "filtered_resps": [(chosen or responses)[0]["text"]] if responses else [],
            "filter": FILTER,
            "metrics": ["exact_match"],
            "doc_hash": _sha(json.dumps(doc, indent=2, default=str, ensure_ascii=False)),
            "prompt_hash": _sha(prompt),
            "target_hash": _sha(target),
            "exact_match": None if verdict is None else float(verdict),
            "problem_id": problem.id,
            "level": None if problem.level is None else str(problem.level),
            "answers": [r["answer"] for r in responses],
            "correct": [r["correct"] for r in responses],
            "scores": [r["score"] for r in responses],
            "completion_tokens": [r["usage"]["completion_tokens"] for r in responses],
            "thinking_tokens": [r["usage"]["thinking_tokens"] for r in responses],
            "finish_reasons": [r["finish_reason"] for r in responses],
        }
        yield cleaner.value(sample)


def _target(problem: Problem) -> str:
    """The gold answer as lm-eval prints it."""
    return "" if problem.answer is None else problem.answer


def _results(run: Run, task_hash: str) -> Json:
    """The results file: lm-eval's fields first, then what only this harness knows."""
    results, manifest = run.results(), run.manifest
    identity, environment = manifest["identity"], manifest.get("environment") or {}
    task, packages = identity["task"]["name"], environment.get("packages") or {}
    name, template = model_name(run), manifest.get("chat_template")
    metrics, better = _metrics(results["metrics"], task)
    count = results["problems"]
    seed = identity["sampling"]["seed"]
    return {
        "results": {task: {**metrics, "sample_len": count["finished"]}},
        "group_subtasks": {},
        "configs": {task: _config(run)},
        "versions": {task: _number(identity["task"]["version"])},
        "n-shot": {task: 0},
        "higher_is_better": {task: better},
        "n-samples": {task: {"original": count["selected"], "effective": count["finished"]}},
        "config": {
            "model": identity["model"].get("backend"),
            "model_args": {"pretrained": name, **{k: v for k, v in identity["model"].items() if k != "backend"}},
            "model_revision": identity["model"].get("revision"),
            "model_sha": identity["model"].get("weights") or identity["model"].get("sha"),
            "batch_size": None,
            "batch_sizes": [],
            "device": environment.get("device"),
            "use_cache": None,
            "limit": count["selected"],
            "bootstrap_iters": 0,
            "gen_kwargs": _generation(run),
            **{f"{kind}_seed": seed for kind in ("random", "numpy", "torch", "fewshot")},
        },
        "git_hash": None,
        "date": _epoch(run),
        "pretty_env_info": environment.get("platform"),
        "transformers_version": packages.get("transformers"),
        "lm_eval_version": packages.get("lm-eval"),
        "task_hashes": {task: task_hash},
        "model_source": identity["model"].get("backend"),
        "model_name": name,
        "model_name_sanitized": safe_name(name),
        "system_instruction": None,
        "system_instruction_sha": None,
        "fewshot_as_multiturn": None,
        "chat_template": template,
        "chat_template_sha": None if template is None else _sha(template),
        "total_evaluation_time_seconds": str(sum(s.get("seconds") or 0 for s in manifest.get("sessions") or ())),
        "metacot_harness": {
            "identity": identity,
            "identity_digest": manifest["identity_digest"],
            "state": manifest["state"],
            "command": manifest.get("command"),
            "problems": count,
            "usage": results["usage"],
        },
    }


def _metrics(rows: Sequence[Json], task: str) -> tuple[Json, Json]:
    """`metric,filter` and `metric_stderr,filter` over all problems, and which way is better."""
    found: Json = {"name": task, "alias": task}
    better: dict[str, bool] = {}
    for row in rows:
        if row["group"] != "all" or row["value"] is None or row["metric"] not in (*SHOWN, *TOKENS):
            continue
        name = "exact_match" if row["metric"] == "accuracy" else str(row["metric"])
        name = name if row["k"] is None else name.removesuffix("k") + str(row["k"])
        found[f"{name},{FILTER}"] = row["value"]
        found[f"{name}_stderr,{FILTER}"] = "N/A" if row["se"] is None else row["se"]
        better[name] = row["metric"] not in TOKENS
    return found, better


def _config(run: Run) -> Json:
    """The task's configuration as far as the run knows it; the strategy stands in its metadata."""
    identity = run.manifest["identity"]
    return {
        "task": identity["task"]["name"],
        "output_type": "generate_until",
        "generation_kwargs": _generation(run),
        "repeats": max((line["n"] for line in run.lines("problems.jsonl")), default=1),
        "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
        "metadata": {"version": _number(identity["task"]["version"]), "strategy": identity["strategy"]},
    }


def _generation(run: Run) -> Json:
    """lm-eval's generation arguments of the run's sampling."""
    sampling = run.manifest["identity"]["sampling"]
    return {
        "until": list(sampling["stop"]),
        "max_gen_toks": sampling["max_tokens"],
        "do_sample": None if sampling["temperature"] is None else sampling["temperature"] > 0,
        "temperature": sampling["temperature"],
        "top_p": sampling["top_p"],
    }


def _number(version: Any) -> Any:
    """A task's version as the number that it is in a YAML file."""
    try:
        return float(version)
    except (TypeError, ValueError):
        return version


def _epoch(run: Run) -> float:
    from datetime import datetime

    return datetime.fromisoformat(run.manifest["created"]).timestamp()


def _sha(text: str) -> str:
    """lm-eval's hash of a text; lone surrogates, on which lm-eval's fails, are hashed as they are written."""
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
