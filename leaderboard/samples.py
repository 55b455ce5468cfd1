"""A line of a samples file: one problem of a run with its responses and its tree, with or without the texts."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.core import UsageError
from harness.run import Json, Run

TEXTS = ("text", "answer")
"""The fields of a response that hold a model's text."""
_RESPONSE = ("index", "correct", "judge", "score", "step_scores", "usage", "finish_reason", "weights", "chosen")
_PROBLEM = ("problem_id", "level", "subject", "difficulty", "groups", "status", "n", "c", "unjudged")
REQUIRED = frozenset((*_PROBLEM, *("usage", "human_tokens", "choices", "statement", "gold", "responses", "tree")))
"""What every line has."""


def as_problem(sample: Json) -> Json:
    """A sample line as the problem's line of a run folder."""
    chosen = next((r for r in sample["responses"] if r["chosen"]), None)
    found = {
        **{name: sample[name] for name in _PROBLEM},
        "gold": sample["gold"],
        "answer": chosen and chosen["answer"],
        "correct": chosen and chosen["correct"],
        "usage": sample["usage"],
        "human_tokens": sample["human_tokens"],
    }
    if sample.get("choices") is not None:
        found |= {"rule": sample["rule"], "choices": sample["choices"]}
    return found


def as_responses(sample: Json) -> list[Json]:
    """A sample line as the responses' lines of a run folder; the votes stand for the canonical forms."""
    return [
        {
            **response,
            "problem_id": sample["problem_id"],
            "canonical": None if response["vote"] is None else str(response["vote"]),
        }
        for response in sample["responses"]
    ]


def samples(run: Run, statements: Mapping[str, str] | None = None) -> Iterator[Json]:
    """The sample lines of a run folder, texts and all, in the benchmark's order."""
    trees = run.lines("trees.jsonl")
    waiting = next(trees, None)
    for problem, responses in run.by_problem():
        tree = None
        if waiting is not None and waiting["problem_id"] == problem["problem_id"]:
            tree, waiting = {k: v for k, v in waiting.items() if k != "problem_id"}, next(trees, None)
        yield _sample(problem, responses, tree, (statements or {}).get(problem["problem_id"]))


def _sample(problem: Json, responses: list[Json], tree: Json | None, statement: str | None) -> Json:
    forms = [r["answer"] if r["canonical"] is None else r["canonical"] for r in responses]
    votes = {form: number for number, form in enumerate(dict.fromkeys(f for f in forms if f is not None))}
    return {
        **{name: problem.get(name) for name in _PROBLEM},
        "groups": problem.get("groups") or {},
        "chosen": next((r["index"] for r in responses if r["chosen"]), None),
        "correct": problem.get("correct"),
        "usage": problem.get("usage"),
        "human_tokens": problem.get("human_tokens"),
        "rule": problem.get("rule"),
        "choices": problem.get("choices"),
        "statement": statement,
        "gold": problem.get("gold"),
        "responses": [
            {
                **{name: response.get(name) for name in _RESPONSE},
                "vote": None if form is None else votes[form],
                **{name: response[name] for name in TEXTS},
            }
            for response, form in zip(responses, forms, strict=True)
        ],
        "tree": tree,
    }


def without_text(sample: Json) -> Json:
    """The line with no word of the problem or of a model in it: numbers, verdicts and scores stay."""
    if _silent(sample):
        return sample
    tree = sample["tree"]
    choices = sample["choices"] and {
        rule: choice and {**choice, "answer": None} for rule, choice in sample["choices"].items()
    }
    return {
        **sample,
        "statement": None,
        "gold": None,
        "choices": choices,
        "responses": [{**response, **dict.fromkeys(TEXTS)} for response in sample["responses"]],
        "tree": tree and {**_bare(tree), "nodes": [_bare(node) for node in tree["nodes"]]},
    }


def _silent(sample: Json) -> bool:
    """Whether there is no text in it, as in most lines: the quick way."""
    if sample["statement"] is not None or sample["gold"] is not None or sample["tree"]:
        return False
    if any(choice and choice["answer"] is not None for choice in (sample["choices"] or {}).values()):
        return False
    return all(r["text"] is None and r["answer"] is None for r in sample["responses"])


def _bare(node: Json) -> Json:
    """A node of a tree without its texts, which a strategy may keep under any name."""
    return {k: v if k in _WORDS or not _wordy(v) else None for k, v in node.items()}


_WORDS = ("state", "finish_reason", "kind", "nodes")


def _wordy(value: Any) -> bool:
    return isinstance(value, str | dict) or (isinstance(value, list) and any(map(_wordy, value)))


def gzipped(lines: Iterable[str]) -> bytes:
    """Text compressed so that the same text gives the same bytes: no time and no name in the head."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", filename="", mtime=0, compresslevel=9) as stream:
        stream.writelines(line.encode() for line in lines)
    return buffer.getvalue()


_BUFFER = 1 << 18
"""Bytes decompressed at once."""
LINE_LIMIT, FILE_LIMIT = 1 << 28, 1 << 34
"""Bytes of a problem and of a whole file, decompressed: a few kilobytes may hold a bomb."""


def read_samples(path: Path | None) -> Iterator[Json]:
    """The lines of a samples file. Raises UsageError where it is missing or damaged."""
    if path is None:
        return
    try:
        with io.BufferedReader(gzip.open(path), _BUFFER) as stream:
            number = total = 0
            while raw := stream.readline(LINE_LIMIT + 1):
                number, total = number + 1, total + len(raw)
                if len(raw) > LINE_LIMIT or total > FILE_LIMIT:
                    raise UsageError(f"The samples {path} are too large at line {number}.")
                line = json.loads(raw)
                if not isinstance(line, dict) or REQUIRED - line.keys():
                    raise UsageError(f"Line {number} of the samples {path} is no problem of the published form.")
                yield line
    except (OSError, EOFError, ValueError, RecursionError) as error:
        raise UsageError(f"The samples {path} cannot be read: {error}.") from error
