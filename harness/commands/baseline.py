"""Make a baseline file of finished runs, to be committed and compared with: counts and tokens per problem, no text.

harness baseline runs/math500-sample-1a2b3c4d -o baselines/math500.jsonl
harness gate --baseline baselines/math500.jsonl --model vllm/my-checkpoint
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

HELP = "a small file of finished runs to compare with"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `harness baseline`."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a complete run")
    parser.add_argument("-o", "--output", metavar="FILE", help="where to write it (default: standard output)")


def run(arguments: argparse.Namespace) -> int:
    """Write the file; 3 where a run is not complete."""
    from harness.baseline import baseline, lines
    from harness.core import UsageError
    from harness.files import write_text
    from harness.run import Run

    made = [baseline(Run.open(Path(folder))) for folder in arguments.runs]
    text = lines(made)
    if arguments.output is None:
        sys.stdout.write(text)
        return 0
    path = Path(arguments.output)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"The folder {path.parent} cannot be made: {error.strerror}. -o names another file."
        ) from error
    write_text(path, text)
    count = sum(len(each.problems) for each in made)
    print(f"{path}: {len(made)} {'run' if len(made) == 1 else 'runs'}, {count} problems, {len(text.encode()):,} bytes")
    return 0
