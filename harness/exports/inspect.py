"""Inspect logs (`.eval`), written by inspect-ai's own writer, so that `inspect view` and its data frames read a run.

    OUT/<created>_<task>_<strategy>-<id>.eval        a file per run; OUT itself where it ends with .eval or .json

A response is a sample: the problem's id and the epoch index + 1, with its own verdict as score (C, I, or unscored where
it could not be judged). Epoch 1 holds besides what belongs to the problem as a whole: the search tree, as nested spans
with an info event each, the choice of every rule, and the tokens that are no response's own (prompts, pruned
branches, the verifier's), so that the samples of a log add up to its totals. Needs `pip install inspect-ai`.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.core import Message, Problem, UsageError
from harness.exports._asked import Asked, add_include_path, asked, distinct
from harness.exports._text import Cleaner, safe_name
from harness.run import Json, Run

HELP = "Inspect logs (.eval), search trees as spans"
STATUS = {"running": "started", "interrupted": "cancelled", "incomplete": "error"}
STOP = {"length": "max_tokens", "budget": "max_tokens", "stop": "stop", "eos": "stop"}
SOURCE = "metacot-harness"


def add_arguments(parser: argparse._ActionsContainer) -> None:
    """The options of this format."""
    add_include_path(parser)


def export(runs: Sequence[Run], output: Path, options: argparse.Namespace) -> str:
    """Write a log per run; the result says what was written. Raises UsageError without inspect-ai."""
    if find_spec("inspect_ai") is None:
        raise UsageError("--format inspect needs the package inspect-ai. `pip install 'metacot-harness[inspect]'`.")
    distinct(runs)
    one = output.suffix in (".eval", ".json")
    if one and len(runs) > 1:
        raise UsageError(f"-o {output} names one file for {len(runs)} runs. Name a folder.")
    cleaner, notes, count = Cleaner(), set(), 0
    for run in runs:
        record = _Record(run, asked(run, options), cleaner)
        notes.add(record.questions.note())
        path = output if one else output / f"{_name(run)}.eval"
        count += _write(record, path)
    what = f"{len(runs)} Inspect logs with {count} samples: {output}."
    return what + "".join(sorted(notes)) + cleaner.note()


def _name(run: Run) -> str:
    """The name of a log in Inspect's pattern, the same for the same run."""
    identity = run.manifest["identity"]
    created = run.manifest["created"].replace(":", "-")
    about = f"{safe_name(identity['task']['name'])}_{identity['strategy']['name']}"
    return f"{created}_{about}-{run.manifest['identity_digest'][:8]}"


def _write(record: _Record, path: Path) -> int:
    """One log, through Inspect's writer, put in its place when it is whole."""
    from inspect_ai.log import write_eval_log

    path.parent.mkdir(parents=True, exist_ok=True)
    log = _log(record)
    temporary = path.with_name(f".{path.stem}.tmp{path.suffix}")
    try:
        write_eval_log(log, str(temporary))
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return len(log.samples)


@dataclass(frozen=True, slots=True)
class _Record:
    """One run on its way into the format."""

    run: Run
    questions: Asked
    cleaner: Cleaner

    @property
    def identity(self) -> Json:
        """The run's identity."""
        return dict(self.run.manifest["identity"])

    @property
    def scorer(self) -> str:
        """The scorer's name: the module that it stands in."""
        return str(self.identity["scorer"]["function"]).partition(":")[0].rpartition(".")[2]

    @property
    def verifier(self) -> str | None:
        """The verifier's name; None without one."""
        about = self.run.manifest.get("verifier")
        return about and about["name"]

    def id(self, *parts: object) -> str:
        """A short identifier that is the same at every export."""
        text = "\x1f".join([self.run.manifest["identity_digest"], *map(str, parts)])
        return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:22]


# -------------------------------------------------------------------------------------------------------- the whole log


def _log(record: _Record) -> Any:
    """The log with its samples."""
    from inspect_ai.log import EvalError, EvalLog, EvalPlan, EvalPlanStep, EvalStats

    manifest, identity = record.run.manifest, record.identity
    trees = {tree["problem_id"]: tree["nodes"] for tree in record.run.lines("trees.jsonl")}
    samples = []
    for line, responses in record.run.by_problem():
        samples += list(_samples(record, line, responses, trees.get(line["problem_id"])))
    status = STATUS.get(manifest["state"], "success")
    failed = EvalError(message="; ".join(manifest.get("warnings") or ["incomplete"]), traceback="", traceback_ansi="")
    strategy, verifier = identity["strategy"], record.verifier
    total: dict[str, Any] = {}
    for sample in samples:
        for name, usage in sample.model_usage.items():
            total[name] = total[name] + usage if name in total else usage
    roles = {"verifier": total[verifier]} if verifier in total else {}
    log = EvalLog(
        status=status,
        eval=_spec(record, samples),
        plan=EvalPlan(
            name="plan",
            steps=[EvalPlanStep(solver=strategy["name"], params=strategy["parameters"])],
            config=_generate_config(identity["sampling"]),
        ),
        results=_results(record, samples),
        stats=EvalStats(
            started_at=manifest["created"], completed_at=manifest["updated"], model_usage=total, role_usage=roles
        ),
        error=failed if status == "error" else None,
    )
    log.samples = samples
    return log


def _spec(record: _Record, samples: Sequence[Any]) -> Any:
    from inspect_ai.log import EvalConfig, EvalDataset, EvalSpec

    manifest, identity = record.run.manifest, record.identity
    epochs = max((sample.epoch for sample in samples), default=1)
    ids = list(manifest["problem_ids"])
    return EvalSpec(
        eval_id=record.id("eval"),
        run_id=record.id("run", manifest["created"]),
        created=manifest["created"],
        task=identity["task"]["name"],
        task_id=record.id("task"),
        task_version=str(identity["task"]["version"]),
        solver=identity["strategy"]["name"],
        solver_args=identity["strategy"]["parameters"],
        dataset=EvalDataset(name=identity["task"]["name"], samples=len(ids), sample_ids=ids, shuffled=False),
        model=manifest["model"],
        model_generate_config=_generate_config(identity["sampling"]),
        model_args={key: value for key, value in identity["model"].items() if value is not None},
        config=EvalConfig(epochs=epochs, epochs_reducer=["mean"]),
        packages=(manifest.get("environment") or {}).get("packages") or {},
        metadata={
            "identity_digest": manifest["identity_digest"],
            "identity": identity,
            "state": manifest["state"],
            "command": manifest.get("command"),
            "verifier": manifest.get("verifier"),
        },
    )


def _generate_config(sampling: Json) -> Any:
    from inspect_ai.model import GenerateConfig

    return GenerateConfig(
        temperature=sampling["temperature"],
        top_p=sampling["top_p"],
        max_tokens=sampling["max_tokens"],
        stop_seqs=list(sampling["stop"]) or None,
        seed=sampling["seed"],
    )


def _results(record: _Record, samples: Sequence[Any]) -> Any:
    """The run's own metrics over all problems. Inspect's accuracy over epochs is our pass@1; ours is the chosen's."""
    from inspect_ai.log import EvalMetric, EvalResults, EvalScore

    metrics, scored = {}, 0
    for row in record.run.results()["metrics"]:
        if row["group"] != "all" or row["value"] is None:
            continue
        name = row["metric"] if row["k"] is None else row["metric"].replace("@k", f"@{row['k']}")
        name = name if row["k"] is None else name.replace("^k", f"^{row['k']}")
        about = {key: row[key] for key in ("se", "low", "high", "problems", "unjudged")}
        metrics[name] = EvalMetric(name=name, value=row["value"], metadata=about)
        scored = row["problems"] if row["metric"] == "accuracy" else scored
    note = "accuracy is of the response that the strategy chose; pass@1 is the mean over epochs"
    score = EvalScore(name=record.scorer, scorer=record.scorer, metrics=metrics, metadata={"note": note})
    done = sum(sample.error is None for sample in samples)
    return EvalResults(total_samples=len(samples), completed_samples=done, scores=[score])


# -------------------------------------------------------------------------------------------------------------- samples


def _samples(record: _Record, line: Json, responses: Sequence[Json], nodes: Any) -> Iterator[Any]:
    """A sample per response of one problem; one with an error where it failed."""
    from inspect_ai.log import EvalError, EvalSample

    problem = record.questions.problems[line["problem_id"]]
    clean = record.cleaner
    about = {name: line[name] for name in ("level", "subject", "difficulty", "status", "n", "c")}
    common: Json = {
        "id": problem.id,
        "input": _input(record, problem),
        "target": clean.text(problem.answer or ""),
    }
    if not responses:
        message = clean.text(line.get("error") or "no response")
        error = EvalError(message=message, traceback="", traceback_ansi="")
        usage = _usage(record, line, [])
        yield EvalSample(
            **common, epoch=1, error=error, metadata=about, model_usage=usage, uuid=record.id(problem.id, 0)
        )
        return
    for response in responses:
        first = response is responses[0]
        whole = {"choices": clean.value(line.get("choices")), "rule": line.get("rule")} if first else {}
        yield EvalSample(
            **common,
            epoch=response["index"] + 1,
            messages=[*common["input"], _answer(record, problem, response)],
            output=_output(record, problem, response),
            scores={record.scorer: _score(record, response)},
            metadata={**about, "chosen": response["chosen"], **whole},
            events=list(_events(record, problem, nodes)) if first and nodes else [],
            model_usage=_usage(record, line, responses) if first else _own(record, response),
            uuid=record.id(problem.id, response["index"]),
        )


def _input(record: _Record, problem: Problem) -> list[Any]:
    """The conversation that was asked."""
    from inspect_ai.model import ChatMessageAssistant, ChatMessageSystem, ChatMessageUser

    roles = {"system": ChatMessageSystem, "assistant": ChatMessageAssistant}
    turns = problem.messages or (Message(role="user", content=problem.text),)
    return [
        roles.get(turn["role"], ChatMessageUser)(
            id=record.id("input", problem.id, number), content=record.cleaner.text(turn["content"]), source="input"
        )
        for number, turn in enumerate(turns)
    ]


def _answer(record: _Record, problem: Problem, response: Json) -> Any:
    from inspect_ai.model import ChatMessageAssistant

    return ChatMessageAssistant(
        id=record.id("answer", problem.id, response["index"]),
        content=record.cleaner.text(response["text"]),
        model=record.run.manifest["model"],
        source="generate",
    )


def _output(record: _Record, problem: Problem, response: Json) -> Any:
    from inspect_ai.model import ChatCompletionChoice, ModelOutput

    message = _answer(record, problem, response)
    choice = ChatCompletionChoice(message=message, stop_reason=STOP.get(response["finish_reason"], "unknown"))
    model = record.run.manifest["model"]
    return ModelOutput(model=model, choices=[choice], usage=_own(record, response).get(model))


def _score(record: _Record, response: Json) -> Any:
    """C or I; unscored where the response could not be judged."""
    from inspect_ai.scorer import Score

    clean = record.cleaner
    about = {name: response[name] for name in ("index", "chosen", "rule", "judge", "score", "step_scores", "weights")}
    told = {
        "answer": None if response["answer"] is None else clean.text(response["answer"]),
        "explanation": clean.text(response["reason"] or ""),
        "metadata": {"verifier_score" if key == "score" else key: value for key, value in about.items()},
    }
    if response["correct"] is None:
        return Score(value=float("nan"), reason="unjudged", **told)
    return Score(value="C" if response["correct"] else "I", **told)


def _own(record: _Record, response: Json) -> Json:
    """The tokens of one response."""
    from inspect_ai.model import ModelUsage

    written = response["usage"]["completion_tokens"]
    if written is None:
        return {}
    thought = response["usage"].get("thinking_tokens") or None
    usage = ModelUsage(output_tokens=written, total_tokens=written, reasoning_tokens=thought)
    return {record.run.manifest["model"]: usage}


def _usage(record: _Record, line: Json, responses: Sequence[Json]) -> Json:
    """All that the problem was billed but for the other responses' own tokens."""
    from inspect_ai.model import ModelUsage

    billed = line.get("usage") or {}
    if billed.get("completion_tokens") is None:
        return {}
    others = sum(response["usage"]["completion_tokens"] or 0 for response in responses[1:])
    read, cached = billed["prompt_tokens"], billed.get("cached_prompt_tokens", 0)
    written = max(billed["completion_tokens"] - others, 0)
    found = {
        record.run.manifest["model"]: ModelUsage(
            input_tokens=read - cached,
            input_tokens_cache_read=cached or None,
            output_tokens=written,
            total_tokens=read + written,
        )
    }
    if record.verifier is not None and billed.get("verifier_tokens"):
        wrote, both = billed.get("verifier_completion_tokens", 0), billed["verifier_tokens"]
        found[record.verifier] = ModelUsage(input_tokens=both - wrote, output_tokens=wrote, total_tokens=both)
    return found


# ---------------------------------------------------------------------------------------------------------------- trees


def _events(record: _Record, problem: Problem, nodes: Sequence[Json]) -> Iterator[Any]:
    """A search tree depth first: a span per node inside its parent's, and in it an info event with all of the node."""
    from inspect_ai.event import InfoEvent, SpanBeginEvent, SpanEndEvent

    children: defaultdict[int | None, list[Json]] = defaultdict(list)
    for node in nodes:
        children[node["parent"]].append(node)
    when = {"timestamp": datetime.fromisoformat(record.run.manifest["created"]), "working_start": 0.0}
    todo: list[tuple[Json, bool]] = [(root, True) for root in reversed(children[None])]
    while todo:
        node, opening = todo.pop()
        span = record.id("node", problem.id, node["id"])
        parent = None if node["parent"] is None else record.id("node", problem.id, node["parent"])
        if not opening:
            yield SpanEndEvent(id=span, span_id=span, uuid=record.id("end", span), **when)
            continue
        yield SpanBeginEvent(
            id=span,
            span_id=span,
            parent_id=parent,
            type="tree" if parent is None else "step",
            name=_title(record, node),
            uuid=record.id("begin", span),
            **when,
        )
        data = record.cleaner.value({key: value for key, value in node.items() if key != "parent"})
        yield InfoEvent(source=SOURCE, data=data, span_id=span, uuid=record.id("info", span), **when)
        todo.append((node, False))
        todo += [(child, True) for child in reversed(children[node["id"]])]


def _title(record: _Record, node: Json) -> str:
    """What a node is, on one line."""
    if node["parent"] is None:
        return f"{record.identity['strategy']['name']} tree"
    parts = [f"step {node['id']}", node["state"]]
    parts += [f"{name} {node[name]:.3g}" for name in ("score", "visits", "value") if node.get(name)]
    if node.get("candidate") is not None:
        parts.append(f"response {node['candidate']}")
    return " · ".join(parts)
