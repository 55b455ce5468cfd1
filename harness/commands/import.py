"""Make run folders of other harnesses' results, so that `report`, `compare` and `leaderboard` read them.

harness import lm-eval results                       lm-eval's --output_path, run with --log_samples
harness import lm-eval results --keep-verdicts       lm-eval's own verdicts, where ours would be given
harness import inspect logs                          Inspect's .eval files

Mathematical tasks are graded anew from the raw responses, and it is said how often the other harness agrees. Tokens
that it did not store (lm-eval stores none) are "n/a".
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.imports.folder import Imported, Written

HELP = "other harnesses' results as run folders"
FORMATS = ("lm-eval", "inspect")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness import`."""
    parser.add_argument("format", choices=FORMATS, help="whose results they are")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, or a folder that holds some")
    parser.add_argument("--output-dir", "--output-path", default="runs", metavar="OUT", help="default: runs")
    parser.add_argument("--scorer", metavar="NAME", help="inspect: the scorer of a log to take (default: its first)")
    parser.add_argument("--filter", metavar="NAME", help="lm-eval: the filter of a task to take (default: its first)")
    parser.add_argument(
        "--keep-verdicts", action="store_true", help="the other harness's verdicts, graded by nobody anew"
    )
    parser.add_argument("--json", action="store_true", help="machine output alone on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Import everything that the paths hold."""
    import asyncio

    from harness.imports import folder
    from scorers.pool import GradingPool

    found = [each for path in arguments.paths for each in _read(Path(path), arguments)]
    out, command = Path(arguments.output_dir), ["harness", *arguments.argv]

    async def everything() -> list[Written]:
        return [await folder.write(each, out, pool, command) for each in found]

    with GradingPool(workers=max(1, (os.cpu_count() or 2) // 2)) as pool:
        written = asyncio.run(everything())
    if arguments.json:
        print(json.dumps([{**_record(each)} for each in written]))
    else:
        print("\n".join(map(_line, written)))
    return 0


def _read(path: Path, arguments: argparse.Namespace) -> Sequence[Imported]:
    from harness.core import UsageError
    from harness.imports import inspect, lm_eval

    other = {"lm-eval": "scorer", "inspect": "filter"}[arguments.format]
    if getattr(arguments, other) is not None:
        raise UsageError(f"--{other} has no effect on {arguments.format}. Leave it out.")
    if arguments.format == "inspect":
        return inspect.read(path, scorer=arguments.scorer, regrade=not arguments.keep_verdicts)
    return lm_eval.read(path, filter_name=arguments.filter, regrade=not arguments.keep_verdicts)


def _record(written: Written) -> dict[str, object]:
    names = ("problems", "responses", "fresh", "graded_by", "agreed", "compared")
    return {"run": str(written.folder), **{name: getattr(written, name) for name in names}}


def _line(written: Written) -> str:
    """What was made, for a person."""
    if not written.fresh:
        return f"{written.folder}: was there already, {written.problems} problems"
    agreement = f"; its own verdicts agree on {written.agreed} of {written.compared}" if written.compared else ""
    return (
        f"{written.folder}: {written.problems} problems, {written.responses} responses, "
        f"graded by {written.graded_by}{agreement}"
    )
