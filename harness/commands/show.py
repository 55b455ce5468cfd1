"""Show one problem of a run: what was asked, every response with its verdict, what it cost.

harness show runs/math500-sample-1a2b3c4d test/algebra/1.json
harness show runs/math500-sample-1a2b3c4d test/algebra/1.json --events
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.run import Run

    Marking = Callable[[dict[str, Any]], list[str]]

HELP = "one problem of a run, with its responses"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness show`."""
    parser.add_argument("run_folder", metavar="RUN", help="a run folder")
    parser.add_argument("problem_id", metavar="PROBLEM_ID")
    parser.add_argument(
        "--events", action="store_true", help="mark repetitions, backtracking, checks, answers on the way … in the text"
    )
    parser.add_argument("--json", action="store_true", help="machine output")


def run(arguments: argparse.Namespace) -> int:
    """Print it. Raises UsageError for an unknown problem, nearest match named."""
    from harness.core import UsageError
    from harness.run import Run

    opened = Run.open(Path(arguments.run_folder))
    wanted = arguments.problem_id
    problem = next((p for p in opened.lines("problems.jsonl") if p["problem_id"] == wanted), None)
    if problem is None:
        raise UsageError(_unknown(wanted, opened))
    responses = [r for r in opened.lines("responses.jsonl") if r["problem_id"] == wanted]
    if arguments.events and arguments.json:
        raise UsageError("--events marks text for a reader. For --json, `harness analyze` writes analysis.json.")
    if arguments.json:
        print(json.dumps({"problem": problem, "responses": responses}))
    else:
        print("\n".join(_text(problem, responses, _marking(opened, wanted) if arguments.events else _plain)))
    return 0


def _marking(opened: Run, problem_id: str) -> Marking:
    """Texts with what the detectors of `harness analyze` find in them."""
    from harness.analysis.marked import marked, records

    known = records(opened, problem_id)
    delimiter = opened.manifest["identity"]["delimiter"]

    def mark(response: dict[str, Any]) -> list[str]:
        text, summary = marked(response, delimiter, known.get(response["index"]), _visible)
        return [text, f"--- found: {summary}"]

    return mark


def _plain(response: dict[str, Any]) -> list[str]:
    return [_visible(response["text"])]


def _unknown(wanted: str, opened: Run) -> str:
    """At most the nearest id; a benchmark has thousands."""
    import difflib

    ids = [p["problem_id"] for p in opened.lines("problems.jsonl")]
    near = difflib.get_close_matches(wanted, ids, n=1, cutoff=0.5) or ids[:1]
    hint = f" Did you mean '{near[0]}'?" if near else ""
    return f"The run {opened.name} has no problem '{wanted}' among its {len(ids)}.{hint}"


def _text(problem: dict[str, Any], responses: list[dict[str, Any]], body: Marking) -> list[str]:
    """For the terminal; control characters of a model's text are made visible."""
    usage = problem["usage"]
    lines = [
        f"problem {problem['problem_id']} · level {problem['level']} · {problem['subject']}",
        f"gold answer: {_visible(str(problem['gold']))}",
        f"chosen answer: {_visible(str(problem['answer']))} · {_verdict(problem['correct'])}",
        f"{problem['c']} of {problem['n']} responses correct · {usage['completion_tokens']} completion tokens",
    ]
    if problem["status"] == "error":
        lines.append(f"error: {_visible(problem['error'])}")
    for response in responses:
        mark = " · chosen" if response["chosen"] else ""
        tokens = response["usage"]["completion_tokens"]
        head = f"--- response {response['index']}: {_verdict(response['correct'])}{mark} · {tokens} tokens"
        lines += ["", f"{head} · ended by {response['finish_reason']}", *body(response)]
        lines.append(f"--- answer: {_visible(str(response['answer']))} ({_visible(response['reason'])})")
    return lines


def _verdict(correct: bool | None) -> str:
    return {True: "correct", False: "wrong", None: "unjudged"}[correct]


def _visible(text: str) -> str:
    """The text without what a terminal would obey."""
    return "".join(c if c in "\n\t" or c.isprintable() else repr(c)[1:-1] for c in text)
