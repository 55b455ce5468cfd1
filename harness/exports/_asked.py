"""What a run was asked: run folders hold answers and digests, so questions come from the task and are checked."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.core import Message, Problem, UsageError
from harness.files import digest
from harness.run import DOCUMENTS, Json, Run
from tasks.loading import load_task


@dataclass(frozen=True, slots=True)
class Asked:
    """The problems of a run by id, their places in the whole benchmark, and the text that the model read of each.

    `exact` says that these texts are the run's own, which their digest proves; else they are without chat template."""

    problems: Mapping[str, Problem]
    places: Mapping[str, int]
    prompts: Mapping[str, str]
    exact: bool

    def note(self) -> str:
        """A sentence where the prompts are not those that the model read."""
        return "" if self.exact else " Prompts stand without the model's chat template, which could not be rebuilt."


def add_include_path(parser: argparse._ActionsContainer) -> None:
    """The option with which a task that is not ours is found."""
    parser.add_argument("--include-path", action="append", metavar="DIR", help="a folder with the run's task file")


def asked(run: Run, options: argparse.Namespace) -> Asked:
    """Load the run's task and find its problems in it.

    Raises UsageError if there is no such task, or it is not what the run was asked."""
    ids = list(run.manifest["problem_ids"])
    if (run.folder / DOCUMENTS).exists():
        return _recorded(run)
    identity = run.manifest["identity"]
    folders = [Path(folder) for folder in getattr(options, "include_path", None) or ()]
    name = identity["task"]["name"]
    task = load_task(name, include_path=folders, num_fewshot=_shots(run.manifest.get("command") or ()))
    known = {problem.id: (place, problem) for place, problem in enumerate(task.problems)}
    if task.digest != identity["task"]["digest"] or not all(problem_id in known for problem_id in ids):
        raise UsageError(
            f"The task '{name}' is not what {run.folder} was asked: the digests differ. "
            "Take the task file and the data of that run; --include-path names the folder of the file."
        )
    problems = {problem_id: known[problem_id][1] for problem_id in ids}
    places = {problem_id: known[problem_id][0] for problem_id in ids}
    return Asked(problems, places, *_prompts(run, problems))


def distinct(runs: Sequence[Run]) -> None:
    """Raises UsageError where two of the folders hold the same run: one would be written over the other."""
    seen: dict[tuple[str, str], Run] = {}
    for run in runs:
        key = (run.manifest["identity_digest"], run.manifest["created"])
        if key in seen:
            raise UsageError(f"{seen[key].folder} and {run.folder} are the same run. Name it once.")
        seen[key] = run


def _prompts(run: Run, problems: Mapping[str, Problem]) -> tuple[dict[str, str], bool]:
    """What the model read. The manifest has the first prompt: the others have the same frame around their own message,
    which is believed only if the digest of all prompts, part of the run's identity, comes out."""
    wanted = run.manifest["identity"].get("prompts")
    plain = {problem_id: problem.text for problem_id, problem in problems.items()}
    candidates = [plain]
    first = run.manifest.get("first_prompt") or {}
    asked_first = problems.get(first.get("problem_id", ""))
    if asked_first is not None and len(asked_first.messages) == 1:
        content = asked_first.messages[0]["content"]
        before, found, after = str(first["text"]).partition(content)
        if found and content not in after:
            framed = {i: before + p.messages[0]["content"] + after for i, p in problems.items() if len(p.messages) == 1}
            candidates.append(framed)
    for texts in candidates:
        if len(texts) == len(problems) and digest([(texts[i], p.messages) for i, p in problems.items()]) == wanted:
            return texts, True
    return plain, False


def _recorded(run: Run) -> Asked:
    """The questions that an imported run keeps itself."""
    problems, places, prompts = {}, {}, {}
    for place, line in enumerate(run.lines(DOCUMENTS)):
        problem = problem_of(line)
        problems[problem.id] = problem
        places[problem.id] = line.get("doc_id", place)
        prompts[problem.id] = problem.text
    return Asked(problems, places, prompts, exact=True)


def problem_of(line: Json) -> Problem:
    """The problem of a line of documents.jsonl."""
    return Problem(
        id=line["problem_id"],
        statement=line["statement"],
        answer=line.get("answer"),
        level=line.get("level"),
        subject=line.get("subject"),
        difficulty=line.get("difficulty"),
        messages=tuple(Message(role=m["role"], content=m["content"]) for m in line.get("messages") or ()),
        text=line.get("text", ""),
        doc=line.get("doc") or {},
    )


def _shots(command: Sequence[str]) -> int | None:
    """The value of --num-fewshot in the command that made the run; None: the task's own."""
    for position, argument in enumerate(command):
        name, equals, value = argument.partition("=")
        if name == "--num-fewshot":
            text = value if equals else next(iter(command[position + 1 : position + 2]), "")
            return int(text) if text.isdigit() else None
    return None
