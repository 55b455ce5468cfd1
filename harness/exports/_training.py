"""What the two kinds of training data share: the question as the task asks it, forms of a row, and the summary."""

from __future__ import annotations

import argparse
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabulate import tabulate

from harness.core import Message, Problem, Task, UsageError
from harness.files import dumps, replacing, write_json
from harness.run import Json, Run, uses_gold
from tasks.loading import load_task

FORMS = ("prompt-completion", "messages", "text")
Key = tuple[str, str]
"""A problem: the name of its task and its id."""


def add_common(parser: Any) -> None:
    """The options that both formats have."""
    parser.add_argument(
        "--form",
        choices=FORMS,
        default="prompt-completion",
        help="conversations in two columns (the default; TRL trains on the completion alone), conversations in one, "
        "or plain text in two columns for models without a chat template",
    )
    parser.add_argument("--max-per-problem", type=_positive, metavar="N", help="rows that one problem may give")
    parser.add_argument("--include-path", action="append", metavar="DIR", help="a folder of lm-eval task files")
    parser.add_argument("--num-fewshot", type=int, metavar="N", help="the examples in the prompt, as the run had them")


def count(text: str) -> int:
    """A whole number from 0 on, for argparse."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 on")
    return int(text)


def _positive(text: str) -> int:
    if count(text) == 0:
        raise argparse.ArgumentTypeError("0 is too small, it starts at 1")
    return int(text)


def normalised(text: str) -> str:
    """The text under which two responses count as the same: Unicode's compatibility form, spacing apart."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


class Questions:
    """The problems of the runs' tasks, as the tasks ask them; a run stores what was answered and not what was asked.

    Raises UsageError where a task is not the one of the run any more."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._folders = [Path(folder) for folder in options.include_path or ()]
        self._num_fewshot = options.num_fewshot
        self._tasks: dict[str, tuple[Task, dict[str, Problem]]] = {}

    def of(self, run: Run) -> Mapping[str, Problem]:
        """The problems of a run by their ids."""
        wanted = run.manifest["identity"]["task"]
        name = wanted["name"]
        if name not in self._tasks:
            task = load_task(name, include_path=self._folders, num_fewshot=self._num_fewshot)
            self._tasks[name] = task, {problem.id: problem for problem in task.problems}
        task, problems = self._tasks[name]
        if task.digest != wanted["digest"]:
            raise UsageError(
                f"The task '{name}' is not what {run.folder} was asked: its definition, data or prompts differ. "
                "--num-fewshot and --include-path must be those of the run."
            )
        return problems


def check(runs: Sequence[Run]) -> None:
    """Raise UsageError for a run that is still being written: its files are not in order yet."""
    for run in runs:
        if run.manifest["state"] == "running":
            raise UsageError(f"{run.folder} is not finished. Run the command that began it again, then export.")


def row(problem: Problem, response: str, form: str, provenance: Json) -> Json:
    """One example as TRL's SFTTrainer reads it (its "prompt-completion" and "language modeling" types)."""
    if form == "text":
        return {"prompt": problem.text, "completion": response, "provenance": provenance}
    asked: list[Message] = list(problem.messages)
    answered: Message = {"role": "assistant", "content": response}
    if form == "messages":
        return {"messages": [*asked, answered], "provenance": provenance}
    return {"prompt": asked, "completion": [answered], "provenance": provenance}


def provenance(run: Run, problem: Problem, response: Json) -> Json:
    """Where a row comes from: enough to find the response again and to judge how much to trust it."""
    identity = run.manifest["identity"]
    return {
        "run": run.name,
        "identity": run.manifest["identity_digest"],
        "model": run.manifest["model"],
        "strategy": identity["strategy"]["name"],
        "task": identity["task"]["name"],
        "problem_id": problem.id,
        "level": problem.level,
        "response": response["index"],
        "answer": response["answer"],
        "scorer": identity["scorer"]["function"],
        "scorer_version": identity["scorer"]["version"],
        "uses_gold": uses_gold(run.manifest),
    }


@dataclass(slots=True)
class Summary:
    """What became of the problems and responses, by level: sums under the names of `columns`."""

    columns: Sequence[str]
    counts: dict[Any, Counter[str]] = field(default_factory=dict)

    def of(self, level: Any, what: str, count: int = 1) -> None:
        """Add to one count of a level."""
        self.counts.setdefault(level, Counter(dict.fromkeys(self.columns, 0)))[what] += count

    def total(self, what: str) -> int:
        """A count over all levels."""
        return sum(counts[what] for counts in self.counts.values())

    def rows(self) -> Iterator[tuple[Any, Counter[str]]]:
        """(level, counts), then ("all", sums)."""
        yield from sorted(self.counts.items(), key=lambda pair: (pair[0] is None, str(pair[0]).zfill(9)))
        yield "all", Counter({name: self.total(name) for name in self.columns})

    def table(self) -> str:
        """As Markdown, with the share of the problems that give a row."""
        found = []
        for level, counts in self.rows():
            share = 100 * counts["with a row"] / max(counts["problems"], 1)
            found.append([level, *(counts[name] for name in self.columns), f"{share:.1f} %"])
        return str(tabulate(found, headers=["level", *self.columns, "share with a row"], tablefmt="github"))


def write(output: Path, rows: Iterable[Json], summary: Summary, about: Json) -> int:
    """Write the rows, a JSON object a line, and `FILE.summary.json` beside them; the result is how many there are.

    Raises UsageError where there is no such folder, IncompleteError where it takes no data."""
    if not output.parent.is_dir():
        raise UsageError(f"There is no folder {output.parent}. -o takes a file in a folder that is there.")
    count = 0
    with replacing(output) as stream:
        for each in rows:
            stream.write(dumps(each).encode() + b"\n")
            count += 1
    levels = [{"level": level, **counts} for level, counts in summary.rows()]
    write_json(output.with_name(output.name + ".summary.json"), {**about, "rows": count, "levels": levels})
    return count
