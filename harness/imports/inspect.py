"""Inspect logs (`.eval`, `.json`), a run folder per log: a sample's epochs are the responses to its problem.

Mathematical tasks are graded anew by this harness's own scorer against the samples' targets; others keep the log's
score: C or a number from 1 on is right, I, N and smaller numbers are wrong, P and what is no single value is unjudged.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from harness.core import Message, Problem, UsageError
from harness.files import file_digest
from harness.imports.folder import Given, Imported, Item
from harness.imports.known import KNOWN, MATH_SCORER, level
from harness.run import Json

HELP = "Inspect logs"
LETTERS = {"C": True, "I": False, "N": False}
DRAWING = (None, "generate")
"""Solvers that draw responses and do nothing else."""
STOPS = {"stop": "stop", "max_tokens": "length", "model_length": "length"}


def read(path: Path, *, scorer: str | None = None, regrade: bool = True) -> list[Imported]:
    """The runs at a path: a log, or a folder that holds some anywhere below.

    `scorer` chooses among the log's scorers (default: its first); without `regrade` their verdicts stand. Raises
    UsageError where there are no logs with samples, and without inspect-ai."""
    if find_spec("inspect_ai") is None:
        raise UsageError("Inspect logs are read by the package inspect-ai. `pip install 'metacot-harness[inspect]'`.")
    files = [path] if path.is_file() else sorted(path.rglob("*.eval")) if path.is_dir() else []
    if not files:
        raise UsageError(f"There is no Inspect log at {path}. Name a .eval file, or the folder of some.")
    return [_run(_Source(file, _log(file), scorer), regrade) for file in files]


def _log(file: Path) -> Any:
    from inspect_ai.log import read_eval_log

    try:
        log = read_eval_log(str(file))
    except Exception as error:  # its reader raises whatever a damaged zip or a foreign JSON file brings up
        reason = " ".join(str(error).split())[:160]
        raise UsageError(f"{file} is no log that Inspect can read ({type(error).__name__}: {reason}).") from error
    if not log.samples:
        raise UsageError(f"{file} holds no samples. Was it written with --no-log-samples?")
    return log


@dataclass(frozen=True, slots=True)
class _Source:
    """One log. `wanted` is the scorer that the user chose."""

    file: Path
    log: Any
    wanted: str | None

    @property
    def task(self) -> str:
        """The task's name, without the package it came from."""
        return str(self.log.eval.task).rpartition("/")[2]

    def scorer(self) -> str | None:
        """The scorer whose verdicts count. Raises UsageError for an unknown one."""
        names = list(dict.fromkeys(name for sample in self.log.samples for name in sample.scores or {}))
        if self.wanted is not None and self.wanted not in names:
            raise UsageError(f"{self.file} has no scorer '{self.wanted}'. It has {', '.join(names) or 'none'}.")
        return self.wanted or next(iter(names), None)


def _run(source: _Source, regrade: bool) -> Imported:
    """One log as a run."""
    spec, scorer = source.log.eval, source.scorer()
    by_problem: dict[str, list[Any]] = {}
    for sample in source.log.samples:
        by_problem.setdefault(str(sample.id), []).append(sample)
    items = [
        _item(sorted(samples, key=lambda s: s.epoch), place, scorer)
        for place, samples in enumerate(by_problem.values())
    ]
    known = regrade and KNOWN.search(source.task) is not None
    origin = {"from": "Inspect", "version": (spec.packages or {}).get("inspect_ai"), "solver": spec.solver}
    return Imported(
        task=source.task,
        version=str(spec.task_version),
        items=items,
        identity={
            "model": {"backend": "inspect", "model": spec.model, "args": json.loads(json.dumps(spec.model_args or {}))},
            "sampling": _sampling(source.log),
            "imported": origin,
            "source": {"samples": file_digest(source.file)},
        },
        about={
            "model": spec.model,
            "created": spec.created,
            "chat_template": None,
            "environment": {"packages": dict(spec.packages or {})},
        },
        scorer=MATH_SCORER if known else None,
        graded_by=f"Inspect ({scorer})",
        solver=None if spec.solver in DRAWING else {"name": spec.solver, "parameters": dict(spec.solver_args or {})},
    )


def _sampling(log: Any) -> Json:
    """Sampling parameters in our words; what Inspect left to the provider, whose defaults nobody knows, is null."""
    chosen = {**_given_ones(log.eval.model_generate_config), **_given_ones(log.plan.config)}
    return {
        **{name: chosen.get(name) for name in ("temperature", "top_p", "max_tokens", "seed")},
        "stop": list(chosen.get("stop_seqs") or ()),
    }


def _given_ones(config: Any) -> Json:
    return {name: value for name, value in config.model_dump().items() if value is not None}


def _item(samples: Sequence[Any], place: int, scorer: str | None) -> Item:
    """One problem with its epochs."""
    first = samples[0]
    given = [_given(sample, scorer, index) for index, sample in enumerate(s for s in samples if s.error is None)]
    error = next((str(sample.error.message) for sample in samples if sample.error is not None), None)
    return Item(
        problem=_problem(first),
        responses=given,
        place=place,
        usage=_usage(samples),
        error=error if not given else None,
        extra={"inspect": {"epochs": [sample.epoch for sample in samples], "failed": len(samples) - len(given)}},
    )


def _problem(sample: Any) -> Problem:
    metadata = sample.metadata or {}
    target = sample.target if isinstance(sample.target, str) else "; ".join(sample.target)
    turns = [Message(role="user", content=sample.input)] if isinstance(sample.input, str) else _turns(sample.input)
    text = "\n\n".join(turn["content"] for turn in turns)
    subject = metadata.get("subject")
    return Problem(
        id=str(sample.id),
        statement=text,
        answer=target or None,
        level=level(metadata.get("level")),
        subject=subject if isinstance(subject, str) else None,
        messages=tuple(turns),
        text=text,
    )


def _turns(messages: Sequence[Any]) -> list[Message]:
    return [Message(role=message.role, content=message.text) for message in messages]


def _given(sample: Any, scorer: str | None, index: int) -> Given:
    """One epoch's response with its score."""
    score = (sample.scores or {}).get(scorer)
    choice = sample.output.choices[0] if sample.output.choices else None
    usage = sample.output.usage
    return Given(
        text=sample.output.completion,
        verdict=None if score is None else verdict(score.value),
        answer=None if score is None else score.answer,
        reason="" if score is None else score.explanation or f"{scorer}: {score.value}",
        completion_tokens=None if usage is None else usage.output_tokens,
        thinking_tokens=None if usage is None else usage.reasoning_tokens,
        finish_reason=None if choice is None else STOPS.get(choice.stop_reason),
        index=index,
    )


def verdict(value: Any) -> bool | None:
    """What a score's value says about right and wrong."""
    if isinstance(value, str):
        return LETTERS.get(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return None if math.isnan(value) else value >= 1
    return None


def _usage(samples: Sequence[Any]) -> Json | None:
    """What all epochs were billed, all models together; None where the log does not say."""
    found = [usage for sample in samples for usage in (sample.model_usage or {}).values()]
    if not found:
        return None
    cached = sum(usage.input_tokens_cache_read or 0 for usage in found)
    return {
        "prompt_tokens": cached + sum(usage.input_tokens for usage in found),
        "cached_prompt_tokens": cached,
        "completion_tokens": sum(usage.output_tokens for usage in found),
        "thinking_tokens": sum(usage.reasoning_tokens or 0 for usage in found),
    }
