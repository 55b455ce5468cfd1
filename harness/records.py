"""The lines of responses.jsonl and problems.jsonl: made here, by a run and by a second grading alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from harness.choice import choices
from harness.core import Grade, Path, Problem, Tokenizer, Usage, UsageError
from harness.registry import unknown
from harness.run import Json
from harness.thinking import prefill


def response_line(
    problem_id: str,
    index: int,
    path: Path,
    grade: Grade,
    *,
    judge: bool | None,
    weights: Mapping[str, float],
    tokenizer: Tokenizer | None = None,
) -> Json:
    """A candidate response with its verdict, the judge's opinion where one was asked, and the strategy's weights.

    Of its tokens, thinking, answer and gap add up to the completion; forced ones were written into it, prefilled ones
    stand before it in the prompt (`prefill`), and are in none of these."""
    begun = prefill(path.prompt)
    return {
        "problem_id": problem_id,
        "index": index,
        "text": path.text,
        **verdict(grade),
        "judge": judge,
        "score": path.score,
        "step_scores": list(path.step_scores),
        "usage": {
            "completion_tokens": path.tokens,
            "thinking_tokens": path.thinking_tokens,
            "answer_tokens": path.tokens - path.thinking_tokens - path.gap_tokens,
            "gap_tokens": path.gap_tokens,
            "forced_tokens": path.forced_tokens,
            "prefilled_tokens": _count(begun, tokenizer),
            "thinking_by": path.thinking_by,
        },
        "prefill": begun,
        "finish_reason": path.finish_reason,
        "weights": dict(weights),
        "chosen": False,
    }


def _count(text: str, tokenizer: Tokenizer | None) -> int:
    """The tokens of a text; its words where the tokenizer is the server's secret."""
    return len(tokenizer.encode(text, special_tokens=False)) if tokenizer is not None else len(text.split())


def choose(responses: Sequence[Json], rule: str) -> Json:
    """Mark the response that `rule` chooses; the result says what every rule would have chosen."""
    names = responses[0]["weights"] if responses else {}
    found = choices(
        [r["answer"] if r["canonical"] is None else r["canonical"] for r in responses],
        [r["score"] for r in responses],
        {name: [r["weights"][name] for r in responses] for name in names},
        [r["finish_reason"] for r in responses],
    )
    if rule not in found:
        raise UsageError(unknown("Choice", rule, found))
    for response in responses:
        response["chosen"] = response["index"] == found[rule]
    return {
        name: None if i is None else {"index": i, "answer": responses[i]["answer"], "correct": responses[i]["correct"]}
        for name, i in sorted(found.items())
    }


def verdict(grade: Grade) -> Json:
    """The fields that grading decides."""
    return {name: getattr(grade, name) for name in ("answer", "canonical", "correct", "reason", "rule")}


GROUPINGS = ("contest", "year", "source", "question")
"""Columns of a document that say which problems belong together: `--cluster` takes them."""


def problem_line(problem: Problem, responses: Sequence[Json], usage: Usage, tokenizer: Tokenizer | None) -> Json:
    """A problem and what came of it; `human_tokens` counts each human solution with the model's tokenizer."""
    human = None
    if tokenizer is not None:
        human = [len(tokenizer.encode(text, special_tokens=False)) for text in problem.solutions]
    return {
        "problem_id": problem.id,
        "level": problem.level,
        "subject": problem.subject,
        "difficulty": problem.difficulty,
        "groups": {name: problem.doc[name] for name in GROUPINGS if problem.doc.get(name) is not None},
        "status": "ok",
        "gold": problem.answer,
        "n": len(responses),
        **summary(responses),
        "usage": asdict(usage),
        "human_tokens": human,
    }


def summary(responses: Sequence[Json]) -> Json:
    """The fields of a problem's line that follow from its responses' verdicts."""
    chosen = next((response for response in responses if response["chosen"]), None)
    return {
        "answer": chosen["answer"] if chosen else None,
        "correct": chosen["correct"] if chosen else None,
        "c": sum(response["correct"] is True for response in responses),
        "unjudged": sum(response["correct"] is None for response in responses),
    }
