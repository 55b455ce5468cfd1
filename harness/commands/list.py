"""List what can be named: tasks, strategies, backends, verifiers, models."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

HELP = "list tasks, strategies, verifiers, backends or models"
KINDS = {"strategies": "strategy", "verifiers": "verifier", "backends": "backend"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness list`."""
    parser.add_argument("what", choices=["tasks", "strategies", "verifiers", "backends", "models"])
    parser.add_argument("--include-path", action="append", metavar="DIR", help="a folder of lm-eval task files")
    parser.add_argument("--json", action="store_true", help="machine output")


def run(arguments: argparse.Namespace) -> int:
    """Print a row for each."""
    rows = _rows(arguments)
    if arguments.json:
        print(json.dumps(rows))
    elif not rows:
        print(f"There are no {arguments.what}.")
    else:
        from tabulate import tabulate

        print(tabulate(rows, headers="keys", tablefmt="github", maxcolwidths=[None, 60, 70][: len(rows[0])]))
    return 0


def _rows(arguments: argparse.Namespace) -> list[dict[str, str]]:
    if arguments.what in KINDS:
        from harness import registry

        return registry.describe(KINDS[arguments.what])
    if arguments.what == "models":
        from harness.models import LOCAL_MODELS

        rows = [{"name": name, "description": text} for name, text in LOCAL_MODELS.items()]
        return [*rows, {"name": "a folder or a hub name", "description": "any model in Hugging Face's format"}]
    from tasks.loading import task_names

    found = task_names([Path(folder) for folder in arguments.include_path or ()])
    return [{"name": name, "description": text} for name, text in found.items()]
