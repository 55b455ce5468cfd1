"""Does the engine still say what it said? A sample of a run's problems is asked again and the answers compared.

The sample is stratified by level and runs as the run itself did, in a folder of its own and without its log. Calls are
compared under their keys: the same prompt, prefix, sampling parameters and seed. Where an answer differs, a search goes
another way and its later calls are other ones; so the share counts only calls that were asked both times, and calls
that were asked once are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.files import read_lines
from scorers.intervals import mean_estimate


@dataclass(frozen=True, slots=True)
class Agreement:
    """What a second asking found. `low` and `high` are the 95 % interval of the share that differs, over problems."""

    problems: int
    calls: int
    differing: int
    only_once: int
    verdicts_differing: int
    share: float | None
    low: float | None
    high: float | None
    examples: tuple[Mapping[str, Any], ...] = ()


def compared(old: Path, new: Path) -> Agreement:
    """The calls and verdicts of a run (`old`) beside those of a second asking of some of its problems (`new`)."""
    first, second = _calls(old / "calls.jsonl"), _calls(new / "calls.jsonl")
    problems = {record["problem_id"] for record in second.values()}
    shares: dict[str, list[float]] = {problem: [] for problem in problems}
    examples: list[Mapping[str, Any]] = []
    for key, record in second.items():
        if key in first:
            a, b = first[key]["result"], record["result"]
            same = _answer(a) == _answer(b)
            shares[record["problem_id"]].append(float(not same))
            if not same and len(examples) < 3:
                examples.append({"problem_id": record["problem_id"], "key": key, **_parting(a, b)})
    values = [value for each in shares.values() for value in each]
    means = [sum(each) / len(each) for each in shares.values() if each]
    estimate = mean_estimate(means) if means else None
    once = sum(record["problem_id"] in problems and key not in second for key, record in first.items())
    return Agreement(
        problems=len(problems),
        calls=len(values),
        differing=int(sum(values)),
        only_once=once + sum(key not in first for key in second),
        verdicts_differing=_verdicts(old, new),
        share=sum(values) / len(values) if values else None,
        low=estimate.low if estimate else None,
        high=estimate.high if estimate else None,
        examples=tuple(examples),
    )


def _calls(path: Path) -> dict[str, dict[str, Any]]:
    """The engine calls of a log by key."""
    return {record["key"]: record for _, _, record in read_lines(path) if record is not None and "result" in record}


def _answer(result: Mapping[str, Any]) -> Any:
    """What the engine said, without what its cache did; numbers are compared as they would be shown."""
    kept = {k: v for k, v in result.items() if k not in ("cached_prompt_tokens", "prompt_tokens", "logprobs")}
    return {k: round(v, 5) if isinstance(v, float) else v for k, v in kept.items()}


def _parting(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, Any]:
    """Where two answers part: how many characters are the same, and what follows in each."""
    one, two = str(a.get("text", _answer(a))), str(b.get("text", _answer(b)))
    same = next((i for i, (x, y) in enumerate(zip(one, two, strict=False)) if x != y), min(len(one), len(two)))
    return {"same_characters": same, "then": one[same : same + 60], "now": two[same : same + 60]}


def _verdicts(old: Path, new: Path) -> int:
    """Problems whose chosen answer has another verdict."""
    before = {line["problem_id"]: line["correct"] for _, _, line in read_lines(old / "problems.jsonl") if line}
    now = {line["problem_id"]: line["correct"] for _, _, line in read_lines(new / "problems.jsonl") if line}
    return sum(before.get(problem) != verdict for problem, verdict in now.items())
