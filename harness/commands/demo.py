"""Evaluate a small real model on real problems with three strategies: the whole path in a few minutes on a CPU,
from the first call to the pages to look at.

MATH-500 if its file is at hand or can be downloaded, else sums, which the project makes itself.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec

HELP = "evaluate a small real model on real problems"
OPTIONS = "--strategy greedy,sample -S n=4 --temperature 0.4".split()
SIZES = {"math500": "--limit 20 --max-tokens 384".split(), "chained_sums": "--limit 50 --max-tokens 256".split()}
SEARCH = (
    "--strategy mcts -S simulations=2 -S width=2 -S max_steps=6 --verifier prm/random-prm --limit 4 --max-tokens 128"
).split()
"""A tree search on few problems. The reward model has random weights and knows nothing: it shows the path."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness demo`."""
    parser.add_argument("--output-dir", default="runs", metavar="OUT", help="default: runs")
    parser.add_argument("--site", default="site", metavar="DIR", help="where the page of the runs goes (default: site)")


def run(arguments: argparse.Namespace) -> int:
    """Choose the task and the engine that this machine has, evaluate, and build the site of the runs."""
    from harness.cli import main

    model = "vllm/smollm2" if find_spec("vllm") else "hf/smollm2"
    task = _task()
    for options in ([*OPTIONS, *SIZES[task]], SEARCH):
        command = ["eval", task, "--model", model, *options, "--output-dir", arguments.output_dir]
        print(f"\nharness {' '.join(command)}\n", file=sys.stderr)
        if code := main(command):
            return code
    return main(["leaderboard", "build", "--runs", arguments.output_dir, "-o", arguments.site])


def _task() -> str:
    from harness.core import HarnessError
    from tasks.data import locate

    try:
        locate("math500")
    except HarnessError as error:
        print(f"{error}\nThe demo takes sums instead, which need no file.\n", file=sys.stderr)
        return "chained_sums"
    return "math500"
