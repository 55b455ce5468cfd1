"""List run folders, say in what two runs differ, remove runs.

harness runs list                                    those under the folder runs
harness runs list results --json
harness runs diff runs/a runs/b                      fields of the identity and their values, then versions
harness runs rm runs/a --yes                         the folder with all that is in it
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

HELP = "list, compare the identities of, and remove run folders"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The actions of `harness runs` and their options."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="list|diff|rm")
    listed = actions.add_parser("list", help="the runs under a folder, links not followed")
    listed.add_argument("root", nargs="?", default="runs", metavar="FOLDER", help="default: runs")
    differ = actions.add_parser("diff", help="the fields in which two runs differ")
    differ.add_argument("a", metavar="RUN")
    differ.add_argument("b", metavar="RUN")
    removed = actions.add_parser("rm", help="remove run folders")
    removed.add_argument("runs", nargs="+", metavar="RUN")
    removed.add_argument("--yes", action="store_true", help="do not ask")
    for each in (listed, differ, removed):
        each.add_argument("--json", action="store_true", help="machine output alone on standard output")


def run(arguments: argparse.Namespace) -> int:
    """Do what is asked; 5 where a listing is empty, 3 where a run to remove is being written."""
    return {"list": _list, "diff": _diff, "rm": _remove}[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> int:
    from harness import housekeeping
    from harness.core import NothingToDoError
    from reports import runs

    root = Path(arguments.root)
    rows = [runs.row(found) for found in housekeeping.find(root)]
    if arguments.json:
        print(json.dumps(rows, allow_nan=False))
    elif not rows:
        raise NothingToDoError(f"There are no runs under {root}.")
    else:
        print(runs.listing(rows, root))
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    from harness.run import Run
    from reports import runs

    a, b = Run.open(Path(arguments.a)), Run.open(Path(arguments.b))
    if arguments.json:
        print(json.dumps(runs.differences(a, b), allow_nan=False))
    else:
        print(runs.differing_table(a, b))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    """All of them are looked at before the first is removed."""
    from harness import housekeeping
    from reports.runs import bytes_of

    found = [housekeeping.removable(Path(folder)) for folder in dict.fromkeys(arguments.runs)]
    sizes = [housekeeping.size(each.folder) for each in found]
    if not arguments.yes and not _agreed(
        [f"{each.folder} ({bytes_of(s)})" for each, s in zip(found, sizes, strict=True)]
    ):
        print("nothing was removed", file=sys.stderr)
        return 0
    for each in found:
        housekeeping.remove(each)
    gone = [{"run": str(each.folder), "size": s} for each, s in zip(found, sizes, strict=True)]
    if arguments.json:
        print(json.dumps(gone))
    else:
        print("\n".join(f"removed {each['run']}" for each in gone))
    return 0


def _agreed(names: list[str]) -> bool:
    """Ask the person at the terminal. Raises UsageError where nobody is there."""
    from harness.core import UsageError

    if not sys.stdin.isatty():
        raise UsageError("Removing runs is asked for at a terminal only. --yes removes them without asking.")
    print("\n".join(names), file=sys.stderr)
    print(
        f"Remove {'this run' if len(names) == 1 else f'these {len(names)} runs'}? [y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().lower() in ("y", "yes")
