"""Compare a candidate with a base on the same problems; the exit code says whether it is worse.

harness compare runs/base runs/candidate
harness compare runs/base runs/candidate --metric maj@8 --margin 1 --cluster contest --strict -o verdict.xml
harness compare runs/a runs/b runs/c                     all pairs, and the rank of each that they cannot exclude
harness compare runs/sample runs/mcts --at-equal total   different strategies at equal cost

BASE and CANDIDATE are run folders, folders of runs (paired by task and strategy), or a baseline file. Exit codes:
0 passed (or undecided), 10 regression (of the metric, or of tokens or truncation where a limit is given), 11 undecided
with --strict (or a run with none to compare it with), 4 not comparable, 3 a run is not complete.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from harness.core import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.run import Json
    from reports.comparison import Rule
    from reports.sides import Side

HELP = "say whether a run is worse than another"
REGRESSION, INCONCLUSIVE = 10, 11
SUFFIXES = {".md": "md", ".json": "json", ".xml": "junit"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness compare`."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="BASE and CANDIDATE, or three runs and more")
    parser.add_argument(
        "--metric",
        metavar="M",
        help="accuracy, maj@8, completion_tokens … (default: accuracy; pass@1 of sampled responses)",
    )
    parser.add_argument(
        "--margin",
        type=float,
        default=2.0,
        metavar="PP",
        help="a loss that may be (default 2 points; of tokens, percent)",
    )
    parser.add_argument(
        "--min-effect", type=float, default=0.5, metavar="PP", help="the least loss that matters (default 0.5 points)"
    )
    parser.add_argument("--cluster", metavar="FIELD", help="problems of one contest, subject … depend on each other")
    parser.add_argument(
        "--max-token-ratio", type=float, metavar="R", help="more tokens per problem than R times the base's fail"
    )
    parser.add_argument(
        "--max-more-truncated", type=float, metavar="PP", help="more responses cut at the limit, by PP points, fail"
    )
    parser.add_argument("--strict", action="store_true", help="undecided is exit code 11")
    parser.add_argument(
        "--allow-different", action="append", default=[], metavar="FIELD", help="a difference that is meant"
    )
    parser.add_argument(
        "--at-equal", metavar="AXIS", help="compare strategies at equal cost: generated, total, calls or serial"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the bootstrap of --at-equal (default 0)")
    parser.add_argument("--format", choices=["md", "json", "junit", "github"], default="md", help="default: md")
    parser.add_argument("--json", action="store_true", help="the same as --format json")
    parser.add_argument("--comment", metavar="FILE", help="write the text of a sticky comment")
    parser.add_argument(
        "-o", "--output", action="append", default=[], metavar="FILE", help="also as .md, .json or .xml (JUnit)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Compare and tell; 10 on a regression."""
    from reports import sides

    if len(arguments.runs) < 2:
        raise UsageError("`harness compare` takes two runs: BASE and CANDIDATE.")
    if not (0 <= arguments.margin < 100 and 0 <= arguments.min_effect < 100):
        raise UsageError("--margin and --min-effect are from 0 to 100 percentage points.")
    if arguments.max_token_ratio is not None and not arguments.max_token_ratio > 0:
        raise UsageError(f"--max-token-ratio is a positive number such as 1.2, not {arguments.max_token_ratio:g}.")
    if arguments.max_more_truncated is not None and not 0 <= arguments.max_more_truncated < 100:
        raise UsageError("--max-more-truncated is from 0 to 100 percentage points.")
    for name in arguments.output:
        if Path(name).suffix not in SUFFIXES:
            raise UsageError(f"-o {name} ends in none of {', '.join(SUFFIXES)}, which say what to write.")
    _require_verdict(arguments)
    given = [sides.read(Path(name)) for name in arguments.runs]
    if arguments.at_equal:
        return _at_equal(given, arguments)
    if len(given) > 2:
        return _ranking([side for group in given for side in group], arguments)
    return _compare(*sides.pairs(given[0], given[1]), arguments)


def _require_verdict(arguments: argparse.Namespace) -> None:
    """Raises UsageError for options that ask for a verdict where there is none, rather than to pass over them."""
    if not arguments.at_equal and len(arguments.runs) == 2:
        return
    for name in ("strict", "comment", "max_token_ratio", "max_more_truncated"):
        if getattr(arguments, name) not in (None, False):
            what = "--at-equal gives" if arguments.at_equal else "three runs and more have"
            raise UsageError(f"--{name.replace('_', '-')} is for a verdict on two runs; {what} none.")


def _compare(pairs: Sequence[tuple[Side, Side]], alone: Sequence[Side], arguments: argparse.Namespace) -> int:
    """Two runs, or two folders of runs, task by task."""
    from reports import comparisons, forms
    from reports.comparison import compare

    found = comparisons.family(
        [compare(base, candidate, _rule(candidate, arguments)) for base, candidate in pairs], alone
    )
    code = 0 if found["passed"] else REGRESSION
    if not code and arguments.strict and (alone or found["verdict"] == "inconclusive"):
        code = INCONCLUSIVE
    how = "json" if arguments.json else arguments.format
    if how == "github":
        forms.step_files(comparisons.markdown(found), _outputs(found, code), os.environ)
    _write(arguments, {name: comparisons.text(found, name) for name in set(SUFFIXES.values())})
    if arguments.comment:
        _save(Path(arguments.comment), comparisons.comment(found))
    sys.stdout.write(comparisons.text(found, how) + "\n")
    return code


def _rule(side: Side, arguments: argparse.Namespace) -> Rule:
    from reports.comparison import Rule
    from reports.sides import default_metric

    return Rule(
        arguments.metric or default_metric(side),
        arguments.margin / 100,
        arguments.min_effect / 100,
        arguments.cluster,
        arguments.max_token_ratio,
        None if arguments.max_more_truncated is None else arguments.max_more_truncated / 100,
        tuple(arguments.allow_different),
    )


def _outputs(found: Json, code: int) -> dict[str, object]:
    """What a GitHub step hands on: the worst verdict, and the difference behind it."""
    order = ("regression", "inconclusive", "non-inferior")
    worst = min(found["comparisons"], key=lambda result: (result["passed"], order.index(result["verdict"])))
    return {"verdict": found["verdict"], "exit-code": code, "difference": round(worst["difference"], 6)}


def _ranking(sides: Sequence[Side], arguments: argparse.Namespace) -> int:
    """Three runs and more of one task."""
    import json

    from reports import comparisons

    found = comparisons.ranking(sides, _rule(sides[0], arguments))
    text = {"json": json.dumps(found, allow_nan=False), "md": comparisons.ranking_text(found)}
    how = "json" if arguments.json else arguments.format
    if how not in text:
        raise UsageError(f"Three runs and more have the forms md and json, not {how}. Compare two for a verdict.")
    _write(arguments, text)
    sys.stdout.write(text[how] + "\n")
    return 0


def _at_equal(given: Sequence[Sequence[Side]], arguments: argparse.Namespace) -> int:
    """Two strategies at equal cost."""
    import json

    from reports import equal_cost

    if len(given) != 2 or len(given[0]) != 1 or len(given[1]) != 1:
        raise UsageError("--at-equal compares two runs. Name two run folders.")
    found = equal_cost.compare(
        given[0][0],
        given[1][0],
        axis=arguments.at_equal,
        metric=arguments.metric,
        cluster=arguments.cluster,
        seed=arguments.seed,
        allowed=arguments.allow_different,
    )
    text = {"json": json.dumps(found, allow_nan=False), "md": equal_cost.markdown(found)}
    how = "json" if arguments.json else arguments.format
    if how not in text:
        raise UsageError(f"--at-equal has the forms md and json, not {how}.")
    _write(arguments, text)
    sys.stdout.write(text[how] + "\n")
    return 0


def _write(arguments: argparse.Namespace, text: dict[str, str]) -> None:
    for name in arguments.output:
        form = SUFFIXES[Path(name).suffix]
        if form not in text:
            raise UsageError(f"-o {name}: this comparison has the forms {', '.join(sorted(text))}.")
        _save(Path(name), text[form])


def _save(path: Path, text: str) -> None:
    from harness.files import write_text

    write_text(path, text + "\n")
