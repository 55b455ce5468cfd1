"""(Question, correct response) pairs out of runs: the training data of STaR (Zelikman et al., 2022).

A row holds a response that the grader found right and that the model ended by itself. Responses of one problem that
are the same up to spacing count once, in whichever run they stand. A run of the strategy `rationalize`, whose prompts
hold the gold answer as a hint, serves the problems that no other of the runs has solved: the hint stays out of the row,
as in the paper, and the row is marked.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.core import CUT, NothingToDoError
from harness.exports import _training
from harness.exports._training import Key, Questions, Summary, normalised
from harness.run import Json, Run

HELP = "correct responses as training data (STaR)"
PICKS = ("shortest", "varied", "seeded")
COLUMNS = (
    *("problems", "with a correct response", "with a row", "correct", "cut", "duplicates", "over the cap"),
    *("rationalised", "rows", "tokens"),
)
RATIONALIZE = "rationalize"
SKETCH = 64
"""How many hashes of a text's word triples stand for it where responses are compared."""


def add_arguments(parser: Any) -> None:
    """The options of `--format star`."""
    _training.add_common(parser)
    parser.add_argument(
        "--pick",
        choices=PICKS,
        default="shortest",
        help="which responses --max-per-problem keeps: the shortest (default), the shortest and then those least like "
        "the ones kept, or a draw that --seed decides",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of --pick seeded (default 0)")


@dataclass(frozen=True, slots=True)
class Found:
    """A correct and whole response, without its text: where it stands and what choosing needs. `sketch` is a sample of
    its word triples (bottom-k; Broder, 1997)."""

    run: int
    key: Key
    index: int
    digest: bytes
    length: int
    tokens: int
    sketch: frozenset[int]


def export(runs: Sequence[Run], output: Path, options: argparse.Namespace) -> str:
    """Write the pairs and their summary. Raises NothingToDoError where no response is correct and whole."""
    _training.check(runs)
    questions = Questions(options)
    summary = Summary(COLUMNS)
    levels: dict[Key, Any] = {}
    for run in runs:
        task = run.manifest["identity"]["task"]["name"]
        levels |= {(task, p["problem_id"]): p["level"] for p in run.lines("problems.jsonl")}
    found = _found(runs, levels, summary, varied=options.pick == "varied")
    kept = {(each.run, each.key, each.index) for each in _chosen(runs, found, options, levels, summary)}
    for key, level in levels.items():
        summary.of(level, "problems")
        summary.of(level, "with a correct response", int(key in found))
    if not kept:
        raise NothingToDoError("No response of these runs is correct and whole: there is nothing to train on.")
    about = {"format": "star", "form": options.form, "pick": options.pick, "runs": [run.name for run in runs]}
    count = _training.write(output, _rows(runs, kept, questions, options.form), summary, about)
    solved = summary.total("with a row")
    sentence = f"{count} pairs of {solved} problems written to {output}, their summary beside it."
    missing = len(levels) - solved
    if missing:
        sentence += f" {missing} of {len(levels)} problems have none; --strategy rationalize may find one."
    return f"{sentence}\n\n{summary.table()}"


def _found(runs: Sequence[Run], levels: dict[Key, Any], summary: Summary, *, varied: bool) -> dict[Key, list[Found]]:
    """The correct, whole and different responses of every problem, in the order of the runs."""
    found: dict[Key, dict[bytes, Found]] = {}
    for place, run in enumerate(runs):
        task = run.manifest["identity"]["task"]["name"]
        for response in run.lines("responses.jsonl"):
            key = task, response["problem_id"]
            if response["correct"] is not True or key not in levels:
                continue
            level = levels[key]
            summary.of(level, "correct")
            if response["finish_reason"] in CUT:
                summary.of(level, "cut")
                continue
            text = normalised(response["text"])
            digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
            known = found.setdefault(key, {})
            if digest in known:
                summary.of(level, "duplicates")
                continue
            sketch = _sketch(text) if varied else frozenset[int]()
            tokens = response["usage"]["completion_tokens"]
            known[digest] = Found(place, key, response["index"], digest, len(text), tokens, sketch)
    return {key: list(known.values()) for key, known in found.items()}


def _chosen(
    runs: Sequence[Run],
    found: dict[Key, list[Found]],
    options: argparse.Namespace,
    levels: dict[Key, Any],
    summary: Summary,
) -> Iterator[Found]:
    """What is kept of every problem: rationalisations only where nothing else is, and no more than the cap."""
    hinted = [run.manifest["identity"]["strategy"]["name"] == RATIONALIZE for run in runs]
    for key, many in found.items():
        level, own = levels[key], [each for each in many if not hinted[each.run]]
        pool = own or many
        kept = pick(pool, options.max_per_problem or len(pool), options.pick, options.seed)
        summary.of(level, "with a row")
        summary.of(level, "over the cap", len(pool) - len(kept))
        summary.of(level, "rationalised", 0 if own else len(kept))
        summary.of(level, "rows", len(kept))
        summary.of(level, "tokens", sum(each.tokens for each in kept))
        yield from kept


def pick(many: Sequence[Found], cap: int, how: str, seed: int) -> list[Found]:
    """At most `cap` of a problem's responses; the same ones whatever the order in which they come.

    "shortest": by length. "varied": the shortest, then again and again the one whose greatest resemblance to those
    kept is least (shared word triples, Jaccard), shorter ones first where that is equal. "seeded": by a hash of the
    seed and the text."""
    order = sorted(many, key=lambda each: (each.length, each.digest))
    if how == "seeded":
        order.sort(key=lambda each: hashlib.sha256(f"{seed}".encode() + each.digest).digest())
    if how != "varied" or len(order) <= cap:
        return order[:cap]
    kept, rest = order[:1], order[1:]
    nearest = [resemblance(each.sketch, kept[0].sketch) for each in rest]
    while len(kept) < cap:
        place = min(range(len(rest)), key=lambda i: (nearest[i], i))
        kept.append(rest.pop(place))
        nearest.pop(place)
        nearest = [max(near, resemblance(e.sketch, kept[-1].sketch)) for near, e in zip(nearest, rest, strict=True)]
    return kept


def resemblance(a: frozenset[int], b: frozenset[int]) -> float:
    """The share of word triples that two texts have in common, estimated from their sketches."""
    union = sorted(a | b)[:SKETCH]
    return sum(value in a and value in b for value in union) / len(union) if union else 1.0


def _sketch(text: str) -> frozenset[int]:
    """The smallest hashes of a text's word triples; a text of fewer words is one triple."""
    words = re.findall(r"\w+|[^\w\s]", text)
    triples = {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
    hashes = (hashlib.blake2b(t.encode("utf-8", "surrogatepass"), digest_size=8).digest() for t in triples)
    return frozenset(sorted(int.from_bytes(value, "big") for value in hashes)[:SKETCH])


def _rows(runs: Sequence[Run], kept: set[tuple[int, Key, int]], questions: Questions, form: str) -> Iterator[Json]:
    """The rows, run by run in the benchmark's order."""
    for place, run in enumerate(runs):
        task = run.manifest["identity"]["task"]["name"]
        problems = questions.of(run)
        hinted = run.manifest["identity"]["strategy"]["name"] == RATIONALIZE
        for response in run.lines("responses.jsonl"):
            if (place, (task, response["problem_id"]), response["index"]) in kept:
                problem = problems[response["problem_id"]]
                about = _training.provenance(run, problem, response)
                tokens = response["usage"]["completion_tokens"]
                yield _training.row(
                    problem, response["text"], form, {**about, "rationalised": hinted, "completion_tokens": tokens}
                )
