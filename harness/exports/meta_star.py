"""Search trees as one in-context trace each: the training data of Meta-STaR (Meta-CoT paper, arXiv 2501.04682).

A row is a response that searches: steps that the search took, dead ends among them, the return to an earlier state,
and in the end a correct solution. Runs must be of a strategy that keeps a tree (mcts, best_first, tree_of_thoughts,
beam …). What stands between the steps comes from a Jinja template with the macros `opening`, `back` and `closing`.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness.core import NothingToDoError, Problem, UsageError
from harness.exports import _training
from harness.exports._labels import Labels
from harness.exports._trace import LOSSES, RESTATED, TRAVERSALS, Segment, Tree, Words, Writer, spans, trained
from harness.exports._training import Key, Questions, Summary, normalised
from harness.run import Json, Run

HELP = "search trees as in-context traces with dead ends and returns (Meta-STaR)"
COLUMNS = (
    *("problems", "with a tree", "with a row", "solutions", "over the cap", "duplicates"),
    *("rows", "returns", "dead ends", "characters", "tokens"),
)


def add_arguments(parser: Any) -> None:
    """The options of `--format meta-star`."""
    _training.add_common(parser)
    parser.add_argument(
        "--traversal", choices=TRAVERSALS, default="search", help="the order of the visits (default: the search's own)"
    )
    parser.add_argument(
        "--max-dead-ends", type=_training.count, metavar="N", help="dead ends of a trace (default: all): the best ones"
    )
    parser.add_argument(
        "--template",
        metavar="FILE",
        help="a Jinja file with any of the macros opening(question), back(dead, start, step, path, depth, count) and "
        "closing(answer): what stands before, between and after the steps",
    )
    parser.add_argument(
        "--restate", choices=RESTATED, default="path", help="what a return writes out of the state it goes back to"
    )
    parser.add_argument("--loss", choices=LOSSES, default="all", help="what is trained on (default: all of the trace)")
    parser.add_argument(
        "--tokenizer", metavar="MODEL", help="write input_ids and labels too, which hold --loss for every trainer"
    )


def export(runs: Sequence[Run], output: Path, options: argparse.Namespace) -> str:
    """Write the traces and their summary. Raises NothingToDoError where no tree holds a correct response."""
    _training.check(runs)
    for run in runs:
        if not (run.folder / "trees.jsonl").exists():
            name = run.manifest["identity"]["strategy"]["name"]
            raise UsageError(
                f"{run.folder} has no search trees: '{name}' keeps none. --format star takes its responses."
            )
    summary = Summary(COLUMNS if options.tokenizer else COLUMNS[:-1])
    maker = _Maker(options, summary)
    rows = maker.rows(runs)
    first = next(rows, None)
    if first is None:
        raise NothingToDoError("No tree of these runs holds a correct response: there is nothing to train on.")
    about = {
        "format": "meta-star",
        **{name: getattr(options, name) for name in ("form", "traversal", "max_dead_ends", "restate", "loss")},
        "runs": [run.name for run in runs],
    }
    count = _training.write(output, itertools.chain([first], rows), summary, about)
    sentence = f"{count} traces of {summary.total('with a row')} problems written to {output}, their summary beside it."
    return f"{sentence}\n\n{summary.table()}"


class _Maker:
    """Makes rows, a problem at a time, and counts them."""

    def __init__(self, options: argparse.Namespace, summary: Summary) -> None:
        self._options, self._summary = options, summary
        self._questions = Questions(options)
        self._words = Words(_template(options.template)) if options.template else Words()
        self._labels = Labels(options.tokenizer) if options.tokenizer else None
        if self._labels is None and options.loss != "all":
            raise UsageError(f"--loss {options.loss} needs --tokenizer MODEL, whose tokens the labels stand for.")
        self._known: dict[Key, set[str]] = {}

    def rows(self, runs: Sequence[Run]) -> Iterator[Json]:
        """The rows of all runs, in the benchmark's order within each."""
        for run in runs:
            problems = self._questions.of(run)
            task = run.manifest["identity"]["task"]["name"]
            for line, responses, nodes in _with_trees(run):
                key = task, line["problem_id"]
                if key not in self._known:
                    self._known[key] = set()
                    self._summary.of(line["level"], "problems")
                    self._summary.of(line["level"], "with a tree", int(nodes is not None))
                if nodes is not None:
                    yield from self._problem(
                        run, problems[line["problem_id"]], Tree(nodes, _verdicts(responses)), responses
                    )

    def _problem(self, run: Run, problem: Problem, tree: Tree, responses: Sequence[Json]) -> Iterator[Json]:
        """A row per solution of a problem's tree, up to the cap; the first solutions first."""
        options, level = self._options, problem.level
        known = self._known[run.manifest["identity"]["task"]["name"], problem.id]
        writer = Writer(self._words, run.manifest["identity"]["delimiter"], options.restate)
        for solution in tree.solutions():
            self._summary.of(level, "solutions")
            if len(known) >= (options.max_per_problem or 1):
                self._summary.of(level, "over the cap")
                continue
            response = responses[tree.nodes[solution]["candidate"]]
            route = tree.route(solution, traversal=options.traversal, max_dead_ends=options.max_dead_ends)
            segments = writer.trace(tree, route, question=problem.statement, answer=response["answer"] or "")
            text = normalised("".join(segment.text for segment in segments))
            if text in known:
                self._summary.of(level, "duplicates")
                continue
            self._summary.of(level, "with a row", int(not known))
            known.add(text)
            about = {**_training.provenance(run, problem, response), "nodes": route}
            yield self._row(problem, segments, about | {"dead_ends": len(tree.dead_ends(route))})

    def _row(self, problem: Problem, segments: Sequence[Segment], about: Json) -> Json:
        """One trace, with where it comes from, what its pieces are and which of them count in the loss."""
        text = "".join(segment.text for segment in segments)
        counted = spans(segments, trained(segments, self._options.loss))
        returns = sum(segment.kind == "return" for segment in segments)
        row = _training.row(problem, text, self._options.form, {**about, "returns": returns})
        ends = list(itertools.accumulate(len(segment.text) for segment in segments))
        pieces = zip(segments, [0, *ends], ends, strict=False)
        row["segments"] = [{"kind": s.kind, "node": s.node, "start": a, "end": b} for s, a, b in pieces]
        row["loss_spans"] = [list(span) for span in counted]
        counts = {"rows": 1, "returns": returns, "dead ends": about["dead_ends"], "characters": len(text)}
        if self._labels is not None:
            row |= self._labels.of(problem, text, counted, self._options.form)
            counts["tokens"] = len(row["input_ids"])
        for what, number in counts.items():
            self._summary.of(problem.level, what, number)
        return row


def _with_trees(run: Run) -> Iterator[tuple[Json, list[Json], list[Json] | None]]:
    """(problem, its responses, the nodes of its tree), a problem at a time; all files are in the benchmark's order."""
    trees = run.lines("trees.jsonl")
    waiting = next(trees, None)
    for problem, responses in run.by_problem():
        nodes = None
        if waiting is not None and waiting["problem_id"] == problem["problem_id"]:
            nodes, waiting = waiting["nodes"], next(trees, None)
        yield problem, responses, nodes


def _verdicts(responses: Sequence[Json]) -> dict[int, bool | None]:
    return {response["index"]: response["correct"] for response in responses}


def _template(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--template {path} cannot be read: {error}.") from error
