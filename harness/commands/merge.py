"""Join the parts of runs that were split with `--shard` into whole runs.

harness eval math500 --model vllm/my-model --strategy sample -S n=64 --shard 1/4 --output-dir DIR    (2/4 …)
harness merge DIR

Exit codes: 0 joined, 3 a part is missing, not complete or being written, 4 parts do not belong together, 5 no parts.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "join the parts of a split run"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness merge`."""
    parser.add_argument("runs", nargs="+", metavar="PART", help="parts, or a folder that holds them")
    parser.add_argument("--output-dir", metavar="OUT", help="default: beside the parts")
    parser.add_argument("--json", action="store_true", help="machine output alone on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Join every run whose parts are there."""
    from harness import merge
    from harness.run import Run
    from reports.tables import markdown

    groups = merge.shards([Path(name) for name in arguments.runs])
    out = Path(arguments.output_dir) if arguments.output_dir else None
    merged = [merge.merge(group, out) for group in groups]
    if arguments.json:
        print(json.dumps([{"run": str(m.folder), "parts": m.parts, "problems": m.problems} for m in merged]))
        return 0
    for each in merged:
        print(f"\n{each.parts} parts, {each.problems} problems, none lost, none twice: {each.folder}\n")
        print(markdown([Run.open(each.folder)], by="level"))
    return 0
