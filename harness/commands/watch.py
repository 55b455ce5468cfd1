"""Follow a run from outside: problems done, accuracy so far, tokens a second, time left. Only files are read.

harness watch runs/math500-mcts-1a2b3c4d             until it ends: one line that rewrites itself, at a terminal
harness watch runs/math500-mcts-1a2b3c4d --once      once; with --json for scripts
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

HELP = "follow a run from outside"
PLAIN_SECONDS = 30.0
LIVE_SECONDS = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness watch`."""
    parser.add_argument("run_folder", metavar="RUN", help="a run folder")
    parser.add_argument("--once", action="store_true", help="print one line and end")
    parser.add_argument("--interval", type=float, metavar="SECONDS", help="default: 1 at a terminal, else 30")
    parser.add_argument("--json", action="store_true", help="JSON objects instead of lines")


def run(arguments: argparse.Namespace) -> int:
    """Print until the run ends; 0 if it then lacks nothing (or with --once), 3 otherwise."""
    from harness.core import IncompleteError, UsageError
    from harness.run import WHOLE
    from harness.watching import Watcher

    live = sys.stdout.isatty() and not arguments.json
    wait = arguments.interval if arguments.interval is not None else LIVE_SECONDS if live else PLAIN_SECONDS
    if wait <= 0:
        raise UsageError(f"--interval {wait:g} is not a positive number of seconds.")
    watcher = Watcher(Path(arguments.run_folder))
    while True:
        look = watcher.look()
        text = json.dumps(look.numbers(), allow_nan=False) if arguments.json else look.line()
        last = arguments.once or look.over
        print(f"\r\x1b[K{text}" if live else text, end="\n" if last or not live else "", flush=True)
        if last:
            return 0 if arguments.once or look.state in WHOLE else IncompleteError.code
        time.sleep(wait)
