"""Write runs as files that other programs read: training data, or the formats of other harnesses.

harness export runs/math500-sample-1a2b3c4d --format star -o star.jsonl
harness export runs/* --format star --help           the options of one format
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.cli import Parser

HELP = "runs as files for other programs: training data, other harnesses"


def add_arguments(parser: Parser) -> None:
    """The options of `harness export`; those of a format are added once the command line names it."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run folder")
    parser.add_argument("-o", "--output", required=True, metavar="FILE", help="where to write")
    parser.late = _formats


def run(arguments: argparse.Namespace) -> int:
    """Write the runs in the format that is asked for, and say so."""
    from harness.run import Run

    runs = [Run.open(Path(folder)) for folder in arguments.runs]
    print(_module(arguments.format).export(runs, Path(arguments.output), arguments))
    return 0


def _formats(parser: Parser, argv: Sequence[str]) -> None:
    """The choices of --format with a line each, and the options of the one that `argv` names."""
    from harness import exports

    known = sorted(module.name for module in pkgutil.iter_modules(exports.__path__) if not module.name.startswith("_"))
    names = [name.replace("_", "-") for name in known]
    lines = "\n".join(f"  {name:<16} {_module(name).HELP}" for name in names)
    parser.description = f"{parser.description}\nformats:\n{lines}"
    parser.add_argument("--format", required=True, choices=names, help="see the list above")
    asked = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    asked.add_argument("--format")
    try:
        name = asked.parse_known_args(list(argv))[0].format
    except argparse.ArgumentError:
        return  # the real parser says what is wrong
    add = getattr(_module(name), "add_arguments", None) if name in names else None
    if add is not None:
        add(parser.add_argument_group(f"--format {name}"))


def _module(name: str) -> Any:
    """The module of one format."""
    return importlib.import_module(f"harness.exports.{name.replace('-', '_')}")
